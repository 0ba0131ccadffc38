// What becomes of an approved exchange: the bank confirms its two sides, each under a reference of its own and in any order, and
// both are booked at the second (payment against payment). A side of another amount than was agreed confirms nothing.

import { bankAccountKey, houseAccountId } from './accounts.ts';
import { assert } from './assert.ts';
import { claimReference } from './bank-reference.ts';
import {
  type Books,
  BooksLayer,
  type Effect,
  entryOf,
  head,
  type InstructionStateWord,
  type Leg,
  poolOfAccount,
  put,
  type Tables,
} from './books.ts';
import type { EventOf } from './event.ts';
import { money } from './instruction/refusals.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { noteCashLeg } from './statement.ts';
import type { Day } from './time.ts';

type ExchangeRefusal = Refusal<'unknown' | 'duplicate' | 'state' | 'malformed'>;
type Decided = Result<readonly Effect[], ExchangeRefusal>;

const no = (type: ExchangeRefusal['type'], why: string, next: string) =>
  refuse(type, 'The event was not admitted.', why, next);

export const isExchange = (books: Books, instruction: string): boolean =>
  books.get('instruction', instruction)?.body.kind === 'foreign exchange';

/** One side as the bank has confirmed it. */
export interface Confirmed {
  readonly reference: string;
  readonly valueDate: Day;
}

const stateEffect = (books: Books, id: string, state: InstructionStateWord): Effect => {
  const instruction = books.get('instruction', id);
  assert(instruction, 'an exchange has an instruction');
  return put('instruction', id, { ...instruction, items: [state], state });
};

export function confirmExchange(books: Books, event: EventOf<'bank.exchanged'>, today: Day): Decided {
  const { instruction: id, side, asset, amount, reference, valueDate } = event.body;
  const one = exchangeOf(books, id);
  if (one === undefined) return no('unknown', `There is no approved exchange ${id}.`, 'Check the reference.');
  if (one.state !== 'open') return no('state', `The exchange is ${one.state}.`, 'Ask the bank.');
  const [agreedAsset, agreed] = side === 'sold' ? [one.asset, one.amount] : [one.bought, one.boughtAmount];
  if (asset !== agreedAsset || amount !== agreed) {
    const why = `Agreed was ${money(agreedAsset, BigInt(agreed))}, not ${money(asset, BigInt(amount))}.`;
    return no('malformed', why, 'Ask the bank.');
  }
  if ((side === 'sold' ? one.soldAs : one.boughtAs) !== null)
    return no('duplicate', `What was ${side} is confirmed already.`, 'Ask the bank.');
  if (side === 'bought' && one.returnedAs !== null)
    return no('state', 'The bank has given back what was sold.', 'State it as late money.');
  const used = claimReference(books, bankOf(books, side === 'sold' ? one.account : one.to, asset), reference);
  if (!used.ok) return used;
  const next = { ...one, [side === 'sold' ? 'soldAs' : 'boughtAs']: { reference, valueDate } };
  return ok([...used.value, ...finish(books, id, next, event.type, today)]);
}

/** The bank gives back what was sold, which it has taken before or says so later: the client has it again once both are known. */
export function returnExchange(books: Books, event: EventOf<'bank.returned'>, today: Day): Decided {
  const { instruction: id, reference, valueDate } = event.body;
  const one = exchangeOf(books, id);
  if (one === undefined || one.state !== 'open' || one.boughtAs !== null || one.returnedAs !== null)
    return no('state', 'Nothing of this exchange can be returned.', 'State it as late money.');
  const used = claimReference(books, bankOf(books, one.account, one.asset), reference);
  if (!used.ok) return used;
  const next = { ...one, returnedAs: { reference, valueDate } };
  return ok([...used.value, ...finish(books, id, next, event.type, today)]);
}

/** Books an exchange once the bank has said how both of its sides ended; until then what it said is noted. */
function finish(books: Books, id: string, one: Exchange, cause: string, today: Day): Effect[] {
  const { asset, bought, soldAs } = one;
  const [amount, boughtAmount] = [BigInt(one.amount), BigInt(one.boughtAmount)];
  const other = one.boughtAs ?? one.returnedAs;
  if (soldAs === null || other === null) return [put('exchange', id, one), stateEffect(books, id, 'sent')];
  const state = one.boughtAs === null ? 'returned' : 'settled';
  const cash = cashOf(books, one.account, asset);
  const [leg, item] = [head(books).legs, { instruction: id, item: 0 }];
  const note = { item, receipt: null };
  const went = noteCashLeg(books, bankOf(books, one.account, asset), {
    ...{ ...note, ...soldAs, leg: leg + 1, amount: -amount },
  });
  // A second leg on the same account goes behind the first, which is not in the books yet.
  const behind = new BooksLayer(books);
  behind.apply(went);
  const came =
    state === 'settled'
      ? { account: one.to, asset: bought, amount: boughtAmount }
      : { account: one.account, asset, amount };
  const legs: Leg[] = [
    { debit: positionOf(books, one), credit: cash, asset, amount },
    {
      ...{ debit: cashOf(books, came.account, came.asset), credit: came.account },
      ...{ asset: came.asset, amount: came.amount },
    },
  ];
  const valueDate = [soldAs.valueDate, other.valueDate].sort()[1] as Day;
  return [
    put('exchange', id, { ...one, state }),
    stateEffect(books, id, state),
    ...went,
    ...noteCashLeg(behind, bankOf(books, came.account, came.asset), {
      ...{ ...note, ...other, leg: leg + 2, amount: came.amount },
    }),
    entryOf(cause, id, legs, today, valueDate),
  ];
}

/** With another amount than was agreed, which is booked already: what was sold leaves as the bank has it. Its entry has that leg first. */
export function settleExchange(
  books: Books,
  id: string,
  one: Exchange,
  instead: { readonly receipt: string; readonly asset: string; readonly amount: string },
): Effect[] {
  assert(one.soldAs !== null, 'the bank has taken what was sold');
  const state = instead.asset === one.bought ? 'settled' : 'returned';
  return [
    put('exchange', id, { ...one, state, instead }),
    stateEffect(books, id, state),
    ...noteCashLeg(books, bankOf(books, one.account, one.asset), {
      ...{ ...one.soldAs, item: { instruction: id, item: 0 }, receipt: null },
      ...{ leg: head(books).legs + 1, amount: -BigInt(one.amount) },
    }),
  ];
}

type Exchange = Tables['exchange'];
const exchangeOf = (books: Books, id: string): Exchange | undefined => books.get('exchange', id);
const positionOf = (books: Books, one: Exchange): string =>
  houseAccountId('fx-position', one.asset, poolOfAccount(books, one.account));
const cashOf = (books: Books, account: string, asset: string): string =>
  houseAccountId('cash', asset, poolOfAccount(books, account));

const bankOf = (books: Books, account: string, asset: string): string =>
  bankAccountKey(asset, poolOfAccount(books, account));

/** The bank will not exchange: the client has the money again. Not once one side is confirmed. */
export function rejectExchange(books: Books, event: EventOf<'bank.rejected'>, today: Day): Decided {
  const { instruction: id } = event.body;
  const one = exchangeOf(books, id);
  if (one === undefined || one.state !== 'open')
    return no('state', `The exchange is ${one?.state ?? 'not approved'}.`, 'Ask the bank.');
  if (one.soldAs !== null || one.boughtAs !== null || one.returnedAs !== null)
    return no('state', 'The bank has confirmed a side of it already.', 'Ask the bank which of the two holds.');
  const legs = [{ debit: positionOf(books, one), credit: one.account, asset: one.asset, amount: BigInt(one.amount) }];
  return ok([
    put('exchange', id, { ...one, state: 'rejected' }),
    stateEffect(books, id, 'rejected'),
    entryOf(event.type, id, legs, today, today),
  ]);
}

/** What is open in one asset, minor units: sold and bought by exchanges not confirmed yet, and by forwards that are open. */
export interface Exposure {
  readonly asset: string;
  readonly sold: bigint;
  readonly bought: bigint;
  readonly hedgedSold: bigint;
  readonly hedgedBought: bigint;
}

export function exposures(books: Books): Exposure[] {
  const of = new Map<string, Exposure>();
  const add = (asset: string, column: Exclude<keyof Exposure, 'asset'>, amount: string) => {
    const before = of.get(asset) ?? { asset, sold: 0n, bought: 0n, hedgedSold: 0n, hedgedBought: 0n };
    of.set(asset, { ...before, [column]: before[column] + BigInt(amount) });
  };
  for (const [, one] of books.all('exchange')) {
    if (one.state !== 'open') continue;
    add(one.asset, 'sold', one.amount);
    add(one.bought, 'bought', one.boughtAmount);
  }
  for (const [, one] of books.all('hedge')) {
    if (one.state !== 'open') continue;
    add(one.sold, 'hedgedSold', one.soldAmount);
    add(one.bought, 'hedgedBought', one.boughtAmount);
  }
  return [...of.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1));
}
