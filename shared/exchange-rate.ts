// Rates of exchange: decimal text, an exact fraction inside, never a float. A rate says what one unit of its base is worth in the
// other asset; the amount that follows from the fixed one is rounded half to even, once, to the minor unit.

import { z } from 'zod';
import { assetByCode } from './asset.ts';

/** A positive decimal in its shortest form, at most ten decimals and eleven digits, as ISO 20022 can carry it (BaseOneRate). */
export const rateText = z
  .string()
  .regex(/^(0|[1-9]\d{0,9})(\.\d{0,9}[1-9])?$/)
  .refine((text) => text !== '0' && text.replace(/^0?\./, '').replace('.', '').length <= 11);

/** One unit of `base` is worth `rate` units of the other asset of the pair. */
export interface Rate {
  readonly base: string;
  readonly rate: string;
}

export interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

export function rateToFraction(rate: string): Fraction {
  const [whole = '0', decimals = ''] = rate.split('.');
  return { over: BigInt(whole + decimals), under: 10n ** BigInt(decimals.length) };
}

/** Of the two whole numbers at the same distance, the even one. Both are positive. */
export function roundHalfEven({ over, under }: Fraction): bigint {
  const [whole, twice] = [over / under, (over % under) * 2n];
  return twice > under || (twice === under && whole % 2n === 1n) ? whole + 1n : whole;
}

/** Minor units of `to` that `amount` minor units of `from` are worth, before rounding. Both assets are known. */
export function worth(amount: bigint, from: string, to: string, { base, rate }: Rate): Fraction {
  const { over, under } = rateToFraction(rate);
  const [times, by] = base === from ? [over, under] : [under, over];
  const [fromScale, toScale] = [from, to].map((code) => 10n ** BigInt(assetByCode(code)?.scale ?? 0)) as [
    bigint,
    bigint,
  ];
  return { over: amount * times * toScale, under: by * fromScale };
}

export const exchanged = (amount: bigint, from: string, to: string, rate: Rate): bigint =>
  roundHalfEven(worth(amount, from, to, rate));

/** Whether a rate is at most `basisPoints` away from another one, whichever way round either of them is quoted. */
export function isWithin(one: Rate, reference: Rate, basisPoints: number): boolean {
  const [mine, theirs] = [rateToFraction(one.rate), rateToFraction(reference.rate)];
  const { over, under } = one.base === reference.base ? mine : { over: mine.under, under: mine.over };
  const [a, b] = [over * theirs.under, theirs.over * under];
  return (a > b ? a - b : b - a) * 10_000n <= b * BigInt(basisPoints);
}

/** A pair by its two assets, whichever of them is the base. */
export const pairKey = (one: string, other: string): string => [one, other].sort().join('|');
