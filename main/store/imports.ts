// Items of imported files and the instructions they became.

import type { Store } from './open.ts';

export function markImported(store: Store, file: string, items: readonly number[], event: string): void {
  const insert = store.prepare('INSERT INTO imports VALUES (?, ?, ?)');
  for (const item of items) {
    insert.run(file, item, event);
    store.digests.add('import', `${file}|${item}`, event);
  }
}

/** The instruction that each item of the file has become, by item. */
export function importedItems(store: Store, file: string): ReadonlyMap<number, string> {
  const rows = store.prepare('SELECT item, event_id FROM imports WHERE file = ?').all(file) as {
    item: number;
    event_id: string;
  }[];
  return new Map(rows.map((row) => [row.item, row.event_id]));
}

/** What the gateway refused may be made again. */
export function forgetImport(store: Store, event: string): void {
  const gone = store.prepare('DELETE FROM imports WHERE event_id = ? RETURNING file, item').all(event);
  for (const { file, item } of gone as { file: string; item: number }[])
    store.digests.remove('import', `${file}|${item}`, event);
}
