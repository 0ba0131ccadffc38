// Send back: money in suspense that belongs to no client here leaves again, to whoever sent it.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { type Books, poolOf, put } from '../books.ts';
import { eventId } from '../ids.ts';
import { amountText } from '../money.ts';
import { refuse } from '../result.ts';
import type { Kind } from './kind.ts';
import { payeeSchema } from './payee.ts';
import { checkBankMoney, money, unknown } from './refusals.ts';

export const sendBackSchema = z.strictObject({
  kind: z.literal('send back'),
  receipt: eventId,
  asset: assetCode,
  amount: amountText,
  payee: payeeSchema,
});
type SendBack = z.infer<typeof sendBackSchema>;

const poolOfReceipt = ({ receipt }: SendBack, books: Books): string => poolOf(books.get('receipt', receipt));
const suspense = (one: SendBack, books: Books): string =>
  houseAccountId('suspense', one.asset, poolOfReceipt(one, books));

export const sendBack: Kind<SendBack> = {
  makers: ['teller'],
  consequence: ({ asset, amount, receipt, payee }) =>
    `${money(asset, BigInt(amount))} of receipt ${receipt} goes back to the account ending ${payee.tail}.`,
  facts: ({ asset, amount, payee }) => ({ asset, amount: BigInt(amount), payees: [payee.id] }),
  check({ receipt, asset, amount }, books) {
    const foreign = checkBankMoney(asset);
    if (foreign !== undefined) return foreign;
    const open = books.get('receipt', receipt);
    if (open === undefined || open.asset !== asset) return unknown('receipt in that asset', receipt);
    if (open.remaining >= BigInt(amount)) return undefined;
    const why = `Only ${money(asset, open.remaining)} of it is left.`;
    return refuse('limit', 'The money was not sent back.', why, 'Send back at most that.').refusal;
  },
  holds: (one, books) => [{ account: suspense(one, books), amount: BigInt(one.amount) }],
  legs: (one, books) => [
    {
      debit: suspense(one, books),
      credit: houseAccountId('in-transit', one.asset, poolOfReceipt(one, books)),
      ...{ asset: one.asset, amount: BigInt(one.amount) },
    },
  ],
  effects({ receipt, amount }, books) {
    const open = books.get('receipt', receipt);
    return open === undefined ? [] : [put('receipt', receipt, { ...open, remaining: open.remaining - BigInt(amount) })];
  },
  bankItems: () => 1,
  typed: ({ payee, amount }) => ({ tail: payee.tail, amount }),
};
