// What may stop money from leaving, whatever instruction asks for it: an emergency stop, and a shortfall of client money in
// the pool that it would leave. Asked when an instruction is made and again when it would take effect.

import { bankAccountKey, houseAccountId, mainPool } from './accounts.ts';
import {
  type Books,
  booked,
  currentAgreement,
  type Effect,
  type LedgerAccount,
  poolOf,
  programmeOf,
  put,
  type Tables,
} from './books.ts';
import { isBusinessDay } from './calendar.ts';
import type { EventOf } from './event.ts';
import { kindOf } from './instruction/kinds.ts';
import { money } from './instruction/refusals.ts';
import type { Instruction } from './instruction/schema.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { poolKey, type Safeguard, safeguard } from './safeguarding.ts';
import { legName } from './statement.ts';
import { addDays, type Day, type Instant } from './time.ts';
import { calendarFor } from './value-date.ts';

export function refuseOutgoing(
  books: Books,
  instruction: Instruction,
  at: Instant,
): Refusal<'stopped' | 'shortfall'> | undefined {
  const kind = kindOf(instruction);
  if (kind.bankItems(instruction) === 0 || kind.isOutgoing === false) return undefined;
  const what = 'The money did not leave.';
  const stopped = books.get('stopped', 'all');
  if (stopped?.since != null)
    return refuse(
      'stopped',
      what,
      `All outgoing money is stopped since ${stopped.since}: ${stopped.reason}`,
      'Officers resume it when the reason is gone.',
    ).refusal;
  // Whatever leaves is held first, so that the accounts it is held on say which pools it would leave.
  const left = new Map<string, LedgerAccount>();
  for (const { account } of kind.holds(instruction, books)) {
    const held = books.get('account', account);
    if (held !== undefined) left.set(poolKey(poolOf(held), held.asset), held);
  }
  for (const [key, { pool, asset }] of left) {
    const short = shortfallOf(books, key, at);
    if (short !== undefined)
      return refuse(
        'shortfall',
        what,
        `Pool ${poolOf({ pool })} is ${money(asset, short.amount)} of client money short since ${short.since}.`,
        'Put the money right at the bank; until then only an override by the higher quorum opens it.',
      ).refusal;
  }
  return undefined;
}

/** Client money that is missing in a pool and that no override has opened it for. */
function shortfallOf(books: Books, key: string, at: Instant): Tables['shortfall'] | undefined {
  const short = books.get('shortfall', key);
  if (short === undefined || short.amount === 0n) return undefined;
  const override = books.get('override', key);
  return override !== undefined && at < override.until && override.of === short.since ? undefined : short;
}

type StatedRefusal = Refusal<'unknown' | 'duplicate' | 'state' | 'malformed'>;
const no = (type: StatedRefusal['type'], why: string, next: string) =>
  refuse(type, 'The event was not admitted.', why, next);

/** Everything a safeguarding statement says of one pool, asset and day. */
export interface PoolDay extends Safeguard {
  readonly clients: bigint;
  readonly unallocated: bigint;
  readonly inTransit: bigint;
  readonly house: bigint;
  /** The bank's closing balance, and what was booked after it or is valued later. */
  readonly bank: bigint | null;
  readonly underWay: bigint;
  readonly tolerance: bigint;
}

/**
 * Owed against held as of now: owed from every single client account of the books, held from the statement alone, with what the
 * bank cannot have yet named as under way. `statement` null means that none came: then nothing is held as far as anyone knows.
 */
export function poolDay(books: Books, asset: string, statement: string | null, pool: string = mainPool): PoolDay {
  const of: Record<string, bigint> = {};
  const clients: bigint[] = [];
  for (const [, account] of books.all('account')) {
    if (account.asset !== asset || poolOf(account) !== pool || account.class === 'cash') continue;
    const balance = booked(account);
    // Money in escrow is owed to one client or the other, agreement by agreement.
    if (account.class === 'client' || account.class === 'escrow') clients.push(balance);
    else of[account.class] = (of[account.class] ?? 0n) + balance;
  }
  const received = statement === null ? undefined : books.get('statement', statement);
  const open = books.get('openItems', bankAccountKey(asset, pool));
  const cashNow = books.get('account', houseAccountId('cash', asset, pool));
  const sinceThen = received === undefined || cashNow === undefined ? 0n : booked(cashNow) - received.books;
  // What was paired once is in a statement, whatever day it is valued: undoing the pairing does not send it back on its way.
  const apart = new Set(open?.apart);
  const notDue = (open?.legs ?? [])
    .filter((leg) => received !== undefined && leg.valueDate > received.day && !apart.has(legName(leg.leg)))
    .reduce((sum, leg) => sum + BigInt(leg.amount), 0n);
  const underWay = sinceThen + notDue;
  const bank = received === undefined ? null : BigInt(received.closing);
  // Sold and not yet confirmed is owed to its client like everything that has left an account and not the bank.
  const left = (of['in-transit'] ?? 0n) + (of['fx-position'] ?? 0n);
  const house = (of['platform-own'] ?? 0n) + (of['platform-fee'] ?? 0n) + (of['bank-fee'] ?? 0n);
  const tolerance = BigInt(
    books.get('agreement', 'current')?.tolerances?.find((one) => one.asset === asset)?.amount ?? '0',
  );
  const figures = { unallocated: of.suspense ?? 0n, inTransit: left, house, tolerance };
  const seen = safeguard({
    ...{ pool, asset, clients, ...figures, cover: 0n },
    ...{ bank, notPlaced: underWay },
  });
  return { ...seen, ...figures, bank, underWay, clients: clients.reduce((sum, one) => sum + one, 0n) };
}

/** The figures of a pool's day as the event carries them. */
export const poolDayText = (
  one: PoolDay,
  day: Day,
  statement: string | null,
): EventOf<'safeguarding.stated'>['body'] => ({
  ...{ pool: one.pool, asset: one.asset, day, statement },
  clients: one.clients.toString(),
  unallocated: one.unallocated.toString(),
  inTransit: one.inTransit.toString(),
  house: one.house.toString(),
  bank: one.bank === null ? null : one.bank.toString(),
  underWay: one.underWay.toString(),
  owed: one.owed.toString(),
  held: one.held === null ? null : one.held.toString(),
  shortfall: one.shortfall.toString(),
  excess: one.excess.toString(),
  tolerance: one.tolerance.toString(),
  outcome: one.outcome,
});

/** The gateway states it; everyone adds it up again from every client, so that no other figure enters the log. */
export function stateSafeguarding(
  books: Books,
  event: EventOf<'safeguarding.stated'>,
  at: Instant,
): Result<readonly Effect[], StatedRefusal> {
  const { pool, asset, day, statement } = event.body;
  if (books.get('account', houseAccountId('cash', asset, pool)) === undefined)
    return no('unknown', `There is no pool ${pool} in ${asset}.`, 'Check the pool.');
  const key = poolKey(pool, asset);
  const known = books.get('safeguarding', `${key}|${day}`);
  if (statement === null) {
    if (known !== undefined) return no('duplicate', `Day ${day} of the pool is stated already.`, 'Nothing is needed.');
    if (!needsStating(books, asset, day)) return no('state', `Day ${day} is no business day.`, 'Nothing is needed.');
    if (day >= at.slice(0, 10)) return no('state', `Day ${day} is not over yet.`, 'Wait for its statement.');
  } else {
    const received = books.get('statement', statement);
    if (received === undefined || received.asset !== asset || poolOf(received) !== pool || received.day !== day)
      return no('unknown', `There is no statement ${statement} of that pool and day.`, 'Import it first.');
    if (!received.reconciled) return no('state', `Statement ${statement} is not reconciled.`, 'Reconcile it first.');
    // Held against what is owed now, an older one would close a pool, or open it again, by money of another day.
    if (books.get('openItems', bankAccountKey(asset, pool))?.statement !== statement)
      return no('state', `A newer statement than ${statement} was reconciled.`, 'Nothing is needed.');
  }
  const found = poolDay(books, asset, statement, pool);
  const right = poolDayText(found, day, statement);
  const stated: Readonly<Record<string, unknown>> = event.body;
  if (Object.entries(right).some(([name, value]) => stated[name] !== value))
    return no('malformed', 'The figures are not those of clients and statement.', 'State it again.');
  if (statement !== null && known?.statement === statement)
    return no('duplicate', `Statement ${statement} was held against what is owed already.`, 'Nothing is needed.');
  return ok([put('safeguarding', `${key}|${day}`, { ...event.body, at }), ...shortfallEffects(books, key, found, at)]);
}

/** A pool stays closed until a statement shows it cured; a day without a statement neither closes nor cures it. */
function shortfallEffects(books: Books, key: string, found: PoolDay, at: Instant): Effect[] {
  if (found.outcome === 'not performed') return [];
  const before = books.get('shortfall', key);
  const isOpen = before !== undefined && before.amount > 0n;
  if (found.outcome === 'shortfall')
    return [put('shortfall', key, { amount: found.shortfall, since: isOpen ? before.since : at })];
  return isOpen ? [put('shortfall', key, { amount: 0n, since: before.since })] : [];
}

/** Where the agreement asks for business days only, days that the calendar in force knows to be others need no word. */
function needsStating(books: Books, asset: string, on: Day): boolean {
  if (currentAgreement(books).safeguardingDays !== 'business') return true;
  const calendar = calendarFor(books, asset);
  const business = calendar && isBusinessDay(calendar, on);
  return business?.ok !== true || business.value;
}

/** Days of a pool up to `until` that nobody has stated, at most ten: the gateway states that they were not performed. */
export function unstatedDays(books: Books, asset: string, until: Day, pool: string = mainPool): Day[] {
  const key = poolKey(pool, asset);
  const opened = (pool === mainPool ? programmeOf(books) : books.get('pool', pool))?.openedOn ?? until;
  const days: Day[] = [];
  for (let back = 1; back <= 10; back++) {
    const on = addDays(until, -back);
    if (on < opened || books.get('safeguarding', `${key}|${on}`) !== undefined) break;
    if (needsStating(books, asset, on)) days.push(on);
  }
  return days.reverse();
}
