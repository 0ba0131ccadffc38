// The outbox: signed events on their way to the gateway. One that was refused stays, with the reason, until somebody has
// seen to it; one that came back in the log is gone.

import type { Refusal } from '../../shared/result.ts';
import type { Submission } from '../../shared/submission.ts';
import type { Store } from './open.ts';

export interface OutboxRow {
  readonly submission: Submission;
  readonly state: 'queued' | 'refused';
  readonly refusal: Refusal | null;
}

interface Row {
  readonly submission: string;
  readonly state: 'queued' | 'refused';
  readonly reason: string | null;
}

const toRow = ({ submission, state, reason }: Row): OutboxRow => ({
  submission: JSON.parse(submission) as Submission,
  state,
  refusal: reason === null ? null : (JSON.parse(reason) as Refusal),
});

/** In the order in which they were signed. */
export const outboxRows = (store: Store): OutboxRow[] =>
  (store.prepare('SELECT submission, state, reason FROM outbox ORDER BY position').all() as Row[]).map(toRow);

export const queuedSubmissions = (store: Store, limit: number): Submission[] =>
  (
    store
      .prepare("SELECT submission FROM outbox WHERE state = 'queued' ORDER BY position LIMIT ?")
      .pluck()
      .all(limit) as string[]
  ).map((text) => JSON.parse(text) as Submission);

export function outboxCounts(store: Store): { queued: number; refused: number } {
  const rows = store.prepare('SELECT state, count(*) AS count FROM outbox GROUP BY state').all() as {
    state: 'queued' | 'refused';
    count: number;
  }[];
  const count = (state: string) => rows.find((row) => row.state === state)?.count ?? 0;
  return { queued: count('queued'), refused: count('refused') };
}

interface StoredRow extends Row {
  readonly position: number;
}
/** What digests count of a row; `recount.ts` has the same in SQL. */
const countedText = ({ submission, state, reason }: Row): string => `${state}\t${submission}\t${reason ?? ''}`;

export function enqueue(store: Store, submissions: readonly Submission[]): void {
  const insert = store.prepare("INSERT INTO outbox (event_id, submission, state) VALUES (?, ?, 'queued')");
  for (const one of submissions) {
    const submission = JSON.stringify(one);
    const before = lastQueued(store);
    insert.run(one.event.id, submission);
    const position = lastQueued(store);
    store.digests.add('outbox', String(position), countedText({ submission, state: 'queued', reason: null }));
    store.digests.replace('sequence', 'outbox', before === 0 ? undefined : String(before), String(position));
  }
}

export function markRefused(store: Store, event: string, refusal: Refusal): void {
  const before = taker(store)(event);
  if (before === undefined) return;
  const after = { ...before, state: 'refused', reason: JSON.stringify(refusal) } as const;
  store
    .prepare('INSERT INTO outbox VALUES (?, ?, ?, ?, ?)')
    .run(after.position, event, after.submission, after.state, after.reason);
  store.digests.add('outbox', String(after.position), countedText(after));
}

/** Events that are in the log now. */
export function removeFromOutbox(store: Store, events: readonly string[]): void {
  if (store.prepare('SELECT 1 FROM outbox LIMIT 1').get() === undefined) return;
  const take = taker(store);
  for (const event of events) take(event);
}

function taker(store: Store): (event: string) => StoredRow | undefined {
  const take = store.prepare('DELETE FROM outbox WHERE event_id = ? RETURNING position, submission, state, reason');
  return (event) => {
    const row = take.get(event) as StoredRow | undefined;
    if (row !== undefined) store.digests.remove('outbox', String(row.position), countedText(row));
    return row;
  };
}

/** Position of the newest event that was ever queued, also if it is gone by now. */
export const lastQueued = (store: Store): number =>
  (store.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").pluck().get() as number | undefined) ?? 0;
