// Copies of an open vault database: as it is, for a backup; or under another key, for a change of keys. A copy counts only after
// it was opened again and found to hold the same.

import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { diskFailure } from '../../disk/failure.ts';
import { assert } from '../../shared/assert.ts';
import type { Redacted } from '../../shared/redacted.ts';
import { openStore, rawKey, type Store } from './open.ts';

/** Rows of every table, by name. */
export type Counts = Readonly<Record<string, number>>;

const schema =
  "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}
const plainName = /^[a-z_]+$/;

export function countRows(store: Pick<Store, 'prepare'>): Counts {
  const tables = (store.prepare(schema).all() as SchemaRow[]).filter((row) => row.type === 'table');
  return Object.fromEntries(
    tables.map(({ name }) => {
      assert(plainName.test(name), 'tables of the vault have plain names');
      return [name, store.prepare(`SELECT count(*) FROM ${name}`).pluck().get() as number];
    }),
  );
}

/** What an interrupted copy left. */
export function removeCopy(file: string): void {
  for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) rmSync(name, { force: true });
}

/**
 * Writes everything that `source` holds into a new file under another key, and returns it open. There is no way to give a
 * keyed copy another key in one step that leaves the original alone, so it is copied table by table.
 */
export function copyUnderKey(
  source: { readonly file: string; readonly key: Redacted; readonly version: number },
  target: string,
  key: Redacted,
): Store {
  removeCopy(target);
  const made = openStore(target, key, 'create');
  assert(made.ok, 'a new file can be made where none is');
  const store = made.value;
  const sourceKey = rawKey(source.key.reveal());
  try {
    store.prepare('ATTACH ? AS source KEY ?').run(source.file, sourceKey);
  } finally {
    sourceKey.fill(0);
  }
  const rows = store.prepare(schema.replace('sqlite_master', 'source.sqlite_master')).all() as SchemaRow[];
  const known = new Set(store.prepare('SELECT name FROM sqlite_master').pluck().all());
  store.transaction(() => {
    for (const { name, type, sql } of rows) {
      assert(plainName.test(name), 'what the vault is made of has plain names');
      if (type === 'table' && !known.has(name)) store.exec(sql);
      if (type === 'table') store.exec(`INSERT INTO main.${name} SELECT * FROM source.${name}`);
    }
    for (const { type, sql } of rows) if (type !== 'table') store.exec(sql);
    store.exec('DELETE FROM main.sqlite_sequence');
    store.exec('INSERT INTO main.sqlite_sequence SELECT * FROM source.sqlite_sequence');
    store.exec(`PRAGMA user_version = ${source.version}`);
  });
  store.exec('DETACH source');
  return store;
}

/** A copy as it is, under the same key: one pass of the database engine, which also leaves out what was deleted. */
export function copyAsIs(store: Pick<Store, 'prepare'>, target: string): void {
  removeCopy(target);
  store.prepare('VACUUM INTO ?').run(target);
}

/** Durable only after this: neither copying says so by itself. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Opens a copy again, checks every page of it, and compares what it holds; false when it is not the same. */
export function isSame(file: string, key: Redacted, counts: Counts): boolean {
  if (!existsSync(file)) return false;
  const opened = openStore(file, key, 'open');
  if (!opened.ok) return false;
  const store = opened.value;
  try {
    if (store.readPragma('integrity_check') !== 'ok') return false;
    return JSON.stringify(countRows(store)) === JSON.stringify(counts);
  } catch (failure) {
    if (diskFailure(failure) !== undefined) throw failure;
    return false; // a broken page may be thrown rather than reported
  } finally {
    store.close();
  }
}
