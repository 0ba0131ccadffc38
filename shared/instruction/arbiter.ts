// Where an escrow agreement names people of the bank as its arbiter, what the arbiter says is said by one of them.

import type { Books } from '../books.ts';
import type { Terms } from '../escrow.ts';
import { refuse } from '../result.ts';
import type { InstructionRefusal } from './kind.ts';

export function refuseArbiter(books: Books, { arbiter }: Terms, maker: string): InstructionRefusal | undefined {
  if (arbiter === null || 'account' in arbiter) return undefined;
  if (books.get('operator', maker)?.role === arbiter.role) return undefined;
  const why = `The arbiter of this agreement is the bank's ${arbiter.role}.`;
  return refuse('limit', 'The instruction was not admitted.', why, `Ask somebody of ${arbiter.role}.`).refusal;
}
