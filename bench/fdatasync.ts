// What one honest flush costs on this machine: 4 KiB appended and synced, again and again.

import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Milliseconds of each of `times` flushes. */
export function flushTimes(times: number): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const file = openSync(join(folder, 'flush'), 'w');
  const page = Buffer.alloc(4096, 7);
  const took = Array.from({ length: times }, () => {
    writeSync(file, page);
    const began = performance.now();
    fdatasyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return took;
}
