import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toRemove } from './retention.ts';
import { type Instant, msToInstant } from './time.ts';

const at = (text: string) => ({ madeAt: `${text}:00.000Z` as Instant });
const left = (made: readonly string[], retention: Parameters<typeof toRemove>[1]) => {
  const all = made.map(at);
  const removed = new Set(toRemove(all, retention));
  return all.filter((one) => !removed.has(one)).map((one) => one.madeAt.slice(0, 16));
};

describe('backups that stay', () => {
  it('are the newest few, the last of each day, and the last of each month', () => {
    const made = [
      '2026-09-01T09:00',
      '2026-09-30T18:00',
      '2026-10-15T12:00',
      '2026-11-22T09:00',
      '2026-11-22T18:00',
      '2026-11-23T18:00',
      '2026-11-24T08:00',
      '2026-11-24T12:00',
      '2026-11-24T16:00',
    ];
    expect(left(made, { keepLast: 2, keepDays: 3, keepMonths: 3 })).toEqual([
      '2026-09-30T18:00',
      '2026-10-15T12:00',
      '2026-11-22T18:00',
      '2026-11-23T18:00',
      '2026-11-24T12:00',
      '2026-11-24T16:00',
    ]);
    expect(left(made, { keepLast: 1, keepDays: 0, keepMonths: 0 })).toEqual(['2026-11-24T16:00']);
  });

  it('always hold the newest one, never fewer than asked for, and removing twice removes no more', () => {
    const day = 86_400_000;
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 400 * day }), { maxLength: 60 }),
        fc.record({
          keepLast: fc.integer({ min: 1, max: 5 }),
          keepDays: fc.integer({ min: 0, max: 10 }),
          keepMonths: fc.integer({ min: 0, max: 6 }),
        }),
        (times, retention) => {
          const made = times.map((ms) => ({ madeAt: msToInstant(ms) }));
          const removed = new Set(toRemove(made, retention));
          const stay = made.filter((one) => !removed.has(one));
          const newest = made.toSorted((a, b) => (a.madeAt < b.madeAt ? 1 : -1));
          for (const one of newest.slice(0, retention.keepLast)) expect(stay).toContain(one);
          expect(stay.length).toBeLessThanOrEqual(retention.keepLast + retention.keepDays + retention.keepMonths);
          expect(toRemove(stay, retention)).toEqual([]);
        },
      ),
    );
  });
});
