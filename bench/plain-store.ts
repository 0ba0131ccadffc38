// The vault's own settings on SQLite without a cipher: what the encryption costs, and nothing that a terminal could open.

import Database from 'better-sqlite3-multiple-ciphers';
import { type Store, settings } from '../main/store/open.ts';

export type MeasuredStore = Pick<Store, 'prepare' | 'exec' | 'transaction' | 'readPragma' | 'close'> &
  Partial<Pick<Store, 'digests'>>;

export function openPlainStore(file: string): MeasuredStore {
  const database = new Database(file);
  for (const [name, value] of settings) database.pragma(`${name} = ${value}`);
  return {
    prepare: database.prepare.bind(database) as Store['prepare'],
    exec: (source) => void database.exec(source),
    transaction: (work) => database.transaction(work).immediate(),
    readPragma: (name) => database.pragma(name, { simple: true }),
    close: () => void database.close(),
  };
}
