// Accrued fees in the books. Where a programme has schedules, the balance that an account had when a day began is noted with the
// first entry of that day, so that any day that is over can be accrued later, by everyone to the same figure.

import { type Books, booked, type Effect, type LedgerAccount, programmeOf, put, type Tables } from './books.ts';
import { bytesToBase64url } from './bytes.ts';
import { canonicalBytes } from './canonical.ts';
import type { EventOf } from './event.ts';
import { accrualOn, bears, type FeeSchedule, inForce } from './fee-schedule.ts';
import type { Instruction } from './instruction/schema.ts';
import type { Hash } from './primitives.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { addDays, type Day } from './time.ts';

type AccrualRefusal = Refusal<'unknown' | 'duplicate' | 'state' | 'malformed'>;

const no = (type: AccrualRefusal['type'], why: string, next: string) =>
  refuse(type, 'The event was not admitted.', why, next);

const accrues = (books: Books, asset: string): boolean => programmeOf(books)?.accruing?.includes(asset) === true;

/** What accounts had when the day began, for those that this is the first entry of the day for. */
export function noteOpenings(books: Books, effects: readonly Effect[], today: Day): Effect[] {
  const accruing = programmeOf(books)?.accruing;
  if (accruing === undefined) return [];
  const noted = new Map<string, Effect>();
  for (const effect of effects) {
    if (effect.type !== 'entry') continue;
    for (const { debit, credit, asset } of effect.entry.legs) {
      if (!accruing.includes(asset)) continue;
      for (const id of [debit, credit]) {
        const account = books.get('account', id);
        if (account?.class !== 'client' || noted.has(id)) continue;
        const days = books.get('opening', id)?.days ?? [];
        if (days.at(-1)?.day === today) continue;
        const through = books.get('accrual', asset)?.through ?? today;
        const open = days.filter((one) => one.day > through);
        noted.set(id, put('opening', id, { days: [...open, { day: today, balance: booked(account).toString() }] }));
      }
    }
  }
  return [...noted.values()];
}

/** Booked at the end of a day that is over and not accrued yet. */
export function balanceAtEnd(books: Books, account: LedgerAccount, on: Day): bigint {
  const next = books.get('opening', account.id)?.days.find((one) => one.day > on);
  return next === undefined ? booked(account) : BigInt(next.balance);
}

export const accruedKey = (code: string, account: string): string => `${code}|${account}`;

type Accrued = Tables['accrued'];

/** More (or, below zero, less) accrued for an account. */
function addAccrued(books: Books, code: string, account: string, asset: string, units: bigint): Effect {
  const key = accruedKey(code, account);
  const before: Accrued = books.get('accrued', key) ?? { code, account, asset, units: '0', charged: '0', waived: '0' };
  return put('accrued', key, { ...before, units: (BigInt(before.units) + units).toString() });
}

const schedulesOf = (books: Books, asset: string): FeeSchedule[][] =>
  (books.get('accrual', asset)?.codes ?? []).map((code) => [...(books.get('feeSchedule', code)?.versions ?? [])]);

const schedulesOn = (books: Books, asset: string, on: Day, basis: FeeSchedule['basis']): FeeSchedule[] =>
  schedulesOf(books, asset).flatMap((versions) => {
    const one = inForce(versions, on);
    return one?.basis === basis ? [one] : [];
  });

// --- balances ----------------------------------------------------------------------------------------------------------------

interface AccrualLine {
  readonly code: string;
  readonly account: string;
  readonly units: bigint;
}

/** What every account's balance at the end of a day bears, in the order of codes and accounts. */
export function accrualOfDay(books: Books, asset: string, on: Day): readonly AccrualLine[] {
  const schedules = schedulesOn(books, asset, on, 'balance');
  if (schedules.length === 0) return [];
  const lines: AccrualLine[] = [];
  for (const [account, row] of books.all('account')) {
    if (row.asset !== asset || row.class !== 'client') continue;
    const balance = balanceAtEnd(books, row, on);
    for (const schedule of schedules) {
      const units = bears(schedule, account) ? accrualOn(schedule, balance, on) : 0n;
      if (units !== 0n) lines.push({ code: schedule.code, account, units });
    }
  }
  return lines.sort((a, b) => (accruedKey(a.code, a.account) < accruedKey(b.code, b.account) ? -1 : 1));
}

/** What the gateway says of a day. */
export function accrualText(
  books: Books,
  asset: string,
  on: Day,
  hash: Hash,
): { readonly body: EventOf<'accrual.posted'>['body']; readonly lines: readonly AccrualLine[] } {
  const lines = accrualOfDay(books, asset, on);
  const texts = lines.map(({ code, account, units }) => [code, account, units.toString()]);
  const units = lines.reduce((sum, one) => sum + one.units, 0n).toString();
  const digest = bytesToBase64url(hash(canonicalBytes(texts)));
  return { body: { asset, day: on, accounts: lines.length, units, digest }, lines };
}

/** The gateway posts a day once, in order and after its end; everyone works it out again. */
export function postAccrual(
  books: Books,
  event: EventOf<'accrual.posted'>,
  today: Day,
  hash: Hash,
): Result<readonly Effect[], AccrualRefusal> {
  const { asset, day } = event.body;
  const accrual = books.get('accrual', asset);
  if (accrual === undefined) return no('unknown', `No fee accrues in ${asset}.`, 'Adopt a fee schedule first.');
  if (day <= accrual.through) return no('duplicate', `Day ${day} is accrued already.`, 'Nothing is needed.');
  const next = addDays(accrual.through, 1);
  if (day !== next) return no('state', `Day ${next} comes next.`, 'Post the days in order.');
  if (day >= today) return no('state', `Day ${day} is not over yet.`, 'Wait.');
  const { body, lines } = accrualText(books, asset, day, hash);
  const stated: Readonly<Record<string, unknown>> = event.body;
  if (Object.entries(body).some(([name, value]) => stated[name] !== value))
    return no('malformed', 'The figures are not those of schedules and balances.', 'Work them out again.');
  return ok([
    put('accrual', asset, { ...accrual, through: day }),
    ...lines.map(({ code, account, units }) => addAccrued(books, code, account, asset, units)),
  ]);
}

/** Days that are over and not accrued, in order; none once every schedule has ended. */
export function unaccruedDays(books: Books, asset: string, today: Day): Day[] {
  const accrual = books.get('accrual', asset);
  const days: Day[] = [];
  if (accrual === undefined) return days;
  for (let on = addDays(accrual.through, 1); on < today && days.length < 40; on = addDays(on, 1)) {
    if (!isLive(books, asset, on)) break;
    days.push(on);
  }
  return days;
}

/** Whether a schedule is in force on a day or later. */
export const isLive = (books: Books, asset: string, on: Day): boolean =>
  schedulesOf(books, asset).some((versions) => {
    const newest = versions.at(-1);
    return newest !== undefined && (newest.until === null || newest.until >= on);
  });

// --- payments ----------------------------------------------------------------------------------------------------------------

/** What the payments of an approved instruction bear, remembered with each of them in case the bank rejects it. */
export function accruePayments(books: Books, body: Instruction, id: string, today: Day): Effect[] {
  if ((body.kind !== 'payment' && body.kind !== 'batch') || !accrues(books, body.asset)) return [];
  const schedules = schedulesOn(books, body.asset, today, 'payments');
  if (schedules.length === 0) return [];
  const items = body.kind === 'payment' ? [body] : body.items;
  const sums = new Map<string, AccrualLine>();
  const remembered = items.flatMap(({ account, amount }, item): Effect[] => {
    if (books.get('account', account)?.class !== 'client') return [];
    const fees = schedules.flatMap((schedule) => {
      const units = bears(schedule, account) ? accrualOn(schedule, BigInt(amount), today) : 0n;
      return units === 0n ? [] : [{ code: schedule.code, units: units.toString() }];
    });
    for (const { code, units } of fees) {
      const key = accruedKey(code, account);
      sums.set(key, { code, account, units: (sums.get(key)?.units ?? 0n) + BigInt(units) });
    }
    return fees.length === 0 ? [] : [put('paymentFee', `${id}/${item}`, { account, fees })];
  });
  const { asset } = body;
  return [
    ...remembered,
    ...[...sums.values()].map((one) => addAccrued(books, one.code, one.account, asset, one.units)),
  ];
}

/** A payment that the bank rejected bears nothing; what was charged for it meanwhile counts against what accrues later. */
export function undoPaymentFees(books: Books, id: string, item: number, asset: string): Effect[] {
  if (!accrues(books, asset)) return [];
  const key = `${id}/${item}`;
  const known = books.get('paymentFee', key);
  if (known === undefined) return [];
  const { account, fees } = known;
  return [
    put('paymentFee', key, { account, fees: [] }),
    ...fees.map(({ code, units }) => addAccrued(books, code, account, asset, -BigInt(units))),
  ];
}
