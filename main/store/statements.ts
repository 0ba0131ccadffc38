// The bank's statements as imported from files: what reconciliation reads.
//
//   statement_files    one row for each file; `reading` until it is taken in, and until then nothing in it counts
//   bank_statements    its statements: account, asset, balances, and the range of lines that is theirs
//   bank_lines         slim: one line for each entry, and for an entry of several transactions one more for each of them.
//                      `entry` is the line of the entry; where it is the line itself, the line changes the balance (when it
//                      is booked), otherwise it explains one that does
//   bank_line_records  everything else that the bank said of a line, as JSON, under the same number
//
// Lines are numbered in the order of the file and those of a statement are a range, so that they are read in order without an
// index. Importing appends; a file that is not taken in is removed by its number.
//
//   statement_imports  every import and its fate, also of files of which nothing was kept

import { assert } from '../../shared/assert.ts';
import type { Finding } from '../../shared/iso20022/finding.ts';
import type { MessageHead } from '../../shared/iso20022/reader.ts';
import type { SchemaVerdict } from '../../shared/iso20022/schema.ts';
import type { CountAndSum, StatementKind } from '../../shared/iso20022/statement.ts';
import type { ParsedLine, ParsedStatement } from '../parse-statement.ts';
import type { Store } from './open.ts';

/** A file that is being imported: its rows are numbered from here. */
export interface OpenStatementFile {
  readonly file: number;
  readonly firstLine: number;
  readonly firstStatement: number;
}

export interface StatementFile {
  readonly number: number;
  readonly name: string;
  readonly message: string;
  readonly messageId: string | null;
  readonly importedAt: string;
  readonly operator: string;
  readonly bytes: number;
  readonly lines: number;
  readonly findings: readonly Finding[];
  readonly verdict: SchemaVerdict;
}

export interface StatementFate {
  readonly number: number;
  readonly at: string;
  readonly operator: string;
  readonly name: string;
  readonly bytes: number;
  readonly message: string | null;
  readonly messageId: string | null;
  readonly fate: 'taken in' | 'came again' | 'refused' | 'cancelled' | 'left';
  readonly why: string | null;
}

export interface BankStatement {
  readonly number: number;
  readonly file: number;
  readonly kind: StatementKind;
  readonly id: string;
  readonly account: string | null;
  readonly asset: string | null;
  /** Signed minor units. */
  readonly opening: bigint | null;
  readonly closing: bigint | null;
  readonly closingDay: string | null;
  readonly balanced: boolean | null;
  /** The range of its lines; empty when the last is before the first. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly entries: number;
  /** Decimal text of all entries, booked or not. */
  readonly credits: CountAndSum;
  readonly debits: CountAndSum;
}

export interface BankStatementLine {
  readonly number: number;
  readonly statement: number;
  readonly entry: number;
  /** Minor units of the statement's asset, never negative; null where the line has none that could be read. */
  readonly amount: bigint | null;
  readonly credit: boolean | null;
  readonly status: string | null;
  readonly reversal: boolean;
  readonly bookingDay: string | null;
  readonly valueDay: string | null;
  readonly reference: string | null;
  readonly endToEndId: string | null;
  readonly instructionId: string | null;
  readonly transactionId: string | null;
}

/** By which a message is known again: message ids are the sender's own, and one message may come in pages. */
export const messageKey = (head: MessageHead, account: string | null): string | null =>
  head.messageId === null ? null : JSON.stringify([head.family, account, head.messageId, head.page]);

/** A whole file of the same content, or with the same message. */
export function fileBy(store: Store, what: 'digest' | 'message_key', value: string): StatementFile | undefined {
  const row = store.prepare(`SELECT * FROM statement_files WHERE state = 'whole' AND ${what} = ?`).get(value);
  return row === undefined ? undefined : toFile(row as FileRow);
}

/** Where the next file's rows begin, and its own row. Inside a database transaction. */
export function beginFile(
  store: Store,
  { name, importedAt, operator }: Pick<StatementFile, 'name' | 'importedAt' | 'operator'>,
): OpenStatementFile {
  const next = (table: 'bank_lines' | 'bank_statements'): number =>
    ((store.prepare(`SELECT max(number) FROM ${table}`).pluck().get() as number | null) ?? 0) + 1;
  const open = { firstLine: next('bank_lines'), firstStatement: next('bank_statements') };
  const { lastInsertRowid } = store
    .prepare(
      "INSERT INTO statement_files (state, first_line, name, message, imported_at, operator, bytes, line_count, findings) VALUES ('reading', ?, ?, '', ?, ?, 0, 0, '[]')",
    )
    .run(open.firstLine, name, importedAt, operator);
  return { file: Number(lastInsertRowid), ...open };
}

/** Appends what was parsed. Inside a database transaction; statements are kept once, so that they are prepared once. */
export function rowWriter(store: Store, open: OpenStatementFile) {
  const line = store.prepare('INSERT INTO bank_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const record = store.prepare('INSERT INTO bank_line_records VALUES (?, ?)');
  const statement = store.prepare('INSERT INTO bank_statements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  return (kind: string, lines: readonly ParsedLine[], statements: readonly ParsedStatement[]): void => {
    for (const one of lines) {
      const number = open.firstLine + one.line;
      line.run(
        number,
        open.firstStatement + one.statement,
        open.firstLine + one.entry,
        one.amount,
        asBit(one.credit),
        one.status,
        one.reversal ? 1 : 0,
        one.bookingDay,
        one.valueDay,
        one.reference,
        one.endToEndId,
        one.instructionId,
        one.transactionId,
      );
      record.run(number, one.record);
    }
    for (const { statement: place, firstLine, lastLine, summary, record: json } of statements)
      statement.run(
        open.firstStatement + place,
        open.file,
        kind,
        summary.id,
        summary.account,
        summary.asset,
        summary.opening,
        summary.closing,
        summary.closingDate,
        asBit(summary.balanced),
        open.firstLine + firstLine,
        open.firstLine + lastLine,
        summary.entryCount,
        json,
      );
  };
}

const asBit = (value: boolean | null): number | null => (value === null ? null : value ? 1 : 0);
const asBoolean = (bit: bigint | number | null): boolean | null => (bit === null ? null : Number(bit) === 1);

/** What is known of the file once all of it was read. Inside a database transaction. */
export function describeFile(
  store: Store,
  open: OpenStatementFile,
  whole: {
    readonly digest: string;
    readonly key: string | null;
    readonly head: MessageHead;
    readonly bytes: number;
    readonly lines: number;
    readonly findings: readonly Finding[];
    readonly verdict: SchemaVerdict;
  },
): void {
  const { changes } = store
    .prepare(
      "UPDATE statement_files SET digest = ?, message_key = ?, message = ?, message_id = ?, created_at = ?, bytes = ?, line_count = ?, findings = ?, verdict = ? WHERE number = ? AND state = 'reading'",
    )
    .run(
      whole.digest,
      whole.key,
      whole.head.message,
      whole.head.messageId,
      whole.head.createdAt,
      whole.bytes,
      whole.lines,
      JSON.stringify(whole.findings),
      JSON.stringify(whole.verdict),
      open.file,
    );
  assert(changes === 1, 'a file that is described was begun');
}

/** From here on the file counts. Inside a database transaction. */
export function finishFile(store: Store, { file }: OpenStatementFile): void {
  const { changes } = store
    .prepare("UPDATE statement_files SET state = 'whole' WHERE number = ? AND state = 'reading' AND digest IS NOT NULL")
    .run(file);
  assert(changes === 1, 'a file that counts was read to its end');
}

/** What became of an import. Inside a database transaction. */
export function noteFate(store: Store, one: Omit<StatementFate, 'number'>): void {
  store
    .prepare('INSERT INTO statement_imports VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(one.at, one.operator, one.name, one.bytes, one.message, one.messageId, one.fate, one.why);
}

/** Newest first, before a number. */
export const fatesBefore = (store: Store, before: number, limit: number): StatementFate[] =>
  store
    .prepare(
      'SELECT number, at, operator, name, bytes, message, message_id AS messageId, fate, why FROM statement_imports WHERE number < ? ORDER BY number DESC LIMIT ?',
    )
    .all(before, limit) as StatementFate[];

/** A file by its number, whether it counts yet or not. */
export const fileByNumber = (store: Store, number: number): StatementFile | undefined => {
  const row = store.prepare('SELECT * FROM statement_files WHERE number = ?').get(number);
  return row === undefined ? undefined : toFile(row as FileRow);
};

/** Takes away what was written of a file that is not to count. In steps, so that nothing else waits long. */
export function* removeFile(store: Store, file: number): Generator<void> {
  const from = store
    .prepare("SELECT first_line FROM statement_files WHERE number = ? AND state = 'reading'")
    .pluck()
    .get(file);
  assert(typeof from === 'number', 'a file that counts is never removed');
  // Lines are appended, one file after the other: what lies from here on is this file's.
  for (;;) {
    const removed = store.transaction(() => {
      const last = store.prepare('SELECT max(number) FROM bank_lines').pluck().get() as number | null;
      if (last === null || last < from) return false;
      const start = Math.max(from, last - 20_000);
      store.prepare('DELETE FROM bank_lines WHERE number >= ?').run(start);
      store.prepare('DELETE FROM bank_line_records WHERE number >= ?').run(start);
      return true;
    });
    if (!removed) break;
    yield;
  }
  store.transaction(() => {
    store.prepare('DELETE FROM bank_statements WHERE file = ?').run(file);
    store.prepare('DELETE FROM statement_files WHERE number = ?').run(file);
  });
}

/** Files whose import did not end, because the terminal was locked or stopped. */
export const unfinishedFiles = (store: Store): number[] =>
  store
    .prepare("SELECT number FROM statement_files WHERE state = 'reading' ORDER BY number DESC")
    .pluck()
    .all() as number[];

/** Newest first, before a number. */
export function filesBefore(store: Store, before: number, limit: number): StatementFile[] {
  const rows = store
    .prepare("SELECT * FROM statement_files WHERE state = 'whole' AND number < ? ORDER BY number DESC LIMIT ?")
    .all(before, limit);
  return (rows as FileRow[]).map(toFile);
}

/** Statements of whole files, newest first, before a number; of one account and asset where they are given. */
export function statementsBefore(
  store: Store,
  {
    before,
    limit,
    account,
    asset,
  }: {
    readonly before: number;
    readonly limit: number;
    readonly account: string | null;
    readonly asset: string | null;
  },
): BankStatement[] {
  const rows = store
    .prepare(
      `SELECT s.* FROM bank_statements s JOIN statement_files f ON f.number = s.file
       WHERE f.state = 'whole' AND s.number < ? AND (? IS NULL OR s.account = ?) AND (? IS NULL OR s.asset = ?)
       ORDER BY s.number DESC LIMIT ?`,
    )
    .safeIntegers()
    .all(before, account, account, asset, asset, limit);
  return (rows as StatementRow[]).map(toStatement);
}

export function statementsOfFile(store: Store, file: number): BankStatement[] {
  const rows = store.prepare('SELECT * FROM bank_statements WHERE file = ? ORDER BY number').safeIntegers().all(file);
  return (rows as StatementRow[]).map(toStatement);
}

/** A statement of a whole file. */
export function statementByNumber(store: Store, number: number): BankStatement | undefined {
  const row = store
    .prepare(
      "SELECT s.* FROM bank_statements s JOIN statement_files f ON f.number = s.file WHERE f.state = 'whole' AND s.number = ?",
    )
    .safeIntegers()
    .get(number);
  return row === undefined ? undefined : toStatement(row as StatementRow);
}

/** Lines of a statement in the order of the file, from a number on. */
export function linesFrom(store: Store, statement: BankStatement, from: number, limit: number): BankStatementLine[] {
  const rows = store
    .prepare('SELECT * FROM bank_lines WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?')
    .safeIntegers()
    .all(Math.max(from, statement.firstLine), statement.lastLine, limit);
  return (rows as LineRow[]).map(toLine);
}

/** Everything that the bank said of a line. */
export const lineRecord = (store: Store, number: number): Readonly<Record<string, unknown>> | undefined => {
  const text = store.prepare('SELECT record FROM bank_line_records WHERE number = ?').pluck().get(number);
  return text === undefined ? undefined : (JSON.parse(text as string) as Record<string, unknown>);
};

interface FileRow {
  readonly number: number;
  readonly name: string;
  readonly message: string;
  readonly message_id: string | null;
  readonly imported_at: string;
  readonly operator: string;
  readonly bytes: number;
  readonly line_count: number;
  readonly findings: string;
  readonly verdict: string;
}
const toFile = (row: FileRow): StatementFile => ({
  number: row.number,
  name: row.name,
  message: row.message,
  messageId: row.message_id,
  importedAt: row.imported_at,
  operator: row.operator,
  bytes: row.bytes,
  lines: row.line_count,
  findings: JSON.parse(row.findings) as Finding[],
  verdict: JSON.parse(row.verdict) as SchemaVerdict,
});

interface StatementRow {
  readonly number: bigint;
  readonly file: bigint;
  readonly kind: StatementKind;
  readonly id: string;
  readonly account: string | null;
  readonly asset: string | null;
  readonly opening: bigint | null;
  readonly closing: bigint | null;
  readonly closing_day: string | null;
  readonly balanced: bigint | null;
  readonly first_line: bigint;
  readonly last_line: bigint;
  readonly entries: bigint;
  readonly summary: string;
}
const toStatement = (row: StatementRow): BankStatement => ({
  ...sumsOf(row.summary),
  number: Number(row.number),
  file: Number(row.file),
  kind: row.kind,
  id: row.id,
  account: row.account,
  asset: row.asset,
  opening: row.opening,
  closing: row.closing,
  closingDay: row.closing_day,
  balanced: asBoolean(row.balanced),
  firstLine: Number(row.first_line),
  lastLine: Number(row.last_line),
  entries: Number(row.entries),
});

const sumsOf = (summary: string): Pick<BankStatement, 'credits' | 'debits'> => {
  const { credits, debits } = JSON.parse(summary) as Pick<BankStatement, 'credits' | 'debits'>;
  return { credits, debits };
};

interface LineRow {
  readonly number: bigint;
  readonly statement: bigint;
  readonly entry: bigint;
  readonly amount: bigint | null;
  readonly credit: bigint | null;
  readonly status: string | null;
  readonly reversal: bigint;
  readonly booking_day: string | null;
  readonly value_day: string | null;
  readonly reference: string | null;
  readonly end_to_end: string | null;
  readonly instruction: string | null;
  readonly transaction_id: string | null;
}
const toLine = (row: LineRow): BankStatementLine => ({
  number: Number(row.number),
  statement: Number(row.statement),
  entry: Number(row.entry),
  amount: row.amount,
  credit: asBoolean(row.credit),
  status: row.status,
  reversal: row.reversal === 1n,
  bookingDay: row.booking_day,
  valueDay: row.value_day,
  reference: row.reference,
  endToEndId: row.end_to_end,
  instructionId: row.instruction,
  transactionId: row.transaction_id,
});
