// The clerk's desk for the platform's own lists: one is taken when it is of a day that the pages know, and of money that has not moved
// since says what the pages say.

import type { Instruction } from '../../shared/instruction/schema.ts';
import type { Day } from '../../shared/time.ts';
import type { Clerk } from './clerk.ts';
import { assetOfPot, potOf } from './pots.ts';

export type PlatformList = Extract<Instruction, { kind: 'platform check' }>;
type Difference = PlatformList['differences'][number];

interface PlatformBreak {
  readonly word: 'open' | 'resolved' | 'cleared';
  readonly kind: string;
  readonly difference: bigint;
  readonly since: string;
  readonly statement: string;
  readonly owner: string | null;
}

/** As they are written in order: an account, or what the pages do not know, and the asset. */
const nameOf = ({ account, unknown, asset }: Difference): string =>
  account === null ? `u${unknown}|${asset}` : `a${account}|${asset}`;
const gapOf = ({ platform, books }: Difference): bigint => BigInt(platform ?? '0') - BigInt(books ?? '0');

/** What it is booked under: what the pages do not have in that asset lies in no pool, and is added up under the main one. */
const potOfDifference = (clerk: Clerk, { kind, account, asset }: Difference): string =>
  kind === 'unknown to books' || kind === 'platform asset' ? asset : potOf(asset, clerk.poolOf(account ?? ''));

export class PlatformDesk {
  /** How far the pages had moved when the books had so many legs, read off by whoever held a list against them. */
  readonly #marks = new Map<number, number>();
  readonly #lastMoved = new Map<string, number>();
  readonly #byEndOf = new Map<Day, number>();
  #moved = 0;
  #today: Day | undefined;
  readonly stated = new Set<string>();
  readonly platforms = new Map<
    string,
    { readonly day: Day; readonly open: Map<string, string>; readonly next: number }
  >();
  readonly breaks = new Map<string, PlatformBreak>();

  mark(legs: number, endOf: Day): void {
    const moved = this.movedBy(endOf);
    if (moved !== undefined) this.#marks.set(legs, moved);
  }

  noteMove(account: string): void {
    this.#moved += 1;
    this.#lastMoved.set(account, this.#moved);
  }

  /** Before each record. */
  turnTo(day: Day): void {
    if (this.#today !== undefined && this.#today !== day) this.#byEndOf.set(this.#today, this.#moved);
    this.#today = day;
  }

  /** How far the pages had moved by the end of a day; undefined before there were any. */
  movedBy(day: Day): number | undefined {
    if (this.#today !== undefined && day >= this.#today) return this.#moved;
    return [...this.#byEndOf].filter(([on]) => on <= day).at(-1)?.[1];
  }

  whyNot(one: PlatformList, clerk: Clerk, today: Day): string | undefined {
    const known = this.platforms.get(one.platform);
    if (this.stated.has(`${one.file}|${one.from}`)) return 'stated already';
    if (known !== undefined && known.day > one.day) return 'an older list';
    const [then, mark] = [this.movedBy(one.day), this.#marks.get(one.legs)];
    if (one.day > today || then === undefined) return 'of no day that the pages know';
    if (mark === undefined || (one.day === today ? mark > then : mark !== then)) return 'of other pages';
    return this.#whyNoList(one, clerk) ?? this.#whyNoSums(one, clerk, (id) => (this.#lastMoved.get(id) ?? 0) > mark);
  }

  #whyNoList({ differences, from, until, assets, totals }: PlatformList, clerk: Clerk): string | undefined {
    const names = differences.map(nameOf);
    if (names.some((name, i) => i > 0 && name <= (names[i - 1] as string))) return 'out of order';
    if (names.some((name) => name < from || (until !== '' && name >= until))) return 'of another stretch';
    if ([...totals, ...differences].some(({ asset }) => !assets.includes(asset))) return 'of another asset';
    return totals.every(({ asset, pool }) => clerk.accounts.has(`cash:${potOf(asset, pool)}`)) ? undefined : 'no pool';
  }

  #whyNoSums(one: PlatformList, clerk: Clerk, hasMoved: (account: string) => boolean): string | undefined {
    const isWhole = one.from === '' && one.until === '';
    if (isWhole && one.found !== one.differences.length) return 'not all of them';
    const gaps = new Map<string, bigint>();
    for (const each of one.differences) {
      const why = whyNoDifference(each, clerk, hasMoved);
      if (why !== undefined) return why;
      const pot = potOfDifference(clerk, each);
      gaps.set(pot, (gaps.get(pot) ?? 0n) + gapOf(each));
    }
    const totalled = new Set(one.totals.map(({ asset, pool }) => potOf(asset, pool)));
    if (totalled.size < one.totals.length || [...gaps.keys()].some((pot) => !totalled.has(pot)))
      return 'badly totalled';
    for (const pot of clerk.pots) {
      const all = clientsIn(clerk, pot);
      const total = one.totals.find(({ asset, pool }) => potOf(asset, pool) === pot);
      if (total === undefined) {
        const isOf = one.assets.includes(assetOfPot(pot)) && sumOf(all) !== 0n;
        if (isOf && !all.some(([id]) => hasMoved(id))) return 'not totalled';
        continue;
      }
      const gap = BigInt(total.platform) - BigInt(total.books);
      if (isWhole && gap !== (gaps.get(pot) ?? 0n)) return 'sums that the differences do not make up';
      if (all.some(([id]) => hasMoved(id))) continue;
      const right = sumOf(all) === BigInt(total.books) && withMoney(all) === total.accounts;
      if (!right) return 'other sums than the pages have';
    }
    return undefined;
  }

  /** A difference that is still there keeps its break; one that is gone in the stretch that was looked at is cleared. */
  take(one: PlatformList): void {
    this.stated.add(`${one.file}|${one.from}`);
    const before = this.platforms.get(one.platform) ?? { day: one.day, open: new Map<string, string>(), next: 0 };
    const isLookedAt = (name: string): boolean =>
      name >= one.from && (one.until === '' || name < one.until) && one.assets.includes(name.split('|')[1] ?? '');
    const open = new Map([...before.open].filter(([name]) => !isLookedAt(name)));
    let { next } = before;
    for (const each of one.differences) {
      const name = nameOf(each);
      const old = this.breaks.get(before.open.get(name) ?? '');
      const isOpen = old?.word === 'open';
      const key = isOpen ? (before.open.get(name) as string) : `platform:${one.platform}|${next++}`;
      open.set(name, key);
      const [since, statement, owner] = isOpen ? [old.since, old.statement, old.owner] : [one.day, one.file, null];
      this.breaks.set(key, { word: 'open', kind: each.kind, difference: gapOf(each), since, statement, owner });
    }
    const still = new Set(open.values());
    for (const [name, key] of before.open) {
      const old = this.breaks.get(key) as PlatformBreak;
      if (isLookedAt(name) && !still.has(key) && old.word === 'open') this.breaks.set(key, { ...old, word: 'cleared' });
    }
    this.platforms.set(one.platform, { day: one.day, open, next });
  }

  change(name: string, to: Partial<PlatformBreak>): void {
    this.breaks.set(name, { ...(this.breaks.get(name) as PlatformBreak), ...to });
  }
}

export const clientsIn = (clerk: Clerk, pot: string): (readonly [string, bigint])[] =>
  [...clerk.accounts].flatMap(([id, one]) =>
    one.client !== null && one.pot === pot ? [[id, one.booked] as const] : [],
  );
export const sumOf = (all: readonly (readonly [string, bigint])[]): bigint =>
  all.reduce((sum, [, booked]) => sum + booked, 0n);
export const withMoney = (all: readonly (readonly [string, bigint])[]): number =>
  all.filter(([, booked]) => booked !== 0n).length;

function whyNoDifference(
  { kind, account: id, asset, platform, books }: Difference,
  clerk: Clerk,
  hasMoved: (account: string) => boolean,
): string | undefined {
  if (id === null) return undefined;
  const account = clerk.accounts.get(id);
  if (account === undefined || account.client === null) return 'no account of a client';
  if (kind === 'platform asset') return account.asset === asset ? 'in that asset after all' : undefined;
  if (account.asset !== asset) return 'in another asset';
  const differs = kind === 'missing at platform' ? books !== '0' : kind === 'platform duplicate' || platform !== books;
  if (!differs) return 'no difference';
  return hasMoved(id) || account.booked === BigInt(books ?? '') ? undefined : 'not what the pages say';
}
