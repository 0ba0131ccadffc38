// Open account: a client's ledger account in one asset, with the custody number that payers quote.

import { z } from 'zod';
import { clientRoles } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { numberKey, programmeOf } from '../books.ts';
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
});
type OpenAccount = z.infer<typeof openAccountSchema>;

export const openAccount: Kind<OpenAccount> = {
  ...movesNothing,
  makers: ['teller', 'officer'],
  consequence: ({ client, role, asset, number }) =>
    `Client ${client} gets a ${asset} account as ${role}, number ${number}.`,
  check({ account, client, asset, number }, books) {
    if (books.get('client', client) === undefined) return unknown('client', client);
    if (!programmeOf(books)?.assets.includes(asset)) return malformed(`This programme does not keep ${asset}.`);
    if (books.get('account', account) !== undefined) return duplicate('Ledger account', account);
    if (books.get('number', numberKey(number, asset)) !== undefined) return duplicate('Account number', number);
    return undefined;
  },
  effects: ({ account, client, asset, number }) => [
    { type: 'open', account: { id: account, class: 'client', asset, client, number } },
  ],
};
