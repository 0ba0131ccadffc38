// Restored set: the manifest of the backup that a vault came from stays with it until somebody first opens it. Only then are the
// keys there by which it is known whether this vault made that backup: hashes say that a set is whole, not whose it is.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../disk/write.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { isGenuine, readManifest } from './backup-set.ts';
import type { Vault } from './vault.ts';

export const restoredManifest = 'vault.manifest';

/** Before the database is opened for the first time after restoring; nothing where it was not restored, or was opened since. */
export function acceptRestored(directory: string, vault: Vault): Result<void, Refusal<'backup not genuine'>> {
  const path = join(directory, restoredManifest);
  if (!existsSync(path)) return ok(undefined);
  const manifest = readManifest(path);
  const key = vault.backupKey();
  const isOurs = manifest !== undefined && manifest.vault === vault.id && isGenuine(manifest, key);
  key.dispose();
  if (!isOurs)
    return refuse(
      'backup not genuine',
      'The vault was not opened.',
      'The backup that it was restored from was not made by this vault, or was changed since.',
      'Restore another backup; keep this one for the security officer.',
    );
  rmSync(path);
  syncFolder(directory);
  return ok(undefined);
}
