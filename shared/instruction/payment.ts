// Payment: money leaves custody. Held when made, in transit when approved, gone when the bank settles.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { put } from '../books.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import type { Kind } from './kind.ts';
import { payeeSchema } from './payee.ts';
import { checkClasses, checkDebit, money } from './refusals.ts';

export const paymentSchema = z.strictObject({
  kind: z.literal('payment'),
  account: nameId,
  asset: assetCode,
  amount: amountText,
  payee: payeeSchema,
});
type Payment = z.infer<typeof paymentSchema>;

export const payment: Kind<Payment> = {
  makers: ['teller'],
  consequence: ({ asset, amount, account, payee }) =>
    `${money(asset, BigInt(amount))} leaves custody account ${account} for the payee account ending ${payee.tail}.`,
  facts: ({ asset, amount, account, payee }, books) => ({
    asset,
    amount: BigInt(amount),
    client: books.get('account', account)?.client ?? account,
    payees: [payee.id],
  }),
  check: ({ account, asset }, books) =>
    checkDebit(books, account, asset) ?? checkClasses(books, 'payment', account, houseAccountId('in-transit', asset)),
  holds: ({ account, amount }) => [{ account, amount: BigInt(amount) }],
  legs: ({ account, asset, amount }) => [
    { debit: account, credit: houseAccountId('in-transit', asset), asset, amount: BigInt(amount) },
  ],
  effects({ account, payee }, books, { admittedAt }) {
    const key = `${books.get('account', account)?.client ?? account}|${payee.id}`;
    return books.get('payee', key) === undefined ? [put('payee', key, { since: admittedAt })] : [];
  },
  bankItems: () => 1,
  typed: ({ payee, amount }) => ({ tail: payee.tail, amount }),
};
