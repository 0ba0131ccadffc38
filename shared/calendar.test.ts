import { describe, expect, it } from 'vitest';
import {
  businessDayAfter,
  businessDaysSince,
  type Calendar,
  calendarSchema,
  executionDay,
  instantOf,
  isBusinessDay,
  localTimeOf,
} from './calendar.ts';
import type { Day, Instant } from './time.ts';

const day = (text: string) => text as Day;
const at = (text: string) => text as Instant;
const cn: Calendar = calendarSchema.parse({
  ...{ id: 'CN', version: 1, assets: ['CNY'], weekend: [6, 7], from: '2026-09-01', through: '2026-12-31' },
  // National Day 2026: 1 to 7 October off, 20 September (Sunday) and 10 October (Saturday) worked.
  holidays: ['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'],
  workingDays: ['2026-09-20', '2026-10-10'],
  offsets: [{ from: '1970-01-01T00:00:00.000Z', minutes: 480 }],
  cutOffs: [
    { kinds: [], asset: 'CNY', at: '16:30' },
    { kinds: ['batch'], asset: 'CNY', at: '15:00' },
  ],
});
/** Saturdays, Sundays, holidays, 2 and 3 January and 29 to 31 December are not counted (府令 11). */
const jp: Calendar = calendarSchema.parse({
  ...{ id: 'JP', version: 1, assets: ['JPY'], weekend: [6, 7], from: '2026-11-01', through: '2026-12-31' },
  ...{ workingDays: [], cutOffs: [] },
  holidays: ['2026-11-03', '2026-11-23', '2026-12-29', '2026-12-30', '2026-12-31'],
  offsets: [{ from: '1970-01-01T00:00:00.000Z', minutes: 540 }],
});
const uk: Calendar = calendarSchema.parse({
  ...{
    id: 'UK',
    version: 1,
    assets: ['GBP'],
    weekend: [6, 7],
    from: '2026-01-01',
    through: '2026-12-31',
    holidays: [],
    workingDays: [],
  },
  offsets: [
    { from: '1970-01-01T00:00:00.000Z', minutes: 0 },
    { from: '2026-03-29T01:00:00.000Z', minutes: 60 },
    { from: '2026-10-25T01:00:00.000Z', minutes: 0 },
  ],
  cutOffs: [{ kinds: ['payment'], asset: 'GBP', at: '17:00' }],
});

describe('business days', () => {
  it('work on a make-up Saturday in China, and not on the holiday it makes up for', () => {
    expect(isBusinessDay(cn, day('2026-10-10'))).toEqual({ ok: true, value: true });
    expect(isBusinessDay(cn, day('2026-10-07'))).toEqual({ ok: true, value: false });
    expect(isBusinessDay(cn, day('2026-10-17'))).toEqual({ ok: true, value: false });
    expect(businessDayAfter(cn, day('2026-09-30'), 1)).toEqual({ ok: true, value: '2026-10-08' });
    expect(businessDayAfter(cn, day('2026-10-09'), 1)).toEqual({ ok: true, value: '2026-10-10' });
    expect(businessDayAfter(cn, day('2026-10-03'), 0)).toEqual({ ok: true, value: '2026-10-08' });
  });

  it('are counted as the Japanese deposit deadlines count them', () => {
    // Type II week with base date Friday 20 November; Monday is a holiday: due Thursday. Type I: due Wednesday.
    expect(businessDayAfter(jp, day('2026-11-20'), 3)).toEqual({ ok: true, value: '2026-11-26' });
    expect(businessDayAfter(jp, day('2026-11-20'), 2)).toEqual({ ok: true, value: '2026-11-25' });
    // A trust short on Thursday 19 November is topped up by Tuesday 24 November.
    expect(businessDayAfter(jp, day('2026-11-19'), 2)).toEqual({ ok: true, value: '2026-11-24' });
  });

  it('say how old an open item is', () => {
    expect(businessDaysSince(cn, day('2026-09-30'), day('2026-10-10'))).toEqual({ ok: true, value: 3 });
    expect(businessDaysSince(cn, day('2026-10-10'), day('2026-10-10'))).toEqual({ ok: true, value: 0 });
  });

  it('are not guessed beyond what was published', () => {
    expect(businessDayAfter(cn, day('2026-12-31'), 1)).toMatchObject({ ok: false, refusal: { type: 'calendar' } });
    expect(isBusinessDay(cn, day('2027-01-01')).ok).toBe(false);
  });

  it('refuse a calendar that calls one day both a holiday and a working day', () => {
    expect(calendarSchema.safeParse({ ...cn, workingDays: ['2026-10-01'] }).success).toBe(false);
  });
});

describe('cut-offs', () => {
  it('date a payment today before 16:30 local time and the next business day from then on', () => {
    expect(executionDay(cn, at('2026-09-30T08:29:59.999Z'), 'payment', 'CNY')).toEqual({
      ok: true,
      value: '2026-09-30',
    });
    expect(executionDay(cn, at('2026-09-30T08:30:00.000Z'), 'payment', 'CNY')).toEqual({
      ok: true,
      value: '2026-10-08',
    });
  });

  it('take the earlier one where a kind has its own, and none for another asset', () => {
    expect(executionDay(cn, at('2026-09-30T07:00:00.000Z'), 'batch', 'CNY')).toEqual({ ok: true, value: '2026-10-08' });
    expect(executionDay(cn, at('2026-09-30T12:00:00.000Z'), 'batch', 'EUR')).toEqual({ ok: true, value: '2026-09-30' });
  });

  it('follow the clocks when they change', () => {
    expect(localTimeOf(uk, at('2026-06-01T16:00:00.000Z'))).toEqual({ day: '2026-06-01', time: '17:00' });
    expect(executionDay(uk, at('2026-06-01T16:00:00.000Z'), 'payment', 'GBP')).toEqual({
      ok: true,
      value: '2026-06-02',
    });
    expect(executionDay(uk, at('2026-11-02T16:00:00.000Z'), 'payment', 'GBP')).toEqual({
      ok: true,
      value: '2026-11-02',
    });
    for (const time of [
      '2026-03-29T00:30:00.000Z',
      '2026-03-29T01:30:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-06-01T12:00:00.000Z',
    ]) {
      const local = localTimeOf(uk, at(time));
      expect(instantOf(uk, local.day, local.time)).toBe(time);
    }
    // 01:30 comes twice on that night: the first of the two is meant.
    expect(instantOf(uk, day('2026-10-25'), '01:30')).toBe('2026-10-25T00:30:00.000Z');
  });
});
