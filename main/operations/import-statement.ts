// Import statement: takes in a file of the bank (camt.052, 053, 054) of any size, part by part. Each part is read in a thread
// of its own while the rows of the one before are stored; nothing of the file counts before all of it was read, found to be
// new, and taken in. Between reading and taking in, a person may look at what it says. The same file, or the same message,
// again stores nothing. Every import leaves its fate in a list.

import { setImmediate } from 'node:timers/promises';
import { random } from '../../crypto/secret.ts';
import { base64ToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import type { StatementImportReport, StatementProgress } from '../../shared/contract/statements.ts';
import type { MessageHead } from '../../shared/iso20022/reader.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { type ParsedLine, type ParsedStatement, type ParserOutput, startStatementParser } from '../parse-statement.ts';
import type { Session } from '../session.ts';
import {
  beginFile,
  describeFile,
  fileBy,
  fileByNumber,
  finishFile,
  messageKey,
  noteFate,
  removeFile,
  rowWriter,
  type StatementFate,
  type StatementFile,
  statementsOfFile,
  unfinishedFiles,
} from '../store/statements.ts';
import { type Terminal, unlocked } from '../terminal.ts';
import { toFileView, toStatementView } from './show-statements.ts';

export interface StatementImport {
  readonly id: string;
  readonly session: ImportSession;
  /** Milliseconds since 1970 when the last part came. */
  lastPartMs: number;
  take(part: Uint8Array): Promise<Result<StatementProgress, Refusal>>;
  /** Reads it to its end and says what is in it; nothing of it counts yet. */
  review(): Promise<Result<StatementImportReport, Refusal>>;
  /** Whether it waits for a person's word: then it makes way for the next one. */
  isReviewed: boolean;
  /** From here on it counts. */
  end(): Promise<Result<StatementImportReport, Refusal>>;
  /** Takes away what was stored of it; with a refusal it was not a person who gave it up. */
  cancel(refusal?: Refusal): Promise<void>;
  /** The vault is closing: what was stored of it is taken away when the next import begins. */
  forget(): void;
}

/** Whoever has sent nothing for so long has left. */
const leftAfterMs = 60_000;
/** Parts that may wait for the thread: it always has the next one, and memory does not grow. */
const partsAhead = 3;
/** Lines of one database transaction. */
const linesAtOnce = 2000;
const keptFindings = 200;

const what = 'The statement was not imported.';

export async function openStatementImport(
  terminal: Terminal,
  { name }: { readonly name: string },
): Promise<Result<{ import: string }, Refusal>> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const other = terminal.importing;
  if (other !== null && !other.isReviewed && terminal.parts.clock() - other.lastPartMs < leftAfterMs)
    return refuse('busy', what, 'Another statement is being imported.', 'Wait for it, or cancel it.');
  // One of a session that is gone, as after a change of keys, has no store any more; what it left is found with the others.
  if (other?.session === session.value) await other.cancel();
  else other?.forget();
  for (const file of unfinishedFiles(session.value.store)) {
    noteLeft(terminal, session.value, file);
    await removeInSteps(session.value, file);
  }
  const begun = beginImport(terminal.parts, session.value, name);
  terminal.importing = begun;
  return ok({ import: begun.id });
}

export async function takeStatementPart(
  terminal: Terminal,
  input: { readonly import: string; readonly part: string },
): Promise<Result<StatementProgress, Refusal>> {
  const open = openOne(terminal, input.import);
  if (!open.ok) return open;
  const part = base64ToBytes(input.part);
  if (part === undefined) return refuse('part malformed', what, 'A part of it is not base64.', 'Import it again.');
  open.value.lastPartMs = terminal.parts.clock();
  return settle(terminal, open.value, await open.value.take(part), false);
}

/** What the file says, once all of it was sent; it is taken in by ending the import, and given up by cancelling it. */
export async function reviewStatementImport(
  terminal: Terminal,
  input: { readonly import: string },
): Promise<Result<StatementImportReport, Refusal>> {
  const open = openOne(terminal, input.import);
  if (!open.ok) return open;
  open.value.lastPartMs = terminal.parts.clock();
  const reviewed = await open.value.review();
  return settle(terminal, open.value, reviewed, reviewed.ok && reviewed.value.isKnown);
}

export async function endStatementImport(
  terminal: Terminal,
  input: { readonly import: string },
): Promise<Result<StatementImportReport, Refusal>> {
  const open = openOne(terminal, input.import);
  return open.ok ? settle(terminal, open.value, await open.value.end(), true) : open;
}

export async function cancelStatementImport(
  terminal: Terminal,
  input: { readonly import: string },
): Promise<Result<Record<string, never>, Refusal>> {
  const open = openOne(terminal, input.import);
  if (!open.ok) return open;
  terminal.importing = null;
  await open.value.cancel();
  return ok({});
}

/** A lock or a crash ended it; whoever began it sees so in the list. */
function noteLeft({ parts }: Terminal, { store }: ImportSession, number: number): void {
  const file = fileByNumber(store, number);
  if (file === undefined) return;
  const { name, operator, bytes, messageId } = file;
  const at = msToInstant(parts.clock());
  const message = file.message === '' ? null : file.message;
  const one = { at, operator, name, bytes, message, messageId, fate: 'left', why: null } as const;
  store.transaction(() => noteFate(store, one));
}

function openOne(terminal: Terminal, id: string): Result<StatementImport, Refusal> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const open = terminal.importing;
  if (open !== null && open.id === id && open.session === session.value) return ok(open);
  return refuse('no import', what, 'It was cancelled, or another one was begun.', 'Import it again.');
}

/** An import that ended, well or not, is no longer open. */
async function settle<T>(
  terminal: Terminal,
  one: StatementImport,
  result: Result<T, Refusal>,
  isLast: boolean,
): Promise<Result<T, Refusal>> {
  if (result.ok && !isLast) return result;
  const isOurs = terminal.importing === one;
  if (isOurs) terminal.importing = null;
  // One that was forgotten because the vault was closed has nothing to take away now.
  if (isOurs && !result.ok && terminal.session === one.session) await one.cancel(result.refusal);
  return result;
}

/** What an import needs of a session: an open store, and how to make the end of it known. */
type ImportSession = Pick<Session, 'store' | 'operator' | 'commit'>;
type ImportParts = Pick<Terminal['parts'], 'clock' | 'statementParser' | 'schemaDirectory'>;

export function beginImport(parts: ImportParts, session: ImportSession, name: string): StatementImport {
  const { clock, schemaDirectory } = parts;
  const entry = parts.statementParser ?? new URL('../parse-statement.worker.ts', import.meta.url);
  const { store } = session;
  const open = store.transaction(() =>
    beginFile(store, { name, importedAt: msToInstant(clock()), operator: session.operator }),
  );
  const write = rowWriter(store, open);
  let head: MessageHead | null = null;
  let key: string | null = null;
  /** The file with the same message, where there is one: then nothing is stored, and at the end the contents are compared. */
  let sameMessage: StatementFile | undefined;
  let [bytes, lineCount, underWay] = [0, 0, 0];
  let lines: ParsedLine[] = [];
  let statements: ParsedStatement[] = [];
  let ended: NonNullable<ParserOutput['ended']> | undefined;
  let failure: unknown;
  let isClosed = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };

  const parser = startStatementParser(
    entry,
    { schemaDirectory },
    (output) => {
      if (isClosed) return;
      try {
        takeOutput(output);
      } catch (thrown) {
        failure = thrown;
      }
      wake();
    },
    (thrown) => {
      failure = thrown;
      wake();
    },
  );

  function takeOutput(output: ParserOutput): void {
    underWay -= 1;
    bytes = output.bytes;
    if (head === null && output.head !== null) {
      head = output.head;
      key = messageKey(head, output.account);
      sameMessage = key === null ? undefined : fileBy(store, 'message_key', key);
    }
    lineCount += output.lines.length;
    ended = output.ended ?? ended;
    if (sameMessage !== undefined) return;
    lines = lines.length === 0 ? [...output.lines] : lines.concat(output.lines);
    statements = statements.concat(output.statements);
    if (lines.length >= linesAtOnce || ended !== undefined) flush();
  }

  function flush(): void {
    const kind = head?.family ?? '';
    store.transaction(() => write(kind, lines, statements));
    // Pages that were filled are not read again before the end, and 64 MiB of them would be kept.
    store.exec('PRAGMA shrink_memory');
    lines = [];
    statements = [];
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (failure === undefined && !isClosed && !isSo())
      await new Promise<void>((resolve) => void waiting.add(resolve));
    if (failure !== undefined) throw failure;
  }

  function close(): void {
    isClosed = true;
    parser.stop();
    wake();
  }

  /** Why it cannot go on, if so. */
  function stopped(): Refusal | undefined {
    if (ended !== undefined) return ended.ok ? undefined : ended.refusal;
    return isClosed
      ? refuse('stopped', what, 'It was cancelled, or the terminal was locked.', 'Import it again.').refusal
      : undefined;
  }

  /** Its fate, once: what comes after the first says nothing new. */
  let isFateNoted = false;
  function fate(word: StatementFate['fate'], why: string | null): void {
    if (isFateNoted) return;
    isFateNoted = true;
    const { message = null, messageId = null } = head ?? {};
    const at = msToInstant(clock());
    noteFate(store, { at, operator: session.operator, name, bytes, message, messageId, fate: word, why });
  }

  /** All of it is read, and either it is known or it lies there to be taken in. */
  async function read(): Promise<Result<StatementImportReport, Refusal>> {
    underWay += 1;
    parser.send({ end: true });
    await until(() => ended !== undefined);
    const refusal = stopped();
    close();
    if (refusal !== undefined || !ended?.ok || head === null) return { ok: false, refusal: refusal as Refusal };
    const digest = bytesToBase64url(ended.digest);
    const same = fileBy(store, 'digest', digest);
    if (same !== undefined) {
      store.transaction(() => fate('came again', null));
      await removeInSteps(session, open.file);
      return ok(reportOf(session, same, true));
    }
    if (sameMessage !== undefined)
      return refuse(
        'message changed',
        what,
        `Message ${head.messageId} was imported before, on ${sameMessage.importedAt.slice(0, 10)}, with other content.`,
        'Ask the bank which of the two is right.',
      );
    const { verdict } = ended;
    const findings = ended.findings.slice(0, keptFindings);
    const errors = verdict.errors.slice(0, keptFindings);
    const whole = { digest, key, head, bytes, lines: lineCount, findings, verdict: { ...verdict, errors } };
    store.transaction(() => describeFile(store, open, whole));
    return ok(reportOf(session, fileByNumber(store, open.file) as StatementFile, false));
  }
  let reading: ReturnType<typeof read> | undefined;

  return {
    id: bytesToBase64url(random(16)),
    session,
    isReviewed: false,
    lastPartMs: clock(),
    async take(part) {
      underWay += 1;
      parser.send({ part });
      await until(() => underWay < partsAhead || ended !== undefined);
      const refusal = stopped();
      return refusal === undefined ? ok({ done: bytes, lines: lineCount }) : { ok: false, refusal };
    },
    async review() {
      reading ??= read();
      const reviewed = await reading;
      this.isReviewed = reviewed.ok;
      return reviewed;
    },
    async end() {
      const reviewed = await this.review();
      if (!reviewed.ok || reviewed.value.isKnown) return reviewed;
      session.commit(() => {
        finishFile(store, open);
        fate('taken in', null);
      });
      return reviewed;
    },
    async cancel(refusal) {
      close();
      store.transaction(() => (refusal === undefined ? fate('cancelled', null) : fate('refused', refusal.why)));
      await removeInSteps(session, open.file);
    },
    forget: close,
  };
}

/** Between the steps the terminal does what else it is asked. */
async function removeInSteps(session: Pick<Session, 'store'>, file: number): Promise<void> {
  if (!unfinishedFiles(session.store).includes(file)) return;
  for (const _ of removeFile(session.store, file)) await setImmediate();
}

const reportOf = (session: Pick<Session, 'store'>, file: StatementFile, isKnown: boolean): StatementImportReport => ({
  file: toFileView(file),
  isKnown,
  statements: statementsOfFile(session.store, file.number).map(toStatementView),
});
