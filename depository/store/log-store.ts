// What a gateway needs of its durable store: records with their checkpoint, the details behind commitments, what goes to and
// comes from the bank, and the lease by which exactly one node orders a programme's events. Two stores keep this promise,
// SQLite for one machine and PostgreSQL for several; one test holds both to it.

export interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** One batch that becomes durable together with the checkpoint over it. */
export interface Batch {
  /** The lease under which it was decided. */
  readonly epoch: number;
  readonly from: number;
  readonly leaves: readonly Uint8Array[];
  readonly details: ReadonlyMap<string, string>;
  /** Instructions whose approval was completed in this batch: each is one message to the bank. */
  readonly toBank: readonly string[];
  readonly note: string;
}

/** The batch was decided by a node that no longer holds the lease, or over a log that is not the newest; nothing was stored. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

export interface LogStore {
  /**
   * Takes the lease for `holder`, or keeps it: its epoch, which grows whenever it is taken; undefined while another node has
   * it. It is kept only by who names the `epoch` they were given: a process that starts under the name of one that is gone
   * takes it anew, so that whatever is left of the former one can add nothing. `ttlMs` from now, by the store's own clock,
   * others may take it.
   */
  claim(holder: string, ttlMs: number, epoch?: number): Promise<number | undefined>;
  /** Gives the lease back, so that another node need not wait for its end. */
  release(epoch: number): Promise<void>;
  checkpoint(): Promise<StoredCheckpoint | undefined>;
  /** Records from..to, `to` excluded. */
  leaves(from: number, to: number): Promise<Uint8Array[]>;
  details(commitments: readonly string[]): Promise<string[]>;
  /**
   * Stores the batch in one database transaction with one sync to disk; on return it survives a power cut. Throws LeaseLost
   * when `epoch` is not the lease's or the log does not have `from` records.
   */
  append(batch: Batch): Promise<void>;
  cosign(name: string, size: number, line: string): Promise<void>;
  cosignatures(size: number): Promise<string[]>;
  /** Instructions on their way to the bank, oldest first. */
  unsent(): Promise<string[]>;
  markSent(instruction: string): Promise<void>;
  takeIn(message: string): Promise<void>;
  hasTakenIn(message: string): Promise<boolean>;
  close(): Promise<void>;
}
