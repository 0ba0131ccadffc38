// A keyed hash of a set of rows that can be kept up to date: the sum of a pseudo-random function of each row (MSet-Add-Hash of
// Clarke, Devadas, van Dijk, Gassend and Suh, 2003). A row that goes is subtracted and one that comes is added.

import { hash } from 'node:crypto';
import { bytesToHex } from '../shared/bytes.ts';
import type { Redacted } from '../shared/redacted.ts';

/** 256 bits in words of 32. */
export const sumWords = 8;

/** Adds (1) or takes away (-1) one row in `sum`, at word `at`. */
export type Count = (sum: Uint32Array, at: number, row: string, times: 1 | -1) => void;

/**
 * The function of a row is SHA-256 of the key's 64 hexadecimal digits, which fill exactly one block, and the row: the cascade
 * construction, a pseudo-random function as long as no row is the beginning of another; the caller sees to that. Words are
 * added each for itself: every row has its key and so counts once or not at all, and then any group of this order will do.
 * The key opens nothing: it is text here, because hashing text is three times as fast as anything else on this runtime.
 */
export function countUnder(key: Redacted): Count {
  const block = bytesToHex(key.reveal());
  return (sum, at, row, times) => {
    const digest = hash('sha256', block + row, 'binary');
    for (let word = 0, i = 0; word < sumWords; word++, i += 4) {
      const value =
        digest.charCodeAt(i) |
        (digest.charCodeAt(i + 1) << 8) |
        (digest.charCodeAt(i + 2) << 16) |
        (digest.charCodeAt(i + 3) << 24);
      (sum[at + word] as number) += times * value;
    }
  };
}
