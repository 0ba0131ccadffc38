// The right edge of a growing RFC 6962 tree: one hash for each complete subtree, at most 53 of them, from which the root
// follows. For whoever reads a log once from its beginning and wants no proofs of its older sizes.

import { assert } from '../assert.ts';
import type { Hash } from '../primitives.ts';
import { nodeHash } from './hash.ts';
import { emptyRoot } from './merkle.ts';

export class Frontier {
  readonly #hash: Hash;
  /** The hash over 2^k leaves is at k, where the size has that bit; the newest subtrees are the smallest. */
  readonly #peaks: (Uint8Array | undefined)[] = [];
  #size = 0;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    let node = leaf;
    let level = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      node = nodeHash(this.#hash, this.#peaks[level] as Uint8Array, node);
      this.#peaks[level] = undefined;
      level += 1;
    }
    this.#peaks[level] = node;
    this.#size += 1;
  }

  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (const peak of this.#peaks)
      if (peak !== undefined) root = root === undefined ? peak : nodeHash(this.#hash, peak, root);
    return root ?? emptyRoot(this.#hash);
  }

  /** The hashes to keep, smallest subtree first. */
  peaks(): Uint8Array[] {
    return this.#peaks.filter((peak) => peak !== undefined);
  }

  static restore(hash: Hash, size: number, peaks: readonly Uint8Array[]): Frontier {
    const frontier = new Frontier(hash);
    const left = [...peaks];
    for (let [level, rest] = [0, size]; rest > 0; level++, rest = Math.floor(rest / 2))
      if (rest % 2 === 1) {
        const peak = left.shift();
        assert(peak?.length === 32, 'a size has one hash for each of its bits');
        frontier.#peaks[level] = peak;
      }
    assert(left.length === 0, 'a size has one hash for each of its bits');
    frontier.#size = size;
    return frontier;
  }
}
