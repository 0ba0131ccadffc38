// Batch: one instruction with many payments of one asset; approved as a whole, each item settles for itself.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { type Books, type Effect, poolOfAccount, put } from '../books.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import { day } from '../time.ts';
import type { Kind } from './kind.ts';
import { payeeSchema } from './payee.ts';
import { checkBankMoney, checkClasses, checkDebit, malformed, money, onDay } from './refusals.ts';

/** A leaf of the log is at most 64 KiB (C2SP entry bundles); 200 items keep well below. */
export const batchSchema = z.strictObject({
  kind: z.literal('batch'),
  asset: assetCode,
  total: amountText,
  items: z
    .array(z.strictObject({ account: nameId, amount: amountText, payee: payeeSchema }))
    .min(1)
    .max(200),
  valueDate: day.optional(),
});
type Batch = z.infer<typeof batchSchema>;

/** A batch leaves one bank account, so all of it lies in one pool. */
const poolOfBatch = ({ items }: Batch, books: Books): string => poolOfAccount(books, items[0]?.account ?? '');

const total = (batch: Batch): bigint => batch.items.reduce((sum, item) => sum + BigInt(item.amount), 0n);

export const batch: Kind<Batch> = {
  makers: ['teller'],
  consequence: (one) => {
    const accounts = new Set(one.items.map((item) => item.account)).size;
    return `${one.items.length} payments, ${money(one.asset, total(one))} in all, leave ${accounts} custody account(s)${onDay(one.valueDate)}.`;
  },
  facts: (one, books) => ({
    asset: one.asset,
    amount: total(one),
    client: books.get('account', one.items[0]?.account ?? '')?.client ?? '',
    payees: one.items.map((item) => item.payee.id),
  }),
  check(one, books) {
    if (total(one) !== BigInt(one.total)) return malformed('The total of the batch is not the sum of its items.');
    const foreign = checkBankMoney(one.asset);
    if (foreign !== undefined) return foreign;
    const pool = poolOfBatch(one, books);
    const transit = houseAccountId('in-transit', one.asset, pool);
    for (const item of one.items) {
      const refusal = checkDebit(books, item.account, one.asset) ?? checkClasses(books, 'batch', item.account, transit);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  },
  holds(one) {
    const perAccount = new Map<string, bigint>();
    for (const item of one.items)
      perAccount.set(item.account, (perAccount.get(item.account) ?? 0n) + BigInt(item.amount));
    return [...perAccount].map(([account, amount]) => ({ account, amount }));
  },
  legs(one, books) {
    const credit = houseAccountId('in-transit', one.asset, poolOfBatch(one, books));
    return one.items.map((item) => ({
      ...{ debit: item.account, credit },
      ...{ asset: one.asset, amount: BigInt(item.amount) },
    }));
  },
  effects(one, books, { admittedAt }) {
    const fresh = new Map<string, Effect>();
    for (const item of one.items) {
      const key = `${books.get('account', item.account)?.client ?? item.account}|${item.payee.id}`;
      if (books.get('payee', key) === undefined) fresh.set(key, put('payee', key, { since: admittedAt }));
    }
    return [...fresh.values()];
  },
  bankItems: (one) => one.items.length,
  typed: (one) => ({ tail: one.items[0]?.payee.tail ?? '', amount: one.total }),
};
