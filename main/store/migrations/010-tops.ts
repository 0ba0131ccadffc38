// The hash over every 256 leaves of the log, 32 of them to a row. An older vault has none until its log grows, and is read
// whole until then.

export const version = 10;

export const sql = 'CREATE TABLE tops (row INTEGER PRIMARY KEY, nodes BLOB NOT NULL) STRICT;';
