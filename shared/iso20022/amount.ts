// Amounts as messages write them: exact, in decimal text, never through a float. What does not fit the currency is a finding
// and keeps its text; what was read has minor units.

import { assetByCode } from '../asset.ts';
import { decimalToMinor } from '../money.ts';
import type { Out } from './finding.ts';
import type { Element } from './xml.ts';

export interface Amount {
  readonly asset: string;
  /** As in the message. */
  readonly text: string;
  /** Minor units of the asset, never negative; null where the text is no amount in that asset, for the reason in `unread`. */
  readonly minor: bigint | null;
  readonly unread: string | null;
}

/** An exact decimal: digits / 10^scale. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** The amount in an element such as `<Amt Ccy="EUR">1.00</Amt>`. */
export function readAmount(element: Element, out: Out<never>): Amount {
  const asset = element.attributes.Ccy ?? '';
  const text = element.text;
  const known = assetByCode(asset);
  if (known === undefined) {
    const why = `${asset === '' ? 'No currency is named' : `${asset} is not a currency`}.`;
    out.finding('currency unknown', element.line, `${element.name} ${text}: ${why}`);
    return { asset, text, minor: null, unread: why };
  }
  const read = decimalToMinor(text.startsWith('+') ? text.slice(1) : text, known);
  if (read.ok) return { asset, text, minor: read.value, unread: null };
  out.finding(read.refusal.type, element.line, `${element.name} ${text.slice(0, 40)} ${asset}: ${read.refusal.why}`);
  return { asset, text, minor: null, unread: read.refusal.why };
}

export const zero: Decimal = { digits: 0n, scale: 0 };

/** Null for what is not a plain decimal number. */
export function readDecimal(text: string): Decimal | null {
  const parts = /^([+-]?)(\d{0,100})(?:\.(\d{0,100}))?$/.exec(text);
  if (parts === null) return null;
  const [, sign, whole = '', fraction = ''] = parts;
  if (whole === '' && fraction === '') return null;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length };
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: atScale(a, scale) + atScale(b, scale), scale };
}

export const negated = ({ digits, scale }: Decimal): Decimal => ({ digits: -digits, scale });
export const signed = (value: Decimal, isCredit: boolean): Decimal => (isCredit ? value : negated(value));
export const isSame = (a: Decimal, b: Decimal): boolean => addDecimals(a, negated(b)).digits === 0n;

/** Decimal text with the decimals of the asset, and with as many more as the value needs; no exponent, no grouping. */
export function decimalText(value: Decimal, assetName: string | null): string {
  const least = assetName === null ? 0 : (assetByCode(assetName)?.scale ?? value.scale);
  const scale = Math.max(value.scale, least);
  const digits = atScale(value, scale);
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  let fraction = text.slice(text.length - scale);
  while (fraction.length > least && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return `${digits < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

const atScale = ({ digits, scale }: Decimal, wanted: number): bigint => digits * 10n ** BigInt(wanted - scale);

/** The exact value of an amount, also of one that has more decimals than its currency; null where it is no number. */
export function decimalOf({ asset, text, minor }: Amount): Decimal | null {
  return minor === null ? readDecimal(text) : { digits: minor, scale: assetByCode(asset)?.scale ?? 0 };
}

/** A running sum: minor units of one asset, which is fast, and apart from them whatever did not fit minor units. */
export interface Tally {
  count: number;
  minor: bigint;
  rest: Decimal;
}

export const newTally = (): Tally => ({ count: 0, minor: 0n, rest: zero });

/** An amount by its minor units, or by its text where it has none; false where that is no number, and the sum short of it. */
export function addToTally(tally: Tally, minor: bigint | null, text: string): boolean {
  tally.count += 1;
  if (minor !== null) {
    tally.minor += minor;
    return true;
  }
  const value = readDecimal(text);
  if (value === null || value.digits < 0n) return false;
  tally.rest = addDecimals(tally.rest, value);
  return true;
}

export const tallied = ({ minor, rest }: Tally, asset: string | null): Decimal =>
  addDecimals({ digits: minor, scale: asset === null ? 0 : (assetByCode(asset)?.scale ?? 0) }, rest);
