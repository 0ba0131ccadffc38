// Payment: money leaves custody. Held when made, in transit when approved, gone when the bank settles.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { type Books, poolOfAccount, put } from '../books.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import { day } from '../time.ts';
import type { Kind } from './kind.ts';
import { payeeSchema } from './payee.ts';
import { checkBankMoney, checkClasses, checkDebit, money, onDay } from './refusals.ts';

export const paymentSchema = z.strictObject({
  kind: z.literal('payment'),
  account: nameId,
  asset: assetCode,
  amount: amountText,
  payee: payeeSchema,
  /** When the bank is to carry it out; as soon as it can where nothing is said. */
  valueDate: day.optional(),
});
type Payment = z.infer<typeof paymentSchema>;

const transit = ({ account, asset }: Payment, books: Books): string =>
  houseAccountId('in-transit', asset, poolOfAccount(books, account));

export const payment: Kind<Payment> = {
  makers: ['teller'],
  consequence: ({ asset, amount, account, payee, valueDate }) =>
    `${money(asset, BigInt(amount))} leaves custody account ${account} for the payee account ending ${payee.tail}${onDay(valueDate)}.`,
  facts: ({ asset, amount, account, payee }, books) => ({
    asset,
    amount: BigInt(amount),
    client: books.get('account', account)?.client ?? account,
    payees: [payee.id],
  }),
  check: (one, books) =>
    checkBankMoney(one.asset) ??
    checkDebit(books, one.account, one.asset) ??
    checkClasses(books, 'payment', one.account, transit(one, books)),
  holds: ({ account, amount }) => [{ account, amount: BigInt(amount) }],
  legs: (one, books) => [
    { debit: one.account, credit: transit(one, books), asset: one.asset, amount: BigInt(one.amount) },
  ],
  effects({ account, payee }, books, { admittedAt }) {
    const key = `${books.get('account', account)?.client ?? account}|${payee.id}`;
    return books.get('payee', key) === undefined ? [put('payee', key, { since: admittedAt })] : [];
  },
  bankItems: () => 1,
  typed: ({ payee, amount }) => ({ tail: payee.tail, amount }),
};
