// The gateway's store on SQLite, for one machine.

import { type Batch, LeaseLost, type LogStore, type StoredCheckpoint } from './log-store.ts';
import { inOne, openDatabase } from './open-database.ts';

const schema = `
CREATE TABLE IF NOT EXISTS records (sequence INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS details (commitment TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cosignatures (size INTEGER, name TEXT, line TEXT NOT NULL, PRIMARY KEY (size, name)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bank_queue (position INTEGER PRIMARY KEY AUTOINCREMENT, instruction TEXT NOT NULL UNIQUE, sent INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS bank_inbox (message TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT NOT NULL, epoch INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
`;

/** `clock` gives milliseconds since 1970 for the lease. */
export function openSqliteStore(file: string, clock: () => number = Date.now): LogStore {
  const database = openDatabase(file, schema);
  const get = {
    checkpoint: database.prepare('SELECT size, note FROM checkpoint'),
    leaves: database.prepare('SELECT leaf FROM records WHERE sequence >= ? AND sequence < ? ORDER BY sequence'),
    details: database.prepare('SELECT json FROM details WHERE commitment = ?'),
    cosignatures: database.prepare('SELECT line FROM cosignatures WHERE size = ? ORDER BY name'),
    unsent: database.prepare('SELECT instruction FROM bank_queue WHERE sent = 0 ORDER BY position'),
    inbox: database.prepare('SELECT 1 FROM bank_inbox WHERE message = ?'),
    lease: database.prepare('SELECT holder, epoch, until FROM lease'),
  };
  const run = {
    record: database.prepare('INSERT INTO records VALUES (?, ?)'),
    details: database.prepare('INSERT OR IGNORE INTO details VALUES (?, ?)'),
    queue: database.prepare('INSERT INTO bank_queue (instruction, sent) VALUES (?, 0)'),
    checkpoint: database.prepare(
      'INSERT INTO checkpoint VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note',
    ),
    cosign: database.prepare('INSERT OR REPLACE INTO cosignatures VALUES (?, ?, ?)'),
    sent: database.prepare('UPDATE bank_queue SET sent = 1 WHERE instruction = ?'),
    takeIn: database.prepare('INSERT OR IGNORE INTO bank_inbox VALUES (?)'),
    lease: database.prepare(
      'INSERT INTO lease VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch, until = excluded.until',
    ),
    release: database.prepare('UPDATE lease SET until = 0 WHERE epoch = ?'),
  };
  const lease = () => get.lease.get() as { holder: string; epoch: number; until: number } | undefined;
  const checkpoint = () => get.checkpoint.get() as unknown as StoredCheckpoint | undefined;
  const claim = (holder: string, ttlMs: number, known?: number): number | undefined => {
    const held = lease();
    const now = clock();
    if (held !== undefined && held.holder !== holder && held.until > now) return undefined;
    const epoch = held?.holder === holder && held.epoch === known ? known : (held?.epoch ?? 0) + 1;
    run.lease.run(holder, epoch, now + ttlMs);
    return epoch;
  };
  const append = (batch: Batch): void => {
    const size = checkpoint()?.size ?? 0;
    if (lease()?.epoch !== batch.epoch || size !== batch.from) throw new LeaseLost('another node orders this log now');
    batch.leaves.forEach((leaf, i) => {
      run.record.run(batch.from + i, leaf);
    });
    for (const [commitment, json] of batch.details) run.details.run(commitment, json);
    for (const instruction of batch.toBank) run.queue.run(instruction);
    run.checkpoint.run(batch.from + batch.leaves.length, batch.note);
  };
  return {
    claim: async (holder, ttlMs, epoch) => inOne(database, () => claim(holder, ttlMs, epoch)),
    release: async (epoch) => void run.release.run(epoch),
    checkpoint: async () => checkpoint(),
    leaves: async (from, to) => get.leaves.all(from, to).map(({ leaf }) => leaf as Uint8Array),
    details: async (commitments) =>
      commitments.flatMap((one) => {
        const row = get.details.get(one);
        return row === undefined ? [] : [row.json as string];
      }),
    append: async (batch) => inOne(database, () => append(batch)),
    cosign: async (name, size, line) => void run.cosign.run(size, name, line),
    cosignatures: async (size) => get.cosignatures.all(size).map(({ line }) => line as string),
    unsent: async () => get.unsent.all().map(({ instruction }) => instruction as string),
    markSent: async (instruction) => void run.sent.run(instruction),
    takeIn: async (message) => void run.takeIn.run(message),
    hasTakenIn: async (message) => get.inbox.get(message) !== undefined,
    close: async () => database.close(),
  };
}
