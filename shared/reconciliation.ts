// Reconciliation: what the bank's statements say against the cash legs of the books. A pure function of both, so that a dry
// run, what the gateway states and what everybody else recomputes are one and the same.

import type { Day } from './time.ts';

/** A line of a bank statement, as far as matching may look at it. */
export interface BankLine {
  /** Its place among the lines given; named in matches and breaks. */
  readonly number: number;
  /** The bank's own reference of the booking (AcctSvcrRef). */
  readonly reference: string | null;
  /** Our reference of one payment item, where the bank gives it back (InstrId, or found by EndToEndId). */
  readonly item: string | null;
  /** Signed minor units: positive came in. */
  readonly amount: bigint;
  readonly valueDate: Day;
}

/** A leg of the books on the cash account of the same pool and asset. */
export interface BookLine {
  readonly number: number;
  readonly reference: string | null;
  readonly item: string | null;
  /** Items of one instruction may be booked by the bank as one sum. */
  readonly instruction: string | null;
  readonly amount: bigint;
  readonly valueDate: Day;
  /** Money in suspense: it came, and nobody knows yet whose it is. */
  readonly unknownPayer: boolean;
}

export interface MatchingRules {
  /** Value dates of a pair may lie this many days apart before the date itself is a break. */
  readonly dateTolerance: number;
  /** Lines without a common reference are looked for this many days around. */
  readonly windowDays: number;
  /** At most this many lines on the many side of a group. */
  readonly largestGroup: number;
}
export const usualRules: MatchingRules = { dateTolerance: 1, windowDays: 2, largestGroup: 8 };

export type MatchedBy = 'reference' | 'item' | 'amount and date' | 'sum';
export interface Match {
  readonly by: MatchedBy;
  readonly bank: readonly number[];
  readonly books: readonly number[];
}

export const breakKinds = [
  'missing at bank',
  'missing in books',
  'amount',
  'date',
  'duplicate',
  'unknown payer',
] as const;
export type BreakKind = (typeof breakKinds)[number];
export interface Break {
  readonly kind: BreakKind;
  readonly bank: readonly number[];
  readonly books: readonly number[];
  /** Bank less books, signed minor units. */
  readonly difference: bigint;
  readonly since: Day;
  /** The line of the other side that it most likely belongs to, for a person to judge. */
  readonly likely: number | null;
}

export interface Reconciliation {
  readonly matches: readonly Match[];
  readonly breaks: readonly Break[];
  /** Legs valued after the statement's last day: the bank cannot have them yet. */
  readonly outstanding: readonly number[];
}

/**
 * Pairs lines with legs, strongest ground first: the bank's reference, our item, equal amounts near in time, sums. Nothing is
 * paired by amount alone when both sides carry references that differ: that is only proposed (`likely`). Every line and
 * every leg ends in exactly one match, one break, or `outstanding`; only `unknown payer` speaks of a pair that also matched.
 */
export function reconcileLines(
  bank: readonly BankLine[],
  books: readonly BookLine[],
  through: Day,
  rules: MatchingRules = usualRules,
): Reconciliation {
  const matches: Match[] = [];
  const breaks: Break[] = [];
  const bankDone = new Uint8Array(bank.length);
  const booksDone = new Uint8Array(books.length);

  const pair = (by: MatchedBy, i: number, j: number): void => {
    const [line, leg] = [bank[i] as BankLine, books[j] as BookLine];
    bankDone[i] = booksDone[j] = 1;
    const sides = { bank: [line.number], books: [leg.number], difference: line.amount - leg.amount, likely: null };
    const since = earlier(line.valueDate, leg.valueDate);
    if (line.amount !== leg.amount) breaks.push({ kind: 'amount', ...sides, since });
    else if (daysApart(line.valueDate, leg.valueDate) > rules.dateTolerance)
      breaks.push({ kind: 'date', ...sides, since });
    else {
      matches.push({ by, bank: sides.bank, books: sides.books });
      if (leg.unknownPayer) breaks.push({ kind: 'unknown payer', ...sides, since });
    }
  };

  matchByKey('reference');
  matchByKey('item');
  matchItemSums();
  matchByAmount();
  matchInstructionSums();
  matchSmallSums();
  nameTheRest();
  return { matches, breaks, outstanding: books.filter((_, j) => booksDone[j] === 2).map((leg) => leg.number) };

  function matchByKey(key: 'reference' | 'item'): void {
    const legs = new Map<string, number>();
    books.forEach((leg, j) => {
      const value = leg[key];
      if (value === null) return;
      const name = keyOf(key, leg, value);
      const known = legs.get(name);
      if (known === undefined || booksDone[known] !== 0) legs.set(name, j);
    });
    const inParts = key === 'item' ? itemsInParts() : undefined;
    bank.forEach((line, i) => {
      const value = line[key];
      if (value === null || bankDone[i] !== 0) return;
      const name = keyOf(key, line, value);
      const j = inParts?.has(name) ? undefined : legs.get(name);
      if (j === undefined) return;
      if (booksDone[j] === 0) pair(key, i, j);
      else if ((books[j] as BookLine).amount === line.amount) sayTwice(i, j);
    });
  }

  /** The bank says once more what is paired already. */
  function sayTwice(i: number, j: number): void {
    const [line, leg] = [bank[i] as BankLine, books[j] as BookLine];
    bankDone[i] = 1;
    const sides = { bank: [line.number], books: [leg.number], difference: line.amount };
    breaks.push({ kind: 'duplicate', ...sides, since: line.valueDate, likely: null });
  }

  /** Items that the bank booked in several unequal parts: these are added up, not called duplicates. */
  function itemsInParts(): Set<string> {
    const seen = new Map<string, { first: bigint; unequal: boolean }>();
    bank.forEach((line, i) => {
      if (line.item === null || bankDone[i] !== 0) return;
      const name = keyOf('item', line, line.item);
      const known = seen.get(name);
      if (known === undefined) seen.set(name, { first: line.amount, unequal: false });
      else if (known.first !== line.amount) known.unequal = true;
    });
    return new Set([...seen].flatMap(([name, { unequal }]) => (unequal ? [name] : [])));
  }

  /** One leg that the bank booked in parts, all naming the item. */
  function matchItemSums(): void {
    const parts = new Map<string, number[]>();
    bank.forEach((line, i) => {
      if (line.item !== null && bankDone[i] === 0) append(parts, keyOf('item', line, line.item), i);
    });
    books.forEach((leg, j) => {
      if (leg.item === null || booksDone[j] !== 0) return;
      const lines = parts.get(keyOf('item', leg, leg.item)) ?? [];
      if (lines.length > 1) takeSum(lines, [j]);
    });
  }

  function matchByAmount(): void {
    const legs = new Map<bigint, number[]>();
    books.forEach((leg, j) => {
      if (booksDone[j] === 0) append(legs, leg.amount, j);
    });
    bank.forEach((line, i) => {
      if (bankDone[i] !== 0) return;
      const j = nearest(line, legs.get(line.amount), (leg) => line.reference === null || leg.reference === null);
      if (j !== undefined) pair('amount and date', i, j);
    });
  }

  /** The nearest leg in time that is free and within the window; of equals the earliest booked. */
  function nearest(
    line: BankLine,
    candidates: readonly number[] | undefined,
    fits: (leg: BookLine) => boolean,
  ): number | undefined {
    let [best, distance] = [undefined as number | undefined, rules.windowDays + 1];
    for (const j of candidates ?? []) {
      const leg = books[j] as BookLine;
      if (booksDone[j] !== 0 || !fits(leg)) continue;
      const apart = daysApart(leg.valueDate, line.valueDate);
      if (apart < distance) [best, distance] = [j, apart];
    }
    return best;
  }

  /** A batch that the bank booked as one sum. */
  function matchInstructionSums(): void {
    const groups = new Map<string, number[]>();
    books.forEach((leg, j) => {
      if (leg.instruction !== null && booksDone[j] === 0) append(groups, `${sign(leg.amount)}${leg.instruction}`, j);
    });
    const sums = new Map<bigint, number[][]>();
    for (const legs of groups.values())
      if (legs.length > 1)
        append(
          sums,
          sumOf(legs, (j) => (books[j] as BookLine).amount),
          legs,
        );
    if (sums.size === 0) return;
    bank.forEach((line, i) => {
      if (bankDone[i] !== 0) return;
      const group = sums
        .get(line.amount)
        ?.find((legs) => legs.every((j) => booksDone[j] === 0 && isNear(line, books[j] as BookLine)));
      if (group !== undefined) takeSum([i], group);
    });
  }

  /** Few lines of one day and direction that add up in exactly one way; lines with a reference are left to a person. */
  function matchSmallSums(): void {
    const legs = new Map<string, number[]>();
    books.forEach((leg, j) => {
      if (booksDone[j] === 0) append(legs, sign(leg.amount) + leg.valueDate, j);
    });
    bank.forEach((line, i) => {
      if (bankDone[i] !== 0 || line.reference !== null || line.item !== null) return;
      const free = (legs.get(sign(line.amount) + line.valueDate) ?? []).filter((j) => booksDone[j] === 0);
      const found = onlySum(free, (j) => (books[j] as BookLine).amount, line.amount, rules.largestGroup);
      if (found !== undefined) takeSum([i], found);
    });
    const lines = new Map<string, number[]>();
    bank.forEach((line, i) => {
      if (bankDone[i] === 0 && line.reference === null && line.item === null)
        append(lines, sign(line.amount) + line.valueDate, i);
    });
    books.forEach((leg, j) => {
      if (booksDone[j] !== 0) return;
      const free = (lines.get(sign(leg.amount) + leg.valueDate) ?? []).filter((i) => bankDone[i] === 0);
      const found = onlySum(free, (i) => (bank[i] as BankLine).amount, leg.amount, rules.largestGroup);
      if (found !== undefined) takeSum(found, [j]);
    });
  }

  function takeSum(lines: readonly number[], legs: readonly number[]): void {
    const left = sumOf(lines, (i) => (bank[i] as BankLine).amount);
    const right = sumOf(legs, (j) => (books[j] as BookLine).amount);
    const sides = {
      bank: lines.map((i) => (bank[i] as BankLine).number),
      books: legs.map((j) => (books[j] as BookLine).number),
    };
    for (const i of lines) bankDone[i] = 1;
    for (const j of legs) booksDone[j] = 1;
    if (left === right) matches.push({ by: 'sum', ...sides });
    else {
      const days = [
        ...lines.map((i) => (bank[i] as BankLine).valueDate),
        ...legs.map((j) => (books[j] as BookLine).valueDate),
      ];
      breaks.push({ kind: 'amount', ...sides, difference: left - right, since: days.sort()[0] as Day, likely: null });
    }
  }

  function nameTheRest(): void {
    const legs = new Map<bigint, number[]>();
    books.forEach((leg, j) => {
      if (booksDone[j] === 0) append(legs, leg.amount, j);
    });
    const proposed = new Map<number, number>();
    bank.forEach((line, i) => {
      if (bankDone[i] !== 0) return;
      bankDone[i] = 1;
      const near = (legs.get(line.amount) ?? []).find((j) => !proposed.has(j) && isNear(line, books[j] as BookLine));
      if (near !== undefined) proposed.set(near, line.number);
      breaks.push({
        kind: 'missing in books',
        bank: [line.number],
        books: [],
        difference: line.amount,
        since: line.valueDate,
        likely: near === undefined ? null : (books[near] as BookLine).number,
      });
    });
    books.forEach((leg, j) => {
      if (booksDone[j] !== 0) return;
      if (leg.valueDate > through) {
        booksDone[j] = 2;
        return;
      }
      booksDone[j] = 1;
      breaks.push({
        kind: 'missing at bank',
        bank: [],
        books: [leg.number],
        difference: -leg.amount,
        since: leg.valueDate,
        likely: proposed.get(j) ?? null,
      });
    });
  }

  function isNear(line: BankLine, leg: BookLine): boolean {
    return daysApart(line.valueDate, leg.valueDate) <= rules.windowDays;
  }
}

function earlier(a: Day, b: Day): Day {
  if (a <= b) return a;
  return b;
}

const sign = (amount: bigint): '+' | '-' => (amount < 0n ? '-' : '+');

/** A payment and its return share an item and differ in direction, so the direction is part of the item's name. */
const keyOf = (key: 'reference' | 'item', { amount }: { readonly amount: bigint }, value: string): string =>
  key === 'reference' ? value : sign(amount) + value;

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function sumOf(list: readonly number[], amountOf: (index: number) => bigint): bigint {
  let sum = 0n;
  for (const one of list) sum += amountOf(one);
  return sum;
}

/** Searches stop here: more candidates than this could add up by accident. */
const mostCandidates = 20;

/** The one set of two to `largest` candidates that adds up to `target`; undefined for none, and for more than one. */
function onlySum(
  candidates: readonly number[],
  amountOf: (index: number) => bigint,
  target: bigint,
  largest: number,
): readonly number[] | undefined {
  if (candidates.length < 2 || candidates.length > mostCandidates) return undefined;
  let found: readonly number[] | undefined;
  let several = false;
  const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount);
  const look = (at: number, left: bigint, chosen: readonly number[]): void => {
    if (several) return;
    if (left === 0n && chosen.length > 1) {
      several = found !== undefined;
      found = chosen;
      return;
    }
    if (chosen.length === largest || left <= 0n) return;
    for (let i = at; i < candidates.length; i++) {
      const one = candidates[i] as number;
      look(i + 1, left - size(amountOf(one)), [...chosen, one]);
    }
  };
  look(0, size(target), []);
  return several ? undefined : found;
}

const numbersOfDays = new Map<string, number>();
/** Days since 1970; a statement has few days, so each is computed once. */
function dayNumber(on: Day): number {
  const known = numbersOfDays.get(on);
  if (known !== undefined) return known;
  const number = Date.parse(`${on}T00:00:00.000Z`) / 86_400_000;
  if (numbersOfDays.size > 5000) numbersOfDays.clear();
  numbersOfDays.set(on, number);
  return number;
}
const daysApart = (a: Day, b: Day): number => (a === b ? 0 : Math.abs(dayNumber(a) - dayNumber(b)));
