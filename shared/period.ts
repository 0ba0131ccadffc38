// Accounting months. With the first event of a month the books note what every account had turned over by the end of the one before,
// so that whoever closes it signs figures that can no longer change, and whoever replays the log adds them up again.

import type { AccountClass } from './accounts.ts';
import { type Books, type Effect, head, put, type Tables } from './books.ts';
import { bytesToBase64url, utf8 } from './bytes.ts';
import type { Hash } from './primitives.ts';
import { addDays, type Day, type Instant } from './time.ts';

/** `2026-11`; months are those of booking dates, which are UTC. */
export type Month = string;
export const monthOf = (at: string): Month => at.slice(0, 7);

const nextMonth = (month: Month): Month => monthOf(addDays(`${month}-28` as Day, 4));
export const lastDayOf = (month: Month): Day => addDays(`${nextMonth(month)}-01` as Day, -1);

/** The ends of months that are over with this event: one text comparison, except for the first event of a month. */
export function monthEnds(books: Books, admittedAt: Instant, hash: Hash): Effect[] {
  const at = head(books);
  const now = monthOf(admittedAt);
  if (at.size === 0 || at.admittedAt.startsWith(now)) return [];
  const row = monthEnd(books, hash);
  const ends: Effect[] = [];
  for (let month = monthOf(at.admittedAt); month < now; month = nextMonth(month))
    ends.push(put('monthEnd', month, row));
  return ends;
}

/** Turnover by asset and class of account as of now, and a digest over every single account. */
function monthEnd(books: Books, hash: Hash): Tables['monthEnd'] {
  const { entries, legs } = head(books);
  const sums = new Map<
    string,
    { asset: string; class: AccountClass; accounts: number; debits: bigint; credits: bigint }
  >();
  const lines: string[] = [];
  for (const [id, one] of books.all('account')) {
    lines.push(`${id} ${one.debits} ${one.credits}\n`);
    const key = `${one.asset}|${one.class}`;
    const sum = sums.get(key) ?? { asset: one.asset, class: one.class, accounts: 0, debits: 0n, credits: 0n };
    sum.accounts += 1;
    sum.debits += one.debits;
    sum.credits += one.credits;
    sums.set(key, sum);
  }
  const totals = [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, sum]) => ({ ...sum, debits: sum.debits.toString(), credits: sum.credits.toString() }));
  return { entries, legs, totals, digest: bytesToBase64url(hash(utf8(lines.sort().join('')))) };
}

/** Names a booking whose value date lies in a closed period: the bank's facts are booked today, and keep theirs. */
export function noteBackValued(books: Books, event: string, effects: readonly Effect[]): Effect[] {
  for (const effect of effects) {
    if (effect.type !== 'entry') continue;
    const { cause, bookingDate, valueDate, legs } = effect.entry;
    if (monthOf(valueDate) >= monthOf(bookingDate)) continue;
    const closed = books.get('period', 'closed');
    if (closed === undefined || valueDate > closed.through) continue;
    const amounts = legs.map(({ asset, amount }) => ({ asset, amount: amount.toString() }));
    return [put('backValued', event, { cause, bookingDate, valueDate, amounts })];
  }
  return [];
}
