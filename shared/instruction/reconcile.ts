// What people do about breaks: pair lines with legs, undo a pairing, take a break on, and resolve one; each made and checked.

import { z } from 'zod';
import { type Books, type Effect, put, type Tables } from '../books.ts';
import { eventId, nameId } from '../ids.ts';
import { refuse } from '../result.ts';
import { cashLegOf, legName, lineOf } from '../statement.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { malformed, money, unknown } from './refusals.ts';

const asset = z.string().max(12);
const reason = z.string().min(1).max(200);
/** `statement#number` of a line, `asset|number` of a break, `statement|number` of a match. */
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

const openItems = (books: Books, code: string): Open | undefined => books.get('openItems', code);

function sums({ asset: code, lines, legs }: MatchInstruction, books: Books): { bank: bigint; ours: bigint } {
  const open = openItems(books, code)?.legs ?? [];
  const bank = lines.reduce((sum, id) => sum + BigInt(lineOf(books, id)?.amount ?? '0'), 0n);
  const ours = legs.reduce((sum, leg) => sum + BigInt(open.find((one) => one.leg === leg)?.amount ?? '0'), 0n);
  return { bank, ours };
}

/** Items that are no longer open take their breaks with them, once nothing of a break is left. */
function withoutItems(
  books: Books,
  code: string,
  lines: readonly string[],
  legs: readonly number[],
): { readonly open: Open; readonly emptied: readonly string[] } {
  const before = openItems(books, code) as Open;
  const open = {
    ...before,
    lines: before.lines.filter((id) => !lines.includes(id)),
    legs: before.legs.filter((one) => !legs.includes(one.leg)),
    apart: before.apart.filter((name) => !lines.includes(name) && !legs.map(legName).includes(name)),
  };
  const isLeft = (one: Tables['break']): boolean =>
    one.kind === 'unknown payer' ||
    one.lines.some((id) => open.lines.includes(id)) ||
    one.legs.some((leg) => open.legs.some((each) => each.leg === leg));
  const emptied = before.breaks.filter((name) => {
    const one = books.get('break', name);
    return one?.state === 'open' && !isLeft(one);
  });
  return { open: { ...open, breaks: before.breaks.filter((name) => !emptied.includes(name)) }, emptied };
}

export const match: Kind<MatchInstruction> = {
  ...movesNothing,
  makers: ['teller'],
  consequence: (one, books) =>
    `${one.lines.length} statement line(s) and ${one.legs.length} booking(s) of ${money(one.asset, sums(one, books).bank)} are taken as the same. Reason: ${one.reason}`,
  check(one, books) {
    const open = openItems(books, one.asset);
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
    const { open, emptied } = withoutItems(books, one.asset, one.lines, one.legs);
    const { asset: code, lines, legs } = one;
    return [
      put('match', `person|${instruction}`, {
        asset: code,
        by: 'person',
        lines,
        legs,
        made: instruction,
        undone: null,
      }),
      put('openItems', code, open),
      ...closed(books, emptied, 'cleared', instruction),
    ];
  },
};

const closed = (
  books: Books,
  names: readonly string[],
  word: 'cleared' | 'resolved',
  resolution: string | null,
): Effect[] =>
  names.flatMap((name) => {
    const one = books.get('break', name);
    return one === undefined ? [] : [put('break', name, { ...one, state: word, resolution })];
  });

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
    const before = openItems(books, code) as Open;
    const again = legs.flatMap((leg) => cashLegOf(books, code, leg) ?? []);
    const bank = lines.reduce((sum, id) => sum + BigInt(lineOf(books, id)?.amount ?? '0'), 0n);
    const common = {
      asset: code,
      since: today,
      statement: one.match.split('|')[0] as string,
      receipt: null,
      likely: null,
    };
    const open = { owner: null, state: 'open' as const, resolution: null };
    const names = [before.nextBreak, before.nextBreak + 1].map((number) => `${code}|${number}`) as [string, string];
    return [
      put('match', one.match, { ...known, undone: instruction }),
      put('break', names[0], { ...common, ...open, kind: 'missing in books', lines, legs: [], difference: bank }),
      put('break', names[1], { ...common, ...open, kind: 'missing at bank', lines: [], legs, difference: -bank }),
      put('openItems', code, {
        ...before,
        lines: [...before.lines, ...lines],
        legs: [...before.legs, ...again],
        apart: [...before.apart, ...lines, ...legs.map(legName)],
        breaks: [...before.breaks, ...names],
        nextBreak: before.nextBreak + 2,
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
  check: (one, books) =>
    openBreak(books, one.break) ??
    (books.get('operator', one.owner) === undefined ? unknown('operator', one.owner) : undefined),
  effects: (one, books) => [
    put('break', one.break, { ...(books.get('break', one.break) as Tables['break']), owner: one.owner }),
  ],
};

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
    const { open } = withoutItems(books, known.asset, known.lines, known.legs);
    return [
      put('openItems', known.asset, { ...open, breaks: open.breaks.filter((name) => name !== one.break) }),
      put('break', one.break, { ...known, state: 'resolved', resolution: instruction }),
    ];
  },
};
