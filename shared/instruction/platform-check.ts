// Platform check: what came of holding the platform's own file against the books, stated into the log; each difference is a break
// with age and owner. The file stays outside: its digest, sums and differences are stated, and no name of anybody.

import { z } from 'zod';
import { houseAccountId, mainPool } from '../accounts.ts';
import { assetCode } from '../asset.ts';
import { type Books, booked, type Effect, inPool, poolOf, poolOfAccount, put, type Tables } from '../books.ts';
import { digest, nameId } from '../ids.ts';
import { quantityText, signedText } from '../money.ts';
import { differenceName, isCompared, isStrange, legsAtEndOf, platformBreakKinds } from '../platform-check.ts';
import { platformMappingSchema } from '../platform-file.ts';
import { refuse } from '../result.ts';
import { poolKey } from '../safeguarding.ts';
import { type Day, day } from '../time.ts';
import { type InstructionRefusal, type Kind, type Moment, movesNothing } from './kind.ts';
import { duplicate, malformed, money, unknown } from './refusals.ts';

/** Differences of one instruction; a file with more of them is stated in several, each for a stretch of names. */
export const differencesAtOnce = 150;

const name = z.string().max(100);

export const platformCheckSchema = z.strictObject({
  kind: z.literal('platform check'),
  platform: platformMappingSchema.shape.platform,
  /** SHA-256 of the file as the platform gave it. */
  file: digest,
  /** The day whose end it is as of, and how many legs the books had then. */
  day,
  legs: z.int().min(0),
  /** Those that the file speaks of. */
  assets: z.array(assetCode).min(1).max(40),
  totals: z
    .array(
      z.strictObject({
        ...{ pool: nameId, asset: assetCode, rows: z.int().min(0), accounts: z.int().min(0) },
        ...{ platform: signedText, books: quantityText },
      }),
    )
    .max(200),
  /** Differences of the whole file. */
  found: z.int().min(0),
  /** The stretch of names that the differences here are all of: from the first, before the other; empty for no bound. */
  from: name,
  until: name,
  differences: z
    .array(
      z.strictObject({
        kind: z.enum(platformBreakKinds),
        ...{ account: nameId.nullable(), unknown: digest.nullable(), asset: assetCode },
        ...{ platform: signedText.nullable(), books: quantityText.nullable() },
      }),
    )
    .max(differencesAtOnce),
});
export type PlatformCheck = z.infer<typeof platformCheckSchema>;
type Difference = PlatformCheck['differences'][number];

const what = 'The comparison was not admitted.';
const again = 'Compare the file again.';
const wrong = (why: string): InstructionRefusal => refuse('malformed', what, why, again).refusal;

export const platformCheck: Kind<PlatformCheck> = {
  ...movesNothing,
  makers: ['teller', 'supervisor', 'compliance', 'officer'],
  consequence(one) {
    const sums = one.totals.map(
      ({ pool, asset, platform, books }) =>
        `pool ${pool}: platform ${money(asset, BigInt(platform))}, books ${money(asset, BigInt(books))}`,
    );
    const part = one.from === '' && one.until === '' ? '' : ` (${one.differences.length} of them here)`;
    return `The file of platform ${one.platform} as of ${one.day} was held against the books: ${one.found} difference(s)${part}. ${sums.join('; ')}.`;
  },
  check: (one, books, moment) =>
    refuseRepeat(one, books) ?? refuseDay(one, books, moment) ?? refuseOrder(one) ?? refuseFigures(one, books),
  effects: (one, books, { instruction }) => [
    put('platformCheck', `${one.file}|${one.from}`, { platform: one.platform, day: one.day, instruction }),
    ...breakEffects(one, books, instruction),
  ],
};

function refuseRepeat(one: PlatformCheck, books: Books): InstructionRefusal | undefined {
  if (books.get('platformCheck', `${one.file}|${one.from}`) !== undefined) return duplicate('This file', one.file);
  const newest = books.get('platform', one.platform)?.day;
  return newest === undefined || newest <= one.day
    ? undefined
    : refuse('state', what, `A file as of ${newest} was compared already.`, 'Compare the newest file.').refusal;
}

function refuseDay(one: PlatformCheck, books: Books, { today }: Moment): InstructionRefusal | undefined {
  if (one.day > today) return wrong(`Day ${one.day} has not come yet.`);
  const legs = legsAtEndOf(books, one.day);
  if (legs === undefined) return wrong(`The books do not go back to ${one.day}.`);
  // Of a day that is not over, the file may be of any moment.
  const isRight = one.day === today ? one.legs <= legs : one.legs === legs;
  return isRight ? undefined : wrong(`By the end of ${one.day} the books had ${legs} legs.`);
}

function refuseOrder(one: PlatformCheck): InstructionRefusal | undefined {
  let before = '';
  for (const difference of one.differences) {
    const here = differenceName(difference);
    if (here <= before || here < one.from || (one.until !== '' && here >= one.until))
      return wrong('Its differences are not in order, or not of its stretch.');
    before = here;
  }
  return undefined;
}

/** Whatever has not moved since then, the books still show; of the rest, the terminal of the maker and the file are the proof. */
function refuseFigures(one: PlatformCheck, books: Books): InstructionRefusal | undefined {
  const strange = [...one.totals, ...one.differences].find(({ asset }) => !one.assets.includes(asset));
  if (strange !== undefined) return wrong(`It does not speak of ${strange.asset}.`);
  for (const total of one.totals)
    if (books.get('account', houseAccountId('cash', total.asset, total.pool)) === undefined)
      return unknown(`pool with ${total.asset}`, total.pool);
  for (const difference of one.differences) {
    const refusal = refuseDifference(difference, one, books);
    if (refusal !== undefined) return refusal;
  }
  return refuseSums(one, books);
}

function refuseDifference(
  { kind, account: id, unknown: keyed, asset, platform, books: ours }: Difference,
  one: PlatformCheck,
  books: Books,
): InstructionRefusal | undefined {
  if ((id === null) !== (kind === 'unknown to books') || (keyed === null) === (id === null))
    return wrong('A difference names nothing, or twice.');
  if (id === null)
    return ours === null && platform !== null ? undefined : wrong('What is not in the books has no sum.');
  const account = books.get('account', id);
  if (account === undefined || !isCompared(account)) return unknown('client account', id);
  if (kind === 'platform asset')
    return account.asset !== asset && ours === null && platform !== null
      ? undefined
      : wrong(`Account ${id} is in ${account.asset}.`);
  if (account.asset !== asset || ours === null) return wrong(`Account ${id} is in ${account.asset}.`);
  const isRight =
    kind === 'missing at platform'
      ? platform === null && ours !== '0'
      : platform !== null && (kind === 'platform duplicate' || platform !== ours);
  if (!isRight) return wrong(`Account ${id} does not differ so.`);
  return account.lastLeg > one.legs || booked(account) === BigInt(ours)
    ? undefined
    : wrong(`Account ${id} had ${money(asset, booked(account))} in the books.`);
}

/** Sums follow from the differences where all of them are here, and from the accounts where none has moved since. */
function refuseSums(one: PlatformCheck, books: Books): InstructionRefusal | undefined {
  const ours = new Map<string, { sum: bigint; accounts: number; hasMoved: boolean }>();
  for (const [, account] of books.all('account')) {
    if (!isCompared(account) || !one.assets.includes(account.asset)) continue;
    const key = poolKey(poolOf(account), account.asset);
    const of = ours.get(key) ?? { sum: 0n, accounts: 0, hasMoved: false };
    const balance = booked(account);
    of.sum += balance;
    if (balance !== 0n) of.accounts += 1;
    of.hasMoved ||= account.lastLeg > one.legs;
    ours.set(key, of);
  }
  const isWhole = one.from === '' && one.until === '';
  if (isWhole && one.found !== one.differences.length) return wrong('It does not have all its differences.');
  const apart = new Map<string, bigint>();
  for (const { kind, account, asset, platform, books: stated } of one.differences) {
    const key = poolKey(isStrange(kind) ? mainPool : poolOfAccount(books, account ?? ''), asset);
    apart.set(key, (apart.get(key) ?? 0n) + BigInt(platform ?? '0') - BigInt(stated ?? '0'));
  }
  const stated = new Set<string>();
  for (const { pool, asset, platform, books: sum, accounts } of one.totals) {
    const key = poolKey(pool, asset);
    if (stated.has(key)) return malformed('A pool is totalled twice.');
    stated.add(key);
    if (isWhole && BigInt(platform) - BigInt(sum) !== (apart.get(key) ?? 0n))
      return wrong(`The differences in pool ${pool} do not make up its sums.`);
    const of = ours.get(key) ?? { sum: 0n, accounts: 0, hasMoved: false };
    if (!of.hasMoved && (of.sum !== BigInt(sum) || of.accounts !== accounts))
      return wrong(`The books owe ${money(asset, of.sum)} to ${of.accounts} client(s) in pool ${pool}.`);
  }
  for (const [key, of] of ours)
    if (!stated.has(key) && !of.hasMoved && of.sum !== 0n) return wrong(`Pool ${key} is not totalled.`);
  for (const key of apart.keys()) if (!stated.has(key)) return wrong(`Pool ${key} is not totalled.`);
  return undefined;
}

/** A difference that was there before keeps its break, with age and owner; one that is gone is cleared. */
function breakEffects(one: PlatformCheck, books: Books, instruction: string): Effect[] {
  const before = books.get('platform', one.platform) ?? { day: one.day, open: [], next: 0 };
  const isHere = (at: string): boolean =>
    at >= one.from && (one.until === '' || at < one.until) && one.assets.includes(at.slice(at.lastIndexOf('|') + 1));
  const known = new Map(before.open.map(({ name: at, key }) => [at, key]));
  const effects: Effect[] = [];
  const open = before.open.filter(({ name: at }) => !isHere(at));
  let next = before.next;
  const still = new Set<string>();
  for (const difference of one.differences) {
    const at = differenceName(difference);
    const old = known.get(at);
    const row = old === undefined ? undefined : books.get('break', old);
    const isOpen = row?.state === 'open';
    const key = isOpen ? (old as string) : `platform:${one.platform}|${next++}`;
    still.add(key);
    open.push({ name: at, key });
    effects.push(put('break', key, breakOf(difference, one, books, isOpen ? row : undefined)));
  }
  for (const { name: at, key } of before.open) {
    const row = books.get('break', key);
    if (isHere(at) && !still.has(key) && row?.state === 'open')
      effects.push(put('break', key, { ...row, state: 'cleared', resolution: instruction }));
  }
  open.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...effects, put('platform', one.platform, { day: one.day, open, next })];
}

function breakOf(
  { kind, account, asset, platform, books: ours }: Difference,
  one: PlatformCheck,
  books: Books,
  before: Tables['break'] | undefined,
): Tables['break'] {
  const pool = account === null ? undefined : books.get('account', account)?.pool;
  return {
    ...{ asset, ...inPool(pool), kind, lines: [], legs: [] },
    ...(account === null ? {} : { account }),
    difference: BigInt(platform ?? '0') - BigInt(ours ?? '0'),
    since: before?.since ?? (one.day as Day),
    ...{ statement: before?.statement ?? one.file, receipt: null, likely: null, owner: before?.owner ?? null },
    ...{ state: 'open', resolution: null },
  };
}
