// Add recovery: splits a way back into shares for officers and custodians; shown once, kept nowhere.

import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { mayWrite, type Terminal } from '../terminal.ts';
import type { RecoveryPlan } from '../vault/recovery.ts';

export function addRecovery(
  terminal: Terminal,
  plan: RecoveryPlan,
): Result<{ officers: string[]; custodians: string[] }, Refusal> {
  const session = mayWrite(terminal);
  if (!session.ok) return session;
  const groups = [plan.officers, plan.custodians];
  const no = (why: string, next: string) => refuse('malformed', 'No shares were made.', why, next);
  if (groups.some(([needed, given]) => needed > given))
    return no('More are needed than are given.', 'Give at least as many as are needed.');
  // SLIP-0039: several shares of which one is enough would only be copies.
  if (groups.some(([needed, given]) => needed === 1 && given > 1))
    return no('Where one share is enough, only one can be given.', 'Ask for at least two, or give one.');
  const { officers, custodians } = session.value.vault.addRecovery(plan);
  return ok({ officers: [...officers], custodians: [...custodians] });
}
