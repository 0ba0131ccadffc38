// Money is a bigint of minor units with its asset. Text on the wire, int64 in storage, never a `number` on the way.

import { z } from 'zod';
import type { Asset } from './asset.ts';
import type { Brand } from './brand.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';

/** Minor units of one asset. */
export type Minor = Brand<bigint, 'Minor'>;
export const maxMinor = 2n ** 63n - 1n;

export const minor = (value: bigint): Minor => value as Minor;

/** Only asked of text that has the form of a number: `abort` ends at the form, where the schema would go on to ask. */
const fitsInt64 = (text: string): boolean => BigInt(text) <= maxMinor && BigInt(text) >= -maxMinor;
const abort = { abort: true } as const;

/** A positive amount as canonical decimal text of minor units: "12000000" is CNY 120,000.00. Int64 or refused. */
export const amountText = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, abort)
  .refine(fitsInt64);

/** As `amountText`, zero allowed. */
export const quantityText = z
  .string()
  .regex(/^(0|[1-9]\d{0,18})$/, abort)
  .refine(fitsInt64);

/** Amounts as `recognise.ts` takes them: those below 9 * 10^18. */
export const moneyPatterns = [
  [amountText, '(?:[1-9]\\d{0,17}|[1-8]\\d{18})'],
  [quantityText, '(?:0|[1-9]\\d{0,17}|[1-8]\\d{18})'],
] as const;

/** Signed minor units: what a bank's balance or a line of its statement may be. */
export const signedText = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,18})$/, abort)
  .refine(fitsInt64);

export type MoneyRefusal = Refusal<'amount malformed' | 'too many decimals' | 'amount too large'>;

/** Decimal text in major units ("1234.50", as ISO 20022 writes it) to minor units; exact, never rounded. */
export function decimalToMinor(text: string, asset: Asset): Result<Minor, MoneyRefusal> {
  // Nearly every amount there is: nothing to strip and nothing to fill up.
  if (asset.scale === 2 && /^\d{1,16}\.\d\d$/.test(text)) return ok(minor(BigInt(text.slice(0, -3) + text.slice(-2))));
  const what = 'The amount was not read.';
  const parts = /^(\d{1,100})?(?:\.(\d*))?$/.exec(text);
  if (parts === null || (parts[1] === undefined && !parts[2]))
    return refuse('amount malformed', what, 'It is not a plain decimal number.', 'Correct the amount in the file.');
  const fraction = (parts[2] ?? '').replace(/0+$/, '');
  if (fraction.length > asset.scale)
    return refuse(
      'too many decimals',
      what,
      `${asset.code} has ${asset.scale} decimals and the amount has ${fraction.length}.`,
      'Correct the amount in the file.',
    );
  const value = BigInt((parts[1] ?? '0') + fraction.padEnd(asset.scale, '0'));
  if (value > maxMinor) return refuse('amount too large', what, 'It does not fit 64 bits.', 'Split the payment.');
  return ok(minor(value));
}

/** Minor units to decimal text with exactly the scale of the asset: 12000000 CNY is "120000.00". */
export function minorToDecimal(value: bigint, asset: Asset): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(asset.scale + 1, '0');
  if (asset.scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -asset.scale)}.${digits.slice(-asset.scale)}`;
}
