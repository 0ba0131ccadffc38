// Which items of which imported file have become instructions, so that importing a file again makes nothing twice.

export const version = 2;

export const sql = `
CREATE TABLE imports (
  file TEXT NOT NULL, item INTEGER NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY (file, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_event ON imports (event_id);
`;
