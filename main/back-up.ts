// Back up: the database, the slot file and a head record into one folder as one set, while people go on working. It is built under
// another name, opened again and checked, and gets its own name last: under that name it is complete or not there.

import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hashFile } from '../crypto/node.ts';
import { diskRefusal } from '../disk/failure.ts';
import { makeFolder, moveInto, syncFolder, writeSynced } from '../disk/write.ts';
import { bytesEqual, bytesToBase64url } from '../shared/bytes.ts';
import { canonicalText } from '../shared/canonical.ts';
import type { BackupReport } from '../shared/contract/vault.ts';
import { faultPoint } from '../shared/fault.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { type Retention, toRemove } from '../shared/retention.ts';
import { type Instant, instantToMs, msToInstant } from '../shared/time.ts';
import { openSession, Session } from './session.ts';
import { readPlan } from './store/backup-plan.ts';
import { syncFile } from './store/copy.ts';
import { lastOf, writeDiary } from './store/diary.ts';
import { loadTree } from './store/log.ts';
import { openStore } from './store/open.ts';
import { writeSetting } from './store/settings.ts';
import type { Terminal } from './terminal.ts';
import {
  filesIn,
  isGenuine,
  type ManifestBody,
  manifestName,
  removeUnfinished,
  sealManifest,
  setName,
  setsIn,
  unfinishedSet,
} from './vault/backup-set.ts';
import { databasePath, slotPath } from './vault/vault.ts';

/** For the WAL of the copy, the manifest and what the file system keeps for itself. */
const slackBytes = 4 << 20;

type Progress = { readonly done: number; readonly total: number };
const what = 'No backup was made.';

/** Why this folder cannot take backups, if so. */
export function refuseFolder(folder: string, vaultFolder: string): Refusal<'bad folder'> | undefined {
  const no = (why: string, next: string) => refuse('bad folder', what, why, next).refusal;
  if (!isAbsolute(folder)) return no('The folder is not named from the root of the disk.', 'Type its whole path.');
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    return no('There is no such folder.', 'Connect the disk, or make the folder first.');
  const inside = relative(realpathSync(vaultFolder), realpathSync(folder));
  if (inside === '' || (!inside.startsWith(`..${sep}`) && inside !== '..' && !isAbsolute(inside)))
    return no('It is the folder of the vault itself.', 'Choose one on another disk.');
  return undefined;
}

/** One at a time. The terminal may be locked and unlocked meanwhile: only the vault's keys are needed to the end. */
export async function* backUp(
  terminal: Terminal,
  session: Session,
  folder: string,
  asked: ManifestBody['asked'],
): AsyncGenerator<Progress, Result<BackupReport, Refusal>> {
  const found = session.readOnly();
  if (found !== undefined)
    return refuse('read only', what, `What is here may not be right: ${found.why}`, 'Keep the backups of before.');
  if (terminal.backup !== undefined) return refuse('busy', what, 'A backup is being made.', 'Wait for it.');
  const bad = refuseFolder(folder, session.directory);
  const plan = readPlan(session.store);
  if (bad !== undefined) {
    // A disk that is not there any more must not go unnoticed.
    if (plan?.folder === folder) await note(terminal, session, 'backup failed', { folder, why: bad.type });
    return { ok: false, refusal: bad };
  }
  const backup = { session, lockAfter: false };
  terminal.backup = backup;
  const atMs = terminal.parts.clock();
  const name = setName(session.terminal, msToInstant(atMs));
  try {
    const keeps = plan?.folder === folder ? plan : undefined;
    const made = yield* build(terminal, session, { folder, name, asked, atMs, keeps });
    if (made.ok) await note(terminal, session, 'backup made', { ...made.value, folder });
    else await note(terminal, session, 'backup failed', { folder, why: made.refusal.type });
    return made;
  } catch (failure) {
    const refusal = diskRefusal(failure, what) ?? goneRefusal(failure);
    if (refusal === undefined) throw failure;
    try {
      await note(terminal, session, 'backup failed', { folder, why: refusal.type });
    } catch {
      // The vault's own disk may be the one that failed.
    }
    return { ok: false, refusal };
  } finally {
    rmSync(unfinishedSet(folder, name), { recursive: true, force: true });
    terminal.backup = undefined;
    if (backup.lockAfter) session.vault.lock();
  }
}

/** A disk that was taken out, or a folder that was removed, while it was written to. */
const goneRefusal = (failure: unknown) =>
  ['ENOENT', 'ENODEV', 'ENXIO', 'ENOTDIR'].includes((failure as { code?: string }).code ?? '')
    ? refuse('bad folder', what, 'The folder was taken away meanwhile.', 'Connect the disk again.').refusal
    : undefined;

/** In the diary, by whoever has the vault open now; by itself, when the terminal was locked meanwhile. */
async function note(
  terminal: Terminal,
  session: Session,
  word: 'backup made' | 'backup failed',
  facts: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  // Two sessions of one vault would not know of each other's rows.
  while (terminal.opening) await setTimeout(20);
  const { operator, vault, directory } = session;
  const entry = { at: msToInstant(terminal.parts.clock()), what: word, operator, facts };
  const open = terminal.session;
  if (open !== undefined) {
    open.note(() => writeDiary(open.store, entry));
    return;
  }
  const own = openSession(operator, vault, directory, terminal.parts);
  if (!own.ok) return;
  own.value.note(() => writeDiary(own.value.store, entry));
  own.value.closeStore();
}

interface Wish {
  readonly folder: string;
  readonly name: string;
  readonly asked: ManifestBody['asked'];
  readonly atMs: number;
  /** What stays in the folder, where the plan says so. */
  readonly keeps: Retention | undefined;
}

async function* build(
  terminal: Terminal,
  session: Session,
  { folder, name, asked, atMs, keeps }: Wish,
): AsyncGenerator<Progress, Result<BackupReport, Refusal>> {
  const { copier } = terminal.parts;
  const { vault, directory } = session;
  const madeAt = msToInstant(atMs);
  const part = unfinishedSet(folder, name);
  removeUnfinished(folder, session.terminal);
  makeFolder(part);
  const source = databasePath(directory, vault.epoch);
  const copy = databasePath(part, vault.epoch);
  const key = vault.databaseKey();
  try {
    // Three passes over about as many bytes: copying, hashing, checking.
    const bytes = statSync(source).size;
    const total = 3 * bytes;
    // The engine may take what a full disk did not write for written; only reading it back would show it, much later.
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < 1.2 * bytes + slackBytes)
      return refuse(
        'disk full',
        what,
        'There is not enough room in the folder.',
        'Free some space, or use another disk.',
      );
    const copying = copier.copy(source, copy, key);
    for (let isDone = false; !isDone; ) {
      isDone = await Promise.race([copying.then(() => true), setTimeout(100, false)]);
      yield { done: Math.min(bytes, existsSync(copy) ? statSync(copy).size : 0), total };
    }
    faultPoint('backup: copied, not verified');
    const head = enter(session, part, { name, madeAt }, terminal);
    if (head === undefined)
      return refuse('copy damaged', what, 'The copy does not hold what the vault holds.', 'Try again.');
    const files: ManifestBody['files'] = [];
    let hashed = 0;
    for (const file of filesIn(part)) {
      const path = join(part, file);
      syncFile(path);
      const sha256 = bytesToBase64url(await hashFile(path, (more) => (hashed += more)));
      files.push({ name: file, bytes: statSync(path).size, sha256 });
    }
    yield { done: Math.min(2 * bytes, bytes + hashed), total };
    if (!(await copier.check(copy, key)))
      return refuse('copy damaged', what, 'The copy could not be read back whole.', 'Try again, or use another disk.');
    const { epoch, id } = vault;
    const body: ManifestBody = {
      ...{ format: 'custos-backup/1', vault: id, programme: session.invitation.programme, terminal: session.terminal },
      ...{ epoch, madeAt, operator: session.operator, asked, size: head.size, root: head.root, files },
    };
    const manifestKey = vault.backupKey();
    writeSynced(join(part, manifestName), canonicalText(sealManifest(body, manifestKey)));
    manifestKey.dispose();
    syncFolder(part);
    faultPoint('backup: verified, not renamed');
    const path = join(folder, name);
    moveInto(part, path);
    const removed = keeps === undefined ? 0 : keepOnly(session, folder, keeps);
    yield { done: total, total };
    return ok({
      ...{ name, madeAt, size: head.size, epoch, removed },
      bytes: files.reduce((sum, one) => sum + one.bytes, 0),
      seconds: Math.round((terminal.parts.clock() - atMs) / 100) / 10,
      sameDisk: statSync(folder).dev === statSync(directory).dev,
    });
  } finally {
    key.dispose();
  }
}

/**
 * Opens the copy once as a vault: notes in it what it is, and gives it a head record of its own. Undefined when its log is not
 * a beginning of the vault's, or shorter than the vault's was.
 */
function enter(
  session: Session,
  part: string,
  mark: { readonly name: string; readonly madeAt: Instant },
  { parts }: Terminal,
): { readonly size: number; readonly root: string } | undefined {
  const { vault, operator, directory, tree } = session;
  const key = vault.databaseKey();
  const store = openStore(databasePath(part, vault.epoch), key, 'open');
  key.dispose();
  if (!store.ok) return undefined;
  try {
    const copy = new Session(operator, vault, store.value, part, parts);
    const leaves = loadTree(store.value, parts.primitives.sha256); // every one of them, as the copy has it
    const { size } = leaves;
    const root = leaves.root();
    if (size > tree.size || !bytesEqual(root, tree.root(size))) return undefined;
    copy.commit(() =>
      writeSetting(store.value, 'restored', JSON.stringify({ backup: mark.name, madeAt: mark.madeAt })),
    );
    // Read only from now on, so it needs no file beside it.
    store.value.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    store.value.exec('PRAGMA journal_mode = DELETE');
    writeSynced(slotPath(part), readFileSync(slotPath(directory), 'utf8'));
    return { size, root: bytesToBase64url(root) };
  } finally {
    store.value.close();
  }
}

/** Removes what the plan does not keep, whole sets of this vault only; one that is not genuine is left to people. */
function keepOnly(session: Session, folder: string, keeps: Retention): number {
  const key = session.vault.backupKey();
  const ours = setsIn(folder).flatMap(({ path, manifest }) =>
    manifest.ok && manifest.value.vault === session.vault.id && isGenuine(manifest.value, key)
      ? [{ path, madeAt: manifest.value.madeAt }]
      : [],
  );
  key.dispose();
  const removed = toRemove(ours, keeps);
  for (const { path } of removed) {
    // Its name goes first: half a set is never under the name of a whole one.
    const gone = join(folder, `.${path.slice(folder.length + 1)}.part`);
    renameSync(path, gone);
    rmSync(gone, { recursive: true, force: true });
  }
  return removed.length;
}

/** As the plan wants it. What becomes of it is in the diary and the status. */
export async function backUpIfDue(terminal: Terminal): Promise<void> {
  const { session, parts } = terminal;
  const plan = session && readPlan(session.store);
  if (session === undefined || plan === undefined || terminal.backup !== undefined) return;
  if (!isDue(session, parts.clock())) return;
  const work = backUp(terminal, session, plan.folder, 'plan');
  for (let step = await work.next(); !step.done; step = await work.next());
}

/** Whether the plan wants a backup now; a failed one is tried again after ten minutes. */
export function isDue(session: Session, nowMs: number): boolean {
  const plan = readPlan(session.store);
  if (plan === undefined || session.readOnly() !== undefined) return false;
  const since = (at: string | undefined): number => (at === undefined ? Infinity : nowMs - instantToMs(at as Instant));
  return since(plan.lastAt) >= plan.everyHours * 3_600_000 && since(plan.failedAt) >= 600_000;
}

/** A disk may be changed, or a terminal unlocked late, without anybody being called. */
const graceMs = 3_600_000;

/** When the backup was due that people must be told of, if there is one. */
export function overdueSince(session: Session, nowMs: number): Instant | undefined {
  const plan = readPlan(session.store);
  const from = plan?.lastAt ?? lastOf(session.store, 'backup plan')?.at;
  if (plan === undefined || from === undefined || session.readOnly() !== undefined) return undefined;
  const dueMs = instantToMs(from as Instant) + plan.everyHours * 3_600_000;
  return nowMs - dueMs >= graceMs ? msToInstant(dueMs) : undefined;
}
