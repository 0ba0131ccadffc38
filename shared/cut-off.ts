// What is likely to miss today's cut-off: instructions that wait, what they still need, and who is there to give it. Pure, from the
// books and a list of people; nobody's absence is guessed, only those who are named count.

import type { Books, InstructionState } from './books.ts';
import { cutOffOf, executionDay, instantOf, localTimeOf } from './calendar.ts';
import { kindOf } from './instruction/kinds.ts';
import { coolingOffEndsMs, missingGroups } from './policy.ts';
import { type Instant, instantToMs } from './time.ts';
import { calendarFor, valueDateOf } from './value-date.ts';

/** Somebody who is there to check. */
export interface Present {
  readonly person: string;
  readonly role: string;
}

/** Why an item may miss it: too few people of a role, a cooling-off time that ends later, little time, or missed already. */
export type Risk = 'quorum' | 'cooling-off' | 'time' | 'missed';

export interface AtRisk {
  readonly instruction: string;
  readonly kind: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly why: Risk;
  /** Who is still to approve it. */
  readonly missing: readonly { readonly role: string; readonly count: number }[];
}

/** One cut-off of today and what waits for it. */
export interface CutOffForecast {
  readonly calendar: string;
  readonly asset: string;
  /** Local time, and the moment that it is. */
  readonly cutOff: string;
  readonly deadline: Instant;
  readonly waiting: number;
  /** People present who may approve at least one of these. */
  readonly approvers: number;
  readonly atRisk: readonly AtRisk[];
}

/** With less time than this before the cut-off, everything that waits is at risk. */
export const shortlyMs = 30 * 60_000;

/** Today's cut-offs in the order of their time; instructions that cannot go today, or that no calendar governs, are left out. */
export function forecastCutOffs(
  books: Books,
  waiting: Iterable<InstructionState>,
  present: readonly Present[],
  at: Instant,
): CutOffForecast[] {
  const found = new Map<string, CutOffForecast & { readonly people: Set<string>; readonly atRisk: AtRisk[] }>();
  for (const one of waiting) {
    const due = dueToday(books, one, at);
    if (due === undefined) continue;
    const key = `${due.calendar}|${due.asset}|${due.cutOff}`;
    const line = found.get(key) ?? { ...due, waiting: 0, approvers: 0, people: new Set<string>(), atRisk: [] };
    const missing = missingGroups(
      one.requirement,
      one.approvals.map((approval) => approval.role),
    );
    const eligible = present.filter(
      ({ person, role }) =>
        missing.some((group) => group.role === role) &&
        person !== one.person &&
        !one.approvals.some((approval) => approval.person === person),
    );
    for (const { person } of eligible) line.people.add(person);
    const why = riskOf(one, due.deadline, missing, eligible, at);
    if (why !== undefined) {
      const { asset, amount } = kindOf(one.body).facts(one.body, books);
      line.atRisk.push({
        ...{ instruction: one.id, kind: one.kind, asset: asset ?? '', amount: amount ?? 0n },
        ...{ why, missing },
      });
    }
    found.set(key, { ...line, waiting: line.waiting + 1, approvers: line.people.size });
  }
  return [...found.values()]
    .map(({ people: _, ...line }) => line)
    .sort((a, b) => (`${a.deadline}|${a.asset}` < `${b.deadline}|${b.asset}` ? -1 : 1));
}

/** The cut-off of today that an instruction would have to make; undefined where today is not its day. */
function dueToday(
  books: Books,
  { body }: InstructionState,
  at: Instant,
): Pick<CutOffForecast, 'calendar' | 'asset' | 'cutOff' | 'deadline'> | undefined {
  const kind = kindOf(body);
  const { asset } = kind.facts(body, books);
  if (asset === undefined || kind.bankItems(body) === 0 || kind.isOutgoing === false) return undefined;
  const calendar = calendarFor(books, asset);
  const cutOff = calendar && cutOffOf(calendar, body.kind, asset);
  if (calendar === undefined || cutOff === undefined) return undefined;
  const { day } = localTimeOf(calendar, at);
  const chosen = valueDateOf(body);
  const soonest = executionDay(calendar, at, body.kind, asset);
  // Without a chosen day it goes on the next one as well as today; with one, today is the only day.
  const isToday = chosen === undefined ? soonest.ok && soonest.value === day : chosen === day;
  return isToday ? { calendar: calendar.id, asset, cutOff, deadline: instantOf(calendar, day, cutOff) } : undefined;
}

function riskOf(
  one: InstructionState,
  deadline: Instant,
  missing: readonly { readonly role: string; readonly count: number }[],
  eligible: readonly Present[],
  at: Instant,
): Risk | undefined {
  const leftMs = instantToMs(deadline) - instantToMs(at);
  if (leftMs <= 0) return 'missed';
  if (coolingOffEndsMs(one.requirement, one.madeAt) >= instantToMs(deadline)) return 'cooling-off';
  const isShort = missing.some(
    ({ role, count }) => new Set(eligible.filter((each) => each.role === role).map((each) => each.person)).size < count,
  );
  if (isShort) return 'quorum';
  return leftMs <= shortlyMs ? 'time' : undefined;
}
