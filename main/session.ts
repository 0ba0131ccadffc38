// An unlocked terminal: one operator, the open vault, the books as the log has them, and on top what waits in the outbox.

import { payeeIdUnder } from '../crypto/payee.ts';
import { signEd25519 } from '../crypto/secret.ts';
import { BooksLayer, head, programmeOf } from '../shared/books.ts';
import { base64urlToBytes, bytesToBase64url } from '../shared/bytes.ts';
import type { Invitation } from '../shared/contract/invitation.ts';
import { invitationSchema } from '../shared/contract/invitation.ts';
import { foresee } from '../shared/decide.ts';
import { faultPoint } from '../shared/fault.ts';
import { emptyRoot, type MerkleTree } from '../shared/log/merkle.ts';
import type { Operator, Terminal as TerminalRecord } from '../shared/operator.ts';
import type { Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { type Instant, instantToMs, msToInstant } from '../shared/time.ts';
import { countOn } from './count-on.ts';
import { SqlBooks } from './store/books.ts';
import { writeDiary } from './store/diary.ts';
import { openTree } from './store/log.ts';
import { migrate } from './store/migrate.ts';
import { migrations } from './store/migrations/all.ts';
import { askDisk, damaged, isDamage, openReader, openStore, type Reader, type Store } from './store/open.ts';
import { lastQueued, queuedSubmissions } from './store/outbox.ts';
import { booksChanged, finish, largeTables, recount, recountRecords, rowsIn, smallTables } from './store/recount.ts';
import { readSetting, settingNames, writeSetting } from './store/settings.ts';
import { compareHead, type Head, readHead, removeOldHeads, writeHead } from './vault/head.ts';
import { acceptRestored } from './vault/restored-set.ts';
import { databasePath, finishEpoch, removeOldEpochs, type Vault } from './vault/vault.ts';

export interface SessionParts {
  readonly primitives: Primitives;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
  /** Up to so many rows are counted before the first screen is shown; a tenth of a second where nothing is said. */
  readonly countAtOnce?: number;
}

/** The database has the commit; whoever asked is not told of it, and must not undo it in memory. */
export class HeadNotRecorded extends Error {
  override name = 'HeadNotRecorded';
  /** Whose commit it was: perhaps of somebody who was only nearly let in. */
  readonly session: Session;
  constructor(session: Session, cause: unknown) {
    super('the commit is made, its record is not', { cause });
    this.session = session;
  }
}

export class Session {
  readonly operator: string;
  readonly vault: Vault;
  readonly store: Store;
  readonly books: SqlBooks;
  readonly tree: MerkleTree;
  readonly invitation: Invitation;
  readonly terminal: string;
  readonly #parts: SessionParts;
  /** Where the vault is. */
  readonly directory: string;
  #overlay: BooksLayer | undefined;
  /** Set once the vault is known to be the newest; what is found in one that is not leaves its head record as it is. */
  #isFresh = false;
  /** What was found, also when the disk does not take it. */
  #found: Refusal | undefined;
  readonly #readers = new Set<() => void>();
  /** Nothing is read on the side any more. */
  isStoreClosed = false;
  /** Rows counted again since unlocking, of all there are. */
  counted = { done: 0, total: 0 };
  /**
   * The newest commit that is known to be recorded; undefined while nothing is. Where the database has another one, the disk did not
   * take the record of it, be it this session's or of somebody who was only nearly let in: it comes first now, as the record may
   * lag by one commit only.
   */
  #recordedAt: number | undefined;
  #closed = false;

  constructor(operator: string, vault: Vault, store: Store, directory: string, parts: SessionParts) {
    this.directory = directory;
    this.operator = operator;
    this.vault = vault;
    this.store = store;
    this.#parts = parts;
    this.books = new SqlBooks(store, store.digests);
    this.tree = openTree(store, parts.primitives.sha256);
    this.invitation = invitationSchema.parse(JSON.parse(readSetting(store, 'invitation') ?? 'null'));
    this.terminal = readSetting(store, 'terminal') ?? '';
  }

  /**
   * Commits something that a person or the gateway will be told of: one database transaction, then the head record, and only
   * then the answer. `work` must leave `tree` as the log stands after it.
   */
  commit(work: () => void): void {
    const before = this.generation();
    if (this.#recordedAt !== undefined && this.#recordedAt !== before) this.#recordHead();
    this.store.transaction(() => {
      work();
      writeSetting(this.store, 'generation', String(this.generation() + 1));
      writeSetting(this.store, 'slots', String(this.vault.revision));
      writeSetting(this.store, 'root', bytesToBase64url(this.tree.root()));
      faultPoint('vault: before commit');
    });
    this.#recordedAt ??= before;
    this.forgetOverlay();
    try {
      faultPoint('vault: committed, head not recorded');
      this.#recordHead();
      faultPoint('vault: head recorded');
    } catch (failure) {
      throw new HeadNotRecorded(this, failure);
    }
  }

  /** Commits so far. */
  generation(): number {
    return Number(readSetting(this.store, 'generation') ?? '0');
  }

  #head(): Head {
    const content = bytesToBase64url(this.#parts.primitives.sha256(this.store.digests.bytes()));
    const root = bytesToBase64url(this.tree.root());
    return { generation: this.generation(), size: this.tree.size, root, outbox: lastQueued(this.store), content };
  }

  #recordHead(): void {
    const key = this.vault.headKey();
    writeHead(this.directory, this.vault, key, this.#head());
    key.dispose();
    this.#recordedAt = this.generation();
  }

  /** What the record beside the database says it had reached; undefined when there is none. */
  recorded(): Head | undefined {
    const key = this.vault.headKey();
    const recorded = readHead(this.directory, this.vault, key);
    key.dispose();
    return recorded;
  }

  /** Once, when the vault is opened: whether its tables belong together, and whether they are the newest. */
  checkFreshness(): void {
    const recorded = this.recorded();
    const database = this.#head();
    const slots = Number(readSetting(this.store, 'slots') ?? '0');
    const found =
      (slots > this.vault.revision ? slotsPutBack(this.vault.revision, slots) : undefined) ??
      this.#checkContents() ??
      compareHead(database, recorded);
    if (found !== undefined) {
      this.quarantine(found);
      return;
    }
    this.#isFresh = true;
    this.#recordedAt = database.generation;
    // A crash came between the commit and its record: the record follows.
    if (recorded !== undefined && recorded.generation < database.generation) this.#recordHead();
  }

  /** What every screen leans on, always; everything else at once where there is little of it. */
  #checkContents(): Refusal | undefined {
    const { store, tree, books } = this;
    if (!store.digests.isKnown) return this.generation() === 0 && tree.size === 0 ? undefined : booksChanged('digests');
    const { legs } = head(books);
    const small = rowsIn(smallTables, store.digests, legs);
    const large = rowsIn(largeTables, store.digests, legs) + tree.size;
    this.counted = { done: small, total: small + large };
    const changed = finish(recount(store, store.digests, smallTables));
    if (changed !== undefined) return booksChanged(changed);
    if (head(books).size !== tree.size || (readSetting(store, 'root') ?? this.#emptyRoot()) !== this.#head().root)
      return booksChanged('log');
    if (large > (this.#parts.countAtOnce ?? 60_000)) return undefined;
    this.counted = { done: small + large, total: small + large };
    const alsoChanged = finish(recount(store, store.digests, largeTables));
    if (alsoChanged !== undefined) return booksChanged(alsoChanged);
    const record = finish(recountRecords(store, tree, tree.size, this.#parts.primitives.sha256));
    return record === undefined ? undefined : booksChanged('log');
  }

  #emptyRoot(): string {
    return bytesToBase64url(emptyRoot(this.#parts.primitives.sha256));
  }

  /**
   * Another view of the vault as it is now; closed by whoever asked for it, or when the terminal is locked. `letGo` ends what
   * is still being read through it.
   */
  openReader(letGo: () => void): Reader {
    const key = this.vault.databaseKey();
    const reader = openReader(databasePath(this.directory, this.vault.epoch), key);
    key.dispose();
    const close = () => {
      if (!this.#readers.delete(close)) return;
      letGo();
      reader.close();
    };
    this.#readers.add(close);
    return { prepare: reader.prepare, close };
  }

  /** For whoever found damage in it: throws when it is the disk's doing. */
  askDisk(): void {
    const key = this.vault.databaseKey();
    try {
      askDisk(databasePath(this.directory, this.vault.epoch), key);
    } finally {
      key.dispose();
    }
  }

  /** The books as they will be once the gateway has admitted the outbox; in memory only, and built again after a sync. */
  overlay(): BooksLayer {
    if (this.#overlay !== undefined) return this.#overlay;
    const layer = new BooksLayer(this.books);
    for (const { event } of queuedSubmissions(this.store, 100_000)) {
      const decision = foresee(layer, { admittedAt: this.admissionTime(layer), event }, this.#parts.primitives);
      if (decision.ok) layer.apply(decision.value); // otherwise the gateway will say why
    }
    this.#overlay = layer;
    return layer;
  }

  forgetOverlay(): void {
    this.#overlay = undefined;
  }

  /** When the gateway would admit an event made now: never before the newest record. */
  admissionTime(books: BooksLayer | SqlBooks): Instant {
    return msToInstant(Math.max(this.#parts.clock(), instantToMs(head(books).admittedAt)));
  }

  /** The operator as enrolled here; the programme may not know them yet. */
  enrolled(): Operator | undefined {
    const text = readSetting(this.store, `person ${this.operator}`);
    return text === undefined ? undefined : (JSON.parse(text) as Operator);
  }

  /** Everybody enrolled on this terminal. */
  people(): Operator[] {
    return settingNames(this.store, 'person ').map(
      (name) => JSON.parse(readSetting(this.store, name as `person ${string}`) ?? 'null') as Operator,
    );
  }

  terminalRecord(): TerminalRecord {
    return { id: this.terminal, key: this.vault.terminalPublicKey() };
  }

  signAsTerminal(message: Uint8Array): Uint8Array {
    const seed = this.vault.terminalSeed();
    try {
      return signEd25519(seed.reveal(), message);
    } finally {
      seed.dispose();
    }
  }

  /** The programme's keyed id of a payee's account. */
  payeeId(account: string): string {
    return payeeIdUnder(base64urlToBytes(this.invitation.payeeKey) ?? new Uint8Array())(account);
  }

  programme() {
    return programmeOf(this.books);
  }

  readOnly(): Refusal | undefined {
    const text = readSetting(this.store, 'read only');
    return text === undefined || text === '' ? this.#found : (JSON.parse(text) as Refusal);
  }

  /** Something for this terminal alone. A commit, or the page of before could be put back; but never over a head record that tells more. */
  note(work: () => void): void {
    if (this.#isFresh) this.commit(work);
    else this.store.transaction(work);
  }

  /** From here on nothing is signed on this terminal; what was found stays for the auditor. The first finding stands. */
  quarantine(refusal: Refusal): void {
    if (this.readOnly() !== undefined) return;
    this.#found = refusal;
    try {
      this.note(() => {
        writeSetting(this.store, 'read only', JSON.stringify(refusal));
        const at = msToInstant(this.#parts.clock());
        writeDiary(this.store, { at, what: 'made read-only', operator: this.operator, facts: { found: refusal.type } });
      });
    } catch {
      // A full disk lifts nothing: it stands while the vault is open, and whoever opens it next finds it again.
    }
  }

  /**
   * Ends the quarantine together with what `work` makes right, in one commit. Whatever the record beside the vault said it had
   * reached, the vault is past it afterwards.
   */
  repair(work: () => void): void {
    const reached = Math.max(this.generation(), this.recorded()?.generation ?? 0);
    const repaired = () => {
      this.#isFresh = true;
      this.#found = undefined;
      this.counted = { done: 1, total: 1 };
    };
    try {
      this.commit(() => {
        work();
        writeSetting(this.store, 'generation', String(reached));
        writeSetting(this.store, 'read only', '');
      });
      repaired();
    } catch (failure) {
      if (failure instanceof HeadNotRecorded) repaired();
      throw failure;
    } finally {
      this.books.forget();
      this.forgetOverlay();
    }
  }

  /** Ends whatever is still being read on the side. */
  endReading(): void {
    for (const close of [...this.#readers]) close();
  }

  /** The database only: whoever still needs the keys locks the vault. */
  closeStore(): void {
    this.isStoreClosed = true;
    this.endReading();
    this.store.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.closeStore();
    } finally {
      this.vault.lock(); // whatever keeps the file open, the keys go
    }
  }

  isClosed(): boolean {
    return this.#closed;
  }
}

/** Opens the vault's database and brings it to this version. */
export function openSession(
  operator: string,
  vault: Vault,
  directory: string,
  parts: SessionParts,
): Result<Session, Refusal> {
  const accepted = acceptRestored(directory, vault);
  if (!accepted.ok) return accepted;
  const finished = finishEpoch(directory, vault.epoch);
  if (!finished.ok) return finished;
  const file = databasePath(directory, vault.epoch);
  const key = vault.databaseKey();
  try {
    const store = openStore(file, key, 'open');
    if (!store.ok) return store;
    const entered = enter(operator, vault, store.value, directory, parts);
    if (!entered.ok && entered.refusal === damaged.refusal) askDisk(file, key);
    return entered;
  } finally {
    key.dispose();
  }
}

/** The store is closed unless somebody was let in. */
function enter(
  operator: string,
  vault: Vault,
  store: Store,
  directory: string,
  parts: SessionParts,
): Result<Session, Refusal> {
  try {
    const migrated = migrate(store, migrations);
    if (!migrated.ok) {
      store.close();
      return migrated;
    }
    const session = new Session(operator, vault, store, directory, parts);
    session.checkFreshness();
    removeOldEpochs(directory, vault.epoch);
    removeOldHeads(directory, vault.epoch);
    void countOn(session, parts.primitives.sha256);
    return ok(session);
  } catch (failure) {
    store.close();
    if (isDamage(failure)) return damaged;
    throw failure;
  }
}

const slotsPutBack = (found: number, known: number): Refusal =>
  refuse(
    'slots put back',
    'The vault may not be the newest one.',
    `The slot file is revision ${found} and the vault has seen revision ${known}: an old slot file was put back.`,
    'Call the security officer; keep the files as they are.',
  ).refusal;

export const readOnlyRefusal = (found: Refusal): Refusal =>
  refuse('read only', 'Nothing was signed.', `This terminal is read-only: ${found.why}`, found.next).refusal;
