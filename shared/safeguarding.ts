// Safeguarding: client money owed, built up from every single client balance, against client money held by the bank's own
// statement; per pool and asset, never netted across either. What is missing is a question, never a zero.

/** One pool in one asset at one moment; all figures in minor units. */
export interface PoolFigures {
  readonly pool: string;
  readonly asset: string;
  /** Booked balance of every client account of the pool. */
  readonly clients: Iterable<bigint>;
  /** Received and not yet allocated to a client, and paid out of an account but not yet settled by the bank. */
  readonly unallocated: bigint;
  readonly inTransit: bigint;
  /** Funds of platform and bank that lie in the same bank account: they are held there, and safeguard nobody. */
  readonly house: bigint;
  /** What the bank's statement says it holds; null where there is none. */
  readonly bank: bigint | null;
  /** Received elsewhere and not yet placed in the pool, and other assets or cover that rules let count. */
  readonly notPlaced: bigint;
  readonly cover: bigint;
  /** A difference up to this is shown and closes nothing. */
  readonly tolerance: bigint;
}

export const poolKey = (pool: string, asset: string): string => `${pool}|${asset}`;

export interface Safeguard {
  readonly pool: string;
  readonly asset: string;
  readonly owed: bigint;
  /** Null when it could not be performed for want of a statement. */
  readonly held: bigint | null;
  readonly shortfall: bigint;
  readonly excess: bigint;
  readonly outcome: 'met' | 'within tolerance' | 'shortfall' | 'not performed';
}

/** A client below zero owes money to others; it never makes up for them (CASS 7 practice: floored at zero). */
const owedTo = (clients: Iterable<bigint>): bigint => {
  let sum = 0n;
  for (const balance of clients) if (balance > 0n) sum += balance;
  return sum;
};

export function safeguard(figures: PoolFigures): Safeguard {
  const { pool, asset, bank, tolerance } = figures;
  const owed = owedTo(figures.clients) + figures.unallocated + figures.inTransit;
  if (bank === null) return { pool, asset, owed, held: null, shortfall: 0n, excess: 0n, outcome: 'not performed' };
  const held = bank - figures.house + figures.notPlaced + figures.cover;
  const shortfall = owed > held ? owed - held : 0n;
  const excess = held > owed ? held - owed : 0n;
  const outcome = shortfall === 0n ? 'met' : shortfall <= tolerance ? 'within tolerance' : 'shortfall';
  return { pool, asset, owed, held, shortfall, excess, outcome };
}

/** Money that must by now lie in the pool's own account: all that is owed less what may still be on its way there. */
export interface Placement {
  readonly required: bigint;
  readonly placed: bigint;
  readonly shortfall: bigint;
}

/**
 * The D+1 comparison (CASS 15.8): `stillAllowed` is what was received so lately that it need not be placed yet. It may fall
 * short although the pool as a whole does not.
 */
export function checkPlacement(owed: bigint, bank: bigint, stillAllowed: bigint): Placement {
  const required = owed - stillAllowed;
  return { required, placed: bank, shortfall: required > bank ? required - bank : 0n };
}

export interface ClientDifference {
  readonly account: string;
  /** Null where that side does not know the account. */
  readonly books: bigint | null;
  readonly platform: bigint | null;
}

/**
 * The books against the platform's own file, client by client: totals that agree while two clients are wrong are found.
 * Differences come in the order of account ids.
 */
export function compareWithPlatform(
  books: ReadonlyMap<string, bigint>,
  platform: ReadonlyMap<string, bigint>,
): ClientDifference[] {
  const differences: ClientDifference[] = [];
  for (const [account, ours] of books) {
    const theirs = platform.get(account) ?? null;
    if (theirs !== ours) differences.push({ account, books: ours, platform: theirs });
  }
  for (const [account, theirs] of platform)
    if (!books.has(account)) differences.push({ account, books: null, platform: theirs });
  return differences.sort((a, b) => (a.account < b.account ? -1 : 1));
}
