// What people do about breaks: pair lines with legs, undo a pairing, take a break on, and resolve one; each made and checked.

import { z } from 'zod';
import { bankAccountKey } from '../accounts.ts';
import { type Books, type Effect, inPool, put, type Tables } from '../books.ts';
import { eventId, nameId } from '../ids.ts';
import { platformBreakKinds } from '../platform-check.ts';
import { refuse } from '../result.ts';
import { cashLegOf, legName, lineOf, statementOfLine } from '../statement.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { malformed, money, unknown } from './refusals.ts';

const asset = z.string().max(12);
const reason = z.string().min(1).max(200);
/** `statement#number` of a line, `account|number` of a break, `statement|number` of a match. */
const key = z.string().min(3).max(80);

export const matchSchema = z.strictObject({
  kind: z.literal('match'),
  asset,
  lines: z.array(key).min(1).max(50),
  /** None, where lines of the bank undo one another. */
  legs: z.array(z.int().min(1)).max(50),
  reason,
});
export const unmatchSchema = z.strictObject({ kind: z.literal('unmatch'), match: key, reason });
export const assignBreakSchema = z.strictObject({ kind: z.literal('assign break'), break: key, owner: nameId });
export const resolveBreakSchema = z.strictObject({
  kind: z.literal('resolve break'),
  break: key,
  reason,
  /** The instruction that put it right in the books: a correction, an allocation; null where the bank put it right. */
  by: eventId.nullable(),
});

const what = 'The instruction was not admitted.';
const state = (why: string, next: string): InstructionRefusal => refuse('state', what, why, next).refusal;

type MatchInstruction = z.infer<typeof matchSchema>;
type Open = Tables['openItems'];

const openItems = (books: Books, account: string): Open | undefined => books.get('openItems', account);

const accountOf = ({ asset: code, pool }: { readonly asset: string; readonly pool?: string }): string =>
  bankAccountKey(code, pool);

/** The pool of the statement that the first line is of; lines of another pool are not open in its account. */
const poolOfMatch = ({ lines: [first = ''] }: MatchInstruction, books: Books) =>
  inPool(books.get('statement', statementOfLine(first))?.pool);
const accountOfMatch = (one: MatchInstruction, books: Books): string =>
  accountOf({ asset: one.asset, ...poolOfMatch(one, books) });

const lineSum = (books: Books, lines: readonly string[]): bigint =>
  lines.reduce((sum, id) => sum + BigInt(lineOf(books, id)?.amount ?? '0'), 0n);
const legSum = (open: Open['legs'], legs: readonly number[]): bigint =>
  legs.reduce((sum, leg) => sum + BigInt(open.find((one) => one.leg === leg)?.amount ?? '0'), 0n);

function sums(one: MatchInstruction, books: Books): { bank: bigint; ours: bigint } {
  const open = openItems(books, accountOfMatch(one, books))?.legs ?? [];
  return { bank: lineSum(books, one.lines), ours: legSum(open, one.legs) };
}

/**
 * Without items that are no longer open. A break says only what is left of it: it is cleared once nothing is. Who paid is
 * another question than whether bank and books have the money, so breaks of unknown payers stay.
 */
function withoutItems(
  books: Books,
  account: string,
  lines: readonly string[],
  legs: readonly number[],
  instruction: string,
): { readonly open: Open; readonly breaks: readonly Effect[] } {
  const before = openItems(books, account) as Open;
  const left = {
    ...before,
    lines: before.lines.filter((id) => !lines.includes(id)),
    legs: before.legs.filter((one) => !legs.includes(one.leg)),
    apart: before.apart.filter((name) => !lines.includes(name) && !legs.map(legName).includes(name)),
  };
  const over = new Set<string>();
  const breaks = before.breaks.flatMap((name): Effect[] => {
    const one = books.get('break', name);
    if (one?.state !== 'open' || one.kind === 'unknown payer') return [];
    const still = {
      lines: one.lines.filter((id) => !lines.includes(id)),
      legs: one.legs.filter((leg) => !legs.includes(leg)),
    };
    if (still.lines.length + still.legs.length === one.lines.length + one.legs.length) return [];
    // A leg that is named and not open, as that of a duplicate, keeps no break alive.
    if (still.lines.length > 0 || still.legs.some((leg) => left.legs.some((each) => each.leg === leg)))
      return [
        put('break', name, {
          ...{ ...one, ...still },
          difference: lineSum(books, still.lines) - legSum(left.legs, still.legs),
        }),
      ];
    over.add(name);
    return [put('break', name, { ...one, state: 'cleared', resolution: instruction })];
  });
  return { open: { ...left, breaks: before.breaks.filter((name) => !over.has(name)) }, breaks };
}

export const match: Kind<MatchInstruction> = {
  ...movesNothing,
  makers: ['teller'],
  consequence: (one, books) =>
    `${one.lines.length} statement line(s) and ${one.legs.length} booking(s) of ${money(one.asset, sums(one, books).bank)} are taken as the same. Reason: ${one.reason}`,
  check(one, books) {
    const open = openItems(books, accountOfMatch(one, books));
    if (new Set(one.lines).size !== one.lines.length || new Set(one.legs).size !== one.legs.length)
      return malformed('A line or a booking is named twice.');
    if (one.lines.length + one.legs.length < 2) return malformed('One line alone pairs with nothing.');
    const line = one.lines.find((id) => open?.lines.includes(id) !== true);
    if (line !== undefined) return unknown('open statement line', line);
    const leg = one.legs.find((number) => open?.legs.some((each) => each.leg === number) !== true);
    if (leg !== undefined) return unknown('open booking', String(leg));
    const { bank, ours } = sums(one, books);
    if (bank === ours) return undefined;
    const why = `The bank says ${money(one.asset, bank)} and the books say ${money(one.asset, ours)}.`;
    return refuse('limit', what, why, 'Match what is equal, and resolve the difference by a correction.').refusal;
  },
  effects(one, books, { instruction }) {
    const { asset: code, lines, legs } = one;
    const account = accountOfMatch(one, books);
    const { open, breaks } = withoutItems(books, account, lines, legs, instruction);
    return [
      put('match', `person|${instruction}`, {
        asset: code,
        ...poolOfMatch(one, books),
        by: 'person',
        lines,
        legs,
        made: instruction,
        undone: null,
      }),
      put('openItems', account, open),
      ...breaks,
    ];
  },
};

type Unmatch = z.infer<typeof unmatchSchema>;

/** What was paired is open again, under two breaks, and only a person pairs it again. */
export const unmatch: Kind<Unmatch> = {
  ...movesNothing,
  makers: ['teller'],
  consequence: (one, books) => {
    const known = books.get('match', one.match);
    return `The pairing of ${known?.lines.length ?? 0} statement line(s) with ${known?.legs.length ?? 0} booking(s) is undone. Reason: ${one.reason}`;
  },
  check(one, books) {
    const known = books.get('match', one.match);
    if (known === undefined) return unknown('match', one.match);
    return known.undone === null ? undefined : state('It was undone already.', 'Nothing is needed.');
  },
  effects(one, books, { instruction, today }) {
    const known = books.get('match', one.match) as Tables['match'];
    const { asset: code, lines, legs } = known;
    const account = accountOf(known);
    const before = openItems(books, account) as Open;
    const again = legs.flatMap((leg) => cashLegOf(books, account, leg) ?? []);
    const bank = lineSum(books, lines);
    const common = {
      ...{
        asset: code,
        ...inPool(known.pool),
        since: today,
        receipt: null,
        likely: null,
        owner: null,
        state: 'open' as const,
      },
      ...{ statement: statementOfLine(lines[0] as string), resolution: null },
    };
    // Lines that undid one another have no other side that could be missing.
    const sides = [
      { kind: 'missing in books' as const, lines, legs: [], difference: bank },
      { kind: 'missing at bank' as const, lines: [], legs, difference: -bank },
    ].filter((side) => side.lines.length + side.legs.length > 0);
    const names = sides.map((_, i) => `${account}|${before.nextBreak + i}`);
    return [
      put('match', one.match, { ...known, undone: instruction }),
      ...sides.map((side, i) => put('break', names[i] as string, { ...common, ...side })),
      put('openItems', account, {
        ...before,
        lines: [...before.lines, ...lines],
        legs: [...before.legs, ...again],
        apart: [...before.apart, ...lines, ...legs.map(legName)],
        breaks: [...before.breaks, ...names],
        nextBreak: before.nextBreak + names.length,
      }),
    ];
  },
};

type AssignBreak = z.infer<typeof assignBreakSchema>;

const openBreak = (books: Books, name: string): InstructionRefusal | undefined => {
  const one = books.get('break', name);
  if (one === undefined) return unknown('break', name);
  return one.state === 'open' ? undefined : state(`The break is ${one.state} already.`, 'Nothing is needed.');
};

export const assignBreak: Kind<AssignBreak> = {
  ...movesNothing,
  makers: ['teller', 'supervisor'],
  consequence: (one) => `${one.owner} takes on break ${one.break}.`,
  check(one, books) {
    const owner = books.get('operator', one.owner);
    const refusal = openBreak(books, one.break);
    if (refusal !== undefined) return refusal;
    if (owner === undefined) return unknown('operator', one.owner);
    return owner.revokedAt === undefined
      ? undefined
      : state(`${one.owner} was revoked and works here no more.`, 'Give it to somebody who does.');
  },
  effects: (one, books) => [
    put('break', one.break, { ...(books.get('break', one.break) as Tables['break']), owner: one.owner }),
  ],
};

const isPlatformBreak = (kind: Tables['break']['kind']): boolean => platformBreakKinds.some((one) => one === kind);

type ResolveBreak = z.infer<typeof resolveBreakSchema>;

export const resolveBreak: Kind<ResolveBreak> = {
  ...movesNothing,
  makers: ['teller'],
  consequence: (one, books) => {
    const known = books.get('break', one.break);
    const size = known === undefined ? '' : ` of ${money(known.asset, known.difference)}`;
    return `Break ${one.break} (${known?.kind ?? 'unknown'})${size} is resolved${one.by === null ? '' : ` by instruction ${one.by}`}. Reason: ${one.reason}`;
  },
  check(one, books) {
    const refusal = openBreak(books, one.break);
    if (refusal !== undefined || one.by === null) return refusal;
    const by = books.get('instruction', one.by);
    if (by === undefined) return unknown('instruction', one.by);
    return by.state === 'settled'
      ? undefined
      : state(`Instruction ${one.by} is ${by.state}.`, 'Wait until it is settled.');
  },
  effects(one, books, { instruction }) {
    const known = books.get('break', one.break) as Tables['break'];
    const resolved = put('break', one.break, { ...known, state: 'resolved', resolution: instruction });
    // What differs from a platform's file is no item of a statement.
    if (isPlatformBreak(known.kind)) return [resolved];
    // The money of an unknown payer is there on both sides: its line and its leg are no part of what is resolved.
    const [lines, legs] = known.kind === 'unknown payer' ? [[], []] : [known.lines, known.legs];
    const account = accountOf(known);
    const { open, breaks } = withoutItems(books, account, lines, legs, instruction);
    return [
      put('openItems', account, { ...open, breaks: open.breaks.filter((name) => name !== one.break) }),
      ...breaks,
      resolved,
    ];
  },
};
