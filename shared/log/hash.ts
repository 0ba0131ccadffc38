// RFC 6962 section 2.1 hashing: leaves and nodes carry different prefixes, so one can never pass for the other.

import type { Hash } from '../primitives.ts';

export function leafHash(hash: Hash, data: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(data.length + 1);
  prefixed.set(data, 1);
  return hash(prefixed);
}

export function nodeHash(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(65);
  prefixed[0] = 1;
  prefixed.set(left, 1);
  prefixed.set(right, 33);
  return hash(prefixed);
}
