// The vault of one terminal: the slot file, the root key while unlocked, and what is derived from it.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { derive, ed25519PublicKey, equalSecrets, random } from '../../crypto/secret.ts';
import { makeFolder, moveInto } from '../../disk/write.ts';
import { assert } from '../../shared/assert.ts';
import { base64urlToBytes, bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import { Redacted } from '../../shared/redacted.ts';
import { ok, type Result } from '../../shared/result.ts';
import { isMuchStronger } from './calibrate.ts';
import type { Kdf } from './kdf.ts';
import { joinRecoveryKey, type RecoveryPlan, type RecoveryShares, splitRecoveryKey } from './recovery.ts';
import {
  carryOver,
  type Factors,
  isSlotsKey,
  maxSlots,
  notUnlocked,
  readSlots,
  rewrapForPerson,
  type Slot,
  type SlotBody,
  type SlotFile,
  slotFormat,
  type UnlockRefusal,
  unwrapForPerson,
  unwrapForRecovery,
  unwrapSigningSeed,
  unwrapTerminalSeed,
  wrapForPerson,
  wrapForRecovery,
  wrapTerminalSeed,
  writeSlots,
} from './slots.ts';

export const slotPath = (directory: string): string => join(directory, 'vault.slots');
/** Each epoch has a file of its own, so that the slot file alone says which one counts. */
export const databasePath = (directory: string, epoch: number): string =>
  join(directory, epoch === 1 ? 'vault.db' : `vault.db.${epoch}`);

export interface NewPerson {
  readonly operator: string;
  readonly factors: Factors;
  /** Random salts chosen before the ceremony: slot, PRF for unlocking, PRF for signing. */
  readonly salts: readonly [Uint8Array, Uint8Array, Uint8Array];
  /** The PRF output for the signing salt; null where the authenticator has none. */
  readonly signOutput: Uint8Array | null;
  /** What stretching the passphrase costs. */
  readonly kdf: Kdf;
}

/** An unlocked vault; `lock` zeroes what it holds, and nothing works after it. */
export class Vault {
  readonly #directory: string;
  readonly #root: Redacted;
  #file: SlotFile;

  constructor(directory: string, root: Redacted, file: SlotFile) {
    this.#directory = directory;
    this.#root = root;
    this.#file = file;
  }

  get id(): string {
    return this.#file.vault;
  }

  /** Of the root key; every change of keys makes the next one. */
  get epoch(): number {
    return this.#file.epoch;
  }

  /** Of the slot file. */
  get revision(): number {
    return this.#file.revision;
  }

  #derived(purpose: string): Redacted {
    const { vault, epoch } = this.#file;
    return new Redacted(derive(this.#root.reveal(), utf8(`${vault} ${epoch}`), `custos/${purpose}/v2`));
  }

  databaseKey(): Redacted {
    return this.#derived('db');
  }

  /** The same vault after its folder was renamed. */
  movedTo(directory: string): Vault {
    return new Vault(directory, this.#root, this.#file);
  }

  headKey(): Redacted {
    return this.#derived('head');
  }

  /** Authenticates manifests of backups; the same in every epoch, so that older ones are still known as ours. */
  backupKey(): Redacted {
    const seed = this.terminalSeed();
    const key = new Redacted(derive(seed.reveal(), utf8(this.#file.vault), 'custos/backup/v2'));
    seed.dispose();
    return key;
  }

  /** The terminal's own Ed25519 seed, for cosigning and for its requests to the gateway; the same in every epoch. */
  terminalSeed(): Redacted {
    return new Redacted(unwrapTerminalSeed(this.#file, this.#root.reveal()));
  }

  /** base64url of the raw public key of the terminal. */
  terminalPublicKey(): string {
    const seed = this.terminalSeed();
    const key = ed25519PublicKey(seed.reveal());
    seed.dispose();
    return key;
  }

  /** Who has a slot here. */
  operators(): string[] {
    return this.#file.slots.flatMap(({ operator }) => (operator === null ? [] : [operator]));
  }

  slotOf(operator: string): Slot | undefined {
    return this.#file.slots.find((slot) => slot.operator === operator);
  }

  /** Adds a person; returns the seed's public part through `withSeed` before the seed is zeroed. */
  async addPerson<T>(person: NewPerson, withSeed: (seed: Uint8Array | null) => T): Promise<T> {
    assert(this.slotOf(person.operator) === undefined, 'one slot per operator on a terminal');
    const seed = person.signOutput === null ? null : random(32);
    const slot = await wrapForPerson(
      this.#file,
      this.#root.reveal(),
      { id: person.operator, operator: person.operator, kdf: person.kdf, salts: person.salts },
      person.factors,
      seed === null || person.signOutput === null ? null : { seed, output: person.signOutput },
    );
    this.#write({ ...this.#body(), slots: [...this.#file.slots, slot] });
    try {
      return withSeed(seed);
    } finally {
      seed?.fill(0);
    }
  }

  /** Another passphrase for a person who still has their authenticator; what they sign with stays the same. */
  async renewPerson(operator: string, factors: Factors, wanted: Kdf): Promise<Result<void, UnlockRefusal>> {
    const slot = this.slotOf(operator);
    if (slot === undefined || factors.prf === null || !isSlotsKey(slot, factors.prf))
      return notUnlocked('wrong security key', 'This security key is not the one enrolled.', 'Use the enrolled one.');
    await this.#rewrap(slot, factors, slot.kdf === null || isMuchStronger(wanted, slot.kdf) ? wanted : slot.kdf);
    return ok(undefined);
  }

  /** The factors that have just opened the slot, behind a costlier stretching; false where it would change little. */
  async strengthen(operator: string, factors: Factors, wanted: Kdf): Promise<boolean> {
    const slot = this.slotOf(operator);
    if (slot?.kdf == null || !isMuchStronger(wanted, slot.kdf)) return false;
    await this.#rewrap(slot, factors, wanted);
    return true;
  }

  async #rewrap(slot: Slot, factors: Factors, kdf: Kdf): Promise<void> {
    const renewed = await rewrapForPerson(this.#file, this.#root.reveal(), { ...slot, kdf }, factors);
    const slots = this.#file.slots.map((one) => (one.operator === slot.operator ? renewed : one));
    this.#write({ ...this.#body(), slots });
  }

  /** Takes away a slot whose enrolment was cut off before its person was recorded. */
  dropSlot(operator: string): void {
    this.#write({ ...this.#body(), slots: this.#file.slots.filter((slot) => slot.operator !== operator) });
  }

  /** Shares are returned once and stored nowhere. */
  addRecovery(plan: RecoveryPlan): RecoveryShares {
    const key = random(32);
    const slot = wrapForRecovery(this.#file, this.#root.reveal(), key, random(32));
    const others = this.#file.slots.filter((one) => one.kind !== 'D');
    this.#write({ ...this.#body(), slots: [...others, slot] });
    const shares = splitRecoveryKey(key, plan);
    key.fill(0);
    return shares;
  }

  /** One place is kept for the recovery shares. */
  isFull(): boolean {
    return this.#file.slots.filter((slot) => slot.kind !== 'D').length >= maxSlots - 1;
  }

  hasRecovery(): boolean {
    return this.#file.slots.some((slot) => slot.kind === 'D');
  }

  /** A vault that only one way leads into is not set up yet. */
  isSetUp(): boolean {
    return this.#file.slots.length >= 2;
  }

  /** Opens the operator's signing seed for the length of one ceremony. */
  withSigningSeed<T>(operator: string, signOutput: Uint8Array, use: (seed: Uint8Array) => T): Result<T, UnlockRefusal> {
    const slot = this.slotOf(operator);
    const seed = slot && unwrapSigningSeed(this.#file, slot, this.#root.reveal(), signOutput);
    if (seed === undefined)
      return notUnlocked('wrong security key', 'This touch does not open your signing key.', 'Use your enrolled key.');
    try {
      return ok(use(seed));
    } finally {
      seed.fill(0);
    }
  }

  /**
   * The same vault under a new root key, for everybody who stays: in memory only. Its database must be written under
   * `databaseKey` before `settle` makes it the one that counts.
   */
  nextEpoch(stays: (slot: Slot) => boolean): Vault {
    const root = random(32);
    const old = this.#file;
    const place = { vault: old.vault, epoch: old.epoch + 1, allowPassphraseOnly: old.allowPassphraseOnly };
    const seed = this.terminalSeed();
    const body: SlotBody = {
      ...this.#body(),
      ...place,
      terminal: wrapTerminalSeed(place, root, seed.reveal()),
      slots: old.slots.filter(stays).map((slot) => carryOver(old, this.#root.reveal(), slot, place, root)),
    };
    seed.dispose();
    return new Vault(this.#directory, new Redacted(root), { ...body, mac: '' });
  }

  /** Writes the slot file of a new epoch: with this rename the old keys open nothing any more. */
  settle(): void {
    const { mac: _, ...body } = this.#file;
    this.#write(body);
    rmSync(`${slotPath(this.#directory)}.previous`, { force: true });
  }

  /** Whether anybody but these people can open the vault. */
  opensWithout(leaving: readonly string[]): boolean {
    return this.#file.slots.some((slot) => slot.operator === null || !leaving.includes(slot.operator));
  }

  /** Whether another way in led to the same root key. */
  isSameAs(other: Vault): boolean {
    return this.id === other.id && equalSecrets(this.#root.reveal(), other.#root.reveal());
  }

  lock(): void {
    this.#root.dispose();
  }

  #body(): SlotBody {
    const { mac: _, ...body } = this.#file;
    return { ...body, revision: body.revision + 1 };
  }

  #write(body: SlotBody): void {
    this.#file = writeSlots(slotPath(this.#directory), body, this.#root.reveal());
  }
}

/** A new vault with its first person. Refused by assertion when the folder has one. */
export async function createVault<T>(
  directory: string,
  options: { readonly allowPassphraseOnly: boolean },
  person: NewPerson,
  withSeed: (seed: Uint8Array | null) => T,
): Promise<{ vault: Vault; value: T }> {
  makeFolder(directory);
  assert(!readSlots(slotPath(directory)).ok, 'a vault is created once');
  const root = new Redacted(random(32));
  const seed = random(32);
  const place = {
    vault: bytesToBase64url(random(12)).replaceAll(/[-_]/g, 'x'),
    epoch: 1,
    allowPassphraseOnly: options.allowPassphraseOnly,
  };
  const terminal = wrapTerminalSeed(place, root.reveal(), seed);
  seed.fill(0);
  const empty: SlotBody = { format: slotFormat, ...place, revision: 1, terminal, slots: [] };
  const vault = new Vault(directory, root, { ...empty, mac: bytesToBase64url(new Uint8Array(32)) });
  const value = await vault.addPerson(person, withSeed);
  return { vault, value };
}

export async function unlockVault(
  directory: string,
  operator: string,
  factors: Factors,
): Promise<Result<Vault, UnlockRefusal>> {
  const file = readSlots(slotPath(directory));
  if (!file.ok) return file;
  const slot = file.value.slots.find((one) => one.operator === operator);
  if (slot === undefined)
    return notUnlocked('no slot', 'You are not enrolled on this terminal.', 'Ask an officer to enrol you here.');
  const root = await unwrapForPerson(file.value, slot, factors);
  return root.ok ? ok(new Vault(directory, new Redacted(root.value), file.value)) : root;
}

/** The way back when people or keys are lost: shares of both groups. */
export function recoverVault(directory: string, shares: readonly string[]): Result<Vault, UnlockRefusal> {
  const file = readSlots(slotPath(directory));
  if (!file.ok) return file;
  const key = joinRecoveryKey(shares);
  if (!key.ok) return key;
  const root = unwrapForRecovery(file.value, key.value);
  return root.ok ? ok(new Vault(directory, new Redacted(root.value), file.value)) : root;
}

/** Other epochs' databases in the folder, by their epoch; one that is not finished has another name. */
const epochsIn = (directory: string): number[] =>
  readdirSync(directory).flatMap((name) => {
    const [, epoch] = /^vault\.db(?:\.(\d+))?$/.exec(name) ?? [undefined];
    return name === 'vault.db' ? [1] : epoch === undefined ? [] : [Number(epoch)];
  });

/** Whether there is a vault's database, of whatever epoch. */
export const hasDatabase = (directory: string): boolean => existsSync(directory) && epochsIn(directory).length > 0;

export const unfinishedPath = (directory: string, epoch: number): string => `${databasePath(directory, epoch)}.new`;

/**
 * Whichever step a change of keys was cut off at, the slot file says which database counts: one that was finished before the
 * slot file named it gets its name now. A newer database than the slot file names was in use already, so the slot file is old.
 */
export function finishEpoch(directory: string, epoch: number): Result<void, UnlockRefusal> {
  const newest = Math.max(0, ...epochsIn(directory));
  if (newest > epoch)
    return notUnlocked(
      'slots put back',
      `The key slots are of epoch ${epoch} and the vault is of epoch ${newest}: an old slot file was put back.`,
      'Put the newest slot file back, or restore a backup; tell the security officer.',
    );
  const unfinished = unfinishedPath(directory, epoch);
  if (!existsSync(unfinished)) return ok(undefined);
  moveInto(unfinished, databasePath(directory, epoch));
  return ok(undefined);
}

/** Takes away what earlier epochs left, once the newer one has been opened. */
export function removeOldEpochs(directory: string, epoch: number): void {
  for (const old of epochsIn(directory)) {
    if (old >= epoch) continue;
    const path = databasePath(directory, old);
    for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true });
  }
}

/** Who can unlock here, before anything is unlocked. */
export function enrolledHere(directory: string): readonly { readonly operator: string; readonly kind: string }[] {
  const file = readSlots(slotPath(directory));
  if (!file.ok) return [];
  return file.value.slots.flatMap(({ operator, kind }) => (operator === null ? [] : [{ operator, kind }]));
}

/** Whether recovery shares open it, before anything is unlocked. */
export function hasShares(directory: string): boolean {
  const file = readSlots(slotPath(directory));
  return file.ok && file.value.slots.some((slot) => slot.kind === 'D');
}

/** What the authenticator must evaluate for this operator, before anything is unlocked. */
export function ceremonySalts(
  directory: string,
  operator: string,
): { readonly credential: string; readonly prfSalt: Uint8Array; readonly signSalt: Uint8Array } | undefined {
  const file = readSlots(slotPath(directory));
  const slot = file.ok ? file.value.slots.find((one) => one.operator === operator) : undefined;
  if (slot?.credential == null || slot.prfSalt === null || slot.signSalt === null) return undefined;
  const [prfSalt, signSalt] = [base64urlToBytes(slot.prfSalt), base64urlToBytes(slot.signSalt)];
  return prfSalt && signSalt ? { credential: slot.credential, prfSalt, signSalt } : undefined;
}
