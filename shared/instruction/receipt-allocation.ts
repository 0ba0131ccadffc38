// Receipt allocation: money that came without a known account goes from suspense to the client it belongs to.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { type Books, poolOf, put } from '../books.ts';
import { eventId, nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import type { Kind } from './kind.ts';
import { checkAsset, checkClasses, money, unknown } from './refusals.ts';

export const receiptAllocationSchema = z.strictObject({
  kind: z.literal('receipt allocation'),
  receipt: eventId,
  account: nameId,
  asset: unicodeText(0, 12),
  amount: amountText,
});
type ReceiptAllocation = z.infer<typeof receiptAllocationSchema>;

/** The suspense of the pool that the money came into. */
const suspense = ({ receipt, asset }: ReceiptAllocation, books: Books): string =>
  houseAccountId('suspense', asset, poolOf(books.get('receipt', receipt)));

export const receiptAllocation: Kind<ReceiptAllocation> = {
  makers: ['teller'],
  consequence: ({ asset, amount, account }) =>
    `${money(asset, BigInt(amount))} received without a known account is credited to account ${account}.`,
  facts: ({ asset, amount, account }, books) => ({
    asset,
    amount: BigInt(amount),
    client: books.get('account', account)?.client ?? account,
    payees: [],
  }),
  check(one, books) {
    const { receipt, account, asset, amount } = one;
    const open = books.get('receipt', receipt);
    const target = books.get('account', account);
    if (open === undefined || open.asset !== asset) return unknown('receipt in that asset', receipt);
    if (target === undefined) return unknown('ledger account', account);
    if (open.remaining < BigInt(amount)) {
      const left = money(asset, open.remaining);
      return refuse('limit', 'The receipt was not allocated.', `Only ${left} of it is left.`, 'Allocate at most that.')
        .refusal;
    }
    return checkAsset(target, asset) ?? checkClasses(books, 'receipt allocation', suspense(one, books), account);
  },
  holds: (one, books) => [{ account: suspense(one, books), amount: BigInt(one.amount) }],
  legs: (one, books) => [
    { debit: suspense(one, books), credit: one.account, asset: one.asset, amount: BigInt(one.amount) },
  ],
  effects({ receipt, amount }, books) {
    const open = books.get('receipt', receipt);
    return open === undefined ? [] : [put('receipt', receipt, { ...open, remaining: open.remaining - BigInt(amount) })];
  },
  bankItems: () => 0,
  typed: ({ account, amount }, books) => ({
    tail: (books.get('account', account)?.number ?? account).slice(-4),
    amount,
  }),
};
