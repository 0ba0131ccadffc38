// Lost vault: what lies in a terminal's folder is a vault, and nobody can unlock it as it is. Such a terminal is not a new one, and
// nothing may be set up over it.

import { existsSync } from 'node:fs';
import { type Refusal, refuse } from '../../shared/result.ts';
import { readSlots } from './slots.ts';
import { hasDatabase, slotPath } from './vault.ts';

const what = 'This terminal cannot be unlocked as it is.';

/** What was found; undefined for a vault with all its files, and where there is none at all. */
export function lostVault(directory: string): Refusal | undefined {
  const isDatabaseThere = hasDatabase(directory);
  if (!existsSync(slotPath(directory))) return isDatabaseThere ? slotsLost : undefined;
  const slots = readSlots(slotPath(directory));
  if (!slots.ok) return { ...slots.refusal, what };
  return isDatabaseThere ? undefined : databaseLost;
}

const slotsLost = refuse(
  'slots lost',
  what,
  'There is a vault here, and its key-slot file is gone.',
  'Put the slot file back, or restore a backup; keep the files as they are.',
).refusal;
const databaseLost = refuse(
  'database lost',
  what,
  'There is a key-slot file here, and the database that it opens is gone.',
  'Restore a backup; keep the files as they are.',
).refusal;
