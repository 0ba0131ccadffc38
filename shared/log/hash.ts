// RFC 6962 section 2.1 hashing: leaves and nodes carry different prefixes, so one can never pass for the other.

import type { Hash } from '../primitives.ts';

/** A zero byte and room for the largest leaf: hashing one makes no copy that lives longer. */
const leaf = new Uint8Array(1 + 65_535);
const pair = new Uint8Array(1 + 64);
pair[0] = 1;

export function leafHash(hash: Hash, data: Uint8Array): Uint8Array {
  const prefixed = data.length < leaf.length ? leaf.subarray(0, data.length + 1) : new Uint8Array(data.length + 1);
  prefixed.set(data, 1);
  return hash(prefixed);
}

export function nodeHash(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  pair.set(left, 1);
  pair.set(right, 33);
  return hash(pair);
}
