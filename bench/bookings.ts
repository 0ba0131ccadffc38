// Statement lines and the cash legs that they are of, for G13: as many of one as of the other, in another order.

import type { BankLine, BookLine } from '../shared/reconciliation.ts';
import { addDays, type Day } from '../shared/time.ts';

const firstDay = '2026-01-01' as Day;
/** After every line. */
export const lastDay = '2027-12-31' as Day;

export function bookings(rows: number): { readonly bank: BankLine[]; readonly books: BookLine[] } {
  let seed = 7;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed % limit;
  };
  const days = Array.from({ length: 367 }, (_, i) => addDays(firstDay, i));
  const onDay = (day: number): Day => days[day] as Day;
  const valued: number[] = [];
  // No amount twice: which of two equal ones is meant nobody could say, and every line is to have its one leg.
  const books = Array.from({ length: rows }, (_, number): BookLine => {
    const day = below(365);
    valued.push(day);
    return {
      ...{ number, reference: `E2E-${number}-${(number * 2_654_435_761) >>> 0}`, item: null, instruction: null },
      ...{ amount: BigInt(number * 100 + 1 + below(100)), valueDate: onDay(day), unknownPayer: false },
    };
  });
  const bank = books.map(
    ({ reference, amount }, number): BankLine => ({
      ...{ number, reference: number % 10 === 0 ? null : reference, item: null, amount },
      valueDate: onDay((valued[number] as number) + (number % 3 === 0 ? 1 : 0)),
    }),
  );
  for (let i = bank.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [bank[i], bank[j]] = [bank[j] as BankLine, bank[i] as BankLine];
  }
  return { bank, books };
}
