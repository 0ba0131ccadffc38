// Escrow agreements in the books: where one stands, what a step of it comes to, and the end that comes by itself.

import { type Books, type Effect, entryOf, type Leg, put, type Tables } from './books.ts';
import { dueOn, type Moved, outcomeOf, paysOf, type Standing, type Step, takeStep } from './escrow.ts';
import type { EventOf } from './event.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import type { Day } from './time.ts';

export type EscrowRow = Tables['escrow'];
export const escrowAccountId = (escrow: string): string => `escrow:${escrow}`;

export function standingOf(row: EscrowRow): Standing {
  const { terms, phase, rulesBy, depositor, beneficiary, left } = row;
  const mask = (all: readonly { readonly name: string }[], done: readonly string[]): number =>
    all.reduce((bits, { name }, place) => (done.includes(name) ? bits | (1 << place) : bits), 0);
  return {
    ...{ phase, rulesBy, depositor, beneficiary, left },
    fulfilled: mask(
      terms.conditions,
      row.fulfilled.map((one) => one.condition),
    ),
    released: mask(
      terms.tranches,
      row.released.map((one) => one.tranche),
    ),
  };
}

export type EscrowRefusal = Refusal<'unknown' | 'state' | 'limit' | 'malformed' | 'account state'>;

/** What a step would do to an agreement on that day; money does not leave while its account is frozen. */
export function stepEscrow(
  books: Books,
  escrow: string,
  step: Step,
  on: Day,
): Result<Moved & { readonly row: EscrowRow }, EscrowRefusal> {
  const row = books.get('escrow', escrow);
  if (row === undefined)
    return refuse('unknown', 'Nothing was done.', `There is no escrow agreement ${escrow}.`, 'Check its name.');
  const moved = takeStep(row.terms, standingOf(row), step, on);
  if (!moved.ok) return moved;
  if (moved.value.pays.length > 0 && books.get('account', escrowAccountId(escrow))?.frozen === true)
    return refuse('account state', 'The money was not moved.', `Agreement ${escrow} is frozen.`, 'Ask compliance.');
  return ok({ ...moved.value, row });
}

/** The legs of a step that is allowed. */
export function escrowLegs(books: Books, escrow: string, step: Step): Leg[] {
  const row = books.get('escrow', escrow);
  if (row === undefined) return [];
  const debit = escrowAccountId(escrow);
  const { asset } = row.terms;
  return paysOf(row.terms, standingOf(row), step).map(({ to, amount }) => ({ debit, credit: to, asset, amount }));
}

/** The row after a step, with whatever else is to be remembered of it. */
export function escrowRow(row: EscrowRow, { standing }: Moved, on: Day, also: Partial<EscrowRow> = {}): EscrowRow {
  const { phase, rulesBy, depositor, beneficiary, left } = standing;
  const end = phase === 'ended' ? { outcome: outcomeOf(standing), endedOn: on } : {};
  return { ...row, phase, rulesBy, depositor, beneficiary, left, ...end, ...also };
}

/** The effects of an allowed step but for its legs. */
export function escrowEffects(
  books: Books,
  escrow: string,
  step: Step,
  on: Day,
  also: (row: EscrowRow) => Partial<EscrowRow> = () => ({}),
): Effect[] {
  const moved = stepEscrow(books, escrow, step, on);
  if (!moved.ok) return [];
  const { row } = moved.value;
  return [put('escrow', escrow, escrowRow(row, moved.value, on, also(row)))];
}

const expire: Step = { type: 'expire' };

/** What the gateway states of an agreement whose time is over; undefined while it is not, or while it is frozen. */
export function expiryOf(books: Books, escrow: string, on: Day): EventOf<'escrow.expired'>['body'] | undefined {
  const moved = stepEscrow(books, escrow, expire, on);
  if (!moved.ok) return undefined;
  const { row, standing, pays } = moved.value;
  const due = dueOn(row.terms, standingOf(row));
  const given = (to: string): string =>
    pays.reduce((sum, one) => (one.to === to ? sum + one.amount : sum), 0n).toString();
  return due === null
    ? undefined
    : {
        ...{ escrow, due, outcome: outcomeOf(standing) },
        ...{ depositor: given(row.terms.depositor), beneficiary: given(row.terms.beneficiary) },
      };
}

/** The gateway states it; everybody reads it off the terms again, so that no other end than theirs enters the log. */
export function expireEscrow(
  books: Books,
  event: EventOf<'escrow.expired'>,
  today: Day,
): Result<readonly Effect[], EscrowRefusal> {
  const { body } = event;
  const moved = stepEscrow(books, body.escrow, expire, today);
  if (!moved.ok) return moved;
  const right: Readonly<Record<string, unknown>> | undefined = expiryOf(books, body.escrow, today);
  if (right === undefined || Object.entries(body).some(([name, value]) => right[name] !== value))
    return refuse('malformed', 'The event was not admitted.', 'Its terms end otherwise.', 'State it again.');
  const legs = escrowLegs(books, body.escrow, expire);
  return ok([
    put('escrow', body.escrow, escrowRow(moved.value.row, moved.value, today)),
    ...(legs.length === 0 ? [] : [entryOf(event.type, null, legs, today, today)]),
  ]);
}

/** Agreements whose time is over, in the order of their names; those that are frozen wait. */
export function dueEscrows(books: Books, today: Day): EventOf<'escrow.expired'>['body'][] {
  const due: EventOf<'escrow.expired'>['body'][] = [];
  for (const [escrow, row] of books.all('escrow')) {
    if (row.phase === 'ended') continue;
    const body = expiryOf(books, escrow, today);
    if (body !== undefined) due.push(body);
  }
  return due.sort((a, b) => (a.escrow < b.escrow ? -1 : 1));
}
