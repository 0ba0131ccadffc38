// One programme's gateway on one node: holds the lease or stands by, gathers what arrives together into one batch so that many
// submissions cost one sync, and opens the sequencer again from what is stored whenever a write failed.

import { BrokenInvariant } from '../shared/assert.ts';
import type { Submission } from '../shared/submission.ts';
import { Replica } from './replica.ts';
import { type Outcome, openSequencer, type Sequencer, type SequencerParts } from './sequencer.ts';
import { LeaseLost, type LogStore } from './store/log-store.ts';

export interface GatewayParts extends Omit<SequencerParts, 'epoch'> {
  /** Names this node among those that share the store. */
  readonly holder: string;
  /** How long others wait for a node that no longer renews its lease, milliseconds. */
  readonly leaseMs: number;
}

/** Another node orders this programme: ask that one, or later. */
export class StandsBy extends Error {
  override name = 'StandsBy';
}

export interface Gateway {
  readonly store: LogStore;
  /**
   * The sequencer as it is now; do not keep it. Throws StandsBy while another node holds the lease or may have taken it: a node
   * that slept past its lease would otherwise show a log that is older than what terminals have seen, and they would take
   * that for a rollback.
   */
  sequencer(): Sequencer;
  leads(): boolean;
  /** Takes or renews the lease; whether this node leads now. To be called a few times in each `leaseMs`. */
  lead(): Promise<boolean>;
  /** Outcomes in order, once durable. Rejects when the store failed: then nothing is known, and the same may be sent again. */
  admit(submissions: readonly Submission[]): Promise<readonly Outcome[]>;
  /** Gives the lease to whoever asks next. */
  stepDown(): Promise<void>;
}

interface Waiting {
  readonly submissions: readonly Submission[];
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (failure: unknown) => void;
}

const maxBatch = 1000;

export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const { store, holder, leaseMs } = parts;
  /** The log as this node has replayed it; kept from standing by to ordering and back, so that the log is read once. */
  let replica = new Replica(store, parts.primitives);
  let current: { readonly epoch: number; readonly sequencer: Sequencer } | undefined;
  /** When others may take the lease, by both clocks: one stands still while the machine sleeps, the other can be set. */
  let leaseEnds = { monotonicMs: 0, wallMs: 0 };
  const waiting: Waiting[] = [];
  let working = false;
  let admitting: Promise<unknown> = Promise.resolve();
  let leading: Promise<boolean> | undefined;

  const isLeased = (): boolean => performance.now() < leaseEnds.monotonicMs && Date.now() < leaseEnds.wallMs;

  async function claim(): Promise<boolean> {
    const asked = { monotonicMs: performance.now() + leaseMs, wallMs: Date.now() + leaseMs };
    const epoch = await store.claim(holder, leaseMs, current?.epoch);
    if (epoch !== undefined && epoch === current?.epoch && current.sequencer.isSound()) {
      leaseEnds = asked;
      return true;
    }
    current = undefined;
    await admitting.catch(() => {}); // whoever asked is told; the batch still holds the replica until then
    await follow();
    if (epoch === undefined) return false;
    current = { epoch, sequencer: await openSequencer({ ...parts, epoch, replica }) };
    leaseEnds = asked;
    return isLeased();
  }

  async function follow(): Promise<void> {
    try {
      await replica.catchUp();
    } catch (failure) {
      // Not a line that broke, but a log that does not fit: look at it from its beginning.
      if (failure instanceof BrokenInvariant) replica = new Replica(store, parts.primitives);
      throw failure;
    }
  }

  /** One claim at a time: two would open two sequencers. */
  function lead(): Promise<boolean> {
    leading ??= claim().finally(() => {
      leading = undefined;
    });
    return leading;
  }

  const leads = (): boolean => current !== undefined && isLeased();

  function sequencer(): Sequencer {
    if (current === undefined || !isLeased()) throw new StandsBy('another node orders this programme');
    return current.sequencer;
  }

  async function admitWaiting(): Promise<void> {
    while (waiting.length > 0) await admitBatch(nextBatch());
    working = false;
  }

  async function admitBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      if (current !== undefined && !(isLeased() && current.sequencer.isSound())) await lead();
      const admission = sequencer().admit(batch.flatMap((one) => one.submissions));
      admitting = admission;
      const outcomes = await admission;
      let at = 0;
      for (const { submissions, resolve } of batch) {
        resolve(outcomes.slice(at, at + submissions.length));
        at += submissions.length;
      }
    } catch (failure) {
      if (failure instanceof LeaseLost) current = undefined;
      // Something that cannot even be judged came with the others: each is judged alone, so that it fails for its sender only.
      if (batch.length > 1 && current?.sequencer.isSound()) for (const one of batch) await admitBatch([one]);
      else for (const one of batch) one.reject(failure);
    }
  }

  function nextBatch(): Waiting[] {
    const batch: Waiting[] = [];
    let count = 0;
    while (waiting.length > 0 && (batch.length === 0 || count + (waiting[0]?.submissions.length ?? 0) <= maxBatch)) {
      const next = waiting.shift() as Waiting;
      batch.push(next);
      count += next.submissions.length;
    }
    return batch;
  }

  await follow(); // before the lease is taken: reading a long log takes longer than others wait
  await lead();
  return {
    store,
    sequencer,
    leads,
    lead,
    admit: (submissions) =>
      new Promise((resolve, reject) => {
        waiting.push({ submissions, resolve, reject });
        if (working) return;
        working = true;
        setImmediate(admitWaiting);
      }),
    async stepDown() {
      const epoch = current?.epoch;
      current = undefined;
      // A store that cannot be reached hears of it by the lease's end.
      if (epoch !== undefined) await store.release(epoch).catch(() => {});
    },
  };
}
