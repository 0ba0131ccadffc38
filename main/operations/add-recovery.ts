// Add recovery: splits a way back into shares for officers and custodians; shown once, kept nowhere.

import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { dueForChange, keepKeys } from '../keep-keys.ts';
import { writeDiary } from '../store/diary.ts';
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
  const { vault, store, operator } = session.value;
  const replaces = vault.hasRecovery();
  const { officers, custodians } = vault.addRecovery(plan);
  session.value.commit(() => {
    const [[officersNeeded, officersGiven], [custodiansNeeded, custodiansGiven]] = [plan.officers, plan.custodians];
    const facts = { officersNeeded, officersGiven, custodiansNeeded, custodiansGiven, replaces };
    writeDiary(store, { at: msToInstant(terminal.parts.clock()), what: 'shares made', operator, facts });
    // Cards that were handed out before open the slot file of before; under new keys that opens nothing.
    if (replaces) dueForChange(session.value, 'recovery shares replaced');
  });
  const kept = keepKeys(terminal, session.value);
  if (!kept.ok) return kept;
  return ok({ officers: [...officers], custodians: [...custodians] });
}
