// One programme's gateway: gathers what arrives together into one batch, so that many submissions cost one sync, and opens
// the sequencer again from what is stored whenever a write failed.

import type { Submission } from '../shared/submission.ts';
import type { LogStore } from './log-store.ts';
import { type Outcome, openSequencer, type Sequencer, type SequencerParts } from './sequencer.ts';

export interface Gateway {
  readonly store: LogStore;
  /** The sequencer as it is now; do not keep it. */
  sequencer(): Sequencer;
  /** Outcomes in order, once durable. Rejects when the store failed: then nothing is known, and the same may be sent again. */
  admit(submissions: readonly Submission[]): Promise<readonly Outcome[]>;
}

interface Waiting {
  readonly submissions: readonly Submission[];
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (failure: unknown) => void;
}

const maxBatch = 1000;

export function openGateway(parts: SequencerParts): Gateway {
  let current = openSequencer(parts);
  const waiting: Waiting[] = [];

  function sequencer(): Sequencer {
    if (!current.isSound()) current = openSequencer(parts);
    return current;
  }

  function admitWaiting(): void {
    const batch: Waiting[] = [];
    let count = 0;
    while (waiting.length > 0 && (batch.length === 0 || count + (waiting[0]?.submissions.length ?? 0) <= maxBatch)) {
      const next = waiting.shift() as Waiting;
      batch.push(next);
      count += next.submissions.length;
    }
    if (waiting.length > 0) setImmediate(admitWaiting);
    try {
      const outcomes = sequencer().admit(batch.flatMap((one) => one.submissions));
      let at = 0;
      for (const { submissions, resolve } of batch) {
        resolve(outcomes.slice(at, at + submissions.length));
        at += submissions.length;
      }
    } catch (failure) {
      for (const one of batch) one.reject(failure);
    }
  }

  return {
    store: parts.store,
    sequencer,
    admit: (submissions) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(admitWaiting);
        waiting.push({ submissions, resolve, reject });
      }),
  };
}
