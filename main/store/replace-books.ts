// Replaces everything that follows from the log by what it leads to, inside the caller's database transaction. Whole tables go,
// so that nothing of what was put back stays in an index either; the digests are counted anew from the rows that are there then.

import { BooksLayer, emptyBooks, type MemoryBooks, tableNames } from '../../shared/books.ts';
import { SqlBooks } from './books.ts';
import type { Store } from './open.ts';
import { countAll } from './recount.ts';
import { type SeenKey, SeenKeys } from './seen.ts';

/** So many records to a row of the index, about as many as a sync takes in at once. */
const recordsPerRow = 500;

export function replaceBooks(store: Store, rebuilt: MemoryBooks): void {
  // The salt of the index came with the vault, and stays.
  store.exec(
    'DELETE FROM accounts; DELETE FROM legs; DELETE FROM windows; DELETE FROM instructions; DELETE FROM state; ' +
      'DELETE FROM seen WHERE position >= 0',
  );
  const layer = new BooksLayer(emptyBooks());
  for (const table of tableNames)
    if (table !== 'event' && table !== 'reference')
      for (const [key, row] of rebuilt.all(table)) (layer.rows[table] as Map<string, unknown>).set(key, row);
  for (const leg of rebuilt.legs) layer.legs.push(leg);
  new SqlBooks(store).write(layer);
  writeSeen(store, rebuilt);
  store.digests.become(countAll(store, store.digests));
}

function writeSeen(store: Store, rebuilt: MemoryBooks): void {
  const entries: [SeenKey, number][] = [];
  for (const [id, { sequence }] of rebuilt.all('event')) entries.push([`event|${id}`, sequence]);
  for (const [key, { sequence }] of rebuilt.all('reference')) entries.push([`reference|${key}`, sequence]);
  entries.sort((a, b) => a[1] - b[1]);
  const seen = new SeenKeys(store);
  for (let at = 0; at < entries.length; ) {
    const from = (entries[at] as [SeenKey, number])[1];
    let end = at;
    while (end < entries.length && (entries[end] as [SeenKey, number])[1] < from + recordsPerRow) end += 1;
    seen.write(from, entries.slice(at, end));
    at = end;
  }
}
