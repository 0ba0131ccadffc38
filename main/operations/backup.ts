// Backup: made now, into the planned folder or another one; and the plan by which they are made by themselves.

import type { BackupPlan, BackupReport, BackupView } from '../../shared/contract/vault.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { backUp, refuseFolder } from '../back-up.ts';
import type { Session } from '../session.ts';
import { readPlan } from '../store/backup-plan.ts';
import { diaryBefore, writeDiary } from '../store/diary.ts';
import { writeSetting } from '../store/settings.ts';
import { mayWrite, type Terminal, unlocked } from '../terminal.ts';
import { type FoundSet, isGenuine, setsIn } from '../vault/backup-set.ts';

type Step = { readonly done: number; readonly total: number } | { readonly result: Result<BackupReport, Refusal> };

export async function* backup(
  terminal: Terminal,
  { folder }: { readonly folder: string | null },
): AsyncGenerator<Step> {
  const opened = unlocked(terminal);
  if (!opened.ok) return yield { result: opened };
  const session = opened.value;
  const planned = readPlan(session.store)?.folder;
  const target = folder ?? planned;
  const what = 'No backup was made.';
  if (target === undefined)
    return yield { result: refuse('bad folder', what, 'No folder is planned for backups.', 'Name a folder.') };
  if (target !== planned && !isOfficer(session)) return yield { result: forOfficers(what) };
  yield { result: yield* backUp(terminal, session, target, 'operator') };
}

/** The books say who is an officer; before there are any, whoever sets the terminal up is trusted with its files anyway. */
export const isOfficer = ({ books, operator, programme }: Session): boolean =>
  programme === undefined || (books.get('operator', operator)?.role ?? 'officer') === 'officer';

const forOfficers = (what: string) =>
  refuse(
    'not entitled',
    what,
    'Only an officer chooses where backups go.',
    'Ask an officer, or use the planned folder.',
  );

export function planBackups(
  terminal: Terminal,
  { plan }: { readonly plan: BackupPlan | null },
): Result<{ plan: BackupPlan | null }, Refusal> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return writable;
  const session = writable.value;
  const what = 'The plan was not changed.';
  if (!isOfficer(session)) return forOfficers(what);
  const bad = plan === null ? undefined : refuseFolder(plan.folder, session.directory);
  if (bad !== undefined) return { ok: false, refusal: { ...bad, what } };
  const { store, operator } = session;
  session.commit(() => {
    writeSetting(store, 'backup plan', plan === null ? '' : JSON.stringify(plan));
    writeDiary(store, { at: msToInstant(terminal.parts.clock()), what: 'backup plan', operator, facts: { ...plan } });
  });
  return ok({ plan });
}

export function showBackups(
  terminal: Terminal,
  { folder }: { readonly folder: string | null },
): Result<{ plan: BackupPlan | null; backups: BackupView[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const session = opened.value;
  const standing = readPlan(session.store);
  const at = folder ?? standing?.folder;
  const { lastAt: _, failedAt: __, ...plan } = standing ?? { lastAt: 0, failedAt: 0 };
  const key = session.vault.backupKey();
  const readBack = checkedSets(session);
  const backups = (at === undefined ? [] : setsIn(at)).map((set): BackupView => {
    const state = set.manifest.ok && isGenuine(set.manifest.value, key) ? 'genuine' : 'foreign';
    return toView(set, state === 'genuine' && readBack.has(set.name) ? 'checked' : state);
  });
  key.dispose();
  return ok({ plan: standing === undefined ? null : (plan as BackupPlan), backups });
}

/** Names of sets that were read back whole, when they were made or later. */
function checkedSets({ store }: Session): Set<string> {
  const entries = diaryBefore(store, Number.MAX_SAFE_INTEGER, 10_000);
  return new Set(
    entries.flatMap(({ what, facts }) =>
      what === 'backup made' || what === 'backup checked' ? [String(facts.name)] : [],
    ),
  );
}

export function toView({ name, path, manifest }: FoundSet, state: BackupView['state']): BackupView {
  if (!manifest.ok)
    return { name, path, madeAt: null, terminal: null, size: null, epoch: null, bytes: null, state: 'damaged' };
  const { madeAt, terminal, size, epoch, files } = manifest.value;
  return { name, path, madeAt, terminal, size, epoch, bytes: files.reduce((sum, one) => sum + one.bytes, 0), state };
}
