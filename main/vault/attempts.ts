// Failed unlocks: after five in a row each further one has to wait longer, and neither a restart nor a clock set back shortens
// the wait. It slows down whoever stands at the terminal; whoever has the files is kept out by the two factors alone.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../disk/write.ts';
import { type Refusal, refuse } from '../../shared/result.ts';

const stateSchema = z.strictObject({
  failed: z.int().min(0),
  /** Milliseconds since 1970: when the next attempt is looked at, and the latest time ever seen. */
  until: z.number(),
  seen: z.number(),
});
type State = z.infer<typeof stateSchema>;

const freeAttempts = 5;
const firstWaitMs = 30_000;
const longestWaitMs = 3_600_000;

const pathIn = (directory: string): string => join(directory, 'vault.attempts');
const none: State = { failed: 0, until: 0, seen: 0 };

function read(directory: string): State {
  const path = pathIn(directory);
  if (!existsSync(path)) return none;
  try {
    return stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Somebody damaged it: as if the free attempts were used up.
    return { ...none, failed: freeAttempts };
  }
}

const write = (directory: string, state: State): void => replaceFile(pathIn(directory), JSON.stringify(state));

/** Time never goes back here: a clock that was set back stands still until it has caught up. */
const later = (state: State, nowMs: number): number => Math.max(state.seen, nowMs);

/** Why no attempt is looked at now, if so. */
export function refuseAttempt(directory: string, nowMs: number): Refusal<'too many attempts'> | undefined {
  const state = read(directory);
  const now = later(state, nowMs);
  if (now >= state.until) return undefined;
  const seconds = Math.ceil((state.until - now) / 1000);
  const why = `${state.failed} attempts in a row have failed; the next is looked at in ${seconds} s.`;
  return refuse('too many attempts', 'The vault was not unlocked.', why, 'Wait, or ask an officer.').refusal;
}

/** Counted before the attempt is judged, so that cutting the power does not make it free. */
export function countAttempt(directory: string, nowMs: number): void {
  const state = read(directory);
  const now = later(state, nowMs);
  const failed = state.failed + 1;
  const wait = failed < freeAttempts ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (failed - freeAttempts));
  write(directory, { failed, until: now + wait, seen: now });
}

export function forgetAttempts(directory: string, nowMs: number): void {
  write(directory, { ...none, seen: later(read(directory), nowMs) });
}
