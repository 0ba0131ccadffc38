// What one caller can take of a node, so that the others still get theirs. docs/limits.md says what happens beyond.

export const gatewayLimits = {
  headerBytes: 8_192,
  /** From the first byte of a request to the end of its headers, and to its end. */
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 20_000,
  /** A connection that says nothing at all. */
  silentMs: 60_000,
  connections: 2_000,
  requestsPerConnection: 10_000,
  /** 200 events of 64 KiB, and their details. */
  submissionBytes: 16 << 20,
  otherBodyBytes: 128 << 10,
  jsonDepth: 16,
  /** Requests being worked on: of one terminal, and of all. */
  underWayPerTerminal: 8,
  underWay: 128,
} as const;
export type GatewayLimits = { readonly [name in keyof typeof gatewayLimits]: number };

export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Of what nobody signed, for each address; of what was signed, for each terminal. */
export interface Rates {
  readonly perAddress: Rate;
  readonly perTerminal: Rate;
}
export const gatewayRates: Rates = {
  perAddress: { burst: 500, perSecond: 50 },
  perTerminal: { burst: 1_000, perSecond: 200 },
};

/** Names that are remembered at the same time; the one that was quiet longest is forgotten, and begins anew. */
const maxNames = 10_000;

/** Whether one more may pass, for each name on its own. */
export function newRateMeter({ burst, perSecond }: Rate, ticksMs: () => number): (name: string) => boolean {
  const buckets = new Map<string, { left: number; at: number }>();
  return (name) => {
    const now = ticksMs();
    const before = buckets.get(name) ?? { left: burst, at: now };
    const left = Math.min(burst, before.left + ((now - before.at) * perSecond) / 1000);
    const passes = left >= 1;
    buckets.delete(name);
    buckets.set(name, { left: passes ? left - 1 : left, at: now });
    const [oldest] = buckets.keys();
    if (buckets.size > maxNames && oldest !== undefined) buckets.delete(oldest);
    return passes;
  };
}

/** How many are under way, in all and for each name; undefined when there is no place for one more, otherwise how to leave. */
export function newPlaces(limits: { readonly perName: number; readonly all: number }) {
  const byName = new Map<string, number>();
  let all = 0;
  return (name: string): (() => void) | undefined => {
    const mine = byName.get(name) ?? 0;
    if (mine >= limits.perName || all >= limits.all) return undefined;
    byName.set(name, mine + 1);
    all += 1;
    let isThere = true;
    return () => {
      if (!isThere) return;
      isThere = false;
      all -= 1;
      const left = (byName.get(name) ?? 1) - 1;
      if (left === 0) byName.delete(name);
      else byName.set(name, left);
    };
  };
}
