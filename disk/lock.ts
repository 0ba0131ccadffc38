// One process at a time: a lock that the operating system holds and frees by itself when its holder is gone, however it went.
// Node has no such call, so it is the lock that SQLite takes on a file of its own, in which nothing is ever written.

import Database from 'better-sqlite3-multiple-ciphers';

/** Keep it: a lock that nobody refers to any more is freed by the garbage collector. */
export interface FileLock {
  release(): void;
}

/**
 * Undefined when somebody holds it, in this process or another. Nobody else may open or copy the file: closing any descriptor
 * of it would free a POSIX lock of the whole process.
 */
export function takeLock(path: string): FileLock | undefined {
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (failure) {
    database.close();
    if (failure instanceof Database.SqliteError && failure.code.startsWith('SQLITE_BUSY')) return undefined;
    throw failure;
  }
  return { release: () => void database.close() };
}
