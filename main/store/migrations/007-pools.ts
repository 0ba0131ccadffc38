// The pool that a ledger account belongs to; null for the main one.

export const version = 7;

export const sql = 'ALTER TABLE accounts ADD COLUMN pool TEXT;';
