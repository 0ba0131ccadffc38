// Open pool: another bank account of client money, kept apart from every other in the books as it is at the bank.

import { z } from 'zod';
import { houseAccountId, houseClasses, mainPool } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { type Books, type Effect, programmeOf, put } from '../books.ts';
import { poolAssets } from '../pool.ts';
import { unicodeText } from '../text.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { accountNumber } from './open-account.ts';
import { duplicate, malformed } from './refusals.ts';

/** Short, as it is a part of the ids of accounts and breaks. */
const poolId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);

export const openPoolSchema = z.strictObject({
  kind: z.literal('open pool'),
  pool: poolId,
  /** One bank account per asset: statements that bear its number are of this pool, and payments out of it debit it. */
  accounts: z
    .array(z.strictObject({ asset: assetCode, number: accountNumber }))
    .min(1)
    .max(40),
  /** Whose money lies there, in plain words. */
  purpose: unicodeText(1, 200),
});
export type OpenPool = z.infer<typeof openPoolSchema>;

const houseAccounts = ({ pool, accounts }: OpenPool) =>
  accounts.flatMap(({ asset }) =>
    houseClasses.map((accountClass) => ({ id: houseAccountId(accountClass, asset, pool), class: accountClass, asset })),
  );

export const openPool: Kind<OpenPool> = {
  ...movesNothing,
  makers: ['officer'],
  // One officer makes it and another approves, whatever the policy says.
  checkers: [{ role: 'officer', count: 1 }],
  consequence: ({ pool, accounts, purpose }) =>
    `Pool ${pool} is opened with ${accounts.map(({ asset, number }) => `bank account ${number} in ${asset}`).join(', ')}. Money in it is kept apart from every other pool. Purpose: ${purpose}`,
  check(one, books) {
    if (one.pool === mainPool || books.get('pool', one.pool) !== undefined) return duplicate('Pool', one.pool);
    if (new Set(one.accounts.map(({ asset }) => asset)).size !== one.accounts.length)
      return malformed('A pool has one bank account per asset.');
    return refuseAssets(one, books) ?? refuseNumbers(one, books);
  },
  effects: (one, _, { today }) => [
    put('pool', one.pool, { id: one.pool, accounts: one.accounts, purpose: one.purpose, openedOn: today }),
    ...houseAccounts(one).map(
      (account): Effect => ({ type: 'open', account: { ...account, client: null, number: null, pool: one.pool } }),
    ),
  ],
};

function refuseAssets(one: OpenPool, books: Books): InstructionRefusal | undefined {
  const strange = one.accounts.find(({ asset }) => !programmeOf(books)?.assets.includes(asset));
  if (strange !== undefined) return malformed(`This programme does not keep ${strange.asset}.`);
  const taken = houseAccounts(one).find(({ id }) => books.get('account', id) !== undefined);
  return taken === undefined ? undefined : duplicate('Ledger account', taken.id);
}

/** A statement must say by its number alone whose money it is. */
function refuseNumbers({ accounts }: OpenPool, books: Books): InstructionRefusal | undefined {
  const used = new Set([...poolAssets(books)].map(({ asset, number }) => `${asset}|${number}`));
  const taken = accounts.find(({ asset, number }) => used.has(`${asset}|${number}`));
  return taken === undefined ? undefined : duplicate('Bank account', taken.number);
}
