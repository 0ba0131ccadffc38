// The RFC 6962 tree of the log: grows by appending, keeps the hash of every complete subtree, gives roots and proofs for
// any size it has had. Appending only notes the leaf; the nodes above it are hashed when something is asked. A tree whose
// leaves are stored need not hold them: the hash over each 256 of them is enough for a root, and shows of the leaves, when
// they are read, whether they are those.

import { assert } from '../assert.ts';
import { bytesEqual } from '../bytes.ts';
import type { Hash } from '../primitives.ts';
import { nodeHash } from './hash.ts';

/** RFC 6962 section 2.1: the hash of an empty tree. */
export const emptyRoot = (hash: Hash): Uint8Array => hash(new Uint8Array());

/** Leaves that are read where they are stored, 256 at a time. */
export interface StoredLeaves {
  /** The hash over each 256 of them, one after the other. */
  readonly tops: Uint8Array;
  leavesUnder(top: number): Uint8Array | undefined;
}

/** The level of a hash over 256 leaves. */
export const topLevel = 8;
const underTop = 2 ** topLevel;

export class MerkleTree {
  readonly #hash: Hash;
  /** levels[k] holds at i the hash over leaves i * 2^k ... (i + 1) * 2^k - 1, as far as they were asked for. */
  #levels: Level[] = [new Level()];
  #stored: StoredLeaves | undefined;
  /** The leaves that were read last, and what is between them and their top. */
  #read: { readonly top: number; readonly tree: MerkleTree } | undefined;

  constructor(hash: Hash, stored?: StoredLeaves) {
    this.#hash = hash;
    if (stored === undefined || stored.tops.length === 0) return;
    this.#stored = stored;
    const count = stored.tops.length / 32;
    this.#levels = Array.from({ length: topLevel }, (_, level) => new Level(count * 2 ** (topLevel - level)));
    const tops = new Level();
    tops.push(stored.tops);
    this.#levels.push(tops);
  }

  get size(): number {
    return this.#leaves.count;
  }

  get #leaves(): Level {
    return this.#levels[0] as Level;
  }

  /** One leaf hash, or several one after the other. */
  append(leaves: Uint8Array): void {
    assert(leaves.length % 32 === 0, 'leaves of the tree are hashes');
    this.#leaves.push(leaves);
  }

  /** Undoes appends beyond `size`: for a batch whose commit failed. */
  truncate(size: number): void {
    assert(size >= this.#leaves.first, 'what is stored is not undone here');
    for (const [level, row] of this.#levels.entries()) row.count = Math.min(row.count, Math.floor(size / 2 ** level));
  }

  /** The hash of a complete subtree; undefined where the tree has not grown so far. */
  node(level: number, index: number): Uint8Array | undefined {
    this.#settle();
    const row = this.#levels[level];
    if (row === undefined || index >= row.count) return undefined;
    if (index < row.first) return this.#under(Math.floor(index / 2 ** (topLevel - level)))?.node(level, index);
    return row.slice(index, index + 1);
  }

  /** What lies under a top, at the places it has in the whole tree; undefined when what is stored there does not lead to it. */
  #under(top: number): { node(level: number, index: number): Uint8Array | undefined } | undefined {
    if (this.#read?.top !== top) {
      const leaves = this.#stored?.leavesUnder(top);
      if (leaves?.length !== underTop * 32) return undefined;
      const tree = new MerkleTree(this.#hash);
      tree.append(leaves);
      const known = (this.#levels[topLevel] as Level).slice(top, top + 1);
      if (!bytesEqual(tree.root(), known)) return undefined;
      this.#read = { top, tree };
    }
    const { tree } = this.#read;
    return { node: (level, index) => tree.node(level, index - top * 2 ** (topLevel - level)) };
  }

  /** The hashes of leaves from..to, `to` excluded, one after the other. */
  leafHashes(from: number, to: number): Uint8Array {
    assert(from <= to && to <= this.size, 'leaves are asked for that the tree has');
    const { first } = this.#leaves;
    const hashes = new Uint8Array((to - from) * 32);
    for (let at = from; at < Math.min(to, first); at++) {
      const leaf = this.node(0, at);
      assert(leaf, 'stored leaves are those under their top');
      hashes.set(leaf, (at - from) * 32);
    }
    if (to > first) hashes.set(this.#leaves.slice(Math.max(from, first), to), (Math.max(from, first) - from) * 32);
    return hashes;
  }

  /** Is from here on what another tree is, which must not grow any more; the answer brings back what was there. */
  become(other: MerkleTree): () => void {
    const [levels, stored] = [this.#levels, this.#stored];
    const take = (its: Level[], kept: StoredLeaves | undefined) => {
      this.#levels = its;
      this.#stored = kept;
      this.#read = undefined;
    };
    take(other.#levels, other.#stored);
    return () => take(levels, stored);
  }

  /** Hashes what was appended since the last time, level by level. */
  #settle(): void {
    for (let level = 0; ; level++) {
      const below = this.#levels[level] as Level;
      const complete = below.count >> 1;
      if (complete === 0) return;
      let row = this.#levels[level + 1];
      if (row === undefined) {
        row = new Level();
        this.#levels.push(row);
      }
      if (row.count < complete) row.hashFrom(below, complete, this.#hash);
    }
  }

  root(size: number = this.size): Uint8Array {
    assert(size >= 0 && size <= this.size, 'a root is asked for a size that the tree has had');
    return size === 0 ? emptyRoot(this.#hash) : this.#range(0, size);
  }

  /** RFC 6962 section 2.1.1: the audit path of leaf `index` in the tree of `size`. */
  inclusion(index: number, size: number = this.size): Uint8Array[] {
    assert(index >= 0 && index < size && size <= this.size, 'a path is asked for a leaf of the tree');
    const path: Uint8Array[] = [];
    let from = 0;
    let to = size;
    while (to - from > 1) {
      const middle = from + split(to - from);
      if (index < middle) {
        path.unshift(this.#range(middle, to));
        to = middle;
      } else {
        path.unshift(this.#range(from, middle));
        from = middle;
      }
    }
    return path;
  }

  /** RFC 6962 section 2.1.2: that the tree of size `older` is a prefix of the tree of size `newer`. */
  consistency(older: number, newer: number = this.size): Uint8Array[] {
    assert(older >= 0 && older <= newer && newer <= this.size, 'a proof is asked between sizes of the tree');
    return older === 0 || older === newer ? [] : this.#subproof(older, 0, newer, true);
  }

  #subproof(older: number, from: number, to: number, whole: boolean): Uint8Array[] {
    if (older === to - from) return whole ? [] : [this.#range(from, to)];
    const half = split(to - from);
    return older <= half
      ? [...this.#subproof(older, from, from + half, whole), this.#range(from + half, to)]
      : [...this.#subproof(older - half, from + half, to, false), this.#range(from, from + half)];
  }

  #range(from: number, to: number): Uint8Array {
    const width = to - from;
    if (Number.isInteger(Math.log2(width)) && from % width === 0) {
      const node = this.node(Math.log2(width), from / width);
      assert(node, 'complete subtrees are kept');
      return node;
    }
    const half = split(width);
    return nodeHash(this.#hash, this.#range(from, from + half), this.#range(from + half, to));
  }
}

/** 0x01, left, right (RFC 6962 section 2.1); the hashes begin at a multiple of 4, so that they are copied as words. */
const pairBuffer = new ArrayBuffer(3 + 1 + 64);
const pair = new Uint8Array(pairBuffer, 3);
pair[0] = 1;
const pairWords = new Uint32Array(pairBuffer, 4);

/** One row of the tree: hashes one after the other, as a million objects would take several times their bytes. */
class Level {
  /** Those before it are not here. */
  readonly first: number;
  count: number;
  #bytes = new Uint8Array(32 * 16);
  #words = new Uint32Array(this.#bytes.buffer);

  constructor(first = 0) {
    this.first = first;
    this.count = first;
  }

  slice(from: number, to: number): Uint8Array {
    return this.#bytes.slice((from - this.first) * 32, (to - this.first) * 32);
  }

  push(hashes: Uint8Array): void {
    const count = this.count + hashes.length / 32;
    this.#makeRoom(count);
    this.#bytes.set(hashes, (this.count - this.first) * 32);
    this.count = count;
  }

  /** Grows to `count` hashes, each over the two below it. */
  hashFrom(below: Level, count: number, hash: Hash): void {
    this.#makeRoom(count);
    const { into } = hash;
    for (let i = this.count; i < count; i++) {
      const belowAt = (i * 2 - below.first) * 8;
      for (let word = 0; word < 16; word++) pairWords[word] = below.#words[belowAt + word] as number;
      const at = (i - this.first) * 32;
      if (into === undefined) this.#bytes.set(hash(pair), at);
      else into(pair, this.#bytes, at);
    }
    this.count = count;
  }

  #makeRoom(count: number): void {
    const bytes = (count - this.first) * 32;
    if (bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, bytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#words = new Uint32Array(grown.buffer);
  }
}

/** The largest power of two below `size`. */
function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** A node on the way from a leaf to the root, and its place among the `last + 1` nodes beside it. */
export interface Climb {
  readonly node: Uint8Array;
  readonly index: number;
  readonly last: number;
}

/** One sibling further up (RFC 9162 section 2.1.3.2); undefined when the sibling does not fit the place. */
export function climb(hash: Hash, from: Climb, sibling: Uint8Array): Climb | undefined {
  let { index, last } = from;
  if (sibling.length !== 32 || last === 0) return undefined;
  let node: Uint8Array;
  if (index % 2 === 1 || index === last) {
    node = nodeHash(hash, sibling, from.node);
    while (index % 2 === 0 && index !== 0) {
      index = Math.floor(index / 2);
      last = Math.floor(last / 2);
    }
  } else node = nodeHash(hash, from.node, sibling);
  return { node, index: Math.floor(index / 2), last: Math.floor(last / 2) };
}

/** The root a path leads to; undefined when the path does not fit index and size. */
export function rootFromInclusion(hash: Hash, proof: InclusionProof): Uint8Array | undefined {
  const { index, size, leafHash } = proof;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return undefined;
  let at: Climb | undefined = { node: leafHash, index, last: size - 1 };
  for (const sibling of proof.path) {
    at = climb(hash, at, sibling);
    if (at === undefined) return undefined;
  }
  return at.last === 0 ? at.node : undefined;
}

export function verifyInclusion(hash: Hash, proof: InclusionProof, root: Uint8Array): boolean {
  if (proof.leafHash.length !== 32) return false;
  const computed = rootFromInclusion(hash, proof);
  return computed !== undefined && bytesEqual(computed, root);
}

export interface ConsistencyProof {
  readonly older: { readonly size: number; readonly root: Uint8Array };
  readonly newer: { readonly size: number; readonly root: Uint8Array };
  readonly path: readonly Uint8Array[];
}

/** RFC 9162 section 2.1.4.2. There is no proof from an empty tree: whoever has seen nothing needs none. */
export function verifyConsistency(hash: Hash, { older, newer, path }: ConsistencyProof): boolean {
  if (!Number.isSafeInteger(older.size) || !Number.isSafeInteger(newer.size) || older.size < 1) return false;
  if (older.size > newer.size || path.some((node) => node.length !== 32)) return false;
  if (older.size === newer.size) return path.length === 0 && bytesEqual(older.root, newer.root);
  const nodes = Number.isInteger(Math.log2(older.size)) ? [older.root, ...path] : [...path];
  let index = older.size - 1;
  let last = newer.size - 1;
  while (index % 2 === 1) {
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  const [first] = nodes;
  if (first === undefined || path.length === 0) return false;
  let olderRoot = first;
  let newerRoot = first;
  for (const node of nodes.slice(1)) {
    if (last === 0) return false;
    if (index % 2 === 1 || index === last) {
      olderRoot = nodeHash(hash, node, olderRoot);
      newerRoot = nodeHash(hash, node, newerRoot);
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2);
        last = Math.floor(last / 2);
      }
    } else newerRoot = nodeHash(hash, newerRoot, node);
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && bytesEqual(olderRoot, older.root) && bytesEqual(newerRoot, newer.root);
}
