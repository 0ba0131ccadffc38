// What the screens of foreign exchange and of fees show: exchanges, what is open in each asset, hedges, reference rates; fee
// schedules and what has accrued.

import { z } from 'zod';
import { feeScheduleSchema } from '../fee-schedule.ts';
import { eventId } from '../ids.ts';

const text = z.string();
const confirmed = z.strictObject({ reference: text, valueDate: text }).nullable();

const cameInstead = z.strictObject({ receipt: text, asset: text, amount: text });

export const exchangeViewSchema = z.strictObject({
  id: eventId,
  account: text,
  asset: text,
  amount: text,
  to: text,
  bought: text,
  boughtAmount: text,
  state: text,
  since: text,
  soldAs: confirmed,
  boughtAs: confirmed,
  returnedAs: confirmed,
  /** What came instead of what was agreed, and was let stand. */
  instead: cameInstead.optional(),
  /** Late money of it in suspense, with which it could be settled. */
  late: z.array(cameInstead),
});

/** Per asset, minor units: sold and bought by exchanges that are not confirmed, and by forwards that are open. */
export const exposureViewSchema = z.strictObject({
  asset: text,
  sold: text,
  bought: text,
  hedgedSold: text,
  hedgedBought: text,
});

export const hedgeViewSchema = z.strictObject({
  id: eventId,
  sold: text,
  soldAmount: text,
  bought: text,
  boughtAmount: text,
  base: text,
  rate: text,
  settlesOn: text,
  bank: text,
  reference: text,
  exchanges: z.array(eventId),
  rolls: eventId.nullable(),
  since: text,
  state: text,
  by: text.nullable(),
});
export type HedgeView = z.infer<typeof hedgeViewSchema>;

export const referenceRateViewSchema = z.strictObject({
  pair: text,
  base: text,
  rate: text,
  basisPoints: z.int(),
  source: text,
  until: text,
  since: text,
});
export type ReferenceRateView = z.infer<typeof referenceRateViewSchema>;

export const exchangesSchema = z.strictObject({
  exchanges: z.array(exchangeViewSchema),
  exposures: z.array(exposureViewSchema),
  hedges: z.array(hedgeViewSchema),
  rates: z.array(referenceRateViewSchema),
});
export type Exchanges = z.infer<typeof exchangesSchema>;

export const accruedViewSchema = z.strictObject({
  code: text,
  account: text,
  client: text.nullable(),
  asset: text,
  /** Whole minor units, and all of it in minor units with six decimals, cut off. */
  whole: text,
  exact: text,
  charged: text,
  waived: text,
  /** What could be charged now, and why it is not all of it. */
  chargeable: text,
  why: z.enum(['frozen', 'no money']).nullable(),
});
export type AccruedView = z.infer<typeof accruedViewSchema>;

export const feesSchema = z.strictObject({
  schedules: z.array(z.strictObject({ versions: z.array(feeScheduleSchema) })),
  /** The last day that is accrued, by asset. */
  through: z.array(z.strictObject({ asset: text, day: text })),
  accrued: z.array(accruedViewSchema),
});
export type Fees = z.infer<typeof feesSchema>;
