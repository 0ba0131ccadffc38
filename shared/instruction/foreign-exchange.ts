// Foreign exchange: a client sells one asset and buys another at a rate that the bank has quoted. What is sold waits in the
// position account; nothing is credited before the bank has confirmed both sides.

import { z } from 'zod';
import { checkFlow, houseAccountId } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { type Books, inPool, poolOf, poolOfAccount, put } from '../books.ts';
import { exchanged, isWithin, pairKey, rateText } from '../exchange-rate.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import { dayOf, instant } from '../time.ts';
import type { InstructionRefusal, Kind, Moment } from './kind.ts';
import { checkAsset, checkBankMoney, checkDebit, checkPools, malformed, money, unknown } from './refusals.ts';

/** What the bank has quoted: who, under which reference, when, and until when it stands. */
export const quoteSchema = z.strictObject({
  source: unicodeText(1, 60),
  reference: unicodeText(1, 35),
  at: instant,
  until: instant,
});

export const foreignExchangeSchema = z.strictObject({
  kind: z.literal('foreign exchange'),
  /** What is sold, and the account that sells it. */
  account: nameId,
  asset: assetCode,
  amount: amountText,
  /** What is bought, and the account of the same client that gets it. */
  to: nameId,
  bought: assetCode,
  boughtAmount: amountText,
  /** The amount that was agreed; the other one follows from it by the rate. */
  fixed: z.enum(['sold', 'bought']),
  /** What one unit of `base` is worth in the other asset. */
  rate: rateText,
  base: assetCode,
  quote: quoteSchema,
});
export type ForeignExchange = z.infer<typeof foreignExchangeSchema>;

const what = 'The exchange was not admitted.';

const position = ({ account, asset }: ForeignExchange, books: Books): string =>
  houseAccountId('fx-position', asset, poolOfAccount(books, account));

export const foreignExchange: Kind<ForeignExchange> = {
  makers: ['teller'],
  consequence: (one) =>
    `${money(one.asset, BigInt(one.amount))} of account ${one.account} is exchanged for ${money(one.bought, BigInt(one.boughtAmount))} to account ${one.to}, 1 ${one.base} at ${one.rate}, quoted by ${one.quote.source} until ${one.quote.until}.`,
  facts: ({ asset, amount, account }, books) => ({
    asset,
    amount: BigInt(amount),
    client: books.get('account', account)?.client ?? account,
    payees: [],
  }),
  check: (one, books, moment) =>
    checkBankMoney(one.asset) ??
    checkBankMoney(one.bought) ??
    checkDebit(books, one.account, one.asset) ??
    checkSides(one, books) ??
    checkAmounts(one) ??
    checkQuote(one, moment) ??
    checkReference(one, books, moment),
  holds: ({ account, amount }) => [{ account, amount: BigInt(amount) }],
  legs: (one, books) => [
    { debit: one.account, credit: position(one, books), asset: one.asset, amount: BigInt(one.amount) },
  ],
  effects(one, books, { instruction, admittedAt }) {
    const { account, asset, amount, to, bought, boughtAmount } = one;
    const id = position(one, books);
    const pool = poolOfAccount(books, account);
    const fresh = { id, class: 'fx-position' as const, asset, client: null, number: null };
    return [
      // Opened when a pool first needs it.
      ...(books.get('account', id) === undefined
        ? [{ type: 'open' as const, account: { ...fresh, ...inPool(pool) } }]
        : []),
      put('exchange', instruction, {
        ...{ account, asset, amount, to, bought, boughtAmount, state: 'open', since: admittedAt },
        ...{ soldAs: null, boughtAs: null, returnedAs: null },
      }),
    ];
  },
  bankItems: () => 1,
  typed: ({ quote, amount }) => ({ tail: quote.reference.slice(-4), amount }),
};

function checkSides(one: ForeignExchange, books: Books): InstructionRefusal | undefined {
  const from = books.get('account', one.account);
  const to = books.get('account', one.to);
  if (from === undefined) return unknown('ledger account', one.account);
  if (to === undefined) return unknown('ledger account', one.to);
  if (one.asset === one.bought) return malformed('It sells what it buys.');
  if (one.base !== one.asset && one.base !== one.bought) return malformed(`The rate is not of this pair: ${one.base}.`);
  const flow =
    checkFlow('foreign exchange', from.class, 'fx-position') ?? checkFlow('bank.exchanged', 'cash', to.class);
  if (flow !== undefined) return flow;
  if (from.client !== to.client)
    return refuse('segregation', what, 'The two accounts are of different clients.', "Choose the client's own account.")
      .refusal;
  return checkAsset(to, one.bought) ?? checkPools(poolOf(from), poolOf(to));
}

/** The amount that is not fixed is the one that the rate gives, to the minor unit. */
function checkAmounts(one: ForeignExchange): InstructionRefusal | undefined {
  const [fixed, other] = one.fixed === 'sold' ? [one.amount, one.boughtAmount] : [one.boughtAmount, one.amount];
  const [from, to] = one.fixed === 'sold' ? [one.asset, one.bought] : [one.bought, one.asset];
  const right = exchanged(BigInt(fixed), from, to, one);
  return right === BigInt(other) ? undefined : malformed(`The rate makes it ${money(to, right)}.`);
}

const longestQuoteMs = 24 * 3_600_000;

/** A quote stands when the exchange is made, and still when it is to take effect. */
function checkQuote({ quote }: ForeignExchange, { admittedAt }: Moment): InstructionRefusal | undefined {
  const [atMs, untilMs] = [Date.parse(quote.at), Date.parse(quote.until)];
  if (atMs >= untilMs || untilMs - atMs > longestQuoteMs) return malformed('A quote stands for a day at most.');
  return quote.until > admittedAt
    ? undefined
    : refuse('state', what, `The quote stood until ${quote.until}.`, 'Ask for a new quote and make it again.').refusal;
}

/** No rate is taken on a quote alone: an adopted reference rate that is still good bounds it. */
function checkReference(one: ForeignExchange, books: Books, { admittedAt }: Moment): InstructionRefusal | undefined {
  const reference = books.get('referenceRate', pairKey(one.asset, one.bought));
  const next = 'Officers adopt reference rates.';
  if (reference === undefined)
    return refuse('limit', what, `No reference rate of ${one.asset} and ${one.bought} was adopted.`, next).refusal;
  if (dayOf(admittedAt) > reference.until)
    return refuse('limit', what, `The reference rate was good until ${reference.until}.`, next).refusal;
  if (isWithin(one, reference, reference.basisPoints)) return undefined;
  const why = `The rate is more than ${reference.basisPoints / 100} % away from the reference rate ${reference.rate} per ${reference.base}.`;
  return refuse('limit', what, why, 'Check the rate and its direction; officers adopt another reference.').refusal;
}
