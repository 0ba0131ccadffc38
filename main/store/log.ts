// The terminal's copy of the log: canonical records, and the leaf hashes in rows of 256 so that the tree is there at once
// after unlocking without reading a record.

import { MerkleTree } from '../../shared/log/merkle.ts';
import type { Hash } from '../../shared/primitives.ts';
import type { Store } from './open.ts';

const perRow = 256;

export function loadTree(store: Store, hash: Hash): MerkleTree {
  const tree = new MerkleTree(hash);
  for (const blob of store.prepare('SELECT leaves FROM hashes ORDER BY tile').pluck().iterate()) {
    tree.append(blob as Buffer);
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
    put.run(row, tree.leafHashes(row * perRow, Math.min((row + 1) * perRow, from + leaves.length)));
  }
}

export function* storedRecords(store: Store, from: number, to: number): Generator<Uint8Array> {
  const rows = store
    .prepare('SELECT leaf FROM records WHERE sequence >= ? AND sequence < ? ORDER BY sequence')
    .pluck()
    .iterate(from, to);
  for (const leaf of rows) yield new Uint8Array(leaf as Buffer);
}
