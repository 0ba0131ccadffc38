// Times are UTC to the millisecond in exactly one text form; days are ISO dates. No clock here: times come as arguments.

import { z } from 'zod';
import type { Brand } from './brand.ts';

/** RFC 3339, UTC, always milliseconds: 2026-11-23T08:30:00.000Z */
export type Instant = Brand<string, 'Instant'>;
export const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/)
  .refine(isInCalendar) as unknown as z.ZodType<Instant, string>;

export type Day = Brand<string, 'Day'>;
export const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine(isInCalendar) as unknown as z.ZodType<Day, string>;

/** Whether the first ten characters, shaped as a date, are a day of the Gregorian calendar. */
function isInCalendar(text: string): boolean {
  const [year, month, dayOfMonth] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10))];
  if (month < 1 || month > 12 || dayOfMonth < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return dayOfMonth <= (month === 2 && isLeap ? 29 : (daysIn[month - 1] as number));
}
const daysIn = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const anyDay =
  '\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
/** Days and instants as `recognise.ts` takes them: all but the 29th of February. */
export const timePatterns = [
  [day, anyDay],
  [instant, `${anyDay}T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{3}Z`],
] as const;

export const instantToMs = (at: Instant): number => Date.parse(at);
export const msToInstant = (unixMs: number): Instant => new Date(unixMs).toISOString() as Instant;
export const dayOf = (at: Instant): Day => at.slice(0, 10) as Day;
export const addDays = (from: Day, days: number): Day =>
  new Date(Date.parse(`${from}T00:00:00.000Z`) + days * 86_400_000).toISOString().slice(0, 10) as Day;
