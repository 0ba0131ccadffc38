// Fee schedules and what they come to: exact fractions of a minor unit, never rounded while they add up. Everything accrued is a
// whole number of one unit that days of 360, 365 and 366 to the year and millionths all divide.

import { z } from 'zod';
import { assetCode } from './asset.ts';
import { nameId } from './ids.ts';
import { quantityText } from './money.ts';
import { unicodeText } from './text.ts';
import { type Day, day } from './time.ts';

const millionths = 1_000_000n;
/** The least common multiple of 360, 365 and 366. */
const daysOfAllYears = 1_603_080n;
/** Accrual units in one minor unit. */
export const accrualUnit = millionths * daysOfAllYears;

export const feeScheduleSchema = z
  .strictObject({
    code: nameId,
    version: z.int().min(1),
    text: unicodeText(1, 200),
    asset: assetCode,
    /** Who earns it. */
    to: z.enum(['platform-fee', 'bank-fee']),
    /** On the balance at the end of each day, by the year; or on each payment that is approved. */
    basis: z.enum(['balance', 'payments']),
    dayCount: z.enum(['act/365', 'act/360', 'actual']),
    /** Each part of the base from `from` up to the next one bears its own millionths. */
    tiers: z
      .array(z.strictObject({ from: quantityText, ppm: z.int().min(0).max(1_000_000) }))
      .min(1)
      .max(10),
    /** Least and most for one account and day, or for one payment, in minor units; nothing bears nothing. */
    minimum: quantityText,
    maximum: quantityText,
    /** Client accounts that bear it; none named: all of the asset. */
    accounts: z.array(nameId).max(300),
    from: day,
    /** The last day; null until another version. */
    until: day.nullable(),
  })
  .refine(({ tiers }) => tiers[0]?.from === '0', 'the first tier begins at zero')
  .refine(
    ({ tiers }) => tiers.every((one, i) => i === 0 || BigInt(tiers[i - 1]?.from ?? 0) < BigInt(one.from)),
    'tiers rise',
  )
  .refine((one) => BigInt(one.minimum) <= BigInt(one.maximum), 'the least is not more than the most')
  .refine((one) => one.until === null || one.from <= one.until, 'it does not end before it begins')
  .refine(({ accounts }) => new Set(accounts).size === accounts.length, 'an account is named once');
export type FeeSchedule = z.infer<typeof feeScheduleSchema>;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

function daysOfYear({ dayCount }: FeeSchedule, on: Day): bigint {
  if (dayCount === 'act/360') return 360n;
  return dayCount === 'actual' && isLeap(Number(on.slice(0, 4))) ? 366n : 365n;
}

/** What `base` minor units bear: for one day at its end, or for one payment. In accrual units. */
export function accrualOn(schedule: FeeSchedule, base: bigint, on: Day): bigint {
  if (base <= 0n) return 0n;
  let weighted = 0n;
  schedule.tiers.forEach(({ from, ppm }, i) => {
    const begin = BigInt(from);
    const next = schedule.tiers[i + 1];
    const end = next === undefined || base < BigInt(next.from) ? base : BigInt(next.from);
    if (end > begin) weighted += (end - begin) * BigInt(ppm);
  });
  const units = weighted * (schedule.basis === 'balance' ? daysOfAllYears / daysOfYear(schedule, on) : daysOfAllYears);
  const [least, most] = [BigInt(schedule.minimum) * accrualUnit, BigInt(schedule.maximum) * accrualUnit];
  return units < least ? least : units > most ? most : units;
}

/** The version in force on a day; versions are in order. */
export const inForce = (versions: readonly FeeSchedule[], on: Day): FeeSchedule | undefined => {
  const one = versions.findLast((each) => each.from <= on);
  return one !== undefined && (one.until === null || on <= one.until) ? one : undefined;
};

export const bears = ({ accounts }: FeeSchedule, account: string): boolean =>
  accounts.length === 0 || accounts.includes(account);

/** Whole minor units that can be charged; the fraction stays. */
export const wholeOf = (units: bigint): bigint => (units > 0n ? units / accrualUnit : 0n);
