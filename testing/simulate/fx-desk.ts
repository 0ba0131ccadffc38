// What the clerk knows of exchanges: rates as whole numbers of ten-thousand-millionths, sums by long division on paper.

import type { Instruction } from '../../shared/instruction/schema.ts';

type Exchange = Extract<Instruction, { kind: 'foreign exchange' }>;

/** A rate that people held themselves to, and until the end of which day. */
export interface Reference {
  readonly base: string;
  readonly rate: string;
  readonly basisPoints: number;
  readonly until: string;
}

const one = 10_000_000_000n;

export function onPaper(rate: string): bigint {
  const [whole = '0', decimals = ''] = rate.split('.');
  return BigInt(whole) * one + BigInt(decimals.padEnd(10, '0'));
}

/** CNY and USD have two decimals, so only the rate counts. */
export function swap(amount: bigint, isBase: boolean, rate: string): bigint {
  const [top, bottom] = isBase ? [amount * onPaper(rate), one] : [amount * one, onPaper(rate)];
  const whole = top / bottom;
  const left = top - whole * bottom;
  if (left * 2n < bottom) return whole;
  if (left * 2n > bottom) return whole + 1n;
  return whole + (whole % 2n);
}

/** Why nobody should deal like that, whatever the accounts say. */
export function whyNoDeal(deal: Exchange, reference: Reference | undefined, atMs: number): string | undefined {
  const { asset, bought, base, rate, quote } = deal;
  if (asset === bought || (base !== asset && base !== bought)) return 'no pair';
  const [fixed, other, isBase] =
    deal.fixed === 'sold'
      ? [deal.amount, deal.boughtAmount, base === asset]
      : [deal.boughtAmount, deal.amount, base === bought];
  if (String(swap(BigInt(fixed), isBase, rate)) !== other) return 'a wrong sum';
  const [from, until] = [Date.parse(quote.at), Date.parse(quote.until)];
  if (until <= from || until > from + 86_400_000) return 'a strange quote';
  if (until <= atMs) return 'the quote is over';
  if (reference === undefined || Date.parse(`${reference.until}T23:59:59.999Z`) < atMs)
    return 'nothing to compare with';
  const [mine, theirs] = [onPaper(rate), onPaper(reference.rate)];
  // Quoted the other way round, one over it.
  const [x, y] = base === reference.base ? [mine * one, theirs * one] : [one * one * one, theirs * mine];
  const away = x > y ? x - y : y - x;
  return away * 10_000n > y * BigInt(reference.basisPoints) ? 'far from what others pay' : undefined;
}

type Forward = Extract<Instruction, { kind: 'hedge' }>;

/** Why it is no forward that a bank would deal. */
export function whyNoForward({ sold, bought, base, rate, ...one }: Forward, today: string): string | undefined {
  if (sold === bought || (base !== sold && base !== bought)) return 'no pair';
  const [out, back] = [BigInt(one.soldAmount), BigInt(one.boughtAmount)];
  if (swap(out, base === sold, rate) !== back && swap(back, base === bought, rate) !== out) return 'a wrong sum';
  return one.settlesOn < today ? 'it settles in the past' : undefined;
}
