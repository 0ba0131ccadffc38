// Close period: a month of the books is closed for good, with the figures that two officers sign. There is no reopening: what is
// found later is booked later, as a correction.

import { z } from 'zod';
import { accountClasses } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { put, rowToText } from '../books.ts';
import { digest } from '../ids.ts';
import { quantityText } from '../money.ts';
import { lastDayOf, monthOf } from '../period.ts';
import { refuse } from '../result.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { malformed } from './refusals.ts';

/** What the books had come to by the end of the month, since they were opened. */
export const closingSchema = z.strictObject({
  entries: z.int().min(0),
  legs: z.int().min(0),
  totals: z
    .array(
      z.strictObject({
        asset: assetCode,
        class: z.enum(accountClasses),
        accounts: z.int().min(1),
        debits: quantityText,
        credits: quantityText,
      }),
    )
    .max(400),
  /** SHA-256 over one line for each account, in the order of their ids: id, debits, credits. */
  digest,
});

export const closePeriodSchema = z.strictObject({
  kind: z.literal('close period'),
  month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/),
  closing: closingSchema,
});

const state = (why: string, next: string): InstructionRefusal =>
  refuse('state', 'The period was not closed.', why, next).refusal;

export const closePeriod: Kind<z.infer<typeof closePeriodSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  checkers: [{ role: 'officer', count: 1 }],
  consequence: ({ month, closing }) =>
    `The books are closed for good through ${lastDayOf(month)}, after ${closing.entries} entries, with digest ${closing.digest}.`,
  check({ month, closing }, books, { admittedAt }) {
    if (month >= monthOf(admittedAt)) return state(`Month ${month} is not over.`, 'Close it when it is.');
    const closed = books.get('period', 'closed');
    if (closed !== undefined && lastDayOf(month) <= closed.through)
      return state(`The books are closed through ${closed.through}.`, 'Nothing is needed.');
    const right = books.get('monthEnd', month);
    if (right === undefined) return state(`The books do not know the end of ${month}.`, 'Close a month they know.');
    return rowToText(right) === rowToText(closing)
      ? undefined
      : malformed(`The figures are not those of the end of ${month}.`);
  },
  effects: ({ month, closing }, _, { instruction, admittedAt }) => [
    put('period', 'closed', { through: lastDayOf(month), by: instruction, at: admittedAt, digest: closing.digest }),
  ],
};
