import { describe, expect, it } from 'vitest';
import { calendarSchema, isBusinessDay } from '../../shared/calendar.ts';
import type { Day } from '../../shared/time.ts';
import { easterSunday, type SeedName, seedOf } from './seeds.ts';

async function calendarOf(name: SeedName, year: number) {
  const { missing, ...seed } = await seedOf(name, [year]);
  const rest = { id: name, version: 1, assets: [], cutOffs: [], from: `${year}-01-01`, through: `${year}-12-31` };
  const calendar = calendarSchema.parse({ ...rest, ...seed });
  const works = (on: string) => {
    const found = isBusinessDay(calendar, on as Day);
    return found.ok && found.value;
  };
  return { calendar, missing, works };
}

describe('a calendar is proposed', () => {
  it('for China with the days of the State Council for 2026, make-up days included', async () => {
    const { works, missing } = await calendarOf('CN', 2026);
    expect(missing).toEqual([]);
    const days = ['2026-09-30', '2026-10-01', '2026-10-07', '2026-10-08', '2026-10-10', '2026-10-11', '2026-02-14'];
    expect(days.map((on) => [on, works(on)])).toEqual([
      ['2026-09-30', true],
      ['2026-10-01', false],
      ['2026-10-07', false],
      ['2026-10-08', true],
      ['2026-10-10', true],
      ['2026-10-11', false],
      ['2026-02-14', true],
    ]);
  });

  it('for no year that was not published', async () => {
    const { missing, holidays, workingDays } = await seedOf('CN', [2025, 2090]);
    expect(missing).toEqual([2090]);
    expect([...holidays, ...workingDays].filter((on) => !on.startsWith('2025-'))).toEqual([]);
    expect(holidays.length).toBeGreaterThan(10);
  });

  it('for Japan with the days on which banks are closed', async () => {
    const { works } = await calendarOf('JP', 2026);
    const closed = ['2026-01-02', '2026-05-04', '2026-09-22', '2026-11-03', '2026-11-23', '2026-12-31'];
    expect(closed.filter(works)).toEqual([]);
    expect(['2026-01-05', '2026-11-24', '2026-12-30'].filter((on) => !works(on))).toEqual([]);
  });

  it('for TARGET with Easter and the summer clock', async () => {
    expect([2024, 2025, 2026, 2027, 2038].map(easterSunday)).toEqual([
      '2024-03-31',
      '2025-04-20',
      '2026-04-05',
      '2027-03-28',
      '2038-04-25',
    ]);
    const { works, calendar } = await calendarOf('TARGET', 2026);
    const closed = ['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-01', '2026-12-25'];
    expect(closed.filter(works)).toEqual([]);
    expect(works('2026-04-07')).toBe(true);
    expect(calendar.offsets.map((one) => [one.from.slice(0, 10), one.minutes])).toEqual([
      ['1970-01-01', 60],
      ['2026-03-29', 120],
      ['2026-10-25', 60],
    ]);
  });
});
