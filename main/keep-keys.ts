// Keeps the vault's keys with those who may have them: whoever was revoked loses their way in, and the keys are changed, so that
// nothing they have opened or copied before opens what comes after. Asked after every sync, and whenever a change is due.

import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { changeKeys } from './change-keys.ts';
import type { Session } from './session.ts';
import { readSetting, writeSetting } from './store/settings.ts';
import { forgetEverything, type Terminal } from './terminal.ts';

/** The terminal's session may be another one after it, or none when its own operator was revoked. */
export function keepKeys(terminal: Terminal, session: Session): Result<void, Refusal> {
  const { vault, store, books, operator } = session;
  const isRevoked = (id: string) => books.get('operator', id)?.revokedAt !== undefined;
  const leaving = vault.operators().filter(isRevoked);
  const due = readSetting(store, 'change keys') ?? '';
  if ((leaving.length === 0 && due === '') || session.readOnly() !== undefined) return ok(undefined);
  // A backup reads the database; it is asked again after the next sync.
  if (terminal.backup !== undefined) return ok(undefined);
  if (!vault.opensWithout(leaving)) {
    forgetEverything(terminal);
    return refuse(
      'last way in',
      'The keys were not changed.',
      `Only ${leaving.join(' and ')} could open this vault, and may not any more.`,
      'Revoke this terminal, and set it up anew.',
    );
  }
  const why = leaving.length === 0 ? due : `${leaving.join(', ')} revoked`;
  const stays = (slot: { readonly operator: string | null }) =>
    slot.operator === null || !leaving.includes(slot.operator);
  let changed: Result<Session, Refusal> | undefined;
  try {
    changed = changeKeys(session, { stays, why }, terminal.parts);
  } finally {
    // Which keys count is not known: the next unlock asks the disk.
    if (changed?.ok !== true && session.isClosed()) forgetEverything(terminal);
  }
  if (!changed.ok) return changed;
  terminal.session = changed.value;
  if (leaving.includes(operator)) forgetEverything(terminal);
  return ok(undefined);
}

/** Notes, inside a commit, that the keys must be changed; it is done at once or after the next sync, whatever comes between. */
export const dueForChange = (session: Session, why: string): void => writeSetting(session.store, 'change keys', why);
