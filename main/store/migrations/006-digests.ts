// One keyed digest for each table, in one row: what the tables hold according to the newest commit.

export const version = 6;

export const sql = `
CREATE TABLE digests (one INTEGER PRIMARY KEY CHECK (one = 1), names TEXT NOT NULL, sums BLOB NOT NULL) STRICT;
`;
