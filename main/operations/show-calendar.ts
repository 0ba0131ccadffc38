// Show calendar: the days of a month, today's cut-offs and what may miss them, what waits for its value date, and closed months.

import { type Books, type InstructionState, programmeOf } from '../../shared/books.ts';
import { type Calendar, isBusinessDay, localTimeOf, weekdayOf } from '../../shared/calendar.ts';
import type { CalendarDay, CalendarView } from '../../shared/contract/calendar.ts';
import { forecastCutOffs, type Present } from '../../shared/cut-off.ts';
import type { EventId } from '../../shared/ids.ts';
import { kindOf } from '../../shared/instruction/kinds.ts';
import { lastDayOf } from '../../shared/period.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { addDays, type Day, instantToMs, msToInstant } from '../../shared/time.ts';
import { valueDateOf } from '../../shared/value-date.ts';
import type { Session } from '../session.ts';
import { type Terminal, unlocked } from '../terminal.ts';

/** Whoever signed something less than this ago counts as there, unless the screen says otherwise. */
const seenForMs = 4 * 3_600_000;
const mostWaiting = 5000;
const mostShown = 500;
/** Newest instructions that are looked at for who was there. */
const mostLately = 1000;

interface Asked {
  readonly month: string;
  /** Operators who are there, as somebody at the screen says; null takes those who have signed something lately. */
  readonly present: readonly string[] | null;
}

export function showCalendar(terminal: Terminal, { month, present }: Asked): Result<CalendarView, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const session = opened.value;
  const { books } = session;
  const now = msToInstant(terminal.parts.clock());
  const calendars = calendarsOf(books);
  // Without a calendar nothing has a cut-off, and nobody is looked for.
  const waiting = calendars.length === 0 ? [] : books.instructionsAfter('', mostWaiting, 'waiting');
  const scheduled = books.instructionsAfter('', mostWaiting, 'scheduled');
  const people = calendars.length === 0 ? [] : peopleOf(session, waiting, instantToMs(now), present);
  const there = people.flatMap(({ operator, role, isPresent }): Present[] => {
    const person = books.get('operator', operator)?.person;
    return isPresent && person !== undefined ? [{ person, role }] : [];
  });
  const assets = programmeOf(books)?.assets ?? [];
  return ok({
    calendars: calendars.map((calendar) => {
      const { day: today, time } = localTimeOf(calendar, now);
      return { calendar, today, time, days: daysOf(calendar, month, scheduled) };
    }),
    ungoverned: assets.filter((asset) => books.get('calendarOf', asset)?.calendar == null),
    cutOffs: forecastCutOffs(books, waiting, there, now).map((line) => ({
      ...line,
      atRisk: line.atRisk.slice(0, mostShown).map((one) => ({
        ...{ instruction: one.instruction as EventId, kind: one.kind, asset: one.asset, why: one.why },
        ...{ amount: one.amount.toString(), missing: one.missing.map(({ role, count }) => ({ role, count })) },
      })),
    })),
    people,
    scheduled: scheduled
      .map((one) => {
        const { asset, amount } = kindOf(one.body).facts(one.body, books);
        return {
          ...{
            instruction: one.id as EventId,
            kind: one.kind,
            maker: one.maker,
            valueDate: valueDateOf(one.body) ?? '',
          },
          ...{ asset: asset ?? '', amount: (amount ?? 0n).toString() },
        };
      })
      .sort((a, b) => (`${a.valueDate}|${a.instruction}` < `${b.valueDate}|${b.instruction}` ? -1 : 1))
      .slice(0, mostShown),
    period: periodOf(books),
    backValued: [...books.all('backValued')]
      .map(([event, one]) => ({ event: event as EventId, ...one, amounts: [...one.amounts] }))
      .sort((a, b) => (a.event > b.event ? -1 : 1))
      .slice(0, mostShown),
  });
}

/** Calendars that govern something, by their ids. */
function calendarsOf(books: Books): Calendar[] {
  const ids = new Set<string>();
  for (const [, { calendar }] of books.all('calendarOf')) if (calendar !== null) ids.add(calendar);
  return [...ids].sort().flatMap((id) => books.get('calendar', id) ?? []);
}

function daysOf(calendar: Calendar, month: string, scheduled: readonly InstructionState[]): CalendarDay[] {
  const days: CalendarDay[] = [];
  const counts = new Map<string, number>();
  for (const { body } of scheduled) {
    const on = valueDateOf(body);
    if (on !== undefined && 'asset' in body && calendar.assets.includes(String(body.asset)))
      counts.set(on, (counts.get(on) ?? 0) + 1);
  }
  const last = lastDayOf(month);
  for (let on = `${month}-01` as Day; on <= last; on = addDays(on, 1)) {
    days.push({ day: on, kind: kindOfDay(calendar, on), scheduled: counts.get(on) ?? 0 });
  }
  return days;
}

function kindOfDay(calendar: Calendar, on: Day): CalendarDay['kind'] {
  const business = isBusinessDay(calendar, on);
  if (!business.ok) return 'not known';
  if (calendar.workingDays.includes(on)) return 'make-up';
  if (business.value) return 'business';
  return calendar.weekend.includes(weekdayOf(on)) && !calendar.holidays.includes(on) ? 'weekend' : 'holiday';
}

/**
 * Who may check, and who of them counts as there. The log only knows who signed: somebody who has unlocked elsewhere and signed
 * nothing yet is not seen, so whoever looks can say who is there.
 */
function peopleOf(
  session: Session,
  waiting: readonly InstructionState[],
  nowMs: number,
  present: readonly string[] | null,
): CalendarView['people'] {
  const seen = new Map<string, string>();
  const saw = (operator: string, at: string) => {
    if (at > (seen.get(operator) ?? '')) seen.set(operator, at);
  };
  const lately = session.books.newestInstructions(idOf(nowMs - seenForMs), mostLately);
  for (const one of [...waiting, ...lately]) {
    saw(one.maker, one.madeAt);
    for (const { operator, at } of one.approvals) saw(operator, at);
  }
  const operators = [...session.books.all('operator')].flatMap(([, one]) =>
    one.revokedAt === undefined && one.role !== 'teller' ? [one] : [],
  );
  return operators
    .map(({ id, role }) => {
      const seenAt = seen.get(id) ?? null;
      const isSeen = seenAt !== null && nowMs - Date.parse(seenAt) <= seenForMs;
      const isPresent = present === null ? isSeen || id === session.operator : present.includes(id);
      return { operator: id, role, seenAt, isPresent };
    })
    .sort((a, b) => (`${a.role}|${a.operator}` < `${b.role}|${b.operator}` ? -1 : 1));
}

/** Before every UUIDv7 of that moment. */
function idOf(atMs: number): string {
  const hex = Math.max(0, atMs).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

function periodOf(books: Books): CalendarView['period'] {
  const closedThrough = books.get('period', 'closed')?.through ?? null;
  const open = [...books.all('monthEnd')].filter(
    ([month]) => closedThrough === null || lastDayOf(month) > closedThrough,
  );
  const [next] = open.sort(([a], [b]) => (a < b ? -1 : 1));
  return { closedThrough, next: next === undefined ? null : { month: next[0], closing: next[1] } };
}
