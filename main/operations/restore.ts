// Restore: a backup becomes the vault of a machine that has none, or whose vault cannot be used; that one is kept beside it. Every
// byte is compared with the manifest before anything is written; the vault is built beside its place and moved there at the end.
// Whoever had a slot in it, or its recovery shares, opens it; only they show whether the set is genuine. It signs nothing until it
// has synchronised.

import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { diskRefusal } from '../../disk/failure.ts';
import { makeFolder, moveInto, syncFolder } from '../../disk/write.ts';
import type { RestoreReport } from '../../shared/contract/vault.ts';
import { faultPoint } from '../../shared/fault.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { syncFile } from '../store/copy.ts';
import { alone, forgetEverything, momentOf, type Terminal } from '../terminal.ts';
import { beginAttempts, type Moment } from '../vault/attempts.ts';
import { checkFiles, manifestName, readSet } from '../vault/backup-set.ts';
import { lostVault } from '../vault/lost-vault.ts';
import { restoredManifest } from '../vault/restored-set.ts';
import { hasDatabase, slotPath } from '../vault/vault.ts';

const what = 'Nothing was restored.';

export const restore = (terminal: Terminal, { path }: { readonly path: string }) =>
  alone(terminal, async () => {
    const { parts, session } = terminal;
    const replaces = mayReplace(terminal);
    if (!replaces.ok) return replaces;
    const restored = await restoreInto(parts.directory, path, momentOf(parts), {
      isUnusable: replaces.value,
      whenReady: () => session !== undefined && forgetEverything(terminal),
    });
    if (restored.ok) terminal.finding = null;
    return restored;
  });

/** A vault in use is not replaced: only one that was opened in vain, or by an officer where it was made read-only. */
function mayReplace({ session, finding, backup }: Terminal): Result<boolean, Refusal> {
  if (session === undefined) return ok(finding !== null);
  if (backup !== undefined) return refuse('busy', what, 'A backup is being made.', 'Wait for it.');
  if (session.readOnly() === undefined) return inUse;
  if (session.enrolled()?.role === 'officer') return ok(true);
  return refuse('not entitled', what, 'Only an officer replaces the vault.', 'Ask an officer to unlock this terminal.');
}

const inUse = refuse(
  'vault exists',
  what,
  'This terminal has a vault.',
  'Unlock it; restore on a machine that has none.',
);

export async function restoreInto(
  directory: string,
  set: string,
  now: Moment,
  { isUnusable, whenReady }: { readonly isUnusable: boolean; readonly whenReady: () => void } = {
    isUnusable: false,
    whenReady: () => {},
  },
): Promise<Result<RestoreReport, Refusal>> {
  const isThere = existsSync(slotPath(directory)) || hasDatabase(directory);
  if (isThere && !isUnusable && lostVault(directory) === undefined) return inUse;
  const manifest = readSet(set);
  if (!manifest.ok) return manifest;
  const whole = await checkFiles(set, manifest.value);
  if (!whole.ok) return whole;
  const building = `${directory}.new`;
  const kept = `${directory}.before-${msToInstant(now.wallMs).replaceAll(/[^0-9TZ]/g, '')}`;
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
    copyFileSync(join(set, manifestName), join(building, restoredManifest));
    syncFile(join(building, restoredManifest));
    beginAttempts(building, now);
    syncFolder(building);
    faultPoint('backup: restored, not renamed');
    whenReady();
    if (isThere) moveInto(directory, kept);
    else rmSync(directory, { recursive: true, force: true });
    moveInto(building, directory);
  } catch (failure) {
    const refusal = diskRefusal(failure, what);
    if (refusal === undefined) throw failure;
    return { ok: false, refusal };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  const { madeAt, programme, terminal, size, epoch } = manifest.value;
  return ok({ kept: isThere ? kept : null, name: basename(set), madeAt, programme, terminal, size, epoch });
}
