// Check: a supervisor approves or declines, each instruction with a verdict of its own, all with one touch. What the checker
// typed is compared here, with the signed bytes, before any key is asked.

import type { Signing, Verdict } from '../../shared/contract/terminal.ts';
import type { EventId } from '../../shared/ids.ts';
import { type Refusal, type Result, refuse } from '../../shared/result.ts';
import { askToSign, consequenceOf, newEvent, type Proposal, type RefusedProposal } from '../signing.ts';
import { mayWrite, type Terminal } from '../terminal.ts';

export async function check(
  terminal: Terminal,
  { verdicts }: { readonly verdicts: readonly Verdict[] },
): Promise<Result<Signing, Refusal>> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return writable;
  const session = writable.value;
  const proposals: Proposal[] = [];
  const refused: RefusedProposal[] = [];
  verdicts.forEach((verdict, index) => {
    const instruction = session.overlay().get('instruction', verdict.instruction);
    if (instruction === undefined) {
      const why = `There is no instruction ${verdict.instruction} on this terminal.`;
      refused.push({ index, refusal: refuse('unknown', 'Nothing was signed.', why, 'Synchronise first.').refusal });
      return;
    }
    const about = { instruction: instruction.id as EventId, digest: instruction.digest };
    const event =
      verdict.verdict === 'approve'
        ? newEvent(terminal, session, 'instruction.approved', { ...about, typed: verdict.typed })
        : newEvent(terminal, session, 'instruction.declined', { ...about, reason: verdict.reason });
    const word = verdict.verdict === 'approve' ? 'Approve' : 'Decline';
    const consequence = `${word}: ${consequenceOf(session, instruction.id)}`;
    proposals.push({ index, event, details: [], source: null, consequence });
  });
  return askToSign(terminal, session, proposals, refused);
}
