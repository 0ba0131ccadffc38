// Reads a file from its beginning to its end and keeps nothing of it: to learn whether the disk gives it at all.

import { closeSync, openSync, readSync } from 'node:fs';

/** Throws what the disk reports. */
export function readThrough(path: string): void {
  const part = Buffer.allocUnsafe(1 << 20);
  const descriptor = openSync(path, 'r');
  try {
    while (readSync(descriptor, part) > 0);
  } finally {
    part.fill(0);
    closeSync(descriptor);
  }
}
