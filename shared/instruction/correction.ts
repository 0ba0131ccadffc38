// Correction: a reversal linked to the instruction it undoes, at most once; the original entry stays as it was.

import { z } from 'zod';
import { available, type Books, type Leg, put } from '../books.ts';
import { eventId } from '../ids.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import { accrueAgain } from './fee-schedules.ts';
import type { Kind } from './kind.ts';
import { kindOf } from './kinds.ts';
import { checkClasses, money, unknown } from './refusals.ts';

export const correctionSchema = z.strictObject({
  kind: z.literal('correction'),
  corrects: eventId,
  reason: unicodeText(1, 200),
});
type Correction = z.infer<typeof correctionSchema>;

const correctable = ['book transfer', 'fee', 'receipt allocation', 'charge accrued fees'];

function reversal({ corrects }: Correction, books: Books): readonly Leg[] {
  const original = books.get('instruction', corrects);
  if (original === undefined || !correctable.includes(original.kind)) return [];
  return kindOf(original.body)
    .legs(original.body, books)
    .map((leg) => ({ ...leg, debit: leg.credit, credit: leg.debit }));
}

export const correction: Kind<Correction> = {
  makers: ['teller', 'officer'],
  consequence(one, books) {
    const legs = reversal(one, books);
    const moved = legs.map((leg) => `${money(leg.asset, leg.amount)} from ${leg.debit} back to ${leg.credit}`);
    return `Instruction ${one.corrects} is reversed: ${moved.join(', ')}. Reason: ${one.reason}`;
  },
  facts(one, books) {
    const [leg] = reversal(one, books);
    return leg === undefined ? { payees: [] } : { asset: leg.asset, amount: leg.amount, payees: [] };
  },
  check(one, books, moment) {
    const original = books.get('instruction', one.corrects);
    if (original === undefined) return unknown('instruction', one.corrects);
    const what = 'The correction was not admitted.';
    if (!correctable.includes(original.kind) || original.state !== 'settled')
      return refuse(
        'state',
        what,
        `A ${original.kind} that is ${original.state} cannot be reversed.`,
        'Make a new instruction.',
      ).refusal;
    if (original.correctedBy !== null && original.correctedBy !== moment.instruction)
      return refuse('state', what, 'It was reversed already, and only once is allowed.', 'Nothing is needed.').refusal;
    const needed = new Map<string, bigint>();
    for (const leg of reversal(one, books)) {
      const refusal = checkClasses(books, 'correction', leg.debit, leg.credit);
      if (refusal !== undefined) return refusal;
      const source = books.get('account', leg.debit);
      needed.set(leg.debit, (needed.get(leg.debit) ?? 0n) + leg.amount);
      if (source !== undefined && available(source) < (needed.get(leg.debit) ?? 0n))
        return refuse('funds', what, `Ledger account ${leg.debit} no longer has the money.`, 'Ask the client for it.')
          .refusal;
    }
    return undefined;
  },
  // A waiting correction holds nothing: the funds are checked again when it takes effect.
  holds: () => [],
  legs: reversal,
  effects({ corrects }, books, { instruction }) {
    const original = books.get('instruction', corrects);
    if (original === undefined) return [];
    const marked = put('instruction', corrects, { ...original, correctedBy: instruction });
    if (original.body.kind === 'charge accrued fees') return [marked, ...accrueAgain(books, original.body)];
    if (original.body.kind !== 'receipt allocation') return [marked];
    const { receipt, amount } = original.body;
    const open = books.get('receipt', receipt);
    if (open === undefined) return [marked];
    return [marked, put('receipt', receipt, { ...open, remaining: open.remaining + BigInt(amount) })];
  },
  bankItems: () => 0,
  typed: ({ corrects }) => ({ tail: corrects.slice(-4), amount: '0' }),
};
