// The vault's diary: what was done with the vault itself on this machine, newest last; nothing is ever taken out of it.

import type { DiaryWord } from '../../shared/contract/vault.ts';
import type { Store } from './open.ts';

export type Facts = Readonly<Record<string, string | number | boolean | null>>;
export interface DiaryEntry {
  /** UTC, as everywhere. */
  readonly at: string;
  readonly what: DiaryWord;
  /** Who was at the terminal, if anybody. */
  readonly operator: string | null;
  readonly facts: Facts;
}

/** Inside a database transaction. */
export function writeDiary(store: Store, { at, what, operator, facts }: DiaryEntry): void {
  store
    .prepare('INSERT INTO diary (at, what, operator, facts) VALUES (?, ?, ?, ?)')
    .run(at, what, operator, JSON.stringify(facts));
}

/** Newest first, before a number. */
export function diaryBefore(store: Store, before: number, limit: number): (DiaryEntry & { readonly number: number })[] {
  const rows = store
    .prepare('SELECT number, at, what, operator, facts FROM diary WHERE number < ? ORDER BY number DESC LIMIT ?')
    .all(before, limit) as (Omit<DiaryEntry, 'facts'> & { number: number; facts: string })[];
  return rows.map((row) => ({ ...row, facts: JSON.parse(row.facts) as Facts }));
}
