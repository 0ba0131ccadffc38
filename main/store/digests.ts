// What the vault's tables hold, as one keyed digest and one number of rows for each: kept with every change, stored in the same
// database transaction, and counted again from the rows at unlocking. An old page put back into the file is genuine by
// itself; only this shows that it does not belong to the others.

import { type Count, sumWords } from '../../crypto/multiset.ts';
import { assert } from '../../shared/assert.ts';
import { type TableName, tableNames } from '../../shared/books.ts';
import { bytesToHex } from '../../shared/bytes.ts';

type StoredTable = Exclude<TableName, 'event' | 'reference'>;
/** Ids of events and bank references are the log's, and `seen` is the index to them. */
export const storedTables = tableNames.filter((name): name is StoredTable => name !== 'event' && name !== 'reference');

/**
 * The tables of the books by name, instructions that wait for checkers or for their value date apart from those that are done, and what a terminal keeps beside the
 * books. The log is not among them: its records are held against its own tree.
 */
export const digestNames = [
  ...storedTables,
  'seen',
  'waiting',
  'scheduled',
  'leg',
  'attachment',
  'import',
  'outbox',
  'sequence',
  'setting',
  'diary',
] as const;
export type DigestName = (typeof digestNames)[number];

/** Eight words of the sum, and the number of rows. */
const width = sumWords + 1;
const places = new Map<string, number>(digestNames.map((name, i) => [name, i * width]));

export class TableDigests {
  readonly #count: Count;
  #sums = new Uint32Array(digestNames.length * width);
  #isKnown: boolean;
  #isChanged = false;
  /** What is stored changes inside a database transaction only, which stores it again; what is counted into, at any time. */
  #mayChange = true;

  /** Digests of empty tables, or unknown until `load` says what they are; what is unknown is not kept. */
  constructor(count: Count, start: 'empty' | 'unknown') {
    this.#count = count;
    this.#isKnown = start === 'empty';
  }

  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Changed since it was stored. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  add(name: DigestName, key: string, value: string): void {
    this.#change(name, key, value, 1);
  }

  remove(name: DigestName, key: string, value: string): void {
    this.#change(name, key, value, -1);
  }

  replace(name: DigestName, key: string, before: string | undefined, after: string): void {
    if (before === after) return;
    if (before !== undefined) this.remove(name, key, before);
    this.add(name, key, after);
  }

  #change(name: DigestName, key: string, value: string, times: 1 | -1): void {
    if (!this.#isKnown) return;
    assert(this.#mayChange, 'rows that are counted are written inside a database transaction');
    const at = places.get(name) as number;
    // The lengths come first: no row is the beginning of another, and none can be read in two ways.
    this.#count(this.#sums, at, `${name}\t${key.length}\t${value.length}\t${key}${value}`, times);
    (this.#sums[at + sumWords] as number) += times;
    this.#isChanged = true;
  }

  rows(name: DigestName): number {
    return this.#sums[(places.get(name) as number) + sumWords] as number;
  }

  /** Whether both say the same of a table. */
  agrees(other: TableDigests, name: DigestName): boolean {
    const at = places.get(name) as number;
    for (let word = at; word < at + width; word++) if (this.#sums[word] !== other.#sums[word]) return false;
    return true;
  }

  /** The digest of one table, in hexadecimal digits. */
  text(name: DigestName): string {
    const at = places.get(name) as number;
    return bytesToHex(new Uint8Array(this.#sums.slice(at, at + width).buffer));
  }

  /** Empty digests under the same key, to count into. */
  fresh(): TableDigests {
    return new TableDigests(this.#count, 'empty');
  }

  /** As it is stored: every name in its order, and the words of all of them. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#sums.buffer.slice(0));
  }

  load(names: string, bytes: Uint8Array): void {
    const words = new Uint32Array(new Uint8Array(bytes).buffer);
    const stored = names.split(' ');
    assert(words.length === stored.length * width, 'stored digests have their length');
    this.#sums = new Uint32Array(digestNames.length * width);
    stored.forEach((name, i) => {
      const at = places.get(name);
      assert(at !== undefined, 'stored digests are of known tables');
      this.#sums.set(words.subarray(i * width, (i + 1) * width), at);
    });
    this.#isKnown = true;
    this.#isChanged = false;
  }

  /** Takes over what was counted from the rows. */
  become(counted: TableDigests): void {
    this.#sums.set(counted.#sums);
    this.#isKnown = true;
    this.#isChanged = true;
  }

  markStored(): void {
    this.#isChanged = false;
  }

  /** From here on they are those of a store. */
  keep(): void {
    this.#mayChange = false;
  }

  /** Begins a database transaction; the answer is called with whether it was committed. */
  begin(): (isCommitted: boolean) => void {
    const [sums, isKnown, isChanged, mayChange] = [this.#sums.slice(), this.#isKnown, this.#isChanged, this.#mayChange];
    this.#mayChange = true;
    return (isCommitted) => {
      this.#mayChange = mayChange;
      if (isCommitted) return;
      this.#sums.set(sums);
      this.#isKnown = isKnown;
      this.#isChanged = isChanged;
    };
  }
}
