// An unlocked terminal: one operator, the open vault, the books as the log has them, and on top what waits in the outbox.

import { payeeIdUnder } from '../crypto/payee.ts';
import { signEd25519 } from '../crypto/secret.ts';
import { BooksLayer, head, programmeOf } from '../shared/books.ts';
import { base64urlToBytes, bytesToBase64url } from '../shared/bytes.ts';
import type { Invitation } from '../shared/contract/invitation.ts';
import { invitationSchema } from '../shared/contract/invitation.ts';
import { foresee } from '../shared/decide.ts';
import { faultPoint } from '../shared/fault.ts';
import type { MerkleTree } from '../shared/log/merkle.ts';
import type { Operator, Terminal as TerminalRecord } from '../shared/operator.ts';
import type { Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import { type Instant, instantToMs, msToInstant } from '../shared/time.ts';
import { SqlBooks } from './store/books.ts';
import { loadTree } from './store/log.ts';
import { migrate } from './store/migrate.ts';
import { migrations } from './store/migrations/all.ts';
import { openStore, type Store } from './store/open.ts';
import { lastQueued, queuedSubmissions } from './store/outbox.ts';
import { readSetting, settingNames, writeSetting } from './store/settings.ts';
import { compareHead, type Head, readHead, removeOldHeads, writeHead } from './vault/head.ts';
import { databasePath, finishEpoch, removeOldEpochs, type Vault } from './vault/vault.ts';

export interface SessionParts {
  readonly primitives: Primitives;
  /** Milliseconds since 1970, UTC. */
  readonly clock: () => number;
}

/** The database has the commit; whoever asked is not told of it, and must not undo it in memory. */
export class HeadNotRecorded extends Error {
  override name = 'HeadNotRecorded';
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
  /** The disk took a commit and not its record: the record comes first now, as it may lag by one commit only. */
  #headIsBehind = false;
  #closed = false;

  constructor(operator: string, vault: Vault, store: Store, directory: string, parts: SessionParts) {
    this.directory = directory;
    this.operator = operator;
    this.vault = vault;
    this.store = store;
    this.#parts = parts;
    this.books = new SqlBooks(store);
    this.tree = loadTree(store, parts.primitives.sha256);
    this.invitation = invitationSchema.parse(JSON.parse(readSetting(store, 'invitation') ?? 'null'));
    this.terminal = readSetting(store, 'terminal') ?? '';
  }

  /**
   * Commits something that a person or the gateway will be told of: one database transaction, then the head record, and only
   * then the answer. `work` must leave `tree` as the log stands after it.
   */
  commit(work: () => void): void {
    if (this.#headIsBehind) this.#recordHead();
    this.store.transaction(() => {
      work();
      writeSetting(this.store, 'generation', String(this.#generation() + 1));
      writeSetting(this.store, 'slots', String(this.vault.revision));
      faultPoint('vault: before commit');
    });
    this.#headIsBehind = true;
    this.forgetOverlay();
    try {
      faultPoint('vault: committed, head not recorded');
      this.#recordHead();
      faultPoint('vault: head recorded');
    } catch (failure) {
      throw new HeadNotRecorded('the commit is made, its record is not', { cause: failure });
    }
  }

  #generation(): number {
    return Number(readSetting(this.store, 'generation') ?? '0');
  }

  #head(): Head {
    const root = bytesToBase64url(this.tree.root());
    return { generation: this.#generation(), size: this.tree.size, root, outbox: lastQueued(this.store) };
  }

  #recordHead(): void {
    const key = this.vault.headKey();
    writeHead(this.directory, this.vault, key, this.#head());
    key.dispose();
    this.#headIsBehind = false;
  }

  /** Once, when the vault is opened. */
  checkFreshness(): void {
    const slots = Number(readSetting(this.store, 'slots') ?? '0');
    if (slots > this.vault.revision) this.quarantine(slotsPutBack(this.vault.revision, slots));
    const key = this.vault.headKey();
    const recorded = readHead(this.directory, this.vault, key);
    key.dispose();
    const database = this.#head();
    const found = compareHead(database, recorded);
    if (found !== undefined) this.quarantine(found);
    // A crash came between the commit and its record: the record follows.
    else if (recorded !== undefined && recorded.generation < database.generation) this.#recordHead();
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
    return text === undefined ? undefined : (JSON.parse(text) as Refusal);
  }

  /** From here on nothing is signed on this terminal; what was found stays for the auditor. The first finding stands. */
  quarantine(refusal: Refusal): void {
    if (this.readOnly() === undefined) writeSetting(this.store, 'read only', JSON.stringify(refusal));
  }

  /** The database only: whoever still needs the keys locks the vault. */
  closeStore(): void {
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
  const finished = finishEpoch(directory, vault.epoch);
  if (!finished.ok) return finished;
  const key = vault.databaseKey();
  const store = openStore(databasePath(directory, vault.epoch), key, 'open');
  key.dispose();
  if (!store.ok) return store;
  const migrated = migrate(store.value, migrations);
  if (!migrated.ok) {
    store.value.close();
    return migrated;
  }
  const session = new Session(operator, vault, store.value, directory, parts);
  session.checkFreshness();
  removeOldEpochs(directory, vault.epoch);
  removeOldHeads(directory, vault.epoch);
  return ok(session);
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
