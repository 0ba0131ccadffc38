// The value date that a maker chose: the calendar in force for the asset says whether money can go on it; until it has come, what
// was approved keeps its money held, and the gateway says when it is due.

import { type Books, currentAgreement } from './books.ts';
import {
  businessDayAfter,
  type Calendar,
  type CalendarRefusal,
  cutOffOf,
  executionDay,
  isBusinessDay,
  localTimeOf,
} from './calendar.ts';
import { kindOf } from './instruction/kinds.ts';
import type { Instruction } from './instruction/schema.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { addDays, type Day, dayOf, type Instant } from './time.ts';

export type ValueDateRefusal = CalendarRefusal | Refusal<'value date' | 'period closed'>;

/** How far ahead a value date may lie where the agreement says nothing. */
const usualDaysAhead = 30;

export const daysAhead = (books: Books): number => currentAgreement(books).valueDaysAhead ?? usualDaysAhead;

/** The calendar that governs an asset now. */
export function calendarFor(books: Books, asset: string): Calendar | undefined {
  const governs = books.get('calendarOf', asset)?.calendar;
  return governs == null ? undefined : books.get('calendar', governs);
}

export const valueDateOf = (instruction: Instruction): Day | undefined =>
  'valueDate' in instruction ? instruction.valueDate : undefined;

/** The day it is for an asset: by the calendar's own clock, or UTC where nothing governs it. */
export function todayFor(books: Books, asset: string, at: Instant): Day {
  const calendar = calendarFor(books, asset);
  return calendar === undefined ? dayOf(at) : localTimeOf(calendar, at).day;
}

const assetOf = (instruction: Instruction): string =>
  'asset' in instruction && typeof instruction.asset === 'string' ? instruction.asset : '';

const what = 'The value date was not taken.';

function ungoverned(asset: string): ValueDateRefusal {
  const why = `No calendar governs ${asset}, so nobody knows which days are business days.`;
  return refuse('calendar', what, why, 'Leave the value date out, or an officer adopts a calendar.').refusal;
}

/** Refuses a chosen day that the calendar in force does not allow at this moment, and names the next good one. */
export function refuseValueDate(books: Books, instruction: Instruction, at: Instant): ValueDateRefusal | undefined {
  const on = valueDateOf(instruction);
  if (on === undefined) return undefined;
  const calendar = calendarFor(books, assetOf(instruction));
  if (calendar === undefined) return ungoverned(assetOf(instruction));
  const { day: today } = localTimeOf(calendar, at);
  const earliest = earliestDay(calendar, instruction, at);
  if (!earliest.ok) return earliest.refusal;
  const choose = (good: Day) => `Choose ${good}.`;
  if (on < today)
    return refuse('value date', what, `Value date ${on} is over: it is ${today}.`, choose(earliest.value)).refusal;
  const last = addDays(today, daysAhead(books));
  if (on > last)
    return refuse('value date', what, `Value date ${on} is too far ahead.`, `Choose ${last} at the latest.`).refusal;
  const business = isBusinessDay(calendar, on);
  if (!business.ok) return business.refusal;
  if (!business.value) {
    const good = businessDayAfter(calendar, on, 0);
    if (!good.ok) return good.refusal;
    return refuse('value date', what, `${on} is no business day of calendar ${calendar.id}.`, choose(good.value))
      .refusal;
  }
  if (on < earliest.value) {
    const cutOff = cutOffOf(calendar, instruction.kind, assetOf(instruction));
    return refuse('value date', what, `The cut-off of ${on} was at ${cutOff}.`, choose(earliest.value)).refusal;
  }
  const closed = books.get('period', 'closed')?.through;
  if (closed !== undefined && on <= closed)
    return refuse('period closed', what, `The books are closed through ${closed}.`, choose(addDays(closed, 1))).refusal;
  return undefined;
}

/** The first day on which it could still be carried out: what stays inside custody knows no cut-off. */
function earliestDay(calendar: Calendar, instruction: Instruction, at: Instant): Result<Day, CalendarRefusal> {
  return kindOf(instruction).bankItems(instruction) === 0
    ? businessDayAfter(calendar, localTimeOf(calendar, at).day, 0)
    : executionDay(calendar, at, instruction.kind, assetOf(instruction));
}

/** Whether it waits for its value date once it is approved. */
export function isForLater(books: Books, instruction: Instruction, at: Instant): boolean {
  const on = valueDateOf(instruction);
  return on !== undefined && on > todayFor(books, assetOf(instruction), at);
}

/** Refuses to say that it is due before its day has come, or on a day that has become none on which the bank works. */
export function refuseDue(books: Books, instruction: Instruction, at: Instant): ValueDateRefusal | undefined {
  const on = valueDateOf(instruction);
  const calendar = calendarFor(books, assetOf(instruction));
  if (on === undefined || calendar === undefined) return ungoverned(assetOf(instruction));
  const { day: today } = localTimeOf(calendar, at);
  if (today < on) return refuse('value date', what, `Its value date is ${on}, and it is ${today}.`, 'Wait.').refusal;
  const business = isBusinessDay(calendar, today);
  if (!business.ok) return business.refusal;
  return business.value
    ? undefined
    : refuse('value date', what, `${today} is no business day of calendar ${calendar.id}.`, 'Wait.').refusal;
}

/** The day on which the bank is asked to carry it out; today where no calendar says better. */
export function requestedDay(books: Books, instruction: Instruction, at: Instant): Day {
  const calendar = calendarFor(books, assetOf(instruction));
  const soonest = calendar === undefined ? ok(dayOf(at)) : earliestDay(calendar, instruction, at);
  const first = soonest.ok ? soonest.value : todayFor(books, assetOf(instruction), at);
  const chosen = valueDateOf(instruction);
  return chosen !== undefined && chosen > first ? chosen : first;
}
