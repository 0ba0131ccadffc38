// Withdraw: a maker takes back instructions of their own that still wait.

import type { Signing } from '../../shared/contract/terminal.ts';
import type { EventId } from '../../shared/ids.ts';
import type { Refusal, Result } from '../../shared/result.ts';
import { askToSignAbout, newEvent } from '../signing.ts';
import { mayWrite, type Terminal } from '../terminal.ts';

export async function withdraw(
  terminal: Terminal,
  { instructions }: { readonly instructions: readonly EventId[] },
): Promise<Result<Signing, Refusal>> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return writable;
  const session = writable.value;
  const wishes = instructions.map((instruction) => ({ instruction }));
  return askToSignAbout(terminal, session, wishes, (_, about) => ({
    word: 'Withdraw',
    event: newEvent(terminal, session, 'instruction.withdrawn', about),
  }));
}
