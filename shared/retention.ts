// Which backups stay: the newest few, the last of each of the newest days, and the last of each of the newest months. The newest
// one always stays.

import { z } from 'zod';
import type { Instant } from './time.ts';

export const retentionSchema = z.strictObject({
  keepLast: z.int().min(1).max(100),
  keepDays: z.int().min(0).max(366),
  keepMonths: z.int().min(0).max(120),
});
export type Retention = z.infer<typeof retentionSchema>;

/** Those of `made` that need not stay, whatever order they come in. Days and months are UTC. */
export function toRemove<T extends { readonly madeAt: Instant }>(made: readonly T[], retention: Retention): T[] {
  const newestFirst = made.toSorted((a, b) => (a.madeAt < b.madeAt ? 1 : -1));
  const stays = new Set(newestFirst.slice(0, retention.keepLast));
  const keepOnePer = (length: number, count: number) => {
    const seen = new Set<string>();
    for (const one of newestFirst) {
      const period = one.madeAt.slice(0, length);
      if (seen.has(period)) continue;
      if (seen.size === count) return;
      seen.add(period);
      stays.add(one);
    }
  };
  keepOnePer('2026-11-24'.length, retention.keepDays);
  keepOnePer('2026-11'.length, retention.keepMonths);
  return newestFirst.filter((one) => !stays.has(one));
}
