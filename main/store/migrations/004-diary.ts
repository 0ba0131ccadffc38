// What was done with the vault itself: backups, changes of keys, recoveries. Kept here, not in the log of the programme.

export const version = 4;

export const sql = `
CREATE TABLE diary (
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, operator TEXT, facts TEXT NOT NULL
) STRICT;
`;
