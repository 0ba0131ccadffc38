// Open account: a client's ledger account in one asset, with the custody number that payers quote.

import { z } from 'zod';
import { clientRoles, houseAccountId, mainPool } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { inPool, numberKey, poolOf, programmeOf } from '../books.ts';
import { nameId } from '../ids.ts';
import { type Kind, movesNothing } from './kind.ts';
import { duplicate, malformed, unknown } from './refusals.ts';

/** As banks write them: an IBAN, or any 34 printable characters without spaces (ISO 20022 Max34Text). */
export const accountNumber = z.string().regex(/^[!-~]{1,34}$/);

export const openAccountSchema = z.strictObject({
  kind: z.literal('open account'),
  account: nameId,
  client: nameId,
  role: z.enum(clientRoles),
  asset: assetCode,
  number: accountNumber,
  /** The pool that the money will lie in, for good; the main one if none is named. */
  pool: nameId.optional(),
});
type OpenAccount = z.infer<typeof openAccountSchema>;

export const openAccount: Kind<OpenAccount> = {
  ...movesNothing,
  makers: ['teller', 'officer'],
  consequence: ({ client, role, asset, number, pool }) =>
    `Client ${client} gets a ${asset} account as ${role}, number ${number}${poolOf({ pool }) === mainPool ? '' : `, in pool ${pool}`}.`,
  check({ account, client, asset, number, pool }, books) {
    if (books.get('client', client) === undefined) return unknown('client', client);
    if (!programmeOf(books)?.assets.includes(asset)) return malformed(`This programme does not keep ${asset}.`);
    if (books.get('account', account) !== undefined) return duplicate('Ledger account', account);
    if (books.get('number', numberKey(number, asset)) !== undefined) return duplicate('Account number', number);
    if (books.get('account', houseAccountId('cash', asset, pool)) === undefined)
      return unknown(`pool with ${asset}`, pool ?? mainPool);
    return undefined;
  },
  effects: ({ account, client, asset, number, pool }) => [
    { type: 'open', account: { id: account, class: 'client', asset, client, number, ...inPool(pool) } },
  ],
};
