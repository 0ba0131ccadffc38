// SHA-256 of what comes piece by piece and is never held whole.

import { createHash } from 'node:crypto';

export interface RunningDigest {
  update(bytes: Uint8Array): void;
  end(): Uint8Array;
}

export function openSha256(): RunningDigest {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), end: () => new Uint8Array(hash.digest()) };
}
