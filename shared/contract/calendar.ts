// What the calendar's screen shows: days, cut-offs and what they threaten, what waits for its day, months that are or may be closed.

import { z } from 'zod';
import { calendarSchema } from '../calendar.ts';
import { eventId, nameId } from '../ids.ts';
import { closingSchema } from '../instruction/close-period.ts';

const text = z.string();
const missing = z.array(z.strictObject({ role: text, count: z.int() }));

export const calendarDaySchema = z.strictObject({
  day: text,
  kind: z.enum(['business', 'weekend', 'holiday', 'make-up', 'not known']),
  /** Approved instructions that go on it. */
  scheduled: z.int(),
});

export const cutOffViewSchema = z.strictObject({
  calendar: nameId,
  asset: text,
  cutOff: text,
  deadline: text,
  waiting: z.int(),
  approvers: z.int(),
  atRisk: z.array(
    z.strictObject({
      instruction: eventId,
      kind: text,
      asset: text,
      amount: text,
      why: z.enum(['quorum', 'cooling-off', 'time', 'missed']),
      missing,
    }),
  ),
});
export type CutOffView = z.infer<typeof cutOffViewSchema>;

export const calendarViewSchema = z.strictObject({
  calendars: z.array(
    z.strictObject({
      calendar: calendarSchema,
      /** Local day and time now. */
      today: text,
      time: text,
      days: z.array(calendarDaySchema),
    }),
  ),
  /** Assets of the programme that no calendar governs. */
  ungoverned: z.array(text),
  cutOffs: z.array(cutOffViewSchema),
  /** People who may check; when they last signed something in the log that is still remembered, and whether they count as there. */
  people: z.array(z.strictObject({ operator: nameId, role: text, seenAt: text.nullable(), isPresent: z.boolean() })),
  scheduled: z.array(
    z.strictObject({ instruction: eventId, kind: text, asset: text, amount: text, valueDate: text, maker: nameId }),
  ),
  period: z.strictObject({
    closedThrough: text.nullable(),
    /** The next month that may be closed, with the figures that would be signed. */
    next: z.strictObject({ month: text, closing: closingSchema }).nullable(),
  }),
  backValued: z.array(
    z.strictObject({
      event: eventId,
      cause: text,
      bookingDate: text,
      valueDate: text,
      amounts: z.array(z.strictObject({ asset: text, amount: text })),
    }),
  ),
});
export type CalendarView = z.infer<typeof calendarViewSchema>;
export type CalendarDay = z.infer<typeof calendarDaySchema>;
