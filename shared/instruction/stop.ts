// Emergency stop and resume: everything that leaves is closed at once by two people, and opened again by more; and an override of
// a shortfall, for a while and on record.

import { z } from 'zod';
import { put } from '../books.ts';
import { nameId } from '../ids.ts';
import { refuse } from '../result.ts';
import { poolKey } from '../safeguarding.ts';
import { instant, instantToMs } from '../time.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { money } from './refusals.ts';

const reason = z.string().min(1).max(200);
export const emergencyStopSchema = z.strictObject({ kind: z.literal('emergency stop'), reason });
export const resumeSchema = z.strictObject({ kind: z.literal('resume'), reason });
export const overrideShortfallSchema = z.strictObject({
  kind: z.literal('override shortfall'),
  pool: nameId,
  asset: z.string().max(12),
  /** When it ends by itself; at most a day ahead. */
  until: instant,
  reason,
});

const what = 'The instruction was not admitted.';
const state = (why: string, next: string): InstructionRefusal => refuse('state', what, why, next).refusal;

export const emergencyStop: Kind<z.infer<typeof emergencyStopSchema>> = {
  ...movesNothing,
  makers: ['supervisor', 'compliance', 'officer'],
  consequence: (one) => `No money leaves any more until officers resume it. Reason: ${one.reason}`,
  check: (_, books) =>
    books.get('stopped', 'all')?.since == null ? undefined : state('It is stopped already.', 'Nothing is needed.'),
  effects: (one, _, { admittedAt }) => [put('stopped', 'all', { since: admittedAt, reason: one.reason })],
};

export const resume: Kind<z.infer<typeof resumeSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  // One officer makes it and another approves, whatever the policy says; the policy may ask for more.
  checkers: [{ role: 'officer', count: 1 }],
  consequence: (one) => `Money may leave again. Reason: ${one.reason}`,
  check: (_, books) =>
    books.get('stopped', 'all')?.since == null ? state('Nothing is stopped.', 'Nothing is needed.') : undefined,
  effects: (one) => [put('stopped', 'all', { since: null, reason: one.reason })],
};

const longestOverrideMs = 24 * 3_600_000;

export const overrideShortfall: Kind<z.infer<typeof overrideShortfallSchema>> = {
  ...movesNothing,
  makers: ['compliance', 'officer'],
  checkers: [{ role: 'officer', count: 2 }],
  consequence(one, books) {
    const short = books.get('shortfall', poolKey(one.pool, one.asset));
    return `Money may leave pool ${one.pool} until ${one.until} although ${money(one.asset, short?.amount ?? 0n)} of client money is missing. Reason: ${one.reason}`;
  },
  check(one, books, { admittedAt }) {
    const short = books.get('shortfall', poolKey(one.pool, one.asset));
    if (short === undefined || short.amount === 0n) return state('This pool is not short.', 'Nothing is needed.');
    const aheadMs = instantToMs(one.until) - instantToMs(admittedAt);
    if (aheadMs <= 0) return state('The time of the override is over.', 'Make it again with another time.');
    if (aheadMs > longestOverrideMs)
      return refuse('limit', what, 'An override lasts a day at most.', 'Choose an earlier end.').refusal;
    return undefined;
  },
  effects(one, books, { instruction }) {
    const key = poolKey(one.pool, one.asset);
    const since = books.get('shortfall', key)?.since;
    return since === undefined ? [] : [put('override', key, { until: one.until, of: since, by: instruction })];
  },
};
