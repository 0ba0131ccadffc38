// Pools of client money: each is one bank account per asset with everything owed against it. The main one is open from the
// beginning; no figure is ever netted across them, and no leg leaves one.

import { mainPool } from './accounts.ts';
import { type Books, programmeOf } from './books.ts';
import type { Day } from './time.ts';

export interface PoolAsset {
  readonly pool: string;
  readonly asset: string;
  /** The bank's number of the account; null for the main pool, whose numbers are the bank link's. */
  readonly number: string | null;
  readonly openedOn: Day;
}

/** Every pool in every asset it keeps, the main one first. */
export function* poolAssets(books: Books): Generator<PoolAsset> {
  const programme = programmeOf(books);
  if (programme === undefined) return;
  for (const asset of programme.assets) yield { pool: mainPool, asset, number: null, openedOn: programme.openedOn };
  for (const [pool, { accounts, openedOn }] of books.all('pool'))
    for (const { asset, number } of accounts) yield { pool, asset, number, openedOn };
}

/**
 * The pool whose bank account a message names; what names none is of the main pool. `main` is that pool's own number, where it is
 * known: then an account of no pool is undefined, and where it is not, such an account is taken for the main pool's.
 */
export function poolByNumber(
  books: Books,
  number: string | null,
  asset: string | null,
  main?: string,
): string | undefined {
  if (number === null) return mainPool;
  const named = number.toUpperCase();
  for (const one of poolAssets(books)) if (one.asset === asset && one.number?.toUpperCase() === named) return one.pool;
  return main === undefined || main.replaceAll(/\s/g, '').toUpperCase() === named ? mainPool : undefined;
}

/** What an order debits: the custody number in the main pool, and in another pool the bank's number of its account. */
export function debtorNumberOf(books: Books, account: string): string {
  const known = books.get('account', account);
  const pool = known?.pool === undefined ? undefined : books.get('pool', known.pool);
  const number = pool?.accounts.find((one) => one.asset === known?.asset)?.number;
  return number ?? known?.number ?? account;
}
