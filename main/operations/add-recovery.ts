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
  if ([plan.officers, plan.custodians].some(([needed, given]) => needed > given))
    return refuse(
      'malformed',
      'No shares were made.',
      'More are needed than are given.',
      'Give at least as many as are needed.',
    );
  const { officers, custodians } = session.value.vault.addRecovery(plan);
  return ok({ officers: [...officers], custodians: [...custodians] });
}
