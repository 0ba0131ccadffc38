// The vault's diary: what was done with the vault itself on this machine, newest last; nothing is ever taken out of it.

import type { DiaryEntryView, DiaryWord } from '../../shared/contract/vault.ts';
import type { Store } from './open.ts';

type Row = Omit<DiaryEntryView, 'facts'> & { readonly facts: string };

const toEntry = (row: Row): DiaryEntryView => ({ ...row, facts: JSON.parse(row.facts) as DiaryEntryView['facts'] });

/** Inside a database transaction. */
export function writeDiary(store: Store, { at, what, operator, facts }: Omit<DiaryEntryView, 'number'>): void {
  const text = JSON.stringify(facts);
  const { lastInsertRowid } = store
    .prepare('INSERT INTO diary (at, what, operator, facts) VALUES (?, ?, ?, ?)')
    .run(at, what, operator, text);
  store.digests.add('diary', String(lastInsertRowid), `${at}\t${what}\t${operator ?? ''}\t${text}`);
}

/** Newest first, before a number. */
export function diaryBefore(store: Store, before: number, limit: number): DiaryEntryView[] {
  const rows = store.prepare('SELECT * FROM diary WHERE number < ? ORDER BY number DESC LIMIT ?').all(before, limit);
  return (rows as Row[]).map(toEntry);
}

/** The newest entry of its kind. */
export function lastOf(store: Store, what: DiaryWord): DiaryEntryView | undefined {
  const row = store.prepare('SELECT * FROM diary WHERE what = ? ORDER BY number DESC LIMIT 1').get(what);
  return row === undefined ? undefined : toEntry(row as Row);
}
