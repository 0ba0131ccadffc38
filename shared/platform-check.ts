// The third leg: the books against the platform's own file, client by client, as of the end of a day. Pure; the terminal finds the
// differences, and everybody checks of a stated comparison what the books still show.

import { bankAccountKey, mainPool } from './accounts.ts';
import { type Books, head, type LedgerAccount, poolOf, programmeOf } from './books.ts';
import type { PlatformRow } from './platform-file.ts';
import { compareWithPlatform } from './safeguarding.ts';
import { addDays, type Day, dayOf } from './time.ts';

export const platformBreakKinds = [
  'platform amount',
  'missing at platform',
  'unknown to books',
  'platform duplicate',
  'platform asset',
] as const;
export type PlatformBreakKind = (typeof platformBreakKinds)[number];

export interface PlatformDifference {
  readonly kind: PlatformBreakKind;
  /** The ledger account; null where the books do not know what the file names. */
  readonly account: string | null;
  /** A keyed id of the account text that the books do not know. */
  readonly unknown: string | null;
  readonly asset: string;
  /** Minor units as text; null where that side has nothing to say. */
  readonly platform: string | null;
  readonly books: string | null;
}

/** What a row names is in no pool of the books: its amount is totalled under the main one. */
export const isStrange = (kind: PlatformBreakKind): boolean => kind === 'unknown to books' || kind === 'platform asset';

/** One name per difference of a file; they are stated in the order of their names. */
export const differenceName = ({ account, unknown, asset }: Omit<PlatformDifference, 'kind' | 'platform' | 'books'>) =>
  `${account === null ? `u${unknown}` : `a${account}`}|${asset}`;

/** Sums of one pool and asset on both sides, minor units as text; and how many there are of rows, and of accounts with money. */
export interface PlatformTotal {
  readonly pool: string;
  readonly asset: string;
  readonly rows: number;
  readonly accounts: number;
  readonly platform: string;
  readonly books: string;
}

export interface PlatformComparison {
  readonly totals: readonly PlatformTotal[];
  readonly differences: readonly PlatformDifference[];
  /** What the file calls what the books do not know, by its keyed id: for the screen, never for the log. */
  readonly unknownTexts: ReadonlyMap<string, string>;
}

/** An account as of the moment that is compared. */
export interface AccountThen {
  readonly id: string;
  readonly asset: string;
  readonly pool: string;
  readonly number: string | null;
  readonly balance: bigint;
}

export interface PlatformParts {
  readonly accounts: Iterable<AccountThen>;
  readonly rows: readonly PlatformRow[];
  /** Those that the file speaks of: it says nothing of money in others. */
  readonly assets: readonly string[];
  readonly accountIs: 'id' | 'number';
  /** Names in the log, by a keyed id, what the books do not know. */
  readonly keyedId: (text: string) => string;
}

/** An account without money may be missing in the file; everything else that is not the same on both sides is a difference. */
export function comparePlatform({ accounts, rows, assets, accountIs, keyedId }: PlatformParts): PlatformComparison {
  const byText = new Map<string, AccountThen[]>();
  const byId = new Map<string, AccountThen>();
  const totals = newTotals();
  for (const one of accounts) {
    byId.set(one.id, one);
    const text = accountIs === 'id' ? one.id : one.number;
    if (text !== null) byText.set(text, [...(byText.get(text) ?? []), one]);
    if (one.balance !== 0n && assets.includes(one.asset))
      totals.add(one.pool, one.asset, { accounts: 1, books: one.balance });
  }
  const platform = new Map<string, bigint>();
  const repeated = new Set<string>();
  /** Rows of what the books do not know, and of accounts in another asset, by their difference's name. */
  const unknownTexts = new Map<string, string>();
  const strange = new Map<string, { readonly one: PlatformDifference; sum: bigint }>();
  for (const { account: text, asset, amount } of rows) {
    const known = byText.get(text);
    const right = known?.find((one) => one.asset === asset);
    totals.add(right?.pool ?? mainPool, asset, { rows: 1, platform: amount });
    if (right !== undefined) {
      if (platform.has(right.id)) repeated.add(right.id);
      platform.set(right.id, (platform.get(right.id) ?? 0n) + amount);
      continue;
    }
    const [wrong] = known ?? [];
    const one: PlatformDifference = {
      kind: wrong === undefined ? 'unknown to books' : 'platform asset',
      ...{ account: wrong?.id ?? null, unknown: wrong === undefined ? keyedId(text) : null, asset },
      ...{ platform: null, books: null },
    };
    if (one.unknown !== null) unknownTexts.set(one.unknown, text);
    const name = differenceName(one);
    const before = strange.get(name);
    if (before === undefined) strange.set(name, { one, sum: amount });
    else before.sum += amount;
  }
  const ours = new Map<string, bigint>();
  for (const one of byId.values())
    if (assets.includes(one.asset) && (one.balance !== 0n || platform.has(one.id))) ours.set(one.id, one.balance);
  const differences = compareWithPlatform(ours, platform).map(
    ({ account, books, platform: theirs }): PlatformDifference => ({
      kind: repeated.has(account) ? 'platform duplicate' : theirs === null ? 'missing at platform' : 'platform amount',
      ...{ account, unknown: null, asset: byId.get(account)?.asset ?? '' },
      ...{ platform: theirs?.toString() ?? null, books: books?.toString() ?? null },
    }),
  );
  // Twice in the file is wrong although both together are right.
  const named = new Set(differences.map(({ account }) => account));
  for (const account of repeated)
    if (!named.has(account)) {
      const [asset, books] = [byId.get(account)?.asset ?? '', ours.get(account)?.toString() ?? null];
      const theirs = platform.get(account)?.toString() ?? null;
      differences.push({ kind: 'platform duplicate', account, unknown: null, asset, platform: theirs, books });
    }
  for (const { one, sum } of strange.values()) differences.push({ ...one, platform: sum.toString() });
  return { totals: totals.all(), differences: differences.sort(byName), unknownTexts };
}

const byName = (a: PlatformDifference, b: PlatformDifference): number =>
  differenceName(a) < differenceName(b) ? -1 : 1;

function newTotals() {
  const sums = new Map<string, { pool: string; asset: string; rows: number; accounts: number; p: bigint; b: bigint }>();
  return {
    add(pool: string, asset: string, more: { rows?: number; accounts?: number; platform?: bigint; books?: bigint }) {
      const key = bankAccountKey(asset, pool);
      const sum = sums.get(key) ?? { pool, asset, rows: 0, accounts: 0, p: 0n, b: 0n };
      sum.rows += more.rows ?? 0;
      sum.accounts += more.accounts ?? 0;
      sum.p += more.platform ?? 0n;
      sum.b += more.books ?? 0n;
      sums.set(key, sum);
    },
    all: (): PlatformTotal[] =>
      [...sums.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { p, b, ...rest }]) => ({ ...rest, platform: p.toString(), books: b.toString() })),
  };
}

/** Longest look back for the end of a day on which nothing happened. */
const lookBackDays = 400;

/** How many legs were booked by the end of a day; undefined before the programme was opened, and for a day too long ago. */
export function legsAtEndOf(books: Books, on: Day): number | undefined {
  const now = head(books);
  if (on >= dayOf(now.admittedAt)) return now.legs;
  const opened = programmeOf(books)?.openedOn;
  if (opened === undefined || on < opened) return undefined;
  for (let back = 0; back <= lookBackDays; back++) {
    const end = books.get('dayEnd', addDays(on, -back));
    if (end !== undefined) return end.legs;
  }
  return undefined;
}

/** Whether the file of a platform says what an account had: money of a client. */
export const isCompared = (account: LedgerAccount): boolean => account.class === 'client';

export const thenOf = (account: LedgerAccount, balance: bigint): AccountThen => ({
  ...{ id: account.id, asset: account.asset, pool: poolOf(account), number: account.number, balance },
});
