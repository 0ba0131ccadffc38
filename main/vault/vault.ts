// The vault of one terminal: the slot file, the root key while unlocked, and what is derived from it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { derive, ed25519PublicKey, random } from '../../crypto/secret.ts';
import { assert } from '../../shared/assert.ts';
import { base64urlToBytes, bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import { Redacted } from '../../shared/redacted.ts';
import { ok, type Result } from '../../shared/result.ts';
import { defaultKdf } from './kdf.ts';
import { joinRecoveryKey, type RecoveryPlan, type RecoveryShares, splitRecoveryKey } from './recovery.ts';
import {
  type Factors,
  notUnlocked,
  readSlots,
  type Slot,
  type SlotBody,
  type SlotFile,
  type UnlockRefusal,
  unwrapForPerson,
  unwrapForRecovery,
  unwrapSigningSeed,
  wrapForPerson,
  wrapForRecovery,
  writeSlots,
} from './slots.ts';

export const slotPath = (directory: string): string => join(directory, 'vault.slots');
export const databasePath = (directory: string): string => join(directory, 'vault.db');

export interface NewPerson {
  readonly operator: string;
  readonly factors: Factors;
  /** Random salts chosen before the ceremony: slot, PRF for unlocking, PRF for signing. */
  readonly salts: readonly [Uint8Array, Uint8Array, Uint8Array];
  /** The PRF output for the signing salt; null where the authenticator has none. */
  readonly signOutput: Uint8Array | null;
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

  databaseKey(): Redacted {
    return new Redacted(derive(this.#root.reveal(), utf8(this.#file.vault), 'custos/db/v1'));
  }

  /** The same vault after its folder was renamed. */
  movedTo(directory: string): Vault {
    return new Vault(directory, this.#root, this.#file);
  }

  headKey(): Redacted {
    return new Redacted(derive(this.#root.reveal(), utf8(this.#file.vault), 'custos/head/v1'));
  }

  /** The terminal's own Ed25519 seed, for cosigning and for its requests to the gateway. */
  terminalSeed(): Redacted {
    return new Redacted(derive(this.#root.reveal(), utf8(this.#file.vault), 'custos/terminal/v1'));
  }

  /** base64url of the raw public key of the terminal. */
  terminalPublicKey(): string {
    const seed = this.terminalSeed();
    const key = ed25519PublicKey(seed.reveal());
    seed.dispose();
    return key;
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
      { id: person.operator, operator: person.operator, kdf: defaultKdf, salts: person.salts },
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

  lock(): void {
    this.#root.dispose();
  }

  #body(): SlotBody {
    const { mac: _, ...body } = this.#file;
    return { ...body, epoch: body.epoch + 1 };
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
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  assert(!readSlots(slotPath(directory)).ok, 'a vault is created once');
  const root = new Redacted(random(32));
  const empty: SlotBody = {
    format: 'custos-slots/1',
    vault: bytesToBase64url(random(12)).replaceAll(/[-_]/g, 'x'),
    epoch: 1,
    allowPassphraseOnly: options.allowPassphraseOnly,
    slots: [],
  };
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

/** Who can unlock here, before anything is unlocked. */
export function enrolledHere(directory: string): readonly { readonly operator: string; readonly kind: string }[] {
  const file = readSlots(slotPath(directory));
  if (!file.ok) return [];
  return file.value.slots.flatMap(({ operator, kind }) => (operator === null ? [] : [{ operator, kind }]));
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
