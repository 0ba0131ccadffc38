// Everything that can be read from a vault, as one text: for tests that must show that two are the same.

import type { Store } from '../main/store/open.ts';

export function everyRow(store: Pick<Store, 'prepare'>): string {
  const tables = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all();
  const rows = tables.flatMap((table) => store.prepare(`SELECT * FROM ${table}`).safeIntegers().raw().all());
  return rows
    .map((row) => (row as unknown[]).map((value) => (Buffer.isBuffer(value) ? value.toString('base64') : value)).join())
    .join('\n');
}
