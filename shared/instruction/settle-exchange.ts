// Settle exchange: the bank took what was sold, and what came instead of what was agreed lies in suspense as late money of the
// exchange. Officers let it stand: the client gets what came, and what was sold leaves the books as the bank has it.

import { z } from 'zod';
import { checkFlow, houseAccountId } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { type Books, poolOf, poolOfAccount, put, type Tables } from '../books.ts';
import { settleExchange as settled } from '../exchange.ts';
import { eventId } from '../ids.ts';
import { amountText } from '../money.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import type { InstructionRefusal, Kind } from './kind.ts';
import { malformed, money, unknown } from './refusals.ts';

export const settleExchangeSchema = z.strictObject({
  kind: z.literal('settle exchange'),
  /** The instruction that made the exchange, and the late money that came of it. */
  exchange: eventId,
  receipt: eventId,
  /** As much of it as came for the exchange; the client gets this. */
  asset: assetCode,
  amount: amountText,
  reason: unicodeText(1, 140),
});
type SettleExchange = z.infer<typeof settleExchangeSchema>;

interface Parts {
  readonly one: Tables['exchange'];
  readonly receipt: Tables['receipt'];
  /** The account of the client that gets it. */
  readonly to: string;
  readonly pool: string;
}

function partsOf({ exchange, receipt: id, asset }: SettleExchange, books: Books): Parts | undefined {
  const one = books.get('exchange', exchange);
  const receipt = books.get('receipt', id);
  if (one === undefined || receipt === undefined) return undefined;
  const to = asset === one.bought ? one.to : one.account;
  return { one, receipt, to, pool: poolOfAccount(books, to) };
}

export const settleExchange: Kind<SettleExchange> = {
  makers: ['teller', 'officer'],
  checkers: [{ role: 'officer', count: 1 }],
  consequence(body, books) {
    const parts = partsOf(body, books);
    const came = money(body.asset, BigInt(body.amount));
    if (parts === undefined) return `Exchange ${body.exchange} is settled with ${came} that came late.`;
    const { one, to } = parts;
    const [sold, agreed] = [money(one.asset, BigInt(one.amount)), money(one.bought, BigInt(one.boughtAmount))];
    return `${sold} was exchanged, agreed for ${agreed}; account ${to} gets ${came} that came instead. Reason: ${body.reason}`;
  },
  facts(body, books) {
    const to = partsOf(body, books)?.to ?? '';
    const client = books.get('account', to)?.client ?? to;
    return { asset: body.asset, amount: BigInt(body.amount), client, payees: [] };
  },
  check(body, books) {
    const parts = partsOf(body, books);
    if (books.get('exchange', body.exchange) === undefined) return unknown('exchange', body.exchange);
    if (parts === undefined) return unknown('late money', body.receipt);
    const { one, receipt, to, pool } = parts;
    if (!receipt.of?.startsWith(`${body.exchange}/`)) return malformed('That money did not come of this exchange.');
    if (receipt.asset !== body.asset) return unknown(`late money in ${body.asset}`, body.receipt);
    if (poolOf(receipt) !== pool) return malformed(`That money is not in pool ${pool}.`);
    if (one.state !== 'open')
      return state(`The exchange is ${one.state}.`, 'Allocate the money to the client instead.');
    if (one.soldAs === null)
      return state('The bank has not taken what was sold.', 'Wait for its statement, or ask the bank.');
    if (one.boughtAs !== null || one.returnedAs !== null)
      return state('The bank has confirmed its other side.', 'Allocate the money to the client instead.');
    if (receipt.remaining < BigInt(body.amount)) {
      const left = money(receipt.asset, receipt.remaining);
      return refuse(
        'limit',
        'The exchange was not settled.',
        `Only ${left} of it is left.`,
        'Settle with at most that.',
      ).refusal;
    }
    return checkFlow('settle exchange', 'suspense', books.get('account', to)?.class ?? 'suspense');
  },
  holds(body, books) {
    const parts = partsOf(body, books);
    if (parts === undefined) return [];
    return [{ account: houseAccountId('suspense', body.asset, parts.pool), amount: BigInt(body.amount) }];
  },
  legs(body, books) {
    const { one, to, pool } = partsOf(body, books) as Parts;
    const house = (name: 'fx-position' | 'cash' | 'suspense', asset: string) => houseAccountId(name, asset, pool);
    return [
      // First, as its leg on cash is noted by its number.
      {
        ...{ debit: house('fx-position', one.asset), credit: house('cash', one.asset) },
        ...{ asset: one.asset, amount: BigInt(one.amount) },
      },
      {
        ...{ debit: house('suspense', body.asset), credit: to },
        ...{ asset: body.asset, amount: BigInt(body.amount) },
      },
    ];
  },
  effects(body, books) {
    const { one, receipt } = partsOf(body, books) as Parts;
    return [
      ...settled(books, body.exchange, one, { receipt: body.receipt, asset: body.asset, amount: body.amount }),
      put('receipt', body.receipt, { ...receipt, remaining: receipt.remaining - BigInt(body.amount) }),
    ];
  },
  bankItems: () => 0,
  typed(body, books) {
    const parts = partsOf(body, books);
    if (parts === undefined) return undefined;
    const number = books.get('account', parts.to)?.number ?? parts.to;
    return { tail: number.slice(-4), amount: body.amount };
  },
};

const state = (why: string, next: string): InstructionRefusal =>
  refuse('state', 'The exchange was not settled.', why, next).refusal;
