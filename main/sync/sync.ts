// Sync: hands the outbox to the gateway, then takes in the log: every batch is proven to continue what this terminal has
// seen, every record is judged again, and only then it is stored. A log that does not fit makes the terminal read-only.

import { type Books, BooksLayer, programmeOf } from '../../shared/books.ts';
import { base64urlToBytes, bytesEqual, bytesToBase64, bytesToBase64url } from '../../shared/bytes.ts';
import { maxRecords, maxSubmissions } from '../../shared/contract/depository.ts';
import type { SyncReport } from '../../shared/contract/terminal.ts';
import { decide } from '../../shared/decide.ts';
import type { CustosEvent } from '../../shared/event.ts';
import type { Signers, VerifiedKeys } from '../../shared/evidence.ts';
import type { EventId } from '../../shared/ids.ts';
import { type Checkpoint, openCheckpoint, terminalWitnessKey } from '../../shared/log/checkpoint.ts';
import { verifyConsistency } from '../../shared/log/merkle.ts';
import { formatNote, type NoteKey, parseNote, parseNoteKey, signNote } from '../../shared/log/note.ts';
import type { Primitives } from '../../shared/primitives.ts';
import { type LogRecord, parseRecordText, readRecord } from '../../shared/record.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { answerDisk } from '../answer-disk.ts';
import { keepKeys } from '../keep-keys.ts';
import { rejoined } from '../rejoin.ts';
import { HeadNotRecorded, type Session } from '../session.ts';
import { attach } from '../store/attachments.ts';
import { forgetImport } from '../store/imports.ts';
import { writeRecords } from '../store/log.ts';
import { markRefused, queuedSubmissions, removeFromOutbox } from '../store/outbox.ts';
import { writeSetting } from '../store/settings.ts';
import { depositoryOf, mayWrite, type Terminal } from '../terminal.ts';
import { type DepositoryClient, lineRefusal } from './depository.ts';
import { fetchDetails } from './details.ts';
import { type Preparation, signerRows, signersIn, verifiedKeys } from './prepare.ts';
import { type Preparers, prepareBeside, prepareHere } from './preparers.ts';

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
  await proveContinuation(session, client, { size: tree.size, root: tree.root() }, target, primitives.sha256);
  const preparers =
    target.size - tree.size <= maxRecords ? prepareHere(primitives) : prepareBeside(terminal.parts.preparer);
  try {
    yield { done: tree.size, total: target.size };
    for await (const batch of fetchAhead(session, client, target, preparers, primitives)) {
      await takeIn(terminal, session, client, target, batch);
      yield { done: tree.size, total: target.size };
    }
  } finally {
    preparers.close();
  }
  if (!bytesEqual(tree.root(), target.root))
    throw found('fork', 'The same size has another root than this terminal has.');
  await cosign(terminal, session, client, note, key.value);
  return ok(target);
}

type Reached = Pick<Checkpoint, 'size' | 'root'>;

/** Everything this terminal has must be a prefix of what the gateway signed, before anything new is looked at. */
async function proveContinuation(
  session: Session,
  client: DepositoryClient,
  older: Reached,
  newer: Checkpoint,
  hash: (data: Uint8Array) => Uint8Array,
): Promise<void> {
  if (older.size === 0 || older.size === newer.size) return;
  const answer = await client.consistency({
    programme: session.invitation.programme,
    older: older.size,
    newer: newer.size,
  });
  if (!answer.ok)
    throw found('fork', `The gateway gives no proof that its log continues this one. ${answer.refusal.why}`);
  const path = answer.value.path.map((text) => base64urlToBytes(text) ?? new Uint8Array());
  if (!verifyConsistency(hash, { older, newer, path }))
    throw found('fork', `The gateway's log does not continue the ${older.size} records that this terminal has.`);
}

/** One batch: proven to lie under the signed root, judged, and stored in one database transaction; or nothing of it. */
async function takeIn(
  terminal: Terminal,
  session: Session,
  client: DepositoryClient,
  target: Checkpoint,
  { texts, signers, preparation }: Batch,
): Promise<void> {
  const { primitives } = terminal.parts;
  const { tree, store, books, invitation } = session;
  const from = tree.size;
  if (!preparation.ok)
    throw found('disagreement', `Record ${from + preparation.refusal.at}: ${preparation.refusal.why}`);
  const { leafHashes, genuine, packed } = preparation.value;
  const layer = new BooksLayer(books);
  try {
    const events = texts.map((text, i) => {
      const record = readRecord(text);
      judge(session, layer, record, from + i, primitives, verifiedKeys(signers, genuine[i] as number, record));
      return record.event;
    });
    tree.append(leafHashes);
    const reached = { size: tree.size, root: tree.root() };
    // While the gateway is waited for, others commit: what is not stored is no part of what they leave behind.
    tree.truncate(from);
    await proveContinuation(session, client, reached, target, primitives.sha256);
    const details = await fetchDetails(client, invitation.programme, events, primitives.sha256);
    const readOnly = session.readOnly();
    if (readOnly !== undefined) throw new Found(readOnly);
    session.commit(() => {
      tree.append(leafHashes);
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

interface Batch {
  readonly texts: readonly string[];
  /** Who was known to sign with which key when the batch was prepared. */
  readonly signers: Signers;
  readonly preparation: Preparation;
}

/** Batches in the order of the log: some are fetched and prepared while the ones before are judged, never more. */
async function* fetchAhead(
  session: Session,
  client: DepositoryClient,
  target: Checkpoint,
  preparers: Preparers,
  primitives: Primitives,
): AsyncGenerator<Batch> {
  const ahead: Promise<Batch | undefined>[] = [];
  let genesis: Books = session.books;
  let next = Promise.resolve(session.tree.size);
  const fetchNext = (): void => {
    const fetched = next.then((from) => fetchRecords(session, client, from, target));
    next = fetched.then(({ from, texts }) => from + texts.length);
    const batch = fetched.then(async ({ from, texts }) => {
      if (texts.length === 0) return undefined;
      if (from === 0) genesis = opened(session, texts[0] as string, primitives);
      const signers = signerRows(programmeOf(session.books) === undefined ? genesis : session.books);
      return { texts, signers: signersIn(signers), preparation: await preparers.prepare({ records: texts, signers }) };
    });
    for (const promise of [next, batch]) promise.catch(() => {}); // told when its turn comes
    ahead.push(batch);
  };
  for (let i = 0; i < preparers.batches; i++) fetchNext();
  for (let batch = await ahead.shift(); batch !== undefined; batch = await ahead.shift()) {
    fetchNext();
    yield batch;
  }
}

async function fetchRecords(
  session: Session,
  client: DepositoryClient,
  from: number,
  target: Checkpoint,
): Promise<{ readonly from: number; readonly texts: readonly string[] }> {
  if (from >= target.size) return { from, texts: [] };
  const { programme } = session.invitation;
  const { records } = await client.records({ programme, from, to: Math.min(target.size, from + maxRecords) });
  if (records.length === 0) throw new Error('the gateway gave no records');
  return { from, texts: records };
}

/** The books as a genesis record opens them: with the keys under which everything after it is signed. */
function opened(session: Session, text: string, primitives: Primitives): Books {
  const layer = new BooksLayer(session.books);
  const record = parseRecordText(text);
  const decision = record.ok ? decide(layer, record.value, primitives) : undefined;
  if (decision?.ok) layer.apply(decision.value);
  return layer;
}

/** The same function that the gateway used; a record that this terminal would not have admitted is a disagreement. */
function judge(
  session: Session,
  layer: BooksLayer,
  record: LogRecord,
  sequence: number,
  primitives: Primitives,
  verified: VerifiedKeys,
): void {
  const { event } = record;
  if (event.type === 'programme.opened') {
    const strange = strangeGenesis(session, event, primitives);
    if (strange !== undefined) throw found('disagreement', strange);
  }
  const decision = decide(layer, record, primitives, verified);
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
