// The gateway's durable store on SQLite: records, their details, the checkpoint, and what still has to go to the bank.
// synchronous=FULL, so that a finished database transaction survives a power cut.

import Database from 'better-sqlite3-multiple-ciphers';
import { assert } from '../shared/assert.ts';

export interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** One batch that becomes durable together. */
export interface Batch {
  readonly from: number;
  readonly leaves: readonly Uint8Array[];
  readonly details: ReadonlyMap<string, string>;
  /** Instructions whose approval was completed in this batch: each is one message to the bank. */
  readonly toBank: readonly string[];
}

export interface LogStore {
  checkpoint(): StoredCheckpoint | undefined;
  leaves(from: number, to: number): Uint8Array[];
  size(): number;
  details(commitment: string): string | undefined;
  append(batch: Batch): void;
  /** Replaces the checkpoint if it still has the size `was`; false when somebody else moved it. */
  swapCheckpoint(was: number, next: StoredCheckpoint): boolean;
  cosign(name: string, size: number, line: string): void;
  cosignatures(size: number): string[];
  unsent(): string[];
  markSent(instruction: string): void;
  /** False when this message of the bank was taken in already. */
  takeIn(message: string): boolean;
  hasTakenIn(message: string): boolean;
  close(): void;
}

const schema = `
CREATE TABLE IF NOT EXISTS records (sequence INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS details (commitment TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cosignatures (size INTEGER, name TEXT, line TEXT NOT NULL, PRIMARY KEY (size, name)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bank_queue (position INTEGER PRIMARY KEY AUTOINCREMENT, instruction TEXT NOT NULL UNIQUE, sent INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS bank_inbox (message TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

export function openLogStore(file: string): LogStore {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  assert(database.pragma('synchronous', { simple: true }) === 2, 'the gateway syncs every commit');
  database.exec(schema);
  const get = {
    checkpoint: database.prepare('SELECT size, note FROM checkpoint'),
    size: database.prepare('SELECT count(*) FROM records').pluck(),
    leaves: database.prepare('SELECT leaf FROM records WHERE sequence >= ? AND sequence < ? ORDER BY sequence').pluck(),
    details: database.prepare('SELECT json FROM details WHERE commitment = ?').pluck(),
    cosignatures: database.prepare('SELECT line FROM cosignatures WHERE size = ? ORDER BY name').pluck(),
    unsent: database.prepare('SELECT instruction FROM bank_queue WHERE sent = 0 ORDER BY position').pluck(),
    inbox: database.prepare('SELECT 1 FROM bank_inbox WHERE message = ?').pluck(),
  };
  const run = {
    record: database.prepare('INSERT INTO records VALUES (?, ?)'),
    details: database.prepare('INSERT OR IGNORE INTO details VALUES (?, ?)'),
    queue: database.prepare('INSERT INTO bank_queue (instruction, sent) VALUES (?, 0)'),
    first: database.prepare('INSERT INTO checkpoint SELECT 1, ?, ? WHERE NOT EXISTS (SELECT 1 FROM checkpoint)'),
    swap: database.prepare('UPDATE checkpoint SET size = ?, note = ? WHERE size = ?'),
    cosign: database.prepare('INSERT OR REPLACE INTO cosignatures VALUES (?, ?, ?)'),
    sent: database.prepare('UPDATE bank_queue SET sent = 1 WHERE instruction = ?'),
    takeIn: database.prepare('INSERT OR IGNORE INTO bank_inbox VALUES (?)'),
  };
  const append = database.transaction((batch: Batch) => {
    batch.leaves.forEach((leaf, i) => {
      run.record.run(batch.from + i, leaf);
    });
    for (const [commitment, json] of batch.details) run.details.run(commitment, json);
    for (const instruction of batch.toBank) run.queue.run(instruction);
  });
  const asBytes = (blob: unknown): Uint8Array => new Uint8Array(blob as Buffer);
  return {
    checkpoint: () => get.checkpoint.get() as StoredCheckpoint | undefined,
    leaves: (from, to) => get.leaves.all(from, to).map(asBytes),
    size: () => get.size.get() as number,
    details: (commitment) => get.details.get(commitment) as string | undefined,
    append: (batch) => append.immediate(batch),
    swapCheckpoint: (was, next) =>
      (was === 0 ? run.first.run(next.size, next.note) : run.swap.run(next.size, next.note, was)).changes === 1,
    cosign: (name, size, line) => void run.cosign.run(size, name, line),
    cosignatures: (size) => get.cosignatures.all(size) as string[],
    unsent: () => get.unsent.all() as string[],
    markSent: (instruction) => void run.sent.run(instruction),
    takeIn: (message) => run.takeIn.run(message).changes === 1,
    hasTakenIn: (message) => get.inbox.get(message) === 1,
    close: () => void database.close(),
  };
}
