// Check: a supervisor approves or declines, each instruction with a verdict of its own, all with one touch. What the checker
// typed is compared here, with the signed bytes, before any key is asked.

import type { Signing, Verdict } from '../../shared/contract/terminal.ts';
import type { Refusal, Result } from '../../shared/result.ts';
import { askToSignAbout, newEvent } from '../signing.ts';
import { mayWrite, type Terminal } from '../terminal.ts';

export async function check(
  terminal: Terminal,
  { verdicts }: { readonly verdicts: readonly Verdict[] },
): Promise<Result<Signing, Refusal>> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return writable;
  const session = writable.value;
  return askToSignAbout(terminal, session, verdicts, (verdict, about) =>
    verdict.verdict === 'approve'
      ? {
          word: 'Approve',
          event: newEvent(terminal, session, 'instruction.approved', { ...about, typed: verdict.typed }),
        }
      : {
          word: 'Decline',
          event: newEvent(terminal, session, 'instruction.declined', { ...about, reason: verdict.reason }),
        },
  );
}
