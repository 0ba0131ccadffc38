// Everything that can be read from a vault, as one text: for tests that must show that two are the same.

import type { Store } from '../main/store/open.ts';

/** Hashes over leaves are left out: what is read by them is held against the root, or read without them. */
export function everyRow(store: Pick<Store, 'prepare'>): string {
  const tables = store
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'tops' ORDER BY name")
    .pluck()
    .all();
  const rows = tables.flatMap((table) => store.prepare(`SELECT * FROM ${table}`).safeIntegers().raw().all());
  return rows
    .map((row) => (row as unknown[]).map((value) => (Buffer.isBuffer(value) ? value.toString('base64') : value)).join())
    .join('\n');
}
