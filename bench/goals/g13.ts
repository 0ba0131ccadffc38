// G13: a million lines of bank statements against a million cash legs, through the matching that gateway, terminals and verifier
// share, beside a bare join of the same rows by key and then by amount and day. One line in ten carries no usable reference.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type BankLine, type BookLine, reconcileLines } from '../../shared/reconciliation.ts';
import { bookings, lastDay } from '../bookings.ts';
import { atMost, type Goal, goalOf, inTurns } from '../goal.ts';

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
      const { matches, breaks } = reconcileLines(bank, books, lastDay);
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
        { what: 'peak memory of a process that matches once, both sides included, beside 1 GB', unit: 'MB', target: 1 },
        { figure: peakMb(rows), ceiling: 1000 },
      ),
    ],
    { peer: null, notes: ['in memory; reading the lines and writing the matches are not part of it'] },
  );
}

function peakMb(rows: number): number {
  const child = spawnSync(process.execPath, [join(import.meta.dirname, 'g13-match.ts'), String(rows)], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(child.stderr.slice(0, 500));
  const { pairs, rssMb } = JSON.parse(child.stdout) as { pairs: number; rssMb: number };
  if (pairs !== rows) throw new Error(`${pairs} pairs, not ${rows}`);
  return rssMb;
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
