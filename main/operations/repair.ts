// Repair: on a terminal that was made read-only because its books are not what was last written, the books are built again from the
// stored log and put in their place, in one commit. Only a log that is proven is built from; the files of before and a list of what
// was found are kept first. Records that are not here any more come from the gateway, proven by their hashes. A vault that was not the newest one signs nothing afterwards until a sync has shown how the log went on.

import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { diskRefusal } from '../../disk/failure.ts';
import { syncFolder, writeSynced } from '../../disk/write.ts';
import type { MemoryBooks } from '../../shared/books.ts';
import { bytesToBase64 } from '../../shared/bytes.ts';
import type { RepairReport } from '../../shared/contract/vault.ts';
import { faultPoint } from '../../shared/fault.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { gatherLog, writeLog } from '../gather-log.ts';
import type { Mark } from '../rejoin.ts';
import { HeadNotRecorded, type Session } from '../session.ts';
import { writeDiary } from '../store/diary.ts';
import { type DigestName, digestNames, type TableDigests } from '../store/digests.ts';
import { damaged, isDamage, type Reader } from '../store/open.ts';
import { changedOfItsOwn, countAll, tableWords } from '../store/recount.ts';
import { replaceBooks } from '../store/replace-books.ts';
import { readSetting, writeSetting } from '../store/settings.ts';
import { depositoryOf, type Terminal, unlocked } from '../terminal.ts';
import { copyEvidence } from './keep-evidence.ts';
import { Comparison, hold, judgeAgain } from './rebuild.ts';

export type RepairStep =
  | { readonly done: number; readonly total: number }
  | { readonly result: Result<RepairReport, Refusal> };

/** Who answers for it: an officer at the terminal, or those who brought the recovery cards together. */
export type AskedBy = 'officer' | 'recovery cards';

/** So many differing rows are listed in the evidence. */
const listedRows = 1000;
const what = 'Nothing was replaced.';
const locked = refuse('locked', what, 'The terminal was locked.', 'Unlock it, and begin again.');

/** What the vault itself shows, and the log can show to be right again. What the gateway showed is not mended on this machine. */
const repairable: ReadonlySet<string> = new Set(['books changed', 'vault rolled back', 'head record lost']);

export async function* repair(terminal: Terminal, by: AskedBy = 'officer'): AsyncGenerator<RepairStep> {
  const opened = unlocked(terminal);
  if (!opened.ok) return yield { result: opened };
  const session = opened.value;
  const no = refusalNow(terminal, session, by);
  if (no !== undefined) return yield { result: { ok: false, refusal: no } };
  const work = new Comparison(listedRows);
  terminal.rebuilding = true;
  let reader: Reader | undefined;
  try {
    // A backup or a sync that has begun comes to its end first; where a terminal is read-only, none begins.
    while (terminal.syncing || terminal.backup !== undefined) {
      yield { done: 0, total: 1 };
      await setTimeout(50);
    }
    if (terminal.session !== session) return yield { result: locked };
    reader = session.openReader(() => work.letGo());
    yield { result: yield* replace(terminal, session, reader, work, by) };
  } catch (failure) {
    if (terminal.session !== session) return yield { result: locked };
    if (!isDamage(failure)) throw failure;
    session.askDisk();
    yield { result: damaged };
  } finally {
    terminal.rebuilding = false;
    reader?.close();
  }
}

function refusalNow(terminal: Terminal, session: Session, by: AskedBy): Refusal | undefined {
  const no = (type: string, why: string, next: string) => refuse(type, what, why, next).refusal;
  if (terminal.rebuilding) return no('busy', 'Something else reads the books now.', 'Wait for it, and try again.');
  const found = session.readOnly();
  if (found === undefined)
    return no('nothing to repair', 'Nothing was found that is not as it should be.', 'Compare the books with the log.');
  if (!repairable.has(found.type)) return no('not repairable', found.why, found.next);
  if (by === 'officer' && session.enrolled()?.role !== 'officer')
    return no('not entitled', 'Only an officer replaces books.', 'Ask an officer to unlock this terminal.');
  return undefined;
}

async function* replace(
  terminal: Terminal,
  session: Session,
  reader: Reader,
  work: Comparison,
  by: AskedBy,
): AsyncGenerator<{ done: number; total: number }, Result<RepairReport, Refusal>> {
  const { primitives, clock } = terminal.parts;
  const begun = clock();
  const { store } = session;
  const found = session.readOnly() as Refusal;
  const own = store.digests.isKnown ? changedOfItsOwn(reader, store.digests) : 'setting';
  if (own !== undefined) return lostOfItsOwn(own);
  const gathered = await gatherLog(session, reader, primitives, depositoryOf(terminal, session));
  if (!gathered.ok) return gathered;
  const { tree, proven, fetched } = gathered.value;
  work.stopIfLetGo();
  const rebuilt = yield* judgeAgain(session, gathered.value.records(), work, tree, primitives);
  if (rebuilt === undefined) return logDamaged(work);
  if (by === 'officer' && !isOfficerIn(rebuilt, session))
    return refuse('not entitled', what, 'By the log you are no officer.', 'Ask an officer to unlock this terminal.');
  for (const place of fetched) work.found('log', String(place), 'missing');
  yield* hold(rebuilt, reader, work, tree.size);

  const kept = copyEvidence(terminal);
  if (!kept.ok) return kept;
  faultPoint('repair: evidence kept, nothing replaced');
  const { folder } = kept.value;
  const at = msToInstant(clock());
  const before = countAll(reader, store.digests);
  const tables = digestNames.filter((name) => !store.digests.agrees(before, name));
  const mark: Mark = { backup: null, madeAt: at, reach: proven.reach };
  const facts = {
    ...{ found: found.type, by, size: tree.size, root: bytesToBase64(tree.root()), rows: work.differences.length },
    ...{ tables: tables.join(' '), evidence: folder, mustSync: !proven.isNewest, fetched: fetched.length },
  };
  const undoTree = session.tree.become(tree);
  try {
    session.repair(() => {
      const stored = textsOf(store.digests);
      if (gathered.value.isToBeWritten) writeLog(store, gathered.value);
      replaceBooks(store, rebuilt);
      const listed = { ...facts, at, finding: found, differences: masked(work), checkpoint: checkpointOf(session) };
      const digests = Object.fromEntries(
        tables.map((name) => [
          name,
          { stored: stored[name], counted: before.text(name), now: store.digests.text(name) },
        ]),
      );
      writeSynced(
        join(folder, 'found.json'),
        `${JSON.stringify({ ...whose(session), ...listed, digests }, null, 2)}\n`,
      );
      syncFolder(folder);
      if (!proven.isNewest) writeSetting(store, 'restored', JSON.stringify(mark));
      writeDiary(store, { at, what: 'repaired', operator: session.operator, facts });
      faultPoint('repair: replaced, not committed');
    });
  } catch (failure) {
    if (!(failure instanceof HeadNotRecorded)) undoTree();
    const refusal = diskRefusal(failure, what);
    if (refusal === undefined || session.readOnly() === undefined) throw failure;
    return { ok: false, refusal };
  }
  return ok({
    ...{ size: tree.size, root: facts.root, seconds: Math.max(0, clock() - begun) / 1000 },
    ...{ tables: [...new Set(tables.map(tableWords))], rows: facts.rows, evidence: folder, mustSync: facts.mustSync },
    fetched: fetched.length,
  });
}

/** The books that were stored may have said otherwise, so the log is asked; before there is a programme, the enrolment. */
function isOfficerIn(rebuilt: MemoryBooks, { operator }: Session): boolean {
  const known = rebuilt.get('operator', operator);
  return rebuilt.get('programme', 'programme') === undefined
    ? true
    : known?.role === 'officer' && known.revokedAt === undefined;
}

const lostOfItsOwn = (name: DigestName) =>
  refuse(
    'not repairable',
    what,
    `${tableWords(name)} are not as they were last written, and the log does not hold them.`,
    'Restore a backup; or revoke this terminal and set it up anew, and the books come back from the log.',
  );

function logDamaged({ differences }: Comparison) {
  const [first] = differences;
  return refuse(
    'log damaged',
    what,
    `Record ${first?.key} of the stored log is not one that it can have, so nothing can be built from it.`,
    'Restore a backup; or revoke this terminal and set it up anew, and the books come back from the log.',
  );
}

const textsOf = (digests: TableDigests) =>
  Object.fromEntries(digestNames.map((name) => [name, digests.text(name)])) as Record<DigestName, string>;

/** The list is not encrypted: of an account number its end is enough. */
const masked = ({ differences }: Comparison) =>
  differences.map((one) => (one.table === 'number' ? { ...one, key: `…${one.key.split('|')[0]?.slice(-4)}` } : one));

const whose = ({ terminal, operator, vault, invitation }: Session) => ({
  ...{ format: 'custos-evidence/1', programme: invitation.programme, terminal, operator },
  ...{ vault: vault.id, epoch: vault.epoch },
});

const checkpointOf = ({ store }: Session): string | null => readSetting(store, 'checkpoint') ?? null;
