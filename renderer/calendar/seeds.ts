// What a calendar is proposed from: published lists, for the years they really cover. Officers correct the proposal; nothing of this
// is ever looked at again once a calendar is adopted.

import type { Calendar } from '../../shared/calendar.ts';
import { addDays, type Day, type Instant } from '../../shared/time.ts';

export const seedNames = ['CN', 'JP', 'TARGET', 'empty'] as const;
export type SeedName = (typeof seedNames)[number];

export type Seed = Pick<Calendar, 'weekend' | 'holidays' | 'workingDays' | 'offsets'> & {
  /** Years asked for that the list does not cover. */
  readonly missing: readonly number[];
};

const always = (minutes: number): Calendar['offsets'] => [{ from: '1970-01-01T00:00:00.000Z' as Instant, minutes }];
const day = (year: number, month: number, date: number): Day =>
  new Date(Date.UTC(year, month - 1, date)).toISOString().slice(0, 10) as Day;
const isWeekend = (on: Day): boolean => [0, 6].includes(new Date(`${on}T00:00:00Z`).getUTCDay());

function daysOf(year: number): Day[] {
  const days: Day[] = [];
  for (let on = day(year, 1, 1); on <= day(year, 12, 31); on = addDays(on, 1)) days.push(on);
  return days;
}

export async function seedOf(name: SeedName, years: readonly number[]): Promise<Seed> {
  const plain = { weekend: [6, 7], holidays: [] as Day[], workingDays: [] as Day[], missing: [] as number[] };
  switch (name) {
    case 'CN':
      return { ...plain, ...(await chinese(years)), offsets: always(480) };
    case 'JP':
      return { ...plain, holidays: await japanese(years), offsets: always(540) };
    case 'TARGET':
      return { ...plain, holidays: years.flatMap(closingDays), offsets: centralEurope(years) };
    case 'empty':
      return { ...plain, offsets: always(0) };
  }
}

/** The State Council's list for each year that it was published for: rest days on weekdays, worked days on weekends. */
async function chinese(years: readonly number[]): Promise<Pick<Seed, 'holidays' | 'workingDays' | 'missing'>> {
  const { getDayDetail } = await import('chinese-days');
  // A year that was not published has weekends alone and no name on the days of National Day.
  const isPublished = (year: number) => getDayDetail(`${year}-10-01`).name.includes('National Day');
  const days = years.filter(isPublished).flatMap(daysOf);
  const works = (on: Day) => getDayDetail(on).work;
  return {
    holidays: days.filter((on) => !isWeekend(on) && !works(on)),
    workingDays: days.filter((on) => isWeekend(on) && works(on)),
    missing: years.filter((year) => !isPublished(year)),
  };
}

/** National holidays, and the days on which banks are closed besides: 31 December to 3 January. */
async function japanese(years: readonly number[]): Promise<Day[]> {
  const { holidays } = (await import('@holiday-jp/holiday_jp')).default;
  return years.flatMap((year) => {
    const national = Object.keys(holidays).filter((on) => on.startsWith(`${year}-`)) as Day[];
    const banks = [day(year, 1, 1), day(year, 1, 2), day(year, 1, 3), day(year, 12, 31)];
    return [...new Set([...national, ...banks])].sort();
  });
}

/** TARGET: New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December. */
function closingDays(year: number): Day[] {
  const easter = easterSunday(year);
  return [
    ...[day(year, 1, 1), addDays(easter, -2), addDays(easter, 1)],
    ...[day(year, 5, 1), day(year, 12, 25), day(year, 12, 26)],
  ];
}

/** The Gregorian computus (Meeus). */
export function easterSunday(year: number): Day {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return day(year, Math.floor(n / 31), (n % 31) + 1);
}

/** Central European time: clocks change at 01:00 UTC on the last Sundays of March and October. */
function centralEurope(years: readonly number[]): Calendar['offsets'] {
  const lastSunday = (year: number, month: number): Day => {
    const last = day(year, month + 1, 0);
    return addDays(last, -new Date(`${last}T00:00:00Z`).getUTCDay());
  };
  return [
    ...always(60),
    ...years
      .toSorted((a, b) => a - b)
      .flatMap((year) => [
        { from: `${lastSunday(year, 3)}T01:00:00.000Z` as Instant, minutes: 120 },
        { from: `${lastSunday(year, 10)}T01:00:00.000Z` as Instant, minutes: 60 },
      ]),
  ];
}
