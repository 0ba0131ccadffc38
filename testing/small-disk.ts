// A disk of a few pages, on which writing fails as it does on a full one: a tmpfs, which only root may mount.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly path: string;
  /** Makes it larger, smaller (not below what lies on it), read-only or writable. */
  change(options: string): void;
  close(): void;
}

/** Undefined where this process may not mount. */
export function openSmallDisk(bytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'custos-disk-'));
  const run = (...args: string[]) => execFileSync(args[0] as string, args.slice(1), { stdio: 'pipe' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path);
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    change: (options) => void run('mount', '-o', `remount,${options}`, path),
    close() {
      run('umount', '--lazy', path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** What a test says when it cannot be run here. */
export function skipLoudly(context: { skip(note: string): never }, what: string): never {
  console.warn(`SKIPPED, not passed: ${what}`);
  return context.skip(what);
}
