// Restore: a backup becomes the vault of a machine that has none. Every byte is compared with the manifest before anything is
// written; the vault is built beside its place and moved there at the end. Whoever had a slot in it, or its recovery shares,
// opens it; it signs nothing until it has synchronised.

import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { diskRefusal } from '../../disk/failure.ts';
import { makeFolder, moveInto, syncFolder } from '../../disk/write.ts';
import type { RestoreReport } from '../../shared/contract/vault.ts';
import { faultPoint } from '../../shared/fault.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { syncFile } from '../store/copy.ts';
import { alone, momentOf, type Terminal } from '../terminal.ts';
import { beginAttempts, type Moment } from '../vault/attempts.ts';
import { checkFiles, readSet } from '../vault/backup-set.ts';
import { slotPath } from '../vault/vault.ts';

export const restore = (terminal: Terminal, { path }: { readonly path: string }) =>
  alone(terminal, () => restoreInto(terminal.parts.directory, path, momentOf(terminal.parts)));

export async function restoreInto(
  directory: string,
  set: string,
  now: Moment,
): Promise<Result<RestoreReport, Refusal>> {
  const what = 'Nothing was restored.';
  if (existsSync(slotPath(directory)))
    return refuse('vault exists', what, 'This terminal has a vault.', 'Unlock it; restore on a machine that has none.');
  const manifest = readSet(set);
  if (!manifest.ok) return manifest;
  const whole = await checkFiles(set, manifest.value);
  if (!whole.ok) return whole;
  const building = `${directory}.new`;
  try {
    rmSync(building, { recursive: true, force: true });
    makeFolder(building);
    for (const { name } of manifest.value.files) {
      copyFileSync(join(set, name), join(building, name));
      syncFile(join(building, name));
    }
    // What was copied is compared, not what was read before.
    const copied = await checkFiles(building, manifest.value);
    if (!copied.ok) return copied;
    beginAttempts(building, now);
    syncFolder(building);
    faultPoint('backup: restored, not renamed');
    rmSync(directory, { recursive: true, force: true });
    moveInto(building, directory);
  } catch (failure) {
    const refusal = diskRefusal(failure, what);
    if (refusal === undefined) throw failure;
    return { ok: false, refusal };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  const { madeAt, programme, terminal, size, epoch } = manifest.value;
  return ok({ name: basename(set), madeAt, programme, terminal, size, epoch });
}
