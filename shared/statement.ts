// Bank statements in the books: their lines enter the log, every cash leg is noted, and one reconciliation of both is a pure
// function that the gateway states and everybody recomputes. Nothing is matched twice, and what stays open keeps its age.

import { bankAccountKey, houseAccountId } from './accounts.ts';
import { type Books, booked, type Effect, inPool, put, type Tables } from './books.ts';
import { bytesToBase64url } from './bytes.ts';
import { canonicalBytes } from './canonical.ts';
import type { EventOf } from './event.ts';
import type { EventId } from './ids.ts';
import type { Hash } from './primitives.ts';
import { type BankLine, type BookLine, type Break, type Match, reconcileLines } from './reconciliation.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import type { Day } from './time.ts';

type StatementRefusal = Refusal<'unknown' | 'duplicate' | 'state' | 'malformed'>;
type Decided = Result<readonly Effect[], StatementRefusal>;

const no = (type: StatementRefusal['type'], why: string, next: string) =>
  refuse(type, 'The event was not admitted.', why, next);

/** Lines per event and per row: every row but a statement's last is full, so a line is found by its number. */
export const linesPerRow = 200;
/** As many as fill a page beside what a row keeps of itself in its table: each leg is some 50 bytes. */
const legsPerRow = 80;

/** A line is named by its statement and its number in it. */
export const lineId = (statement: string, number: number): string => `${statement}#${number}`;

export const statementOfLine = (id: string): string => id.slice(0, id.lastIndexOf('#'));

export const legName = (leg: number): string => `leg ${leg}`;

/** A payment item as banks give it back; one text, so that lines and legs can be compared. */
const itemKey = (one: { readonly instruction: string; readonly item: number } | null): string | null =>
  one === null ? null : `${one.instruction}/${one.item}`;

// --- what enters -----------------------------------------------------------------------------------------------------------

export function receiveStatement(books: Books, event: EventOf<'statement.received'>): Decided {
  const { statement, asset, pool, day, opening, closing, entries } = event.body;
  const cash = books.get('account', houseAccountId('cash', asset, pool));
  if (cash === undefined)
    return no(
      'unknown',
      pool === undefined ? `This programme does not keep ${asset}.` : `There is no pool ${pool} in ${asset}.`,
      'Check the statement.',
    );
  if (books.get('statement', statement) !== undefined)
    return no('duplicate', `Statement ${statement} was received already.`, 'Nothing is needed.');
  const account = bankAccountKey(asset, pool);
  const before = books.get('openItems', account);
  const follows = before === undefined || before.closing === null ? opening === '0' : before.closing === opening;
  return ok([
    put('statement', statement, {
      ...{ asset, ...inPool(pool), day, opening, closing, books: booked(cash), entries, lines: 0, follows },
      reconciled: false,
      // Legs noted until now: what is booked later belongs to the next statement.
      legs: noted(books, account),
    }),
  ]);
}

/** The statement's lines, in order and without a gap. */
export function receiveLines(books: Books, event: EventOf<'statement.lines'>): Decided {
  const { statement, from, lines } = event.body;
  const received = books.get('statement', statement);
  if (received === undefined) return no('unknown', `There is no statement ${statement}.`, 'Import it first.');
  const upTo = from + lines.length;
  const isNext = from === received.lines && upTo <= received.entries;
  const isFull = lines.length === linesPerRow || upTo === received.entries;
  if (!isNext || !isFull)
    return no('state', `Line ${received.lines} of statement ${statement} comes next.`, 'Import the statement again.');
  return ok([
    put('statementLines', `${statement}|${from / linesPerRow}`, { lines }),
    put('statement', statement, { ...received, lines: upTo }),
  ]);
}

export interface NewCashLeg {
  readonly leg: number;
  readonly reference: string;
  readonly item: { readonly instruction: string; readonly item: number } | null;
  readonly amount: bigint;
  readonly valueDate: Day;
  /** The receipt in suspense, for money whose owner is not known. */
  readonly receipt: EventId | null;
}

const noted = (books: Books, account: string): number => books.get('cashLegs', account)?.count ?? 0;

/** Every leg on cash is noted with what a statement may name it by; `account` is its `bankAccountKey`. */
export function noteCashLeg(books: Books, account: string, leg: NewCashLeg): Effect[] {
  const count = noted(books, account);
  const row = `${account}|${Math.floor(count / legsPerRow)}`;
  const known = count % legsPerRow === 0 ? [] : (books.get('cashLegRow', row)?.legs ?? []);
  const { amount, item, ...rest } = leg;
  const one = { ...rest, item: itemKey(item), instruction: item?.instruction ?? null, amount: amount.toString() };
  return [put('cashLegRow', row, { legs: [...known, one] }), put('cashLegs', account, { count: count + 1 })];
}

// --- reconciling -----------------------------------------------------------------------------------------------------------

type OpenItems = Tables['openItems'];
type CashLeg = OpenItems['legs'][number];
type StatementLine = Tables['statementLines']['lines'][number];

export interface StatementReconciliation {
  readonly matches: readonly {
    readonly by: Match['by'];
    readonly lines: readonly string[];
    readonly legs: readonly number[];
  }[];
  /** Open after it, those that were open before with their key, age and owner. */
  readonly breaks: ReadonlyMap<string, Tables['break']>;
  /** Keys of breaks that this statement cleared. */
  readonly cleared: readonly string[];
  /** Legs that the bank cannot have yet. */
  readonly outstanding: readonly number[];
  /** No break but unknown payers, the statement follows the one before, and bank and outstanding legs make up the books. */
  readonly balanced: boolean;
  readonly effects: readonly Effect[];
}

export function lineOf(books: Books, id: string): StatementLine | undefined {
  const statement = statementOfLine(id);
  const number = Number(id.slice(statement.length + 1));
  const row = books.get('statementLines', `${statement}|${Math.floor(number / linesPerRow)}`);
  return row?.lines[number % linesPerRow];
}

/**
 * Matches a statement whose lines are complete against the cash legs noted before it, with everything that was open. Pure: a
 * dry run is this call without applying its effects. Undefined while lines are missing, and once it was reconciled.
 */
export function reconcileStatement(books: Books, statement: string): StatementReconciliation | undefined {
  const received = books.get('statement', statement);
  if (received === undefined || received.reconciled || received.lines !== received.entries) return undefined;
  const { asset, pool, day } = received;
  const account = bankAccountKey(asset, pool);
  const before: OpenItems = books.get('openItems', account) ?? emptyItems;
  const apart = new Set(before.apart);
  const lineIds = [
    ...before.lines.filter((id) => !apart.has(id)),
    ...Array.from({ length: received.entries }, (_, number) => lineId(statement, number)),
  ];
  const legs = [
    ...before.legs.filter((one) => !apart.has(legName(one.leg))),
    ...legsBetween(books, account, before.noted, received.legs),
  ];
  const amounts = new Map<number, bigint>();
  const bank = lineIds.map((id, number): BankLine => {
    const line = lineOf(books, id) as StatementLine;
    return {
      number,
      reference: line.reference,
      item: itemKey(line.item),
      amount: BigInt(line.amount),
      valueDate: line.valueDate,
    };
  });
  const ours = legs.map((leg): BookLine => {
    const amount = BigInt(leg.amount);
    amounts.set(leg.leg, amount);
    const { reference, item, instruction, valueDate } = leg;
    return { number: leg.leg, reference, item, instruction, amount, valueDate, unknownPayer: leg.receipt !== null };
  });
  const found = reconcileLines(bank, ours, day);
  const idsOf = (numbers: readonly number[]): string[] => numbers.map((number) => lineIds[number] as string);
  const matches = found.matches.map(({ by, bank: lines, books: sides }) => ({ by, lines: idsOf(lines), legs: sides }));
  const { breaks, cleared, next } = nameBreaks(books, received, before, found.breaks, idsOf, legs, statement);
  const openLines = new Set([...breaks.values()].filter(isOpenItem).flatMap((one) => one.lines));
  const openLegs = new Set([
    // The leg of a duplicate is paired: it is named for people to see, and the line said twice is not paired with it later.
    ...[...breaks.values()].filter((one) => isOpenItem(one) && one.kind !== 'duplicate').flatMap((one) => one.legs),
    ...found.outstanding,
  ]);
  const outstandingSum = found.outstanding.reduce((sum, leg) => sum + (amounts.get(leg) ?? 0n), 0n);
  const isExplained = BigInt(received.closing) + outstandingSum === received.books;
  const balanced = received.follows && isExplained && ![...breaks.values()].some(isOpenItem);
  return {
    matches,
    breaks,
    cleared,
    outstanding: found.outstanding,
    balanced,
    effects: [
      put('statement', statement, { ...received, reconciled: true }),
      ...matches.map((match, i) =>
        put('match', `${statement}|${i}`, { asset, ...inPool(pool), ...match, made: null, undone: null }),
      ),
      ...[...breaks].map(([key, one]) => put('break', key, one)),
      ...cleared.map((key) => put('break', key, { ...(books.get('break', key) as Tables['break']), state: 'cleared' })),
      put('openItems', account, {
        lines: [...before.lines.filter((id) => apart.has(id)), ...lineIds.filter((id) => openLines.has(id))],
        legs: [
          ...before.legs.filter((one) => apart.has(legName(one.leg))),
          ...legs.filter((leg) => openLegs.has(leg.leg)),
        ],
        apart: before.apart,
        breaks: [...breaks.keys()],
        noted: received.legs,
        nextBreak: next,
        statement,
        closing: received.closing,
      }),
    ],
  };
}

const emptyItems: OpenItems = {
  ...{ lines: [], legs: [], apart: [], breaks: [], noted: 0, nextBreak: 0, statement: null, closing: null },
};

/** An unknown payer's money is matched; every other break keeps its lines and legs open. */
const isOpenItem = (one: Tables['break']): boolean => one.kind !== 'unknown payer';

/** A noted cash leg by its number: rows are in the order of booking, so it is looked for by halves. */
export function cashLegOf(books: Books, account: string, leg: number): CashLeg | undefined {
  let [low, high] = [0, Math.floor(Math.max(0, noted(books, account) - 1) / legsPerRow)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const first = books.get('cashLegRow', `${account}|${middle}`)?.legs[0];
    if (first === undefined || first.leg > leg) high = middle - 1;
    else low = middle;
  }
  return books.get('cashLegRow', `${account}|${low}`)?.legs.find((one) => one.leg === leg);
}

function* legsBetween(books: Books, account: string, from: number, to: number): Generator<CashLeg> {
  for (let row = Math.floor(from / legsPerRow); row * legsPerRow < to; row++) {
    const legs = books.get('cashLegRow', `${account}|${row}`)?.legs ?? [];
    yield* legs.slice(Math.max(0, from - row * legsPerRow), Math.max(0, to - row * legsPerRow));
  }
}

/** A break that was open before keeps its key, its age and its owner; one whose lines and legs are all matched is cleared. */
function nameBreaks(
  books: Books,
  { asset, pool }: Pick<Tables['statement'], 'asset' | 'pool'>,
  before: OpenItems,
  found: readonly Break[],
  idsOf: (numbers: readonly number[]) => string[],
  legs: readonly CashLeg[],
  statement: string,
): { readonly breaks: Map<string, Tables['break']>; readonly cleared: string[]; readonly next: number } {
  const keys = new Map<string, string>();
  const breaks = new Map<string, Tables['break']>();
  for (const key of before.breaks) {
    const one = books.get('break', key);
    if (one === undefined || one.state !== 'open') continue;
    if (one.kind === 'unknown payer') {
      // It is settled by allocating the receipt, not by another statement.
      if ((books.get('receipt', one.receipt ?? '')?.remaining ?? 0n) > 0n) breaks.set(key, one);
      continue;
    }
    const names = [...one.lines, ...one.legs.map(legName)];
    // A person set what is left of it apart: no statement matches it again, and the break stays as it is.
    if (names.every((name) => before.apart.includes(name))) breaks.set(key, one);
    else for (const name of names) keys.set(name, key);
  }
  const receipts = new Map(legs.map((leg) => [leg.leg, leg.receipt]));
  let next = before.nextBreak;
  for (const { kind, bank, books: sides, difference, since, likely } of found) {
    const lines = idsOf(bank);
    const receipt = kind === 'unknown payer' ? (receipts.get(sides[0] ?? -1) ?? null) : null;
    if (kind === 'unknown payer' && (books.get('receipt', receipt ?? '')?.remaining ?? 0n) === 0n) continue;
    const known = [...lines, ...sides.map(legName)]
      .map((name) => keys.get(name))
      .find((key) => key !== undefined && !breaks.has(key));
    const old = known === undefined ? undefined : books.get('break', known);
    const key = known ?? `${bankAccountKey(asset, pool)}|${next}`;
    if (known === undefined) next += 1;
    // Of a line said twice nothing is known that was not known before, as long as nothing is paired with it.
    const isStillTwice = old?.kind === 'duplicate' && kind === 'missing in books';
    const said = isStillTwice ? { kind: old.kind, legs: old.legs } : { kind, legs: sides };
    const likelyName = likely === null ? null : lines.length > 0 ? legName(likely) : (idsOf([likely])[0] ?? null);
    breaks.set(key, {
      ...{ asset, ...inPool(pool), ...said, lines, difference },
      ...{ since: old?.since ?? since, receipt, likely: likelyName },
      ...{ statement: old?.statement ?? statement, owner: old?.owner ?? null, state: 'open', resolution: null },
    });
  }
  const cleared = before.breaks.filter((key) => !breaks.has(key) && books.get('break', key)?.state === 'open');
  return { breaks, cleared, next };
}

/** Commits to every match and break, so that a reconciliation that was stated is the one that is recomputed. */
export function reconciliationDigest(
  hash: Hash,
  { matches, breaks, cleared, outstanding }: StatementReconciliation,
): string {
  const named = [...breaks].map(([key, one]) => ({ ...one, key, difference: one.difference.toString() }));
  return bytesToBase64url(hash(canonicalBytes({ matches, breaks: named, cleared, outstanding })));
}

/** The gateway states what it found; everyone recomputes it, so a rosy reconciliation is refused. */
export function completeReconciliation(books: Books, event: EventOf<'reconciliation.completed'>, hash: Hash): Decided {
  const { statement, asset, bank, books: cash, outcome, matched, breaks, digest } = event.body;
  const received = books.get('statement', statement);
  if (received === undefined || received.asset !== asset)
    return no('unknown', `There is no statement ${statement} in ${asset}.`, 'Import it first.');
  if (received.reconciled)
    return no('duplicate', `Statement ${statement} is reconciled already.`, 'Nothing is needed.');
  const found = reconcileStatement(books, statement);
  if (found === undefined)
    return no('state', `Lines of statement ${statement} are missing.`, 'Import the statement again.');
  const isRight =
    bank === received.closing &&
    cash === received.books.toString() &&
    outcome === (found.balanced ? 'balanced' : 'break') &&
    matched === found.matches.length &&
    breaks === found.breaks.size &&
    digest === reconciliationDigest(hash, found);
  if (!isRight) return no('malformed', 'The figures are not those of statement and books.', 'Reconcile again.');
  return ok(found.effects);
}
