// Book transfer: between two accounts inside custody, final the moment it is approved.

import { z } from 'zod';
import { assetCode } from '../asset.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import { day } from '../time.ts';
import type { Kind } from './kind.ts';
import { tailOf } from './payee.ts';
import { checkAsset, checkClasses, checkDebit, malformed, money, unknown } from './refusals.ts';

export const bookTransferSchema = z.strictObject({
  kind: z.literal('book transfer'),
  from: nameId,
  to: nameId,
  asset: assetCode,
  amount: amountText,
  /** ISO 20022 external purpose code, LOAN for a loan paid out, LOAR for a repayment. */
  purpose: z.string().regex(/^[A-Z]{4}$/),
  /** When it is booked; at once where nothing is said. */
  valueDate: day.optional(),
});
type BookTransfer = z.infer<typeof bookTransferSchema>;

export const bookTransfer: Kind<BookTransfer> = {
  makers: ['teller'],
  consequence: ({ asset, amount, from, to, valueDate }) =>
    `${money(asset, BigInt(amount))} moves from account ${from} to account ${to} inside custody, final ${valueDate === undefined ? 'at once' : `on ${valueDate}`}.`,
  facts: ({ asset, amount, from, to }, books) => ({
    asset,
    amount: BigInt(amount),
    client: books.get('account', from)?.client ?? from,
    payees: [to],
  }),
  check({ from, to, asset }, books) {
    if (from === to) return malformed('It would move money to the account it comes from.');
    const target = books.get('account', to);
    if (target === undefined) return unknown('ledger account', to);
    return (
      checkDebit(books, from, asset) ?? checkAsset(target, asset) ?? checkClasses(books, 'book transfer', from, to)
    );
  },
  holds: ({ from, amount }) => [{ account: from, amount: BigInt(amount) }],
  legs: ({ from, to, asset, amount }) => [{ debit: from, credit: to, asset, amount: BigInt(amount) }],
  effects: () => [],
  bankItems: () => 0,
  typed: ({ to, amount }, books) => ({ tail: tailOf(books.get('account', to)?.number ?? to), amount }),
};
