// Rebuild: judges every stored record again into fresh books, in memory, and holds those against the stored ones, table by table
// and row by row. A digest says that a table is as it was written; this says that what was written follows from the log.

import { setImmediate } from 'node:timers/promises';
import { verifyAhead } from '../../crypto/node.ts';
import { BooksLayer, MemoryBooks, rowToText, tableNames } from '../../shared/books.ts';
import { bytesEqual, bytesToBase64 } from '../../shared/bytes.ts';
import type { RebuildReport } from '../../shared/contract/vault.ts';
import { decide } from '../../shared/decide.ts';
import { signaturesOf } from '../../shared/evidence.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import type { Primitives } from '../../shared/primitives.ts';
import { type LogRecord, parseRecord } from '../../shared/record.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import type { Session } from '../session.ts';
import { SqlBooks } from '../store/books.ts';
import { loadTree, storedRecords } from '../store/log.ts';
import { damaged, isDamage, type Reader } from '../store/open.ts';
import { tableWords } from '../store/recount.ts';
import { type SeenKey, SeenKeys } from '../store/seen.ts';
import { strangeGenesis } from '../sync/sync.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export type RebuildStep =
  | { readonly done: number; readonly total: number }
  | { readonly result: Result<RebuildReport, Refusal> };
type Difference = RebuildReport['differences'][number];
type Table = Difference['table'];

const recordsPerSlice = 500;
const rowsPerSlice = 2000;
/** On a screen, more of them say nothing more. */
const shownDifferences = 10;

export async function* rebuild(terminal: Terminal): AsyncGenerator<RebuildStep> {
  const opened = unlocked(terminal);
  if (!opened.ok) return yield { result: opened };
  const what = 'Nothing was rebuilt.';
  if (terminal.rebuilding)
    return yield { result: refuse('busy', what, 'It is being rebuilt already.', 'Wait for it.') };
  const session = opened.value;
  const work = new Comparison(shownDifferences);
  terminal.rebuilding = true;
  const reader = session.openReader(() => work.letGo());
  try {
    yield* compare(terminal, session, reader, work);
  } catch (failure) {
    if (terminal.session !== session)
      return yield { result: refuse('locked', what, 'The terminal was locked.', 'Unlock it, and begin again.') };
    if (!isDamage(failure)) throw failure;
    session.askDisk();
    session.quarantine(damaged.refusal);
    yield { result: damaged };
  } finally {
    terminal.rebuilding = false;
    reader.close();
  }
}

async function* compare(
  terminal: Terminal,
  session: Session,
  reader: Reader,
  work: Comparison,
): AsyncGenerator<RebuildStep> {
  const { primitives, clock } = terminal.parts;
  const begun = clock();
  const tree = loadTree(reader, primitives.sha256);
  const { size } = tree;
  const books = yield* judgeAgain(session, storedRecords(reader, 0, size), work, tree, primitives);
  if (books !== undefined) yield* hold(books, reader, work, size);
  const report: RebuildReport = {
    size,
    root: bytesToBase64(tree.root()),
    seconds: Math.max(0, clock() - begun) / 1000,
    differences: work.differences,
  };
  const finding = findingOf(report);
  if (finding !== undefined) {
    work.stopIfLetGo();
    session.quarantine(finding);
  }
  yield { result: ok(report) };
}

/** The books that a log leads to; undefined when it is not one, and `work` says where. */
export async function* judgeAgain(
  session: Session,
  leaves: Generator<Uint8Array>,
  work: Comparison,
  tree: MerkleTree,
  primitives: Primitives,
): AsyncGenerator<{ done: number; total: number }, MemoryBooks | undefined> {
  const { size } = tree;
  const books = new MemoryBooks();
  const replayed = new MerkleTree(primitives.sha256);
  let records: LogRecord[] = [];
  const refused = (sequence: number, why: string) => work.found('log', String(sequence), 'refused', why);

  // A record that cannot be judged ends it: nothing after it follows from anything.
  for (const leaf of work.following(leaves)) {
    const record = parseRecord(leaf);
    if (record.ok) {
      records.push(record.value);
      replayed.append(leafHash(primitives.sha256, leaf));
    }
    if (records.length < recordsPerSlice && record.ok && replayed.size < size) continue;
    const from = replayed.size - records.length;
    const judged = await judge(session, books, records, from, primitives);
    const bad = judged ?? (record.ok ? undefined : { sequence: replayed.size, why: record.refusal.why });
    if (bad !== undefined) refused(bad.sequence, bad.why);
    records = [];
    if (work.differences.length > 0) return undefined;
    yield { done: replayed.size, total: size };
    await setImmediate(); // whoever else is at this terminal has their turn
    work.stopIfLetGo();
  }
  if (replayed.size !== size) work.found('log', String(replayed.size), 'missing');
  else if (!bytesEqual(replayed.root(), tree.root())) work.found('log', String(firstOther(replayed, tree)), 'changed');
  return work.differences.length === 0 ? books : undefined;
}

async function judge(
  session: Session,
  books: MemoryBooks,
  records: readonly LogRecord[],
  from: number,
  primitives: Primitives,
): Promise<{ sequence: number; why: string } | undefined> {
  const verifying = { ...primitives, ...(await verifyAhead(signaturesOf(books, records, primitives.sha256))) };
  const layer = new BooksLayer(books);
  for (const [i, record] of records.entries()) {
    const sequence = from + i;
    const { event } = record;
    try {
      const strange = event.type === 'programme.opened' ? strangeGenesis(session, event, verifying) : undefined;
      if (strange !== undefined) return { sequence, why: strange };
      const decision = decide(layer, record, verifying);
      if (!decision.ok) return { sequence, why: decision.refusal.why };
      layer.apply(decision.value);
    } catch (failure) {
      if (failure instanceof Error && failure.name === 'BrokenInvariant')
        return { sequence, why: 'It breaks a rule of the ledger.' };
      throw failure;
    }
  }
  books.absorb(layer);
  return undefined;
}

/** Rows of every table, the index to ids and references, and the legs. */
export async function* hold(
  rebuilt: MemoryBooks,
  reader: Reader,
  work: Comparison,
  total: number,
): AsyncGenerator<{ done: number; total: number }> {
  const stored = new SqlBooks(reader);
  const seen = new SeenKeys(reader);
  let rows = 0;
  const pause = async () => {
    await setImmediate();
    work.stopIfLetGo();
  };
  for (const table of tableNames) {
    if (work.isFull) return;
    let matched = 0;
    if (table === 'event' || table === 'reference') {
      for (const [key, { sequence }] of rebuilt.all(table)) {
        if (!seen.placesOf(`${table}|${key}` as SeenKey).includes(sequence)) work.found(table, key, 'missing');
        if (++rows % rowsPerSlice === 0) await pause();
      }
      continue;
    }
    for (const [key, row] of work.following(stored.all(table))) {
      const mine = rebuilt.get(table, key);
      if (mine === undefined) work.found(table, key, 'too many');
      else {
        matched += 1;
        if (rowToText(mine) !== rowToText(row)) work.found(table, key, 'changed');
      }
      if (++rows % rowsPerSlice === 0) await pause();
    }
    if (matched < countOf(rebuilt.all(table)))
      for (const [key] of rebuilt.all(table)) {
        if (stored.get(table, key) === undefined) work.found(table, key, 'missing');
        if (++rows % rowsPerSlice === 0) await pause();
      }
  }
  let at = 0;
  for (const leg of work.following(stored.legs())) {
    const mine = rebuilt.legs[at];
    // By number: one leg that is missing must not make all after it differ.
    if (mine === undefined || leg.number < mine.number) work.found('leg', String(leg.number), 'too many');
    else {
      while (rebuilt.legs[at] !== undefined && (rebuilt.legs[at]?.number ?? 0) < leg.number) {
        work.found('leg', String(rebuilt.legs[at]?.number), 'missing');
        at += 1;
      }
      if (rowToText(rebuilt.legs[at]) !== rowToText(leg)) work.found('leg', String(leg.number), 'changed');
      at += 1;
    }
    if (++rows % rowsPerSlice === 0) await pause();
  }
  for (; at < rebuilt.legs.length && !work.isFull; at++) work.found('leg', String(rebuilt.legs[at]?.number), 'missing');
  yield { done: total, total };
}

function countOf(rows: Iterable<unknown>): number {
  let count = 0;
  for (const _ of rows) count += 1;
  return count;
}

function firstOther(one: MerkleTree, other: MerkleTree): number {
  for (let at = 0; at < one.size; at++) {
    const [mine, theirs] = [one.node(0, at), other.node(0, at)];
    if (mine === undefined || theirs === undefined || !bytesEqual(mine, theirs)) return at;
  }
  return one.size;
}

/** What was found, and what is being read now: locking the terminal ends both. */
export class Comparison {
  readonly differences: Difference[] = [];
  readonly #most: number;
  #reading: Generator<unknown> | undefined;
  #isLetGo = false;

  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.differences.length >= this.#most;
  }

  found(table: Table, key: string, how: Difference['how'], why: string | null = null): void {
    if (!this.isFull) this.differences.push({ table, key: key.slice(0, 200), how, why });
  }

  following<T>(rows: Generator<T>): Generator<T> {
    this.#reading = rows;
    return rows;
  }

  letGo(): void {
    this.#isLetGo = true;
    this.#reading?.return(undefined);
  }

  stopIfLetGo(): void {
    if (this.#isLetGo) throw new Error('the vault was locked while it was read');
  }
}

function findingOf({ differences }: RebuildReport): Refusal | undefined {
  const [first] = differences;
  if (first === undefined) return undefined;
  const { table, key } = first;
  return refuse(
    'books changed',
    'What this terminal shows may be wrong.',
    table === 'log'
      ? `Record ${key} of the stored log is not one that the log can have.`
      : `${tableWords(nameOf(table))} are not what the log leads to; the first difference is at ${key}.`,
    'Decide nothing by it. Call the security officer; keep the files as they are.',
  ).refusal;
}

const nameOf = (table: Exclude<Table, 'log'>) => (table === 'event' || table === 'reference' ? 'seen' : table);
