// The terminal's copy of the log: canonical records, and the leaf hashes in rows of 256 so that the tree is there at once
// after unlocking without reading a record.

import { assert } from '../../shared/assert.ts';
import { concatBytes } from '../../shared/bytes.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import type { Hash } from '../../shared/primitives.ts';
import type { Store } from './open.ts';

const perRow = 256;

export function loadTree(store: Store, hash: Hash): MerkleTree {
  const tree = new MerkleTree(hash);
  for (const blob of store.prepare('SELECT leaves FROM hashes ORDER BY tile').pluck().iterate()) {
    const bytes = new Uint8Array(blob as Buffer);
    assert(bytes.length % 32 === 0, 'a row of hashes has whole hashes');
    for (let at = 0; at < bytes.length; at += 32) tree.append(bytes.slice(at, at + 32));
  }
  return tree;
}

/** Stores records from `from` on; `tree` has their hashes already. Inside the caller's database transaction. */
export function writeRecords(store: Store, tree: MerkleTree, from: number, leaves: readonly Uint8Array[]): void {
  const insert = store.prepare('INSERT INTO records VALUES (?, ?)');
  leaves.forEach((leaf, i) => {
    insert.run(from + i, leaf);
  });
  const put = store.prepare('INSERT OR REPLACE INTO hashes VALUES (?, ?)');
  for (let row = Math.floor(from / perRow); row * perRow < from + leaves.length; row++) {
    const hashes: Uint8Array[] = [];
    for (let i = row * perRow; i < Math.min((row + 1) * perRow, from + leaves.length); i++) {
      const node = tree.node(0, i);
      assert(node, 'the tree has every leaf');
      hashes.push(node);
    }
    put.run(row, concatBytes(...hashes));
  }
}

export function* storedRecords(store: Store, from: number, to: number): Generator<Uint8Array> {
  const rows = store
    .prepare('SELECT leaf FROM records WHERE sequence >= ? AND sequence < ? ORDER BY sequence')
    .pluck()
    .iterate(from, to);
  for (const leaf of rows) yield new Uint8Array(leaf as Buffer);
}
