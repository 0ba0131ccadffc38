// The terminal's copy of the log: canonical records, the leaf hashes in rows of 256, and the hash over each such row, so that
// the tree is there at once after unlocking without reading a record or a leaf.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { assert } from '../../shared/assert.ts';
import { MerkleTree, topLevel } from '../../shared/log/merkle.ts';
import type { Hash } from '../../shared/primitives.ts';
import { maxLeafBytes } from '../../shared/record.ts';
import type { Store } from './open.ts';

type Sql = Pick<Store, 'prepare'>;

const hashesPerRow = 2 ** topLevel;
/** A kilobyte: every batch writes the newest row again. */
const topsPerRow = 32;

/**
 * The tree by the hashes over its leaves; a row of leaves is read when it is asked for, and held against the hash over it. The
 * root is for whoever opens the vault to compare. A vault of before those hashes were stored is read whole.
 */
export function openTree(store: Sql, hash: Hash): MerkleTree {
  const last = store.prepare('SELECT tile, leaves FROM hashes ORDER BY tile DESC LIMIT 1').get() as
    | { readonly tile: number; readonly leaves: Buffer }
    | undefined;
  if (last === undefined) return new MerkleTree(hash);
  const isLastFull = last.leaves.length === hashesPerRow * 32;
  const tops = Buffer.concat(store.prepare('SELECT nodes FROM tops ORDER BY row').pluck().all() as Buffer[]);
  if (tops.length !== (isLastFull ? last.tile + 1 : last.tile) * 32) return loadTree(store, hash);
  const select = store.prepare('SELECT leaves FROM hashes WHERE tile = ?').pluck();
  const tree = new MerkleTree(hash, { tops, leavesUnder: (top) => select.get(top) as Buffer | undefined });
  if (!isLastFull) tree.append(last.leaves);
  return tree;
}

/** The tree with every leaf as it is stored, whatever else is stored. */
export function loadTree(store: Sql, hash: Hash): MerkleTree {
  const tree = new MerkleTree(hash);
  for (const blob of store.prepare('SELECT leaves FROM hashes ORDER BY tile').pluck().iterate()) {
    tree.append(blob as Buffer);
  }
  return tree;
}

/**
 * A row of `records` holds the records from its sequence up to that of the next row: one record as it is, or up to 128 of
 * them compressed together (RFC 8878), each behind its length in two bytes. Records resemble each other, and what is a
 * sixth of the size is a sixth of the encrypting and syncing. A record begins with `{`, a compressed row with another byte.
 */
const recordsPerRow = 128;
const recordStart = 0x7b;

/** Records as they are stored, row by row. */
export interface PackedRecords {
  readonly count: number;
  readonly rows: readonly { readonly count: number; readonly bytes: Uint8Array }[];
}

export function packRecords(leaves: readonly Uint8Array[]): PackedRecords {
  const packer = newPacker();
  for (const leaf of leaves) packer.add(leaf);
  return packer.end();
}

/** Takes records one after the other; their bytes may change afterwards. */
export function newPacker(): { add(leaf: Uint8Array): void; end(): PackedRecords } {
  const rows: PackedRecords['rows'][number][] = [];
  let row = new Uint8Array(1 << 16);
  let [count, inRow, at] = [0, 0, 0];
  const endRow = (): void => {
    if (inRow === 0) return;
    const bytes = inRow === 1 ? row.slice(2, at) : zstdCompressSync(row.subarray(0, at), fast);
    rows.push({ count: inRow, bytes });
    [count, inRow, at] = [count + inRow, 0, 0];
  };
  return {
    add(leaf) {
      assert(leaf.length <= maxLeafBytes, 'a record fits its length');
      if (at + 2 + leaf.length > row.length) {
        const grown = new Uint8Array((at + 2 + leaf.length) * 2);
        grown.set(row);
        row = grown;
      }
      row[at] = leaf.length & 0xff;
      row[at + 1] = leaf.length >> 8;
      row.set(leaf, at + 2);
      at += 2 + leaf.length;
      inRow += 1;
      if (inRow === recordsPerRow) endRow();
    },
    end() {
      endRow();
      return { count, rows };
    },
  };
}

const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } };
const atMost = { maxOutputLength: recordsPerRow * (maxLeafBytes + 2) };

function* unpackRow(bytes: Uint8Array): Generator<Uint8Array> {
  if (bytes[0] === recordStart) {
    yield new Uint8Array(bytes);
    return;
  }
  const whole = new Uint8Array(zstdDecompressSync(bytes, atMost));
  for (let at = 0; at < whole.length; ) {
    const length = (whole[at] as number) | ((whole[at + 1] as number) << 8);
    yield whole.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
}

/** Stores records from `from` on; `tree` has their hashes already. Inside the caller's database transaction. */
export function writeRecords(store: Sql, tree: MerkleTree, from: number, packed: PackedRecords): void {
  const insert = store.prepare('INSERT INTO records VALUES (?, ?)');
  let sequence = from;
  for (const { count, bytes } of packed.rows) {
    insert.run(sequence, bytes);
    sequence += count;
  }
  assert(sequence === from + packed.count && sequence <= tree.size, 'every record is stored, and is in the tree');
  const put = store.prepare('INSERT OR REPLACE INTO hashes VALUES (?, ?)');
  for (let row = Math.floor(from / hashesPerRow); row * hashesPerRow < sequence; row++) {
    put.run(row, tree.leafHashes(row * hashesPerRow, Math.min((row + 1) * hashesPerRow, sequence)));
  }
  writeTops(store, tree, from, sequence);
}

function writeTops(store: Sql, tree: MerkleTree, from: number, to: number): void {
  const put = store.prepare('INSERT OR REPLACE INTO tops VALUES (?, ?)');
  const count = Math.floor(to / hashesPerRow);
  const firstChanged = Math.floor(from / hashesPerRow / topsPerRow);
  const lastStored = (store.prepare('SELECT max(row) FROM tops').pluck().get() as number | null) ?? -1;
  // Where those before are not stored yet, all of them are now.
  for (let row = lastStored < firstChanged - 1 ? 0 : firstChanged; row * topsPerRow < count; row++) {
    const nodes: Uint8Array[] = [];
    for (let at = row * topsPerRow; at < Math.min((row + 1) * topsPerRow, count); at++)
      nodes.push(tree.node(topLevel, at) as Uint8Array);
    put.run(row, Buffer.concat(nodes));
  }
}

const rowsPerRead = 16;

/** Every stored record with its place, whatever is missing between them. */
export function* placedRecords(store: Sql): Generator<readonly [place: number, leaf: Uint8Array]> {
  const select = store.prepare(
    `SELECT sequence, leaf FROM records WHERE sequence > ? ORDER BY sequence LIMIT ${rowsPerRead}`,
  );
  for (let last = -1; ; ) {
    const rows = select.all(last) as { readonly sequence: number; readonly leaf: Buffer }[];
    for (const { sequence, leaf } of rows) {
      let place = sequence;
      for (const one of unpackRow(leaf)) yield [place++, one];
      last = sequence;
    }
    if (rows.length === 0) return;
  }
}

/** Read in steps: a statement that is left open, by whoever stops reading half-way, would hold up every write and the lock. */
export function* storedRecords(store: Sql, from: number, to: number): Generator<Uint8Array> {
  const select = store.prepare(
    'SELECT sequence, leaf FROM records WHERE sequence < ? AND ' +
      `sequence >= coalesce((SELECT max(sequence) FROM records WHERE sequence <= ?), ?) ORDER BY sequence LIMIT ${rowsPerRead}`,
  );
  for (let next = from; next < to; ) {
    const before = next;
    for (const row of select.all(to, next, next) as { readonly sequence: number; readonly leaf: Buffer }[]) {
      let { sequence } = row;
      for (const leaf of unpackRow(row.leaf)) {
        if (sequence >= to) return;
        if (sequence >= before) yield leaf;
        sequence += 1;
      }
      next = Math.max(next, sequence);
    }
    if (next === before) return;
  }
}
