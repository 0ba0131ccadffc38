// A bank calendar as data inside the log: weekends, holidays, make-up working days (調休), cut-offs, and the local clock as plain
// offsets, so that every replica counts the same business days without asking its own time-zone tables.

import { z } from 'zod';
import { assetCode } from './asset.ts';
import { nameId } from './ids.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { addDays, type Day, dayOf, day as dayText, type Instant, instant, instantToMs, msToInstant } from './time.ts';

const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

export const cutOffSchema = z.strictObject({
  /** Instruction kinds it holds for; empty means every kind that moves money out. */
  kinds: z.array(z.string().max(40)).max(20),
  asset: assetCode,
  /** Local time of a business day; what comes later is dated the next one. */
  at: localTime,
});

export const calendarSchema = z
  .strictObject({
    id: nameId,
    version: z.int().min(1),
    /** Assets that it governs; an asset is governed by one calendar. */
    assets: z.array(assetCode).max(40),
    /** Days of the week without business, ISO 8601: 6 is Saturday, 7 is Sunday. */
    weekend: z.array(z.int().min(1).max(7)).max(6),
    holidays: z.array(dayText).max(2000),
    /** Weekend days on which the bank works. */
    workingDays: z.array(dayText).max(500),
    /** Minutes ahead of UTC from an instant on, in order; one line where the clocks never change. */
    offsets: z
      .array(z.strictObject({ from: instant, minutes: z.int().min(-720).max(840) }))
      .min(1)
      .max(200),
    cutOffs: z.array(cutOffSchema).max(100),
    /** The days that are known: beyond them nobody has published holidays yet, and nothing is guessed. */
    from: dayText,
    through: dayText,
  })
  .refine((one) => one.from <= one.through, 'the last known day is not before the first')
  .refine(
    (one) => one.offsets.every((offset, i) => i === 0 || (one.offsets[i - 1]?.from ?? '') < offset.from),
    'offsets are in order',
  )
  .refine((one) => one.workingDays.every((on) => !one.holidays.includes(on)), 'no day is both working day and holiday');
export type Calendar = z.infer<typeof calendarSchema>;

export type CalendarRefusal = Refusal<'calendar'>;

const isKnown = ({ from, through }: Calendar, on: Day): boolean => from <= on && on <= through;

const beyond = (calendar: Calendar, on: Day) =>
  refuse(
    'calendar',
    'The day was not counted.',
    `Calendar ${calendar.id} knows ${calendar.from} to ${calendar.through}, and not ${on}.`,
    'An officer adopts a calendar with the days that were published since.',
  );

/** 1 is Monday, 7 is Sunday. */
export const weekdayOf = (on: Day): number => ((Date.parse(`${on}T00:00:00.000Z`) / 86_400_000 + 3) % 7) + 1;

const works = (calendar: Calendar, on: Day): boolean =>
  calendar.workingDays.includes(on) || !(calendar.weekend.includes(weekdayOf(on)) || calendar.holidays.includes(on));

export function isBusinessDay(calendar: Calendar, on: Day): Result<boolean, CalendarRefusal> {
  return isKnown(calendar, on) ? ok(works(calendar, on)) : beyond(calendar, on);
}

/** The `count`th business day after `on`, whatever `on` is itself; with 0, `on` or the first business day after it. */
export function businessDayAfter(calendar: Calendar, on: Day, count: number): Result<Day, CalendarRefusal> {
  let [at, left] = [on, count];
  if (!isKnown(calendar, at)) return beyond(calendar, at);
  while (left > 0 || !works(calendar, at)) {
    at = addDays(at, 1);
    if (!isKnown(calendar, at)) return beyond(calendar, at);
    if (works(calendar, at) && left > 0) left -= 1;
  }
  return ok(at);
}

/** Business days after `since` up to and including `until`: how long something has been open. */
export function businessDaysSince(calendar: Calendar, since: Day, until: Day): Result<number, CalendarRefusal> {
  for (const end of [since, until]) if (!isKnown(calendar, end)) return beyond(calendar, end);
  let count = 0;
  for (let at = addDays(since, 1); at <= until; at = addDays(at, 1)) if (works(calendar, at)) count += 1;
  return ok(count);
}

function offsetAt({ offsets }: Calendar, atMs: number): number {
  const inForce = offsets.findLast((one) => instantToMs(one.from) <= atMs) ?? offsets[0];
  return (inForce?.minutes ?? 0) * 60_000;
}

/** The local day and time of day of an instant. */
export function localTimeOf(calendar: Calendar, at: Instant): { readonly day: Day; readonly time: string } {
  const local = msToInstant(instantToMs(at) + offsetAt(calendar, instantToMs(at)));
  return { day: dayOf(local), time: local.slice(11, 16) };
}

/** The instant of a local day and time; where the clocks go back, the first of the two. */
export function instantOf(calendar: Calendar, on: Day, time: string): Instant {
  const asUtc = Date.parse(`${on}T${time}:00.000Z`);
  const guess = asUtc - offsetAt(calendar, asUtc - offsetAt(calendar, asUtc));
  const earlier = asUtc - offsetAt(calendar, guess - 7_200_000);
  const isThere = earlier + offsetAt(calendar, earlier) === asUtc;
  return msToInstant(isThere && earlier < guess ? earlier : guess);
}

/** The earliest cut-off that holds for a kind and asset; undefined where there is none. */
export function cutOffOf({ cutOffs }: Calendar, kind: string, asset: string): string | undefined {
  return cutOffs
    .filter((one) => one.asset === asset && (one.kinds.length === 0 || one.kinds.includes(kind)))
    .map((one) => one.at)
    .sort()[0];
}

/** The day on which the bank will carry out what it gets at this moment: today before the cut-off, else the next business day. */
export function executionDay(
  calendar: Calendar,
  at: Instant,
  kind: string,
  asset: string,
): Result<Day, CalendarRefusal> {
  const local = localTimeOf(calendar, at);
  const today = isBusinessDay(calendar, local.day);
  if (!today.ok) return today;
  const cutOff = cutOffOf(calendar, kind, asset);
  const isOpen = today.value && (cutOff === undefined || local.time < cutOff);
  return isOpen ? ok(local.day) : businessDayAfter(calendar, local.day, 1);
}
