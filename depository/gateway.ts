// One programme's gateway on one node: holds the lease or stands by, gathers what arrives together into one batch so that many
// submissions cost one sync, and opens the sequencer again from what is stored whenever a write failed.

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
  /** The sequencer as it is now; do not keep it. Throws StandsBy while another node holds the lease. */
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
  /** While this node stands by. */
  let replica: Replica | undefined;
  let current: { readonly epoch: number; readonly sequencer: Sequencer } | undefined;
  const waiting: Waiting[] = [];
  let working = false;
  let leading: Promise<boolean> | undefined;

  async function claim(): Promise<boolean> {
    const epoch = await store.claim(holder, leaseMs);
    if (epoch === undefined) {
      current = undefined;
      await follow();
    } else if (current?.epoch !== epoch || !current.sequencer.isSound()) {
      const ready = replica;
      replica = undefined;
      current = undefined;
      const sequencer = await openSequencer({ ...parts, epoch, ...(ready === undefined ? {} : { replica: ready }) });
      current = { epoch, sequencer };
    }
    return current !== undefined;
  }

  async function follow(): Promise<void> {
    const behind = replica ?? new Replica(store, parts.primitives);
    replica = undefined; // one that fails half-way is not used again
    await behind.catchUp();
    replica = behind;
  }

  /** One claim at a time: two would open two sequencers. */
  function lead(): Promise<boolean> {
    leading ??= claim().finally(() => {
      leading = undefined;
    });
    return leading;
  }

  function sequencer(): Sequencer {
    if (current === undefined) throw new StandsBy('another node orders this programme');
    return current.sequencer;
  }

  async function admitWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = nextBatch();
      try {
        if (current !== undefined && !current.sequencer.isSound()) await lead();
        const outcomes = await sequencer().admit(batch.flatMap((one) => one.submissions));
        let at = 0;
        for (const { submissions, resolve } of batch) {
          resolve(outcomes.slice(at, at + submissions.length));
          at += submissions.length;
        }
      } catch (failure) {
        if (failure instanceof LeaseLost) current = undefined;
        for (const one of batch) one.reject(failure);
      }
    }
    working = false;
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

  await lead();
  return {
    store,
    sequencer,
    leads: () => current !== undefined,
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
      if (epoch !== undefined) await store.release(epoch);
    },
  };
}
