// Recall: asks the bank to get a payment back (camt.056). It moves nothing itself: the bank answers (camt.029), and money that
// comes back is a return of the original payment.

import { z } from 'zod';
import { itemOf } from '../bank-item.ts';
import { put } from '../books.ts';
import { eventId } from '../ids.ts';
import { refuse } from '../result.ts';
import { type Kind, movesNothing } from './kind.ts';
import { money, unknown } from './refusals.ts';

export const recallSchema = z.strictObject({
  kind: z.literal('recall'),
  recalls: eventId,
  /** Which payment of a batch; 0 for a payment. */
  item: z.int().min(0).max(999),
  /** ISO 20022 external cancellation reason: sent twice, wish of the client, fraud, technical. */
  code: z.enum(['DUPL', 'CUST', 'FRAD', 'TECH', 'AM09', 'AC03']),
  reason: z.string().min(1).max(105),
});
type Recall = z.infer<typeof recallSchema>;

export const recall: Kind<Recall> = {
  ...movesNothing,
  makers: ['teller', 'compliance', 'officer'],
  isOutgoing: false,
  consequence(one, books) {
    const item = itemOf(books, one.recalls, one.item);
    const what = item === undefined ? 'a payment' : money(item.asset, item.amount);
    return `The bank is asked to get back ${what} of instruction ${one.recalls}. Reason: ${one.code}, ${one.reason}`;
  },
  check(one, books, moment) {
    const original = books.get('instruction', one.recalls);
    const item = original?.items[one.item];
    if (original === undefined || itemOf(books, one.recalls, one.item) === undefined || item === undefined)
      return unknown('payment', one.recalls);
    const what = 'The recall was not admitted.';
    if (original.body.kind === 'digital withdrawal')
      return refuse('state', what, 'Nobody can call back a transaction of a ledger.', 'Ask whoever has it.').refusal;
    if (item !== 'sent' && item !== 'settled')
      return refuse('state', what, `The payment is ${item}.`, 'Recall what the bank has and has not returned.').refusal;
    const known = books.get('recall', `${one.recalls}|${one.item}`);
    if (known !== undefined && known.by !== moment.instruction && known.answer !== 'refused')
      return refuse('duplicate', what, 'It is recalled already.', 'Wait for the answer of the bank.').refusal;
    return undefined;
  },
  effects: (one, _, { instruction }) => [
    put('recall', `${one.recalls}|${one.item}`, { by: instruction, answer: null, code: null }),
  ],
  bankItems: () => 1,
  typed: ({ recalls }) => ({ tail: recalls.slice(-4), amount: '0' }),
};
