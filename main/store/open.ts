// Opens the SQLCipher file: fixed order, every setting read back, and no other way in. A handle here never offers what would
// write plain text (serialize), fail silently (backup on a keyed file) or run foreign code (loadExtension).

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import Database from 'better-sqlite3-multiple-ciphers';
import { countUnder } from '../../crypto/multiset.ts';
import { derive } from '../../crypto/secret.ts';
import { diskFailure, ReadOtherwise } from '../../disk/failure.ts';
import { readThrough } from '../../disk/read.ts';
import { assert } from '../../shared/assert.ts';
import { bytesToHex, utf8 } from '../../shared/bytes.ts';
import { Redacted } from '../../shared/redacted.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { digestNames, TableDigests } from './digests.ts';

type Handle = InstanceType<typeof Database>;

/** A connection of its own that sees the vault as it was when it was opened, whatever is written meanwhile. */
export interface Reader {
  prepare: Handle['prepare'];
  close(): void;
}

export interface Store {
  /** What the tables hold; whoever writes a row that is counted says so here, inside a database transaction. */
  readonly digests: TableDigests;
  prepare: Handle['prepare'];
  exec(source: string): void;
  /** Runs `work` in one IMMEDIATE database transaction and stores the digests with it; any throw undoes both. */
  transaction<T>(work: () => T): T;
  /** Reads one of the pragmas that are checked at opening, or a health check. */
  readPragma(name: PragmaName): unknown;
  /** Empties the WAL into the file and closes. */
  close(): void;
}

export type StoreRefusal = Refusal<'no vault' | 'vault exists' | 'wrong vault key' | 'vault damaged'>;

/** Settings in the order in which they are made, each with the value it must read back as. */
export const settings = [
  ['journal_mode', 'WAL', 'wal'],
  // The binding reopens a WAL file with NORMAL: FULL is set and checked on every connection.
  ['synchronous', 'FULL', 2],
  ['fullfsync', 'ON', 1],
  ['checkpoint_fullfsync', 'ON', 1],
  // Temporary files would not be encrypted.
  ['temp_store', 'MEMORY', 2],
  ['secure_delete', 'ON', 1],
  ['foreign_keys', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['mmap_size', '0', 0],
  ['busy_timeout', '5000', 5000],
  ['cache_size', '-65536', -65536],
  // Pages that every batch changes go from the WAL into the file once for several batches.
  ['wal_autocheckpoint', '4000', 4000],
] as const;
const healthChecks = ['quick_check', 'integrity_check', 'foreign_key_check', 'user_version'] as const;
export type PragmaName = (typeof settings)[number][0] | (typeof healthChecks)[number];
const readable: ReadonlySet<string> = new Set([...settings.map(([name]) => name), ...healthChecks]);

const keyText = /^[0-9a-f]{64}$/;
const sqliteMagic = 'SQLite format 3\0';

/** The key as SQLCipher takes it raw. Anything but 32 bytes is a bug: a malformed raw key would be taken as a passphrase. */
export function rawKey(bytes: Uint8Array): Buffer {
  const hex = bytesToHex(bytes);
  assert(bytes.length === 32 && keyText.test(hex), 'the data key has exactly 32 bytes');
  return Buffer.from(`x'${hex}'`, 'latin1');
}

export function openStore(file: string, key: Redacted, how: 'create' | 'open'): Result<Store, StoreRefusal> {
  const what = 'The vault was not opened.';
  if (how === 'open' && !existsSync(file))
    return refuse('no vault', what, 'There is no vault file.', 'Set up this terminal.');
  if (how === 'create' && existsSync(file))
    return refuse('vault exists', what, 'There is a vault file already.', 'Unlock it.');
  const opened = tryToOpen(file, key, how);
  if (!opened.ok && how === 'open') askDisk(file, key);
  return opened;
}

function tryToOpen(file: string, key: Redacted, how: 'create' | 'open'): Result<Store, StoreRefusal> {
  const isWhole = needsWholeCheck(file);
  const database = new Database(file);
  let opened: Result<Store, StoreRefusal> | undefined;
  try {
    if (!opensUnder(database, key)) return wrongKey;
    for (const [name, value, expected] of settings) {
      database.pragma(`${name} = ${value}`);
      assert(database.pragma(name, { simple: true }) === expected, `the vault runs with ${name} = ${value}`);
    }
    if (how === 'create') {
      database.exec('CREATE TABLE vault_mark (one INTEGER PRIMARY KEY) STRICT');
      database.pragma('wal_checkpoint(TRUNCATE)');
      checkEncrypted(file);
    } else if (!isHealthy(database, isWhole)) return damaged;
    opened = ok(handle(database, digestsOf(database, key, how)));
    return opened;
  } catch (failure) {
    if (how === 'open' && isDamage(failure)) return damaged;
    throw failure;
  } finally {
    if (opened === undefined) database.close();
  }
}

function opensUnder(database: Handle, key: Redacted): boolean {
  try {
    applyKey(database, key);
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return true;
  } catch (failure) {
    if (diskFailure(failure) !== undefined) throw failure; // the key may well be the right one
    return false;
  }
}

const wrongKey = refuse(
  'wrong vault key',
  'The vault was not opened.',
  'The key does not open this file.',
  'Unlock with the slot file that belongs to it.',
);

/**
 * For whoever found damage: throws when it is the disk's doing. SQLite says of a page that the disk did not give that it is damaged,
 * and of the first one that it is under another key. So everything is read once more: what the disk does not give now is its
 * failure, and so is what turns out to be sound.
 */
export function askDisk(file: string, key: Redacted): void {
  for (const path of [file, `${file}-wal`]) if (existsSync(path)) readThrough(path);
  const database = new Database(file, { fileMustExist: true });
  try {
    if (!opensUnder(database, key)) return;
    database.pragma('cell_size_check = ON');
    database.pragma('trusted_schema = OFF');
    if (!isHealthy(database, true)) return;
  } finally {
    database.close();
  }
  throw new ReadOtherwise();
}

export const damaged = refuse(
  'vault damaged',
  'The vault was not opened.',
  'Pages of it were changed or lost.',
  'Restore a backup; keep the damaged files.',
);

/** What is thrown when a page that was not looked at before turns out to be damaged. */
export const isDamage = (failure: unknown): boolean =>
  failure instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(failure.code);

function applyKey(database: Handle, key: Redacted): void {
  database.pragma("cipher = 'sqlcipher'");
  database.pragma('legacy = 4');
  const raw = rawKey(key.reveal());
  try {
    database.key(raw);
  } finally {
    raw.fill(0);
  }
}

/** Another connection to a database that is open, to read what is committed; close it before the store. */
export function openSource(file: string, key: Redacted): Pick<Store, 'prepare' | 'close'> {
  const database = new Database(file, { fileMustExist: true });
  applyKey(database, key);
  database.pragma('busy_timeout = 5000');
  database.pragma('temp_store = MEMORY');
  return { prepare: database.prepare.bind(database) as Handle['prepare'], close: () => void database.close() };
}

/** Reads every page of a file that nobody writes, without writing anything itself, not even beside it. */
export function isSound(file: string, key: Redacted): boolean {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  try {
    applyKey(database, key);
    database.pragma('cell_size_check = ON');
    database.pragma('trusted_schema = OFF');
    return database.pragma('integrity_check', { simple: true }) === 'ok';
  } catch (failure) {
    if (diskFailure(failure) !== undefined) throw failure;
    readThrough(file); // throws where the disk did not give a page
    return false; // a broken page, or another key
  } finally {
    database.close();
  }
}

/** A new file must not be plain text by accident. */
function checkEncrypted(file: string): void {
  const start = Buffer.alloc(100);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, start, 0, 100, 0);
  closeSync(descriptor);
  assert(start.subarray(0, 16).toString('latin1') !== sqliteMagic, 'the vault file is encrypted');
}

/** Up to this size the whole file is checked at every opening. */
const wholeCheckBytes = 8 << 20;
/** Tables that grow with the log and with the bank's files; every page of them is authenticated again whenever it is read. */
const growing = new Set([
  'records',
  'legs',
  'hashes',
  'tops',
  'seen',
  'attachments',
  'instructions',
  'bank_lines',
  'bank_line_records',
]);

/** A small file, or one that was not closed properly: its WAL still holds something. */
function needsWholeCheck(file: string): boolean {
  const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
  return sizeOf(file) <= wholeCheckBytes || sizeOf(`${file}-wal`) > 0;
}

/** An empty answer is not health, and a broken page HMAC may be thrown rather than reported. */
function isHealthy(database: Handle, isWhole: boolean): boolean {
  try {
    if (isWhole) return database.pragma('quick_check', { simple: true }) === 'ok';
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
    return tables
      .filter((table) => !growing.has(table) && /^[a-z_]+$/.test(table))
      .every((table) => database.pragma(`quick_check(${table})`, { simple: true }) === 'ok');
  } catch (failure) {
    if (diskFailure(failure) !== undefined) throw failure;
    return false;
  }
}

/**
 * Opens a second connection to a file that is open. The WAL is not emptied while it is held: close it before the store. Nothing
 * is written through it.
 */
export function openReader(file: string, key: Redacted): Reader {
  const database = new Database(file, { fileMustExist: true });
  applyKey(database, key);
  for (const [name, value] of settings) database.pragma(`${name} = ${value}`);
  database.pragma('query_only = ON');
  database.exec('BEGIN');
  database.prepare('SELECT count(*) FROM sqlite_master').get(); // from here on it sees what it sees now
  return { prepare: database.prepare.bind(database) as Handle['prepare'], close: () => void database.close() };
}

/** HKDF of the database's own key, so that every handle has them and none can forget to ask for them. */
function digestsOf(database: Handle, key: Redacted, how: 'create' | 'open'): TableDigests {
  const digestKey = new Redacted(derive(key.reveal(), utf8('custos'), 'custos/digest/v1'));
  const digests = new TableDigests(countUnder(digestKey), how === 'create' ? 'empty' : 'unknown');
  digestKey.dispose();
  if (how === 'open') loadDigests(database, digests);
  digests.keep();
  return digests;
}

/** Takes over what is stored; a vault of before there were digests has none. */
export function loadDigests(reader: Pick<Reader, 'prepare'>, digests: TableDigests): void {
  const isThere = reader.prepare("SELECT 1 FROM sqlite_master WHERE name = 'digests'").get() !== undefined;
  const stored = isThere ? reader.prepare('SELECT names, sums FROM digests').get() : undefined;
  if (stored === undefined) return;
  const { names, sums } = stored as { names: string; sums: Buffer };
  digests.load(names, sums);
}

function handle(database: Handle, digests: TableDigests): Store {
  const storeDigests = (): void => {
    if (!digests.isChanged) return;
    database
      .prepare('INSERT OR REPLACE INTO digests VALUES (1, ?, ?)')
      .run(digestNames.join(' '), Buffer.from(digests.bytes()));
    digests.markStored();
  };
  const version = () => database.pragma('data_version', { simple: true });
  let known = version();
  /** Somebody else at this terminal may have been let in meanwhile, and have written: their digests are the newer ones. */
  const takeOverFromOthers = (): void => {
    if (version() === known) return;
    known = version();
    loadDigests(database, digests);
  };
  return {
    digests,
    prepare: database.prepare.bind(database) as Handle['prepare'],
    exec: (source) => void database.exec(source),
    transaction(work) {
      let end: ((isCommitted: boolean) => void) | undefined;
      let isCommitted = false;
      try {
        const value = database
          .transaction(() => {
            takeOverFromOthers();
            end = digests.begin();
            const done = work();
            storeDigests();
            return done;
          })
          .immediate();
        isCommitted = true;
        return value;
      } finally {
        end?.(isCommitted);
      }
    },
    readPragma(name) {
      assert(readable.has(name), 'only pragmas that are known to exist are read: unknown ones answer nothing');
      return database.pragma(name, { simple: true });
    },
    close() {
      try {
        database.pragma('wal_checkpoint(TRUNCATE)');
      } catch (failure) {
        if (diskFailure(failure) === undefined && !isDamage(failure)) throw failure; // the WAL keeps what it has
      } finally {
        database.close();
      }
    },
  };
}
