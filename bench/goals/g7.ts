// G7: the Merkle root over leaf hashes as a terminal keeps them, in rows of 256, through our own tree, against the barest loop
// there is: one buffer per level, digests written into it as latin1 text. @noble/hashes beside it, through the same loop.

import { hash } from 'node:crypto';
import { sha256 as noble } from '@noble/hashes/sha2.js';
import { nodePrimitives } from '../../crypto/node.ts';
import { bytesEqual } from '../../shared/bytes.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import { atLeast, atMost, type Goal, goalOf, inTurns } from '../goal.ts';

const perRow = 256;

export async function g7(rows: number): Promise<Goal> {
  const leaves = 2 ** Math.round(Math.log2(rows)); // the bare loop knows whole trees only
  const hashes = Buffer.alloc(leaves * 32);
  for (let i = 0; i < leaves; i++) hashes.writeUInt32LE(i, i * 32);
  const roots: Uint8Array[] = [];
  const timed = (root: () => Uint8Array) => () => {
    const began = performance.now();
    roots.push(root());
    return performance.now() - began;
  };
  const measured = await inTurns(5, {
    ceiling: timed(() => levelByLevel(hashes, writeNode)),
    ours: timed(() => ownTree(hashes)),
    noble: timed(() => levelByLevel(hashes, (pair, level, at) => level.set(noble(pair), at))),
  });
  const [first] = roots;
  if (first === undefined || roots.some((root) => !bytesEqual(root, first))) throw new Error('the roots differ');
  const unit = 'ms';
  return goalOf(
    'G7',
    [
      atMost(
        { what: `Merkle root of ${leaves} leaves beside the latin1 loop`, unit, target: 1.25 },
        { figure: measured.ours, ceiling: measured.ceiling },
      ),
      atLeast(
        { what: 'nodes per second beside @noble/hashes', unit: 'nodes/s', target: 3 },
        { figure: (leaves / measured.ours) * 1000, ceiling: (leaves / measured.noble) * 1000 },
      ),
    ],
    { peer: { name: '@noble/hashes', figure: measured.noble }, notes: ['in memory; nothing is synced'] },
  );
}

function ownTree(hashes: Uint8Array): Uint8Array {
  const tree = new MerkleTree(nodePrimitives.sha256);
  for (let at = 0; at < hashes.length; at += perRow * 32) tree.append(hashes.subarray(at, at + perRow * 32));
  return tree.root();
}

/** A method of Buffer that its types leave out: the fastest way to take a digest. */
type Latin1Buffer = Buffer & { latin1Write(text: string, at: number, length: number): number };
type WriteNode = (pair: Buffer, level: Buffer, at: number) => void;

const writeNode: WriteNode = (pair, level, at) => {
  (level as Latin1Buffer).latin1Write(hash('sha256', pair, 'binary'), at, 32);
};

function levelByLevel(leaves: Buffer, write: WriteNode): Buffer {
  const pair = Buffer.alloc(65);
  pair[0] = 1;
  let below = leaves;
  while (below.length > 32) {
    const level = Buffer.allocUnsafeSlow(below.length / 2);
    for (let at = 0; at < below.length; at += 64) {
      below.copy(pair, 1, at, at + 64);
      write(pair, level, at / 2);
    }
    below = level;
  }
  return below;
}
