// What the schema says of an imported file, and every import with its fate.

export const version = 8;

export const sql = `
ALTER TABLE statement_files ADD COLUMN verdict TEXT NOT NULL DEFAULT '{"schema":"unknown","errors":[]}';
CREATE TABLE statement_imports (
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, operator TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
  message TEXT, message_id TEXT, fate TEXT NOT NULL, why TEXT
) STRICT;
`;
