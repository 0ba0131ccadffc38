// Failed unlocks: whoever fails five times, and a vault at which fifteen attempts failed, has to wait before the next one is
// looked at, longer each time. Neither a restart nor a clock that was set shortens the wait, and one person's success does not
// make another one's failures good. It slows down whoever stands at the terminal; whoever has the files can do without this
// program and is kept out by the factors alone, but cannot take the record away or put it back without its being noticed.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { diskFailure } from '../../disk/failure.ts';
import { replaceFile } from '../../disk/write.ts';
import { type Refusal, type Result, refuse } from '../../shared/result.ts';

/** A time, by the clock on the wall, which can be set, and by one that only goes on. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Milliseconds since `run` began; comparable only within the same run. */
  readonly run: string;
  readonly steadyMs: number;
}

/** Who an attempt is counted for, when it is the recovery shares. */
export const recoveryShares = 'recovery shares';

const ms = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const stateSchema = z.strictObject({
  format: z.literal('custos-attempts/1'),
  /** Grows with every writing; the vault remembers the newest that it saw. */
  serial: z.int().min(0),
  seen: z.strictObject({ wallMs: ms, run: z.string().max(100), steadyMs: ms }),
  /** Failures fade by one an hour; `waitMs` counts from `seen`. */
  counts: z
    .array(z.strictObject({ who: z.string().max(64), failed: z.number().min(0).max(10_000), waitMs: ms }))
    .max(100),
  waitMs: ms,
  /** Since somebody succeeded, for the vault's diary. */
  failures: z.array(z.strictObject({ atMs: ms, who: z.string().max(64) })).max(50),
});
type State = z.infer<typeof stateSchema>;

const [freeForOne, freeForVault] = [5, 15];
const firstWaitMs = 30_000;
const longestWaitMs = 3_600_000;
const fadingMs = 3_600_000;
const maxFileBytes = 65_536;
const keptFailures = 50;

const pathIn = (directory: string): string => join(directory, 'vault.attempts');

const none = (now: Moment): State => ({
  format: 'custos-attempts/1',
  serial: 0,
  seen: now,
  counts: [],
  waitMs: 0,
  failures: [],
});

/** With a new vault. */
export const beginAttempts = (directory: string, now: Moment): void => write(directory, none(now));

/** The state as it is now: waits have passed, failures have faded. Undefined where there is no record that could be one. */
function read(directory: string, now: Moment): State | undefined {
  const path = pathIn(directory);
  try {
    if (statSync(path).size > maxFileBytes) return undefined;
    const state = stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    const { seen } = state;
    // In the same run of the machine only the clock that nobody can set counts.
    const passedMs = Math.max(0, seen.run === now.run ? now.steadyMs - seen.steadyMs : now.wallMs - seen.wallMs);
    const left = (waitMs: number) => Math.max(0, waitMs - passedMs);
    return {
      ...state,
      seen: now,
      waitMs: left(state.waitMs),
      counts: state.counts
        .map(({ who, failed, waitMs }) => ({
          who,
          failed: Math.max(0, failed - passedMs / fadingMs),
          waitMs: left(waitMs),
        }))
        .filter((one) => one.failed > 0 || one.waitMs > 0),
    };
  } catch (failure) {
    if (diskFailure(failure) !== undefined) throw failure;
    return undefined;
  }
}

const write = (directory: string, state: State): void =>
  replaceFile(pathIn(directory), JSON.stringify({ ...state, serial: state.serial + 1 }));

const what = 'The vault was not unlocked.';
type AttemptRefusal = Refusal<'too many attempts' | 'attempts not recorded'>;

function refuseAttempt(
  state: State,
  who: string,
): { readonly ok: false; readonly refusal: AttemptRefusal } | undefined {
  const mine = state.counts.find((one) => one.who === who);
  const waitMs = Math.max(state.waitMs, mine?.waitMs ?? 0);
  if (waitMs === 0) return undefined;
  const failed = Math.ceil(state.counts.reduce((sum, one) => sum + one.failed, 0));
  const why = `${failed} attempts have failed here; the next is looked at in ${Math.ceil(waitMs / 1000)} s.`;
  return refuse('too many attempts', what, why, 'Wait, or ask an officer.');
}

const waitAfter = (failed: number, free: number): number =>
  failed < free ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(20, failed - free));

/** One more failure. */
function counted(state: State, who: string, enrolled: ReadonlySet<string>): State {
  const others = state.counts.filter((one) => one.who !== who && enrolled.has(one.who));
  const failed = (state.counts.find((one) => one.who === who)?.failed ?? 0) + 1;
  const counts = [...others, { who, failed, waitMs: waitAfter(Math.ceil(failed), freeForOne) }];
  const all = Math.ceil(counts.reduce((sum, one) => sum + one.failed, 0));
  const failures = [...state.failures, { atMs: state.seen.wallMs, who }].slice(-keptFailures);
  return { ...state, counts, failures, waitMs: Math.max(state.waitMs, waitAfter(all, freeForVault)) };
}

/** A record that is not there, or is none, counts as one in which everybody has used up what is free, just now. */
function lost(now: Moment, enrolled: ReadonlySet<string>): State {
  const counts = [...enrolled].slice(0, 99).map((who) => ({ who, failed: freeForOne, waitMs: firstWaitMs }));
  return { ...none(now), counts, waitMs: firstWaitMs };
}

/**
 * Judges one attempt at the vault, if one may be made now. It is counted before it is judged, so that cutting the power, or
 * asking many times at once, makes none of them free.
 */
export async function attempt<T>(
  directory: string,
  by: { readonly who: string; readonly enrolled: readonly string[]; readonly now: Moment },
  judge: () => Promise<Result<T, Refusal>> | Result<T, Refusal>,
): Promise<Result<T, Refusal>> {
  const enrolled = new Set([...by.enrolled, recoveryShares]);
  // Nothing is guessed by asking for somebody who has no way in here.
  if (!enrolled.has(by.who)) return judge();
  try {
    const state = read(directory, by.now);
    if (state === undefined) {
      write(directory, lost(by.now, enrolled));
      const why = `The record of failed attempts is missing or damaged; the next is looked at in ${firstWaitMs / 1000} s.`;
      return refuse('too many attempts', what, why, 'Wait, and tell the security officer.');
    }
    const refused = refuseAttempt(state, by.who);
    if (refused !== undefined) return refused;
    write(directory, counted(state, by.who, enrolled));
  } catch {
    const why = 'The attempt could not be written down, and one that is not is not judged.';
    return refuse(
      'attempts not recorded',
      what,
      why,
      'Make room on the disk, or call whoever looks after the machine.',
    );
  }
  return judge();
}

export interface Failures {
  /** Of the record as it was found, and as it is now. */
  readonly found: number;
  readonly serial: number;
  readonly failures: readonly { readonly atMs: number; readonly who: string }[];
}

/** After a success, which was counted as a failure before it was one: it is taken back, with this person's other failures. */
export function forgive(directory: string, who: string, now: Moment): Failures {
  const state = read(directory, now) ?? none(now);
  const counts = state.counts.filter((one) => one.who !== who);
  const all = Math.ceil(counts.reduce((sum, one) => sum + one.failed, 0));
  const waitMs = Math.min(state.waitMs, waitAfter(all, freeForVault));
  write(directory, { ...state, counts, waitMs, failures: [] });
  return { found: state.serial - 1, serial: state.serial + 1, failures: state.failures.slice(0, -1) };
}
