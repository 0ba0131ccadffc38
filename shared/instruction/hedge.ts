// Hedge: a forward that was dealt with a bank, put on record beside the exchanges it covers. No money of the programme moves by it.

import { z } from 'zod';
import { assetByCode, assetCode } from '../asset.ts';
import { type Books, put } from '../books.ts';
import { isExchange } from '../exchange.ts';
import { exchanged, rateText } from '../exchange-rate.ts';
import { eventId } from '../ids.ts';
import { amountText } from '../money.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import { day } from '../time.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { duplicate, malformed, money, unknown } from './refusals.ts';

export const hedgeSchema = z.strictObject({
  kind: z.literal('hedge'),
  /** What is sold and bought on the day on which it settles. */
  sold: assetCode,
  soldAmount: amountText,
  bought: assetCode,
  boughtAmount: amountText,
  /** What one unit of `base` is worth in the other asset. */
  base: assetCode,
  rate: rateText,
  settlesOn: day,
  /** Whom it was dealt with, and under which reference of theirs. */
  bank: unicodeText(1, 60),
  reference: unicodeText(1, 35),
  /** Exchanges that it covers. */
  exchanges: z.array(eventId).max(100),
  /** An open hedge that it takes the place of. */
  rolls: eventId.nullable(),
});
export const closeHedgeSchema = z.strictObject({
  kind: z.literal('close hedge'),
  hedge: eventId,
  reason: unicodeText(1, 200),
});
type Hedge = z.infer<typeof hedgeSchema>;

export const hedge: Kind<Hedge> = {
  ...movesNothing,
  makers: ['teller', 'officer'],
  consequence: (one) =>
    `A forward with ${one.bank} is put on record: ${money(one.sold, BigInt(one.soldAmount))} for ${money(one.bought, BigInt(one.boughtAmount))} on ${one.settlesOn}, 1 ${one.base} at ${one.rate}, their reference ${one.reference}.${one.rolls === null ? '' : ` It rolls hedge ${one.rolls}.`}`,
  check(one, books, { instruction, today }) {
    if (one.sold === one.bought || ![one.sold, one.bought].includes(one.base)) return malformed('That is no pair.');
    if ([one.sold, one.bought].some((code) => assetByCode(code) === undefined))
      return malformed('An asset is unknown.');
    const follows =
      exchanged(BigInt(one.soldAmount), one.sold, one.bought, one) === BigInt(one.boughtAmount) ||
      exchanged(BigInt(one.boughtAmount), one.bought, one.sold, one) === BigInt(one.soldAmount);
    if (!follows) return malformed('Neither amount follows from the other one by the rate.');
    if (one.settlesOn < today) return malformed('It settles in the past.');
    const stranger = one.exchanges.find((id) => !isExchange(books, id));
    if (stranger !== undefined) return unknown('exchange', stranger);
    for (const [id, known] of books.all('hedge'))
      if (id !== instruction && known.bank === one.bank && known.reference === one.reference)
        return duplicate('The forward', one.reference);
    return one.rolls === null ? undefined : checkOpen(books, one.rolls);
  },
  effects({ kind: _, rolls, ...terms }, books, { instruction, admittedAt }) {
    const rolled = rolls === null ? undefined : books.get('hedge', rolls);
    return [
      put('hedge', instruction, { ...terms, rolls, since: admittedAt, state: 'open', by: null }),
      ...(rolls === null || rolled === undefined
        ? []
        : [put('hedge', rolls, { ...rolled, state: 'rolled', by: instruction })]),
    ];
  },
};

export const closeHedge: Kind<z.infer<typeof closeHedgeSchema>> = {
  ...movesNothing,
  makers: ['teller', 'officer'],
  consequence: (one) => `Hedge ${one.hedge} is closed. Reason: ${one.reason}`,
  check: (one, books) => checkOpen(books, one.hedge),
  effects(one, books, { instruction }) {
    const known = books.get('hedge', one.hedge);
    return known === undefined ? [] : [put('hedge', one.hedge, { ...known, state: 'closed', by: instruction })];
  },
};

function checkOpen(books: Books, id: string): InstructionRefusal | undefined {
  const known = books.get('hedge', id);
  if (known === undefined) return unknown('hedge', id);
  return known.state === 'open'
    ? undefined
    : refuse('state', 'The instruction was not admitted.', `The hedge is ${known.state}.`, 'Choose an open one.')
        .refusal;
}
