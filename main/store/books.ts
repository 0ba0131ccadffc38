// The books in SQLCipher: the same rows as the in-memory form, read on demand and written once per batch from a layer.

import { assert } from '../../shared/assert.ts';
import {
  type BookedLeg,
  type Books,
  type BooksLayer,
  type CashLeg,
  type InstructionState,
  type LedgerAccount,
  rowToText,
  type TableName,
  type Tables,
  textToRow,
} from '../../shared/books.ts';
import { referenceOf } from '../../shared/decide.ts';
import type { CustosEvent } from '../../shared/event.ts';
import { parseRecord } from '../../shared/record.ts';
import { storedTables, type TableDigests } from './digests.ts';
import { storedRecords } from './log.ts';
import type { Store } from './open.ts';
import { type SeenKey, SeenKeys } from './seen.ts';

/** What these books need of a database handle; the caller owns the database transaction. */
type Sql = Pick<Store, 'prepare'>;

interface AccountRow {
  idx: bigint;
  id: string;
  class: string;
  asset: string;
  client: string | null;
  number: string | null;
  frozen: bigint;
  debits: bigint;
  credits: bigint;
  held: bigint;
  last_leg: bigint;
  pool: string | null;
}

const rowToAccount = (row: AccountRow): LedgerAccount => ({
  id: row.id,
  index: Number(row.idx),
  class: row.class as LedgerAccount['class'],
  asset: row.asset,
  client: row.client,
  number: row.number,
  frozen: row.frozen === 1n,
  debits: row.debits,
  credits: row.credits,
  held: row.held,
  lastLeg: Number(row.last_leg),
  ...(row.pool === null ? {} : { pool: row.pool }),
});

/** As the database gives it: an object for each account would double the time. */
export type Balance = readonly [index: bigint, debits: bigint, credits: bigint, held: bigint];

const rowToLeg = (row: Record<string, bigint>): BookedLeg => ({
  number: Number(row.number),
  entry: Number(row.entry),
  sequence: Number(row.sequence),
  debit: Number(row.debit),
  credit: Number(row.credit),
  amount: row.amount as bigint,
  previousDebit: Number(row.previous_debit),
  previousCredit: Number(row.previous_credit),
});

/** What digests count of a row of its own table; `recount.ts` has the same in SQL. */
const accountText = (a: LedgerAccount): string =>
  `${a.index}\t${a.class}\t${a.asset}\t${a.client === null ? '-' : `+${a.client}`}\t` +
  `${a.number === null ? '-' : `+${a.number}`}\t${a.frozen ? 1 : 0}\t${a.debits}\t${a.credits}\t${a.held}\t${a.lastLeg}` +
  (a.pool === undefined ? '' : `\t${a.pool}`); // nothing, so that rows of before there were pools are counted as they were
const legText = (leg: BookedLeg): string =>
  `${leg.number},${leg.entry},${leg.sequence},${leg.debit},${leg.credit},${leg.amount},${leg.previousDebit},${leg.previousCredit};`;
const nameOfInstruction = (state: string): 'waiting' | 'scheduled' | 'instruction' =>
  state === 'waiting' || state === 'scheduled' ? state : 'instruction';

/** Where each table of the books is kept; tables not named here are rows of `state`. Events and references are the log's. */
const own = { account: true, event: true, reference: true, window: true, instruction: true } as const;

/** Rows of `state` that are read for most events. */
const keptTables: readonly TableName[] = ['operator', 'credential', 'programme', 'head', 'number'];

/** Legs on cash come with every payment, so their rows are kept without the names of their columns. */
const cashLegColumns = [
  'leg',
  'reference',
  'item',
  'instruction',
  'amount',
  'valueDate',
  'receipt',
] as const satisfies readonly (keyof CashLeg)[];

/** A row of `state` as it is stored. */
const stateText = (table: TableName, row: object): string =>
  table === 'cashLegRow'
    ? JSON.stringify((row as Tables['cashLegRow']).legs.map((leg) => cashLegColumns.map((column) => leg[column])))
    : rowToText(row);

function stateRow(table: TableName, text: string): object {
  if (table !== 'cashLegRow') return textToRow(table, text);
  const legs = (JSON.parse(text) as unknown[][]).map((values) =>
    Object.fromEntries(cashLegColumns.map((column, i) => [column, values[i]])),
  );
  return { legs };
}

export class SqlBooks implements Books {
  readonly #sql: Sql;
  readonly #statements;
  readonly #seen: SeenKeys;
  /** Accounts are few and read for every leg; they are cached for as long as these books live. */
  readonly #accounts = new Map<string, LedgerAccount>();
  readonly #small = new Map<TableName, Map<string, object>>(keptTables.map((table) => [table, new Map()]));
  readonly #digests: TableDigests | undefined;

  /** Without digests, nothing keeps an old page from being put back: for tests and for books that are compared at once. */
  constructor(sql: Sql, digests?: TableDigests | undefined) {
    this.#sql = sql;
    this.#digests = digests;
    this.#seen = new SeenKeys(sql, digests);
    const statement = (source: string) => sql.prepare(source);
    this.#statements = {
      account: statement('SELECT * FROM accounts WHERE id = ?').safeIntegers(),
      accounts: statement('SELECT * FROM accounts ORDER BY idx').safeIntegers(),
      window: statement('SELECT sum FROM windows WHERE key = ?').safeIntegers(),
      windows: statement('SELECT key, sum FROM windows').safeIntegers(),
      instruction: statement('SELECT state, row FROM instructions WHERE id = ?'),
      instructions: statement('SELECT id AS key, row FROM instructions'),
      waiting: statement("SELECT row FROM instructions WHERE state = 'waiting' AND id > ? ORDER BY id LIMIT ?").pluck(),
      scheduled: statement(
        "SELECT row FROM instructions WHERE state = 'scheduled' AND id > ? ORDER BY id LIMIT ?",
      ).pluck(),
      page: statement('SELECT row FROM instructions WHERE id > ? ORDER BY id LIMIT ?').pluck(),
      newest: statement('SELECT row FROM instructions WHERE id > ? ORDER BY id DESC LIMIT ?').pluck(),
      balances: statement('SELECT idx, debits, credits, held FROM accounts ORDER BY idx').safeIntegers().raw(),
      sums: statement('SELECT debit, credit, sum(amount) FROM legs GROUP BY debit, credit').safeIntegers().raw(),
      accountPage: statement('SELECT * FROM accounts WHERE id > ? ORDER BY id LIMIT ?').safeIntegers(),
      state: statement('SELECT row FROM state WHERE name = ? AND key = ?'),
      states: statement('SELECT key, row FROM state WHERE name = ?'),
      legs: statement('SELECT * FROM legs ORDER BY number').safeIntegers(),
      leg: statement('SELECT * FROM legs WHERE number = ?').safeIntegers(),
      legPage: statement('SELECT * FROM legs WHERE number >= ? ORDER BY number LIMIT ?').safeIntegers(),
      accountByIndex: statement('SELECT * FROM accounts WHERE idx = ?').safeIntegers(),
      putAccount: statement(
        'INSERT INTO accounts VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (idx) DO UPDATE SET frozen = excluded.frozen, ' +
          'debits = excluded.debits, credits = excluded.credits, held = excluded.held, last_leg = excluded.last_leg',
      ),
      putWindow: statement('INSERT INTO windows VALUES (?,?) ON CONFLICT (key) DO UPDATE SET sum = excluded.sum'),
      putInstruction: statement(
        'INSERT INTO instructions VALUES (?,?,?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, row = excluded.row',
      ),
      putState: statement('INSERT INTO state VALUES (?,?,?) ON CONFLICT (name, key) DO UPDATE SET row = excluded.row'),
      putLeg: statement('INSERT INTO legs VALUES (?,?,?,?,?,?,?,?)'),
    };
  }

  get<T extends TableName>(table: T, key: string): Tables[T] | undefined {
    return this.#read(table, key) as Tables[T] | undefined;
  }

  #read(table: TableName, key: string): object | undefined {
    const { account, window, instruction, state } = this.#statements;
    if (table === 'account') {
      const known = this.#accounts.get(key);
      if (known !== undefined) return known;
      const row = account.get(key) as AccountRow | undefined;
      if (row === undefined) return undefined;
      const read = rowToAccount(row);
      this.#accounts.set(key, read);
      return read;
    }
    if (table === 'event') return this.#look(`event|${key}`, (event) => event.id === key);
    if (table === 'reference') return this.#look(`reference|${key}`, (event) => referenceOf(this, event) === key);
    if (table === 'window') return window.get(key) as object | undefined;
    if (table === 'instruction') return this.#parse(table, instruction.get(key));
    const kept = this.#small.get(table);
    const known = kept?.get(key);
    if (known !== undefined) return known;
    const read = this.#parse(table, state.get(table, key));
    if (read !== undefined) kept?.set(key, read);
    return read;
  }

  #look(key: SeenKey, fits: (event: CustosEvent) => boolean): { readonly sequence: number } | undefined {
    for (const sequence of this.#seen.placesOf(key)) if (fits(this.#eventAt(sequence))) return { sequence };
    return undefined;
  }

  #eventAt(sequence: number): CustosEvent {
    const [leaf] = storedRecords(this.#sql, sequence, sequence + 1);
    const record = leaf === undefined ? undefined : parseRecord(leaf);
    assert(record?.ok, 'a record that the index names is there');
    return record.value.event;
  }

  *#events(): Generator<CustosEvent> {
    for (const leaf of storedRecords(this.#sql, 0, Number.MAX_SAFE_INTEGER)) {
      const record = parseRecord(leaf);
      assert(record.ok, 'what is stored was read before');
      yield record.value.event;
    }
  }

  #parse(table: TableName, row: unknown): object | undefined {
    return row === undefined ? undefined : stateRow(table, (row as { row: string }).row);
  }

  *all<T extends TableName>(table: T): Generator<[string, Tables[T]]> {
    const { accounts, windows, instructions, states } = this.#statements;
    if (table === 'account')
      for (const row of accounts.iterate())
        yield [(row as AccountRow).id, rowToAccount(row as AccountRow) as Tables[T]];
    else if (table === 'event' || table === 'reference') {
      let sequence = 0;
      for (const event of this.#events()) {
        const key = table === 'event' ? event.id : referenceOf(this, event);
        if (key !== undefined) yield [key, { sequence } as Tables[T]];
        sequence += 1;
      }
    } else {
      const source = { window: windows, instruction: instructions }[table as string];
      for (const row of source === undefined ? states.iterate(table) : source.iterate()) {
        const { key, row: text, ...columns } = row as { key: string; row?: string };
        yield [key, (text === undefined ? columns : stateRow(table, text)) as Tables[T]];
      }
    }
  }

  /** Up to `limit` instructions after an id, in the order of their making; all of them, or those that wait for people or a day. */
  instructionsAfter(id: string, limit: number, which: 'all' | 'waiting' | 'scheduled'): InstructionState[] {
    const { page, waiting, scheduled } = this.#statements;
    const rows = { all: page, waiting, scheduled }[which].iterate(id, limit);
    return [...rows].map((text) => textToRow('instruction', text as string));
  }

  /** Up to `limit` of the newest instructions after an id, newest first. */
  newestInstructions(id: string, limit: number): InstructionState[] {
    return [...this.#statements.newest.iterate(id, limit)].map((text) => textToRow('instruction', text as string));
  }

  accountsAfter(id: string, limit: number): LedgerAccount[] {
    return [...this.#statements.accountPage.iterate(id, limit)].map((row) => rowToAccount(row as AccountRow));
  }

  *legs(): Generator<BookedLeg> {
    for (const row of this.#statements.legs.iterate()) yield rowToLeg(row as Record<string, bigint>);
  }

  leg(number: number): BookedLeg | undefined {
    const row = this.#statements.leg.get(number) as Record<string, bigint> | undefined;
    return row === undefined ? undefined : rowToLeg(row);
  }

  legsFrom(number: number, limit: number): BookedLeg[] {
    return [...this.#statements.legPage.iterate(number, limit)].map((row) => rowToLeg(row as Record<string, bigint>));
  }

  /** What is kept of every account: its turnover and its holds. */
  balances(): readonly Balance[] {
    return this.#statements.balances.all() as Balance[];
  }

  /** The turnover of every account that a leg names, added up again from the legs alone. */
  readd(): Map<number, { debits: bigint; credits: bigint }> {
    const sums = new Map<number, { debits: bigint; credits: bigint }>();
    const sumOf = (index: bigint) => {
      const sum = sums.get(Number(index)) ?? { debits: 0n, credits: 0n };
      sums.set(Number(index), sum);
      return sum;
    };
    for (const [debit, credit, amount] of this.#statements.sums.all() as [bigint, bigint, bigint][]) {
      sumOf(debit).debits += amount;
      sumOf(credit).credits += amount;
    }
    return sums;
  }

  accountByIndex(index: number): LedgerAccount | undefined {
    const row = this.#statements.accountByIndex.get(index) as AccountRow | undefined;
    return row === undefined ? undefined : rowToAccount(row);
  }

  /**
   * Writes a layer, inside the caller's database transaction: each changed row once, however often it changed. Its records
   * are the caller's to write in the same one.
   */
  write(layer: BooksLayer): void {
    const { state, putAccount, putWindow, putInstruction, putState, putLeg } = this.#statements;
    const digests = this.#digests?.isKnown ? this.#digests : undefined;
    if (digests !== undefined) this.#count(layer, digests);
    for (const [id, a] of layer.rows.account) {
      putAccount.run(
        a.index,
        id,
        a.class,
        a.asset,
        a.client,
        a.number,
        a.frozen ? 1 : 0,
        a.debits,
        a.credits,
        a.held,
        a.lastLeg,
        a.pool ?? null,
      );
      this.#accounts.set(id, a);
    }
    for (const leg of layer.legs)
      putLeg.run(
        leg.number,
        leg.entry,
        leg.sequence,
        leg.debit,
        leg.credit,
        leg.amount,
        leg.previousDebit,
        leg.previousCredit,
      );
    this.#writeSeen(layer);
    for (const [key, row] of layer.rows.window) putWindow.run(key, row.sum);
    for (const [id, row] of layer.rows.instruction) putInstruction.run(id, row.state, rowToText(row));
    for (const table of storedTables) {
      if (table in own) continue;
      for (const [key, row] of layer.rows[table]) {
        const text = stateText(table, row);
        const before = digests && (state.get(table, key) as { row: string } | undefined);
        digests?.replace(table, key, before?.row, text);
        putState.run(table, key, text);
        this.#small.get(table)?.delete(key);
      }
    }
  }

  #writeSeen({ rows }: BooksLayer): void {
    const entries: [SeenKey, number][] = [];
    for (const [id, { sequence }] of rows.event) entries.push([`event|${id}`, sequence]);
    for (const [key, { sequence }] of rows.reference) entries.push([`reference|${key}`, sequence]);
    const [first] = entries;
    if (first !== undefined) this.#seen.write(first[1], entries);
  }

  /**
   * Takes what a layer changes in tables of their own into the digests, before it is written: what was there goes out, what
   * comes goes in.
   */
  #count(layer: BooksLayer, digests: TableDigests): void {
    const { window, instruction } = this.#statements;
    for (const [id, account] of layer.rows.account) {
      const before = this.get('account', id);
      digests.replace('account', id, before && accountText(before), accountText(account));
    }
    // Legs are only ever added, and those of a batch are counted as one: a hash for each would cost more than storing it.
    const [first] = layer.rows.event.values();
    if (layer.legs.length > 0) digests.add('leg', String(first?.sequence), layer.legs.map(legText).join(''));
    for (const [key, row] of layer.rows.window) {
      const before = window.get(key) as { sum: bigint } | undefined;
      digests.replace('window', key, before && String(before.sum), String(row.sum));
    }
    for (const [id, row] of layer.rows.instruction) {
      const before = instruction.get(id) as { state: string; row: string } | undefined;
      if (before !== undefined) digests.remove(nameOfInstruction(before.state), id, before.row);
      digests.add(nameOfInstruction(row.state), id, rowToText(row));
    }
  }

  /** After a database transaction that failed, what was cached may be ahead of what is stored. */
  forget(): void {
    this.#accounts.clear();
    for (const kept of this.#small.values()) kept.clear();
    this.#seen.forget();
  }
}
