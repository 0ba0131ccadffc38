// SQLite as the runtime brings it, for what the gateway keeps in plain files. Not the build with ciphers that terminals use: that one
// passes over a read that the disk has failed where a file is not encrypted, and writes on with what was in its buffer.

import { DatabaseSync } from 'node:sqlite';
import { assert } from '../../shared/assert.ts';

/** synchronous=FULL, so that a finished database transaction survives a power cut. */
export function openDatabase(file: string, schema: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const { synchronous } = database.prepare('PRAGMA synchronous').get() as { synchronous: number };
  assert(synchronous === 2, 'the gateway syncs every commit');
  database.exec(schema);
  return database;
}

/** All of it or nothing, and nobody else writes meanwhile. */
export function inOne<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    database.exec('COMMIT');
    return value;
  } catch (failure) {
    // Some errors have undone it already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw failure;
  }
}
