// The books of an audit in memory that does not grow with the log as it is read: of events and bank references only their
// fingerprints, as an audit asks no more than whether they were there; of everything else that grows, the rows that were
// changed last, and the others in a file until something asks for them again.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditBooks } from '../shared/audit.ts';
import { type BooksLayer, rowToText, type TableName, type Tables, tableNames, textToRow } from '../shared/books.ts';
import { FingerprintTable } from './fingerprints.ts';

/** Tables of which a row is asked for no more than whether it is there. */
type OnlyNoted = 'event' | 'reference';
const isOnlyNoted = (table: TableName): table is OnlyNoted => table === 'event' || table === 'reference';

/** Tables that do not grow with the log, or are asked for all the time. */
const small: ReadonlySet<TableName> = new Set<TableName>([
  'head',
  'programme',
  'operator',
  'credential',
  'person',
  'terminal',
  'enrolled',
  'policy',
  'currentPolicy',
  'agreement',
  'client',
  'pool',
  'account',
  'number',
  'cashLegs',
  'openItems',
  'shortfall',
  'override',
  'stopped',
  'calendar',
  'calendarOf',
  'period',
]);

const there = {
  event: Object.defineProperty({}, 'sequence', { get: notKept }) as Tables['event'],
  reference: Object.defineProperty({}, 'sequence', { get: notKept }) as Tables['reference'],
};
function notKept(): never {
  throw new Error('an audit remembers that it was there, and nothing else of it');
}

/** Everything that a later audit needs to go on from here. */
export interface KeptBooks {
  /** Fingerprints, 16 bytes each. */
  readonly events: Uint8Array;
  readonly references: Uint8Array;
  readonly commitments: Uint8Array;
  readonly rows: Iterable<readonly [TableName, string, string]>;
  readonly silent: KeptRows;
}

/** Rows one after the other in a file, and where each of them lies. */
export interface KeptRows {
  readonly file: number;
  readonly from: number;
  readonly length: number;
  /** Fingerprint (16 bytes) of each row's name, in the order of `places`. */
  readonly names: Uint8Array;
  readonly places: Float64Array;
}

export class FlatBooks implements AuditBooks {
  readonly #rows = new Map<TableName, Map<string, object>>();
  readonly #noted: Record<OnlyNoted, FingerprintTable>;
  readonly #committed: FingerprintTable;
  readonly #opened = new FingerprintTable({ of: 'any text' });
  readonly #silent: SilentRows;

  /** Changes of that weight to rows of those that grow are kept in memory in each of two generations. */
  constructor(kept?: KeptBooks, hotWeight = 4000) {
    const table = (of: 'event ids' | 'any text', bytes: Uint8Array = new Uint8Array()) => {
      const filled = new FingerprintTable({ of, count: bytes.length / 16 });
      filled.addBytes(bytes);
      return filled;
    };
    this.#noted = { event: table('event ids', kept?.events), reference: table('any text', kept?.references) };
    this.#committed = table('any text', kept?.commitments);
    this.#silent = new SilentRows(kept?.silent, hotWeight);
    for (const name of small) this.#rows.set(name, new Map());
    for (const [name, key, text] of kept?.rows ?? []) this.#rows.get(name)?.set(key, textToRow(name, text));
  }

  get<T extends TableName>(table: T, key: string): Tables[T] | undefined {
    if (isOnlyNoted(table)) return this.#noted[table].has(key) ? (there[table] as Tables[T]) : undefined;
    const rows = this.#rows.get(table);
    return rows === undefined ? this.#silent.get(table, key) : (rows.get(key) as Tables[T] | undefined);
  }

  all<T extends TableName>(table: T): Iterable<readonly [string, Tables[T]]> {
    if (isOnlyNoted(table)) return notKept();
    const rows = this.#rows.get(table) as Map<string, Tables[T]> | undefined;
    return rows === undefined ? this.#silent.all(table) : rows.entries();
  }

  absorb(layer: BooksLayer): void {
    for (const table of tableNames) {
      const rows = this.#rows.get(table);
      for (const [key, row] of layer.rows[table])
        if (isOnlyNoted(table)) this.#noted[table].add(key);
        else if (rows === undefined) this.#silent.set(table, key, row);
        else rows.set(key, row);
    }
  }

  commit(commitment: string): void {
    this.#committed.add(commitment);
  }

  open(commitment: string): boolean {
    return this.#committed.has(commitment) && this.#opened.add(commitment);
  }

  unopened(): number {
    return this.#committed.count - this.#opened.count;
  }

  /** What is opened of commitments is not kept: every bundle opens for itself. */
  kept(): Omit<KeptBooks, 'silent'> & { silent(): Iterable<readonly [string, string]> } {
    const own = this.#rows;
    return {
      events: this.#noted.event.toBytes(),
      references: this.#noted.reference.toBytes(),
      commitments: this.#committed.toBytes(),
      rows: (function* () {
        for (const [table, rows] of own) for (const [key, row] of rows) yield [table, key, rowToText(row)] as const;
      })(),
      silent: () => this.#silent.texts(),
    };
  }

  close(): void {
    this.#silent.close();
  }
}

/** Where a row lies in a file, times this, plus its length; so a file may have two gigabytes. */
const maxRowBytes = 2 ** 22;

/** A row as it lies in a file: `table|key`, a newline, its text. */
export function pieceOf(name: string, text: string): Buffer {
  const piece = Buffer.from(`${name}\n${text}`);
  if (piece.length >= maxRowBytes) throw new Error('a row of the books is larger than any record can make it');
  return piece;
}
export const placeOf = (at: number, piece: Buffer): number => at * maxRowBytes + piece.length;

/** A row that holds a list, as legs on cash and lines of statements do, weighs as much as the list is long. */
const weightOf = (row: object): number =>
  Object.values(row).reduce((sum: number, value: unknown) => (Array.isArray(value) ? sum + value.length : sum), 1);

/** Two generations of rows that were changed last; older ones in a file that has no name, after those of an earlier audit. */
class SilentRows {
  #young = new Map<string, object>();
  #old = new Map<string, object>();
  readonly #kept: KeptRows | undefined;
  readonly #hotWeight: number;
  #weight = 0;
  readonly #places: FingerprintTable;
  #file: number | undefined;
  /** Where the next row goes: places count on from the end of the earlier audit's rows. */
  #end: number;

  constructor(kept: KeptRows | undefined, hotWeight: number) {
    this.#hotWeight = hotWeight;
    this.#kept = kept;
    this.#end = kept?.length ?? 0;
    this.#places = new FingerprintTable({ of: 'any text', values: true, count: kept?.places.length ?? 0 });
    if (kept !== undefined) this.#places.addBytes(kept.names, kept.places);
  }

  get<T extends TableName>(table: T, key: string): Tables[T] | undefined {
    const name = `${table}|${key}`;
    const hot = this.#young.get(name) ?? this.#old.get(name);
    if (hot !== undefined) return hot as Tables[T];
    const place = this.#places.count === 0 ? undefined : this.#places.get(name);
    return place === undefined ? undefined : textToRow(table, this.#read(place)[1]);
  }

  set(table: TableName, key: string, row: object): void {
    this.#young.set(`${table}|${key}`, row);
    this.#weight += weightOf(row);
    if (this.#weight < this.#hotWeight) return;
    this.#weight = 0;
    this.#write(this.#old);
    this.#old = this.#young;
    this.#young = new Map();
  }

  *all<T extends TableName>(table: T): Generator<readonly [string, Tables[T]]> {
    const from = `${table}|`;
    for (const [name, text] of this.texts())
      if (name.startsWith(from)) yield [name.slice(from.length), textToRow(table, text)];
  }

  /** Every row under `table|key`, as text. */
  *texts(): Generator<readonly [string, string]> {
    this.#write(this.#old);
    this.#write(this.#young);
    this.#old.clear();
    this.#young.clear();
    for (const place of this.#places.values()) yield this.#read(place);
  }

  close(): void {
    for (const file of [this.#file, this.#kept?.file]) if (file !== undefined) closeSync(file);
    this.#file = undefined;
  }

  #write(rows: ReadonlyMap<string, object>): void {
    if (rows.size === 0) return;
    this.#file ??= unnamedFile();
    const pieces: Buffer[] = [];
    for (const [name, row] of rows) {
      const piece = pieceOf(name, rowToText(row));
      this.#places.add(name, placeOf(this.#end, piece));
      this.#end += piece.length;
      pieces.push(piece);
    }
    writeSync(this.#file, Buffer.concat(pieces));
  }

  #read(place: number): readonly [string, string] {
    const piece = Buffer.alloc(place % maxRowBytes);
    const at = Math.floor(place / maxRowBytes);
    const kept = this.#kept?.length ?? 0;
    if (this.#kept !== undefined && at < kept) readSync(this.#kept.file, piece, 0, piece.length, this.#kept.from + at);
    else readSync(this.#file as number, piece, 0, piece.length, at - kept);
    const line = piece.indexOf(10);
    return [piece.toString('utf8', 0, line), piece.toString('utf8', line + 1)];
  }
}

function unnamedFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'custos-verify-'));
  const file = openSync(join(folder, 'rows'), 'wx+', 0o600);
  rmSync(folder, { recursive: true });
  return file;
}
