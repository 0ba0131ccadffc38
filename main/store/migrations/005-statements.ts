// The bank's statements as imported: files, the statements in them, and their lines, slim, with what else the bank said of a
// line beside it under the same number. What belongs to a file that is still being read does not count yet.

export const version = 5;

export const sql = `
CREATE TABLE statement_files (
  number INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('reading', 'whole')),
  first_line INTEGER NOT NULL, digest TEXT, message_key TEXT, name TEXT NOT NULL, message TEXT NOT NULL, message_id TEXT, created_at TEXT,
  imported_at TEXT NOT NULL, operator TEXT NOT NULL, bytes INTEGER NOT NULL, line_count INTEGER NOT NULL, findings TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX statement_files_digest ON statement_files (digest) WHERE state = 'whole';
CREATE UNIQUE INDEX statement_files_message ON statement_files (message_key) WHERE state = 'whole';
CREATE TABLE bank_statements (
  number INTEGER PRIMARY KEY, file INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, account TEXT, asset TEXT,
  opening INTEGER, closing INTEGER, closing_day TEXT, balanced INTEGER, first_line INTEGER NOT NULL, last_line INTEGER NOT NULL,
  entries INTEGER NOT NULL, summary TEXT NOT NULL
) STRICT;
CREATE INDEX bank_statements_account ON bank_statements (account, asset, closing_day);
CREATE INDEX bank_statements_file ON bank_statements (file);
CREATE TABLE bank_lines (
  number INTEGER PRIMARY KEY, statement INTEGER NOT NULL, entry INTEGER NOT NULL, amount INTEGER, credit INTEGER,
  status TEXT, reversal INTEGER NOT NULL, booking_day TEXT, value_day TEXT, reference TEXT, end_to_end TEXT,
  instruction TEXT, transaction_id TEXT
) STRICT;
CREATE TABLE bank_line_records (number INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
`;
