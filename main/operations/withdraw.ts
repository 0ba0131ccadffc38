// Withdraw: a maker takes back instructions of their own that still wait.

import type { Signing } from '../../shared/contract/terminal.ts';
import type { EventId } from '../../shared/ids.ts';
import { type Refusal, type Result, refuse } from '../../shared/result.ts';
import { askToSign, consequenceOf, newEvent, type Proposal, type RefusedProposal } from '../signing.ts';
import { mayWrite, type Terminal } from '../terminal.ts';

export async function withdraw(
  terminal: Terminal,
  { instructions }: { readonly instructions: readonly EventId[] },
): Promise<Result<Signing, Refusal>> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return writable;
  const session = writable.value;
  const proposals: Proposal[] = [];
  const refused: RefusedProposal[] = [];
  instructions.forEach((id, index) => {
    const digest = session.overlay().get('instruction', id)?.digest;
    if (digest === undefined) {
      const why = `There is no instruction ${id} on this terminal.`;
      refused.push({ index, refusal: refuse('unknown', 'Nothing was signed.', why, 'Synchronise first.').refusal });
      return;
    }
    const event = newEvent(terminal, session, 'instruction.withdrawn', { instruction: id, digest });
    const consequence = `Withdraw: ${consequenceOf(session, id)}`;
    proposals.push({ index, event, details: [], source: null, consequence });
  });
  return askToSign(terminal, session, proposals, refused);
}
