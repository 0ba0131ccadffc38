// One of the threads that verify signatures for an audit: takes packed checks, gives back one byte for each.

import { parentPort } from 'node:worker_threads';
import { type PackedChecks, unpackChecks, verdictOn } from './signatures.ts';

parentPort?.on('message', (packed: PackedChecks) => {
  const verdicts = Uint8Array.from(unpackChecks(packed), verdictOn);
  parentPort?.postMessage(verdicts, [verdicts.buffer]);
});
