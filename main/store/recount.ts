// Counts the rows of the vault's tables again and holds the result against the stored digests: row by row, so that it can be
// done in slices. A table that is also read through an index is counted through that as well, as either may be the old one.

import { leafHash } from '../../shared/log/hash.ts';
import type { MerkleTree } from '../../shared/log/merkle.ts';
import type { Hash } from '../../shared/primitives.ts';
import { type Refusal, refuse } from '../../shared/result.ts';
import { type DigestName, storedTables, type TableDigests } from './digests.ts';
import { storedRecords } from './log.ts';
import type { Reader, Store } from './open.ts';

interface Source {
  readonly name: DigestName;
  /** Rows as key and value, in the very form in which whoever wrote them counted them. */
  readonly sql: string;
  /** Rows that follow one another under the same key were counted as one: the legs of a batch. */
  readonly isInRuns?: true;
}

const accounts = (how: string): Source => ({
  name: 'account',
  sql:
    "SELECT id, idx||char(9)||class||char(9)||asset||char(9)||coalesce('+'||client,'-')||char(9)||" +
    "coalesce('+'||number,'-')||char(9)||frozen||char(9)||debits||char(9)||credits||char(9)||held||char(9)||last_leg||coalesce(char(9)||pool,'') " +
    `FROM accounts ${how}`,
});
const instructions = (name: 'waiting' | 'scheduled' | 'instruction', how: string): Source => ({
  name,
  sql: `SELECT id, row FROM instructions ${how}`,
});
const outbox = (how: string): Source => ({
  name: 'outbox',
  sql: `SELECT position||'', state||char(9)||submission||char(9)||coalesce(reason,'') FROM outbox ${how}`,
});
const imports = (how: string): Source => ({
  name: 'import',
  sql: `SELECT file||'|'||item, event_id FROM imports ${how}`,
});
const state = (name: DigestName): Source => ({ name, sql: `SELECT key, row FROM state WHERE name = '${name}'` });

/** What does not grow with business; whatever is not named here does. */
const small: ReadonlySet<DigestName> = new Set([
  ...(['head', 'programme', 'operator', 'credential', 'person', 'terminal', 'enrolled'] as const),
  ...(['policy', 'currentPolicy', 'agreement'] as const),
]);
const ofOwnTable: ReadonlySet<DigestName> = new Set(['account', 'instruction', 'window']);
const inState = storedTables.filter((name) => !ofOwnTable.has(name));

/** Every screen leans on these: counted in full whenever the vault is opened. */
export const smallTables: readonly Source[] = [
  ...inState.filter((name) => small.has(name)).map(state),
  accounts('NOT INDEXED'),
  accounts('INDEXED BY sqlite_autoindex_accounts_1 ORDER BY id'),
  instructions('waiting', "INDEXED BY instructions_waiting WHERE state = 'waiting'"),
  instructions('scheduled', "INDEXED BY instructions_scheduled WHERE state = 'scheduled'"),
  outbox('NOT INDEXED'),
  outbox('INDEXED BY sqlite_autoindex_outbox_1 ORDER BY event_id'),
  { name: 'sequence', sql: "SELECT name, seq||'' FROM sqlite_sequence WHERE name = 'outbox'" },
  {
    name: 'diary',
    sql: `SELECT number||'', at||char(9)||what||char(9)||coalesce(operator,'')||char(9)||facts FROM diary`,
  },
  { name: 'setting', sql: "SELECT name, value FROM settings WHERE name <> 'checkpoint'" },
];

/** Everything else: when the vault is opened if there is little of it, in slices afterwards if there is much. */
export const largeTables: readonly Source[] = [
  ...inState.filter((name) => !small.has(name)).map(state),
  instructions('waiting', "WHERE +state = 'waiting'"), // the plus keeps it off the index
  instructions('scheduled', "WHERE +state = 'scheduled'"),
  instructions('instruction', "WHERE +state NOT IN ('waiting', 'scheduled')"),
  { name: 'seen', sql: "SELECT position||'', entries FROM seen WHERE position >= 0" }, // before it, what made the vault
  { name: 'window', sql: "SELECT key, sum||'' FROM windows" },
  {
    name: 'leg',
    sql:
      "SELECT (SELECT max(position) FROM seen WHERE position <= sequence)||'', number||','||entry||','||sequence||','||" +
      "debit||','||credit||','||amount||','||previous_debit||','||previous_credit||';' FROM legs ORDER BY number",
    isInRuns: true,
  },
  { name: 'attachment', sql: 'SELECT commitment, details FROM attachments' },
  imports('ORDER BY file, item'),
  imports('INDEXED BY imports_event ORDER BY event_id'),
];

/** Rows between two moments at which the work may be put down. */
export const sliceRows = 2000;

/** How much there is to count: the legs by their number, as they are in runs. */
export const rowsIn = (tables: readonly Source[], digests: TableDigests, legs: number): number =>
  tables.reduce((sum, { name }) => sum + (name === 'leg' ? legs : digests.rows(name)), 0);

const words: { readonly [name in DigestName]?: string } = {
  head: 'The position in the log',
  programme: 'The programme',
  operator: 'The operators',
  credential: 'The security keys',
  policy: 'The policies',
  currentPolicy: 'The policy in force',
  agreement: 'The agreement',
  client: 'The clients',
  account: 'The ledger accounts',
  number: 'The account numbers',
  waiting: 'The waiting instructions',
  scheduled: 'The instructions that wait for their value date',
  instruction: 'The finished instructions',
  seen: 'The index of ids and bank references',
  receipt: 'The receipts to be allocated',
  payee: 'The known payees',
  window: 'The sums for limits',
  statement: 'The statements',
  leg: 'The legs of the ledger',
  attachment: 'The names and account numbers of payees',
  import: 'The imported files',
  outbox: 'The outbox',
  sequence: 'The outbox',
  setting: 'The settings of this terminal',
  diary: 'The diary of the vault',
};

/** A table as people name it, in the plural. */
export const tableWords = (name: DigestName): string => words[name] ?? 'The small tables';

/** The finding when rows are not those that were written; `log` is for the records themselves. */
export function booksChanged(where: DigestName | 'log' | 'digests'): Refusal<'books changed'> {
  const why =
    where === 'digests'
      ? 'It has no digests of its tables, and nothing to hold them against.'
      : `${where === 'log' ? 'The records of the log' : tableWords(where)} are not as they were last written: an older part of the file was put back.`;
  return refuse(
    'books changed',
    'What this terminal shows may be wrong.',
    why,
    'Decide nothing by it. Call the security officer; keep the files as they are.',
  ).refusal;
}

/** Yields how many rows a slice had; returns the first table whose rows are not those that were counted. */
export function* recount(
  reader: Pick<Reader, 'prepare'>,
  digests: TableDigests,
  tables: readonly Source[],
): Generator<number, DigestName | undefined> {
  for (const source of tables) {
    const found = digests.fresh();
    yield* countInto(found, reader, source);
    if (!found.agrees(digests, source.name)) return source.name;
  }
  return undefined;
}

function* countInto(digests: TableDigests, reader: Pick<Reader, 'prepare'>, source: Source): Generator<number> {
  const { name, sql, isInRuns } = source;
  let slice = 0;
  let [run, texts] = ['', ''];
  for (const row of reader.prepare(sql).raw().iterate()) {
    const [key, stored] = row as [string, string | Buffer];
    const value = typeof stored === 'string' ? stored : stored.toString('latin1');
    if (isInRuns === undefined) digests.add(name, key, value);
    else {
      if (key !== run && texts !== '') {
        digests.add(name, run, texts);
        texts = '';
      }
      run = key;
      texts += value;
    }
    if (++slice === sliceRows) {
      yield slice;
      slice = 0;
    }
  }
  if (texts !== '') digests.add(name, run, texts);
  yield slice;
}

/** Whether everything in a store is what was counted elsewhere; what was never counted cannot be held against it. */
export const isAsCounted = (reader: Pick<Reader, 'prepare'>, digests: TableDigests): boolean =>
  !digests.isKnown || finish(recount(reader, digests, [...smallTables, ...largeTables])) === undefined;

/** Counts a store that was filled without counting, under its own key. */
export function countAnew(store: Store): void {
  const found = countAll(store, store.digests);
  store.transaction(() => store.digests.become(found));
}

/** Every table once, as its rows are, under the key of `digests`. */
export function countAll(reader: Pick<Reader, 'prepare'>, digests: TableDigests): TableDigests {
  const found = digests.fresh();
  const counted = new Set<DigestName>();
  for (const source of [...smallTables, ...largeTables]) {
    if (counted.has(source.name)) continue;
    counted.add(source.name);
    finish(countInto(found, reader, source));
  }
  return found;
}

/** What follows from the log; everything else is this terminal's own, and nothing can build it again. */
const followsFromLog: ReadonlySet<DigestName> = new Set([...storedTables, 'seen', 'waiting', 'scheduled', 'leg']);

/** The first of the terminal's own tables whose rows are not those that were counted. */
export const changedOfItsOwn = (reader: Pick<Reader, 'prepare'>, digests: TableDigests): DigestName | undefined =>
  finish(
    recount(
      reader,
      digests,
      [...smallTables, ...largeTables].filter(({ name }) => !followsFromLog.has(name)),
    ),
  );

/** Work that is not put down before its end. */
export function finish<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** The same for the log: every record against its leaf in the tree. Returns the first position that does not fit. */
export function* recountRecords(
  reader: Pick<Reader, 'prepare'>,
  tree: MerkleTree,
  size: number,
  hash: Hash,
): Generator<number, number | undefined> {
  let [next, slice] = [0, 0];
  for (const record of storedRecords(reader, 0, size)) {
    const leaf = tree.node(0, next);
    if (leaf === undefined || Buffer.compare(leaf, leafHash(hash, record)) !== 0) return next;
    next += 1;
    if (++slice === sliceRows) {
      yield slice;
      slice = 0;
    }
  }
  yield slice;
  return next === size ? undefined : next;
}
