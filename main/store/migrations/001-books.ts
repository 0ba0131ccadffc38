// Books and log of one programme: slim legs with back-links, canonical records beside them under the log's own sequence,
// balances in one small table written once per batch, and the rest as rows by key.

export const version = 1;

export const sql = `
CREATE TABLE accounts (
  idx INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, class TEXT NOT NULL, asset TEXT NOT NULL, client TEXT, number TEXT,
  frozen INTEGER NOT NULL, debits INTEGER NOT NULL, credits INTEGER NOT NULL, held INTEGER NOT NULL, last_leg INTEGER NOT NULL
) STRICT;
CREATE TABLE legs (
  number INTEGER PRIMARY KEY, entry INTEGER NOT NULL, sequence INTEGER NOT NULL,
  debit INTEGER NOT NULL, credit INTEGER NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
  previous_debit INTEGER NOT NULL, previous_credit INTEGER NOT NULL
) STRICT;
CREATE TABLE records (sequence INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
CREATE TABLE hashes (tile INTEGER PRIMARY KEY, leaves BLOB NOT NULL) STRICT;
CREATE TABLE seen (position INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
INSERT INTO seen VALUES (-1, randomblob(16));
CREATE TABLE windows (key TEXT PRIMARY KEY, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE instructions (id TEXT PRIMARY KEY, state TEXT NOT NULL, row TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX instructions_waiting ON instructions (id) WHERE state = 'waiting';
CREATE TABLE state (name TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID;
CREATE TABLE attachments (commitment TEXT PRIMARY KEY, details TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, submission TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'refused')), reason TEXT
) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
