// The gateway's sequencer: judges each submission with `decide`, gives the admitted ones their place in the log, signs the
// checkpoint over them, makes both durable together, and only then shows them to anybody.

import { verifyAhead } from '../crypto/node.ts';
import { assert } from '../shared/assert.ts';
import { BooksLayer, type MemoryBooks } from '../shared/books.ts';
import { bytesEqual, utf8 } from '../shared/bytes.ts';
import { canonicalText } from '../shared/canonical.ts';
import { type DecisionRefusal, decide } from '../shared/decide.ts';
import { eventDigest, rememberEventBytes } from '../shared/event.ts';
import { signaturesOf } from '../shared/evidence.ts';
import { faultPoint } from '../shared/fault.ts';
import { formatCheckpoint } from '../shared/log/checkpoint.ts';
import { leafHash } from '../shared/log/hash.ts';
import type { MerkleTree } from '../shared/log/merkle.ts';
import { formatNote, type NoteKey, signNote } from '../shared/log/note.ts';
import type { Primitives } from '../shared/primitives.ts';
import { type LogRecord, maxLeafBytes, parseRecord } from '../shared/record.ts';
import { ok, type Result, refuse } from '../shared/result.ts';
import { checkDetails, type Submission } from '../shared/submission.ts';
import { type Instant, msToInstant } from '../shared/time.ts';
import { Replica } from './replica.ts';
import type { LogStore } from './store/log-store.ts';

export interface SequencerParts {
  readonly store: LogStore;
  /** The lease under which this sequencer orders. */
  readonly epoch: number;
  /** The log as this node has replayed it so far; nobody else changes it while this sequencer is in use. */
  readonly replica?: Replica;
  readonly primitives: Primitives;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** Key of the log: name is its origin. */
  readonly key: NoteKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** The keyed id of a payee's account, where the programme's payee key is known. */
  readonly payeeId?: (account: string) => string;
}

export type Outcome = Result<{ readonly sequence: number | null }, DecisionRefusal>;

export interface Sequencer {
  readonly books: MemoryBooks;
  /** May hold hashes that are not durable yet: nothing beyond `size` is shown. */
  readonly tree: MerkleTree;
  /** Durable records under the newest checkpoint. */
  size(): number;
  /** One outcome per submission, in order; every admitted one is durable and under a signed checkpoint on return. */
  admit(submissions: readonly Submission[]): Promise<readonly Outcome[]>;
  /** The newest checkpoint with the cosignatures it has by now. */
  checkpoint(): Promise<string>;
  /** False after a failed write: what is stored may be ahead of what is in memory, so it must be opened again. */
  isSound(): boolean;
}

/** Opens the log as stored: replays every record and checks the root against the checkpoint. */
export async function openSequencer(parts: SequencerParts): Promise<Sequencer> {
  const { store, primitives, key } = parts;
  const { sha256 } = primitives;
  const replica = parts.replica ?? new Replica(store, primitives);
  await replica.catchUp();
  const { books, tree } = replica;
  let sound = true;
  let admitting = false;

  function signedCheckpoint(): string {
    const text = formatCheckpoint({ origin: key.name, size: tree.size, root: tree.root() });
    return formatNote({ text, signatures: [signNote(sha256, text, key, parts.sign)] });
  }

  async function admit(submissions: readonly Submission[]): Promise<readonly Outcome[]> {
    assert(sound, 'a sequencer that failed to write is opened again before it is used');
    assert(!admitting, 'batches are admitted one after the other');
    admitting = true;
    try {
      return await judgeAndAppend(submissions);
    } finally {
      admitting = false;
    }
  }

  async function judgeAndAppend(submissions: readonly Submission[]): Promise<readonly Outcome[]> {
    // Written out once: basket, digest and record all take the same bytes.
    const texts = submissions.map(({ event }) => {
      const text = canonicalText(event);
      rememberEventBytes(event, utf8(text));
      return text;
    });
    const earlier = await leavesOf(submissions);
    const checking = submissions.length < fewSubmissions ? primitives : await checkedAhead(submissions);
    const from = tree.size;
    const layer = new BooksLayer(books);
    const leaves: Uint8Array[] = [];
    const details = new Map<string, string>();
    const toBank: string[] = [];
    const outcomes = submissions.map((submission, i): Outcome => {
      const known = layer.get('event', submission.event.id);
      // Sent again because the answer was lost: the same event is admitted once, and said to be admitted twice.
      if (known !== undefined) {
        const leaf = earlier.get(known.sequence) ?? leaves[known.sequence - from];
        if (leaf !== undefined && holds(leaf, submission)) return ok({ sequence: null });
      }
      const judged = judge(layer, submission, texts[i] as string, checking);
      if (!judged.ok) return judged;
      for (const [commitment, one] of judged.value.details) details.set(commitment, canonicalText(one));
      leaves.push(judged.value.leaf);
      const { event } = submission;
      if (event.type === 'instruction.approved' || event.type === 'instruction.due') {
        const instruction = layer.get('instruction', event.body.instruction);
        if (instruction?.state === 'approved') toBank.push(instruction.id);
      }
      return ok({ sequence: from + leaves.length - 1 });
    });
    if (leaves.length === 0) return outcomes;
    try {
      for (const leaf of leaves) tree.append(leafHash(sha256, leaf));
      const note = signedCheckpoint();
      faultPoint('gateway: before append');
      await store.append({ epoch: parts.epoch, from, leaves, details, toBank, note });
      faultPoint('gateway: appended, not answered');
      replica.checkpoint = { size: tree.size, note };
    } catch (failure) {
      // Uncertain what is stored: go back to what surely is, and reload from there rather than guess.
      sound = false;
      tree.truncate(from);
      throw failure;
    }
    books.absorb(layer);
    return outcomes;
  }

  /** Signatures of a whole batch are checked on the thread pool, and one that a basket of events shares is checked once. */
  async function checkedAhead(submissions: readonly Submission[]): Promise<Primitives> {
    return { ...primitives, ...(await verifyAhead(signaturesOf(books, submissions, sha256))) };
  }

  /** By their place in the log, the records of submissions whose ids are in it already. */
  async function leavesOf(submissions: readonly Submission[]): Promise<ReadonlyMap<number, Uint8Array>> {
    const known = new Set(submissions.flatMap(({ event }) => books.get('event', event.id)?.sequence ?? []));
    const found = new Map<number, Uint8Array>();
    for (const from of known) {
      if (known.has(from - 1)) continue;
      let to = from + 1;
      while (known.has(to)) to += 1;
      for (const [i, leaf] of (await store.leaves(from, to)).entries()) found.set(from + i, leaf);
    }
    return found;
  }

  function holds(leaf: Uint8Array, submission: Submission): boolean {
    const record = parseRecord(leaf);
    assert(record.ok, 'a record of the log can be read');
    return bytesEqual(eventDigest(sha256, record.value.event), eventDigest(sha256, submission.event));
  }

  function judge(
    layer: BooksLayer,
    submission: Submission,
    eventText: string,
    checking: Primitives,
  ): Result<{ leaf: Uint8Array; details: ReadonlyMap<string, object> }, DecisionRefusal> {
    const details = checkDetails(sha256, submission, parts.payeeId);
    if (!details.ok) return details;
    const admittedAt = notBefore(layer.get('head', 'head')?.admittedAt, msToInstant(parts.clock()));
    const record: LogRecord = { admittedAt, event: submission.event, evidence: submission.evidence };
    const evidenceText = canonicalText(submission.evidence);
    const leaf = utf8(`{"admittedAt":"${admittedAt}","event":${eventText},"evidence":${evidenceText}}`);
    if (leaf.length > maxLeafBytes)
      return refuse('malformed', 'The event was not admitted.', 'It is larger than 64 KiB.', 'Split the batch.');
    const decision = decide(layer, record, checking);
    if (!decision.ok) return decision;
    layer.apply(decision.value);
    return ok({ leaf, details: details.value });
  }

  return {
    books,
    tree,
    size: () => replica.checkpoint?.size ?? 0,
    admit,
    isSound: () => sound,
    async checkpoint() {
      const shown = replica.checkpoint;
      assert(shown, 'a log that is shown has a checkpoint');
      return shown.note + (await store.cosignatures(shown.size)).join('');
    },
  };
}

/** Below this, handing signatures to other threads takes longer than checking them. */
const fewSubmissions = 8;

/** Admission times never go back along the log, whatever the clock does. */
function notBefore(last: Instant | undefined, now: Instant): Instant {
  return last !== undefined && last > now ? last : now;
}
