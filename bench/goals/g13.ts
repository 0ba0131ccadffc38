// G13: a million lines of bank statements against a million cash legs, through the matching that gateway, terminals and verifier
// share, beside a bare join of the same rows by key and then by amount and day. One line in ten carries no usable reference.

import { type BankLine, type BookLine, reconcileLines } from '../../shared/reconciliation.ts';
import { addDays, type Day } from '../../shared/time.ts';
import { atMost, type Goal, goalOf, inTurns } from '../goal.ts';

const firstDay = '2026-01-01' as Day;

export async function g13(rows: number): Promise<Goal> {
  const { bank, books } = bookings(rows);
  let [ours, bare] = [0, 0];
  const timed = (work: () => void) => () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  };
  const measured = await inTurns(3, {
    ceiling: timed(() => {
      bare = bareJoin(bank, books);
    }),
    ours: timed(() => {
      const { matches, breaks } = reconcileLines(bank, books, '2027-12-31' as Day);
      ours = breaks.length === 0 ? matches.length : -1;
    }),
  });
  if (ours !== rows || bare !== rows) throw new Error(`${ours} and ${bare} pairs, not ${rows}`);
  const unit = 'ms';
  return goalOf(
    'G13',
    [
      atMost(
        { what: `matching ${rows} lines with ${rows} legs beside a bare join`, unit, target: 3 },
        { figure: measured.ours, ceiling: measured.ceiling },
      ),
      atMost(
        { what: 'peak memory of the process, both sides and the join included, of 1 GB', unit: 'MB', target: 1 },
        { figure: process.resourceUsage().maxRSS / 1024, ceiling: 1000 },
      ),
    ],
    { peer: null, notes: ['in memory; reading the lines and writing the matches are not part of it'] },
  );
}

function bookings(rows: number): { readonly bank: BankLine[]; readonly books: BookLine[] } {
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

/** Pairs by reference, and the rest by amount within two days; nothing is named, and nothing can be undone. */
function bareJoin(bank: readonly BankLine[], books: readonly BookLine[]): number {
  const byReference = new Map<string | null, BookLine>();
  for (const leg of books) byReference.set(leg.reference, leg);
  const used = new Uint8Array(books.length);
  const rest: BankLine[] = [];
  let pairs = 0;
  for (const line of bank) {
    const leg = line.reference === null ? undefined : byReference.get(line.reference);
    if (leg?.amount === line.amount) {
      used[leg.number] = 1;
      pairs += 1;
    } else rest.push(line);
  }
  const byAmount = new Map<bigint, BookLine[]>();
  for (const leg of books)
    if (used[leg.number] === 0) {
      const same = byAmount.get(leg.amount);
      if (same === undefined) byAmount.set(leg.amount, [leg]);
      else same.push(leg);
    }
  for (const line of rest) {
    const candidates = byAmount.get(line.amount) ?? [];
    const at = candidates.findIndex(
      (leg) => Math.abs(Date.parse(leg.valueDate) - Date.parse(line.valueDate)) <= 2 * 86_400_000,
    );
    if (at < 0) continue;
    candidates.splice(at, 1);
    pairs += 1;
  }
  return pairs;
}
