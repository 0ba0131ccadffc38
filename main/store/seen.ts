// Which event ids and bank references the log holds, so that none is taken twice: an index over the records, not a copy of
// them. It says at which records to look; the record itself decides. A search tree in the database would do the same, but
// references come in any order, and a thousand of them would change a thousand of its pages with every commit.

import { hash } from 'node:crypto';
import { assert } from '../../shared/assert.ts';
import { bytesToHex } from '../../shared/bytes.ts';
import type { TableDigests } from './digests.ts';
import type { Store } from './open.ts';

/** `event|id` or `reference|asset|reference`. */
export type SeenKey = `event|${string}` | `reference|${string}`;

/** Each entry: 32 bits of a hash of the key, and the place of the record in the log, which is below 2^32 - 1. */
const entryWords = 2;
/** Of the slots, how many may be taken before the table grows. */
const fullness = 0.7;

/** Open addressing by the hash. A place is kept plus one: 0 is a free slot. */
interface Table {
  readonly hashes: Uint32Array;
  readonly places: Uint32Array;
  taken: number;
}
const newTable = (slots: number): Table => ({
  hashes: new Uint32Array(slots),
  places: new Uint32Array(slots),
  taken: 0,
});

/** The row that was made with the vault: with it nobody outside can choose keys that fall together. */
const saltPosition = -1;

export class SeenKeys {
  readonly #statements;
  #hash: ((key: string) => number) | undefined;
  /** Eleven to sixteen bytes for each key; read from the database when first needed. */
  #table: Table | undefined;

  readonly #digests: TableDigests | undefined;

  constructor(sql: Pick<Store, 'prepare'>, digests?: TableDigests | undefined) {
    this.#digests = digests;
    this.#statements = {
      put: sql.prepare('INSERT INTO seen VALUES (?, ?)'),
      all: sql.prepare('SELECT entries FROM seen WHERE position > ? ORDER BY position').pluck(),
      salt: sql.prepare('SELECT entries FROM seen WHERE position = ?').pluck(),
    };
  }

  /** Places of records that may hold the key: every one that does, and hardly ever another. */
  placesOf(key: SeenKey): number[] {
    const { hashes, places } = this.#loadedTable();
    const wanted = this.#hashOf(key);
    const found: number[] = [];
    for (let at = slotOf(wanted, hashes.length); places[at] !== 0; at = at + 1 === hashes.length ? 0 : at + 1)
      if (hashes[at] === wanted) found.push((places[at] as number) - 1);
    return found;
  }

  /** Inside the caller's database transaction; `from` is the first new record, so that every row has another position. */
  write(from: number, entries: readonly (readonly [SeenKey, number])[]): void {
    if (entries.length === 0) return;
    const table = this.#loadedTable();
    const words = new Uint32Array(entries.length * entryWords);
    entries.forEach(([key, place], i) => {
      assert(place < 0xffff_ffff, 'the log has fewer than 2^32 - 1 records');
      words[i * entryWords] = this.#hashOf(key);
      words[i * entryWords + 1] = place;
    });
    const bytes = Buffer.from(words.buffer);
    this.#statements.put.run(from, bytes);
    this.#digests?.add('seen', String(from), bytes.toString('latin1'));
    this.#table = withEntries(table, words);
  }

  /** After a database transaction that failed. */
  forget(): void {
    this.#table = undefined;
  }

  #hashOf(key: string): number {
    this.#hash ??= hashUnder(this.#statements.salt.get(saltPosition) as Buffer);
    return this.#hash(key);
  }

  #loadedTable(): Table {
    if (this.#table !== undefined) return this.#table;
    let table = newTable(1024);
    for (const blob of this.#statements.all.iterate(saltPosition)) {
      const bytes = new Uint8Array(blob as Buffer); // a copy: its own memory begins at a whole word
      table = withEntries(table, new Uint32Array(bytes.buffer, 0, bytes.length >> 2));
    }
    this.#table = table;
    return table;
  }
}

/** Characters that are hashed from tables, and how many of them. */
const characters = 128;
const longest = 80;

/**
 * Tabulation hashing (Zobrist 1970): a word for each character at each place, drawn from the salt, and the exclusive or of
 * them. Whoever does not know the words can do no better than chance. What is longer, or not ASCII, is hashed with SHA-256.
 */
function hashUnder(salt: Buffer): (key: string) => number {
  const words = new Uint32Array(longest * characters);
  const bytes = Buffer.from(words.buffer);
  for (let at = 0; at < bytes.length; at += 32) hash('sha256', `${bytesToHex(salt)}${at}`, 'buffer').copy(bytes, at);
  return (key) => {
    let hashed = 0;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      if (code >= characters || i >= longest) return hash('sha256', bytesToHex(salt) + key, 'buffer').readUInt32LE();
      hashed ^= words[i * characters + code] as number;
    }
    return hashed >>> 0;
  };
}

const slotOf = (hashed: number, slots: number): number => Math.floor((hashed / 0x1_0000_0000) * slots);

function withEntries(table: Table, words: Uint32Array): Table {
  const needed = table.taken + words.length / entryWords;
  let grown = table;
  if (needed > table.hashes.length * fullness) {
    const slots = Math.max(Math.ceil(needed / fullness), table.hashes.length * 2);
    grown = newTable(slots);
    for (let at = 0; at < table.hashes.length; at++)
      if (table.places[at] !== 0) insert(grown, table.hashes[at] as number, table.places[at] as number);
  }
  for (let i = 0; i < words.length; i += entryWords) insert(grown, words[i] as number, (words[i + 1] as number) + 1);
  return grown;
}

function insert(table: Table, hashed: number, place: number): void {
  const { hashes, places } = table;
  let at = slotOf(hashed, hashes.length);
  while (places[at] !== 0) at = at + 1 === hashes.length ? 0 : at + 1;
  hashes[at] = hashed;
  places[at] = place;
  table.taken += 1;
}
