// Digital withdrawal: a digital asset leaves custody for an address that was adopted for its account. Held when made, in transit
// when approved, gone when the watch-only statement shows the transaction.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { addressText, networks } from '../address.ts';
import { assetCode } from '../asset.ts';
import { type Books, poolOfAccount, put } from '../books.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import { checkAllowed, checkPlace } from './address.ts';
import type { Kind } from './kind.ts';
import { checkClasses, checkDebit, money } from './refusals.ts';

export const digitalWithdrawalSchema = z.strictObject({
  kind: z.literal('digital withdrawal'),
  account: nameId,
  asset: assetCode,
  amount: amountText,
  network: z.enum(networks),
  address: addressText,
});
export type DigitalWithdrawal = z.infer<typeof digitalWithdrawalSchema>;

const transit = ({ account, asset }: DigitalWithdrawal, books: Books): string =>
  houseAccountId('in-transit', asset, poolOfAccount(books, account));
const payeeOf = ({ network, address }: DigitalWithdrawal): string => `${network}:${address}`;
const clientOf = ({ account }: DigitalWithdrawal, books: Books): string =>
  books.get('account', account)?.client ?? account;

export const digitalWithdrawal: Kind<DigitalWithdrawal> = {
  makers: ['teller'],
  // Nobody gets it back from a wrong address.
  isTyped: true,
  consequence: (one) =>
    `${money(one.asset, BigInt(one.amount))} leaves custody account ${one.account} for ${one.address} on ${one.network}. It cannot be called back.`,
  facts: (one, books) => ({
    asset: one.asset,
    amount: BigInt(one.amount),
    client: clientOf(one, books),
    payees: [payeeOf(one)],
  }),
  check: (one, books, { admittedAt }) =>
    checkDebit(books, one.account, one.asset) ??
    checkPlace(one, books) ??
    checkClasses(books, 'digital withdrawal', one.account, transit(one, books)) ??
    checkAllowed(one, books, admittedAt),
  holds: ({ account, amount }) => [{ account, amount: BigInt(amount) }],
  legs: (one, books) => [
    { debit: one.account, credit: transit(one, books), asset: one.asset, amount: BigInt(one.amount) },
  ],
  effects(one, books, { admittedAt }) {
    const key = `${clientOf(one, books)}|${payeeOf(one)}`;
    return books.get('payee', key) === undefined ? [put('payee', key, { since: admittedAt })] : [];
  },
  bankItems: () => 1,
  typed: ({ address, amount }) => ({ tail: address.slice(-4), amount }),
};
