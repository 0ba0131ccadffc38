// Sync: hands the outbox to the gateway, then takes in the log: every batch is proven to continue what this terminal has
// seen, every record is judged again, and only then it is stored. A log that does not fit makes the terminal read-only.

import { verifyAhead } from '../../crypto/node.ts';
import { BooksLayer } from '../../shared/books.ts';
import { base64urlToBytes, bytesEqual, bytesToBase64, bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import { maxRecords, maxSubmissions } from '../../shared/contract/depository.ts';
import type { SyncReport } from '../../shared/contract/terminal.ts';
import { decide } from '../../shared/decide.ts';
import type { CustosEvent } from '../../shared/event.ts';
import { type SignatureCheck, signaturesOf } from '../../shared/evidence.ts';
import type { EventId } from '../../shared/ids.ts';
import { type Checkpoint, openCheckpoint, terminalWitnessKey } from '../../shared/log/checkpoint.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { verifyConsistency } from '../../shared/log/merkle.ts';
import { formatNote, type NoteKey, parseNote, parseNoteKey, signNote } from '../../shared/log/note.ts';
import type { Hash, Primitives } from '../../shared/primitives.ts';
import { type LogRecord, parseRecord } from '../../shared/record.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { answerDisk } from '../answer-disk.ts';
import { keepKeys } from '../keep-keys.ts';
import { rejoined } from '../rejoin.ts';
import { HeadNotRecorded, type Session } from '../session.ts';
import { attach } from '../store/attachments.ts';
import type { SqlBooks } from '../store/books.ts';
import { forgetImport } from '../store/imports.ts';
import { type PackedRecords, packRecords, writeRecords } from '../store/log.ts';
import { markRefused, queuedSubmissions, removeFromOutbox } from '../store/outbox.ts';
import { writeSetting } from '../store/settings.ts';
import { depositoryOf, mayWrite, type Terminal } from '../terminal.ts';
import { type DepositoryClient, lineRefusal } from './depository.ts';
import { fetchDetails } from './details.ts';

type Progress = { readonly done: number; readonly total: number };
type Refused = { event: EventId; refusal: Refusal };
export type SyncStep = Progress | { readonly result: Result<SyncReport, Refusal> };

export async function* sync(terminal: Terminal): AsyncGenerator<SyncStep> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return yield { result: writable };
  if (terminal.syncing) {
    const busy = refuse('busy', 'Nothing was done.', 'It is synchronising already.', 'Wait for it.');
    return yield { result: busy };
  }
  terminal.syncing = true;
  try {
    const before = writable.value.tree.size;
    const result = yield* exchange(terminal, writable.value);
    terminal.syncRefusal = result.ok ? null : result.refusal;
    if (result.ok) {
      terminal.lastSyncMs = terminal.parts.clock();
      // Locked in its very last moment: whoever unlocks next synchronises again, and does the rest.
      if (terminal.session === writable.value) {
        rejoined(writable.value, before, terminal.parts.clock());
        const kept = keepKeys(terminal, writable.value);
        if (!kept.ok) terminal.syncRefusal = kept.refusal;
      }
    }
    yield { result };
  } finally {
    terminal.syncing = false;
  }
}

async function* exchange(terminal: Terminal, session: Session): AsyncGenerator<Progress, Result<SyncReport, Refusal>> {
  try {
    const client = depositoryOf(terminal, session);
    const pushed = await push(session, client);
    const before = session.tree.size;
    const pulled = yield* pull(terminal, session, client);
    if (!pulled.ok) return pulled;
    const { size, root } = pulled.value;
    return ok({ ...pushed, pulled: size - before, size, root: bytesToBase64(root) });
  } catch (failure) {
    // Locked while it was under way: the session is closed, and everything signed is in the outbox.
    if (terminal.session !== session)
      return refuse('locked', 'The sync was stopped.', 'The terminal was locked.', 'Unlock it.');
    if (failure instanceof Found) {
      session.quarantine(failure.refusal);
      return { ok: false, refusal: failure.refusal };
    }
    if (failure instanceof Error && failure.name === 'BrokenInvariant') throw failure;
    // A full disk is not a depository that cannot be reached.
    const ofDisk = answerDisk(terminal, failure);
    if (ofDisk !== undefined) return { ok: false, refusal: ofDisk };
    return { ok: false, refusal: lineRefusal(failure) };
  }
}

/** Something the gateway must never show: the terminal stops signing. */
class Found extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.why);
    this.refusal = refusal;
  }
}

const found = (type: 'fork' | 'rollback' | 'disagreement' | 'bad checkpoint', why: string): Found =>
  new Found(
    refuse(type, 'The log was not taken in.', why, 'Call the security officer; this terminal only shows what it has.')
      .refusal,
  );

async function push(session: Session, client: DepositoryClient): Promise<{ pushed: number; refused: Refused[] }> {
  const { programme } = session.invitation;
  const refused: Refused[] = [];
  const admitted = new Set<string>();
  for (;;) {
    const waiting = queuedSubmissions(session.store, admitted.size + maxSubmissions).filter(
      (one) => !admitted.has(one.event.id),
    );
    if (waiting.length === 0) break;
    const { outcomes } = await client.submit({ programme, submissions: waiting });
    session.commit(() => {
      waiting.forEach(({ event }, i) => {
        const outcome = outcomes[i];
        if (outcome === undefined) throw new Error('the gateway answered less than it was asked');
        if (outcome.ok) admitted.add(event.id);
        else {
          markRefused(session.store, event.id, outcome.refusal);
          forgetImport(session.store, event.id);
          refused.push({ event: event.id, refusal: outcome.refusal });
        }
      });
    });
    if (refused.length > 0) session.forgetOverlay();
  }
  return { pushed: admitted.size, refused };
}

async function* pull(
  terminal: Terminal,
  session: Session,
  client: DepositoryClient,
): AsyncGenerator<Progress, Result<Checkpoint, Refusal>> {
  const { primitives } = terminal.parts;
  const { programme } = session.invitation;
  const key = parseNoteKey(primitives.sha256, session.invitation.logKey);
  if (!key.ok) return key;
  const { note } = await client.checkpoint({ programme });
  const opened = openCheckpoint(primitives, note, key.value, []);
  if (!opened.ok) throw found('bad checkpoint', opened.refusal.why);
  const target = opened.value.checkpoint;
  const { tree } = session;
  if (target.size < tree.size)
    throw found('rollback', `The gateway shows ${target.size} records and this terminal has ${tree.size}.`);
  await proveContinuation(session, client, target, primitives.sha256);
  // The next batch is on its way while this one is judged.
  let next = tree.size < target.size ? fetchRecords(session, client, tree.size, target, primitives.sha256) : undefined;
  while (next !== undefined) {
    yield { done: tree.size, total: target.size };
    const fetched: Fetched = await next;
    const after = tree.size + fetched.leaves.length;
    next = after < target.size ? fetchRecords(session, client, after, target, primitives.sha256) : undefined;
    next?.catch(() => {}); // told when its turn comes
    await takeIn(terminal, session, client, target, fetched);
  }
  if (!bytesEqual(tree.root(), target.root))
    throw found('fork', 'The same size has another root than this terminal has.');
  await cosign(terminal, session, client, note, key.value);
  return ok(target);
}

/** Everything this terminal has must be a prefix of what the gateway signed, before anything new is looked at. */
async function proveContinuation(
  session: Session,
  client: DepositoryClient,
  newer: Checkpoint,
  hash: (data: Uint8Array) => Uint8Array,
): Promise<void> {
  const { tree } = session;
  if (tree.size === 0 || tree.size === newer.size) return;
  const answer = await client.consistency({
    programme: session.invitation.programme,
    older: tree.size,
    newer: newer.size,
  });
  if (!answer.ok)
    throw found('fork', `The gateway gives no proof that its log continues this one. ${answer.refusal.why}`);
  const path = answer.value.path.map((text) => base64urlToBytes(text) ?? new Uint8Array());
  const older = { size: tree.size, root: tree.root() };
  if (!verifyConsistency(hash, { older, newer, path }))
    throw found('fork', `The gateway's log does not continue the ${tree.size} records that this terminal has.`);
}

/** One batch: proven to lie under the signed root, judged, and stored in one database transaction; or nothing of it. */
async function takeIn(
  terminal: Terminal,
  session: Session,
  client: DepositoryClient,
  target: Checkpoint,
  fetched: Fetched,
): Promise<void> {
  const { primitives } = terminal.parts;
  const { tree, store, books, invitation } = session;
  const from = tree.size;
  const layer = new BooksLayer(books);
  const [verified, packed] = await fetched.prepared;
  try {
    fetched.records.forEach((record, i) => {
      judge(session, layer, record, from + i, { ...primitives, ...verified });
    });
    for (const leaf of fetched.leaves) tree.append(leafHash(primitives.sha256, leaf));
    await proveContinuation(session, client, target, primitives.sha256);
    const events = fetched.records.map((record) => record.event);
    const details = await fetchDetails(client, invitation.programme, events, primitives.sha256);
    session.commit(() => {
      books.write(layer);
      writeRecords(store, tree, from, packed);
      attach(store, details);
      removeFromOutbox(
        store,
        events.map((event) => event.id),
      );
    });
  } catch (failure) {
    if (!(failure instanceof HeadNotRecorded)) {
      tree.truncate(from);
      books.forget();
    }
    throw failure;
  } finally {
    session.forgetOverlay();
  }
}

interface Fetched {
  readonly leaves: readonly Uint8Array[];
  readonly records: readonly LogRecord[];
  /** Signatures verified and records compressed, on the thread pool while the batch before is judged. */
  readonly prepared: Promise<readonly [Primitives, PackedRecords]>;
}

async function fetchRecords(
  session: Session,
  client: DepositoryClient,
  from: number,
  target: Checkpoint,
  hash: Hash,
): Promise<Fetched> {
  const { programme } = session.invitation;
  const answer = await client.records({ programme, from, to: Math.min(target.size, from + maxRecords) });
  if (answer.records.length === 0) throw new Error('the gateway gave no records');
  const leaves = answer.records.map(utf8);
  const records = leaves.map((leaf, i) => {
    const record = parseRecord(leaf);
    if (!record.ok) throw found('disagreement', `Record ${from + i}: ${record.refusal.why}`);
    return record.value;
  });
  const checks = signaturesIn(session.books, records, hash);
  const prepared = Promise.all([verifyAhead(checks), packRecords(leaves)]);
  prepared.catch(() => {}); // told when its turn comes
  return { leaves, records, prepared };
}

function* signaturesIn(books: SqlBooks, records: readonly LogRecord[], hash: Hash): Generator<SignatureCheck> {
  for (const { event, evidence } of records) yield* signaturesOf(books, event, evidence, hash);
}

/** The same function that the gateway used; a record that this terminal would not have admitted is a disagreement. */
function judge(session: Session, layer: BooksLayer, record: LogRecord, sequence: number, primitives: Primitives): void {
  const { event } = record;
  if (event.type === 'programme.opened') {
    const strange = strangeGenesis(session, event, primitives);
    if (strange !== undefined) throw found('disagreement', strange);
  }
  const decision = decide(layer, record, primitives);
  if (!decision.ok)
    throw found('disagreement', `Record ${sequence} (${event.type}) would be refused here: ${decision.refusal.why}`);
  layer.apply(decision.value);
}

/** The first record must carry the keys that the bank's invitation named. */
export function strangeGenesis(
  { invitation }: Session,
  event: Extract<CustosEvent, { type: 'programme.opened' }>,
  { sha256 }: Primitives,
): string | undefined {
  const key = parseNoteKey(sha256, invitation.logKey);
  if (event.programme !== invitation.programme) return 'The log is of another programme.';
  if (event.body.bank.rootKey !== invitation.rootKey) return "The bank's root key is not the invited one.";
  if (!key.ok || bytesToBase64url(key.value.publicKey) !== event.body.bank.gatewayKey)
    return 'The gateway key is not the invited one.';
  return key.value.name === event.body.origin ? undefined : 'The log has another origin than the invited one.';
}

/** Vouches for the checkpoint as a witness, and keeps it with whatever other witnesses have signed. */
async function cosign(
  terminal: Terminal,
  session: Session,
  client: DepositoryClient,
  whole: string,
  logKey: NoteKey,
): Promise<void> {
  const { primitives, clock } = terminal.parts;
  const note = parseNote(whole);
  if (!note.ok) throw found('bad checkpoint', note.refusal.why);
  const publicKey = base64urlToBytes(session.vault.terminalPublicKey()) ?? new Uint8Array();
  const witness = terminalWitnessKey(logKey.name, session.terminal, publicKey);
  const others = note.value.signatures.filter((one) => one.name !== witness.name);
  const { text } = note.value;
  const mine = signNote(
    primitives.sha256,
    text,
    witness,
    (message) => session.signAsTerminal(message),
    Math.floor(clock() / 1000),
  );
  const signed = formatNote({ text, signatures: [...others, mine] });
  session.store.transaction(() => writeSetting(session.store, 'checkpoint', signed));
  await client.cosign({ programme: session.invitation.programme, note: signed });
}
