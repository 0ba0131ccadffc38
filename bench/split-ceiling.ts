// The ceiling of durable posting: slim rows with back-links, signature and payload in a side table under the same key,
// balances written once per batch; WAL, FULL. No decision, no parsing, no log: what the store alone can do.

import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';

const accounts = 1000;

export const ceilingSettings = 'SQLCipher 4 with its page HMACs, WAL, synchronous=FULL: one sync for each batch';

/** Rows per second over `rows` rows in batches of `batch`. */
export function splitCeiling(rows: number, batch: number, cipher: 'sqlcipher' | 'none' = 'sqlcipher'): number {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  const database = new Database(join(folder, 'split.db'));
  if (cipher === 'sqlcipher') {
    database.pragma("cipher = 'sqlcipher'");
    database.pragma('legacy = 4');
    database.pragma(`key = "x'${'ab'.repeat(32)}'"`);
  }
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('cache_size = -65536');
  database.exec(
    'CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;' +
      'CREATE TABLE transfers (id INTEGER PRIMARY KEY, debit INTEGER NOT NULL, credit INTEGER NOT NULL, ' +
      'amount INTEGER NOT NULL CHECK (amount > 0), prev_d INTEGER NOT NULL, prev_c INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;' +
      'CREATE TABLE events (id INTEGER PRIMARY KEY, sig BLOB NOT NULL, payload BLOB NOT NULL) STRICT',
  );
  const open = database.prepare('INSERT INTO accounts VALUES (?, 0, 0)');
  for (let i = 1; i <= accounts; i++) open.run(i);
  const transfer = database.prepare('INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?)');
  const event = database.prepare('INSERT INTO events VALUES (?, ?, ?)');
  const update = database.prepare('UPDATE accounts SET balance = balance + ?, version = version + ? WHERE id = ?');
  const signature = Buffer.alloc(64, 3);
  const payload = Buffer.alloc(400, 'x');
  const last = new Float64Array(accounts + 1);
  const bytes = Buffer.alloc(200);
  let previous = Buffer.alloc(32);
  let [id, seed] = [0, 12_345];
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed;
  };
  const post = database.transaction((count: number) => {
    const changes = new Map<number, [number, number]>();
    const change = (account: number, by: number) => {
      const one = changes.get(account) ?? [0, 0];
      one[0] += by;
      one[1] += 1;
      changes.set(account, one);
    };
    for (let i = 0; i < count; i++) {
      id += 1;
      const debit = 1 + (random() % accounts);
      const other = 1 + (random() % accounts);
      const credit = other === debit ? 1 + (debit % accounts) : other;
      const amount = 1 + (random() % 1_000_000);
      previous.copy(bytes, 0);
      bytes.writeUInt32LE(id, 32);
      bytes.writeUInt32LE(amount, 48);
      previous = hash('sha256', bytes, 'buffer');
      transfer.run(id, debit, credit, amount, last[debit], last[credit], previous);
      event.run(id, signature, payload);
      last[debit] = id;
      last[credit] = id;
      change(debit, -amount);
      change(credit, amount);
    }
    for (const [account, [by, times]] of changes) update.run(by, times, account);
  });
  post(200);
  const began = performance.now();
  for (let done = 0; done < rows; done += batch) post(batch);
  const seconds = (performance.now() - began) / 1000;
  const sum = database.prepare('SELECT sum(balance) FROM accounts').pluck().get();
  if (sum !== 0) throw new Error('the ceiling does not balance');
  database.close();
  rmSync(folder, { recursive: true });
  return rows / seconds;
}
