// The gateway's sequencer: judges each submission with `decide`, gives the admitted ones their place in the log, makes them
// durable, signs the checkpoint, and only then answers.

import { assert } from '../shared/assert.ts';
import { BooksLayer, MemoryBooks } from '../shared/books.ts';
import { bytesToBase64url } from '../shared/bytes.ts';
import { canonicalBytes, canonicalText } from '../shared/canonical.ts';
import { type DecisionRefusal, decide } from '../shared/decide.ts';
import { formatCheckpoint, parseCheckpoint } from '../shared/log/checkpoint.ts';
import { leafHash } from '../shared/log/hash.ts';
import { MerkleTree } from '../shared/log/merkle.ts';
import { formatNote, type NoteKey, parseNote, signNote } from '../shared/log/note.ts';
import type { Primitives } from '../shared/primitives.ts';
import { type LogRecord, maxLeafBytes, parseRecord } from '../shared/record.ts';
import { ok, type Result, refuse } from '../shared/result.ts';
import { checkDetails, type Submission, submissionDigest } from '../shared/submission.ts';
import { type Instant, msToInstant } from '../shared/time.ts';
import type { LogStore } from './log-store.ts';

export interface SequencerParts {
  readonly store: LogStore;
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
  readonly tree: MerkleTree;
  /** One outcome per submission, in order; every admitted one is durable and under a signed checkpoint on return. */
  admit(submissions: readonly Submission[]): readonly Outcome[];
  checkpoint(): string;
  /** False after a failed write: what is in memory may be ahead of what is stored, so it must be opened again. */
  isSound(): boolean;
}

/** Opens the log as stored: replays every record, checks the root against the checkpoint, signs what a crash left over. */
export function openSequencer(parts: SequencerParts): Sequencer {
  const { store, primitives, key } = parts;
  const { sha256 } = primitives;
  const books = new MemoryBooks();
  const tree = new MerkleTree(sha256);
  let sound = true;
  replay();

  function replay(): void {
    const stored = store.checkpoint();
    const total = store.size();
    for (let from = 0; from < total; from += 1000) {
      const layer = new BooksLayer(books);
      for (const leaf of store.leaves(from, Math.min(total, from + 1000))) {
        const record = parseRecord(leaf);
        assert(record.ok, 'stored records parse');
        const decision = decide(layer, record.value, primitives);
        assert(decision.ok, 'stored records are decided as they were');
        layer.apply(decision.value);
        tree.append(leafHash(sha256, leaf));
      }
      books.absorb(layer);
    }
    if (stored !== undefined) {
      const note = parseNote(stored.note);
      const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
      assert(checkpoint.ok && checkpoint.value.size <= total, 'the checkpoint is one of this log');
      assert(
        bytesToBase64url(checkpoint.value.root) === bytesToBase64url(tree.root(checkpoint.value.size)),
        'replaying the log leads to the root that was signed',
      );
    }
    if ((stored?.size ?? 0) < total) signCheckpoint(stored?.size ?? 0);
  }

  function signCheckpoint(was: number): void {
    const text = formatCheckpoint({ origin: key.name, size: tree.size, root: tree.root() });
    const note = formatNote({ text, signatures: [signNote(sha256, text, key, parts.sign)] });
    assert(store.swapCheckpoint(was, { size: tree.size, note }), 'only one sequencer moves the checkpoint');
  }

  function admit(submissions: readonly Submission[]): readonly Outcome[] {
    assert(sound, 'a sequencer that failed to write is opened again before it is used');
    const from = tree.size;
    const layer = new BooksLayer(books);
    const leaves: Uint8Array[] = [];
    const details = new Map<string, string>();
    const toBank: string[] = [];
    const outcomes = submissions.map((submission): Outcome => {
      const known = books.get('event', submission.event.id);
      // Sent again because the answer was lost: the same event is admitted once, and said to be admitted twice.
      if (known?.digest === submissionDigest(sha256, submission)) return ok({ sequence: null });
      const judged = judge(layer, submission);
      if (!judged.ok) return judged;
      for (const [commitment, one] of judged.value.details) details.set(commitment, canonicalText(one));
      leaves.push(judged.value.leaf);
      const { event } = submission;
      if (event.type === 'instruction.approved') {
        const instruction = layer.get('instruction', event.body.instruction);
        if (instruction?.state === 'approved') toBank.push(instruction.id);
      }
      return ok({ sequence: from + leaves.length - 1 });
    });
    if (leaves.length === 0) return outcomes;
    try {
      store.append({ from, leaves, details, toBank });
      for (const leaf of leaves) tree.append(leafHash(sha256, leaf));
      signCheckpoint(from);
    } catch (failure) {
      sound = false; // uncertain what is stored: reload from there rather than guess
      throw failure;
    }
    books.absorb(layer);
    return outcomes;
  }

  function judge(
    layer: BooksLayer,
    submission: Submission,
  ): Result<{ leaf: Uint8Array; details: ReadonlyMap<string, object> }, DecisionRefusal> {
    const details = checkDetails(sha256, submission, parts.payeeId);
    if (!details.ok) return details;
    const admittedAt = notBefore(layer.get('head', 'head')?.admittedAt, msToInstant(parts.clock()));
    const record: LogRecord = { admittedAt, event: submission.event, evidence: submission.evidence };
    const leaf = canonicalBytes(record);
    if (leaf.length > maxLeafBytes)
      return refuse('malformed', 'The event was not admitted.', 'It is larger than 64 KiB.', 'Split the batch.');
    const decision = decide(layer, record, primitives);
    if (!decision.ok) return decision;
    layer.apply(decision.value);
    return ok({ leaf, details: details.value });
  }

  return {
    books,
    tree,
    admit,
    isSound: () => sound,
    checkpoint: () => {
      const stored = store.checkpoint();
      assert(stored, 'an opened log has a checkpoint');
      return stored.note + store.cosignatures(stored.size).join('');
    },
  };
}

/** Admission times never go back along the log, whatever the clock does. */
function notBefore(last: Instant | undefined, now: Instant): Instant {
  return last !== undefined && last > now ? last : now;
}
