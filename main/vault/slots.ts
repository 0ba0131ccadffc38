// The key-slot file: several ways to one random vault root key. Each slot has a key pair of its own: what an operator knows and
// holds wraps its private key, and the root key is sealed to its public key. So the root key can be made anew for everybody
// who stays, without any of them being there. The file is authenticated as a whole by the key it leads to, so that no slot or
// rule can be put back or relaxed unnoticed.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import {
  derive,
  equalSecrets,
  mac,
  random,
  type Sealed,
  type SealedTo,
  seal,
  sealTo,
  unseal,
  unsealWith,
  x25519PublicKey,
} from '../../crypto/secret.ts';
import { type DiskFailure, diskRefusal } from '../../disk/failure.ts';
import { moveInto, writeSynced } from '../../disk/write.ts';
import { base64urlToBytes, bytesToBase64url, concatBytes, utf8 } from '../../shared/bytes.ts';
import { canonicalBytes, canonicalText } from '../../shared/canonical.ts';
import { faultPoint } from '../../shared/fault.ts';
import { base64url, nameId } from '../../shared/ids.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Kdf, kdfSchema, stretch } from './kdf.ts';

/** On one terminal. */
export const maxSlots = 64;
/** Many times what so many slots take. */
const maxFileBytes = 1 << 20;

const bytes32 = base64url(43, 43);
const sealedSchema = z.strictObject({ nonce: base64url(16, 16), data: base64url(64, 64), commitment: bytes32 });
const sealedToSchema = sealedSchema.extend({ ephemeral: bytes32 });

/** A: passphrase and authenticator. C: passphrase alone, where the vault allows it. D: the recovery quorum. */
const slotSchema = z.strictObject({
  id: nameId,
  kind: z.enum(['A', 'C', 'D']),
  operator: nameId.nullable(),
  credential: base64url(16, 1366).nullable(),
  kdf: kdfSchema.nullable(),
  salt: bytes32,
  /** What the authenticator evaluates for unlocking and for opening the signing key; random for each slot. */
  prfSalt: bytes32.nullable(),
  signSalt: bytes32.nullable(),
  /**
   * Tells a wrong authenticator from a wrong passphrase. It commits to 256 random bits, so it helps nobody to guess; there
   * is no such check of the passphrase alone, which would let it be guessed without the authenticator.
   */
  prfCheck: bytes32.nullable(),
  /** X25519 public key of the slot, and its private key under the factors. */
  publicKey: bytes32,
  secret: sealedSchema,
  /** The root key of this epoch, sealed to the slot. */
  root: sealedToSchema,
  /**
   * The operator's Ed25519 seed, under a share that the root key opens and the authenticator together. The share is sealed
   * anew in every epoch and the seed is not, so that it outlives a change of keys.
   */
  signing: z.strictObject({ share: sealedSchema, seed: sealedSchema }).nullable(),
});
export type Slot = z.infer<typeof slotSchema>;

export const slotFormat = 'custos-slots/2';
const bodySchema = z.strictObject({
  format: z.literal(slotFormat),
  vault: nameId,
  /** Of the root key: grows whenever it is made anew, and never goes back. */
  epoch: z.int().min(1),
  /** Of this file: grows with every writing. */
  revision: z.int().min(1),
  allowPassphraseOnly: z.boolean(),
  /** The terminal's own Ed25519 seed, under the root key. */
  terminal: sealedSchema,
  slots: z.array(slotSchema).max(maxSlots),
});
const fileSchema = bodySchema.extend({ mac: bytes32 });
export type SlotBody = z.infer<typeof bodySchema>;
export type SlotFile = z.infer<typeof fileSchema>;

export type UnlockRefusal = Refusal<
  | 'no slot'
  | 'missing factor'
  | 'wrong security key'
  | 'wrong passphrase'
  | 'passphrase only not allowed'
  | 'slots damaged'
  | 'slots of another version'
  | 'slots tampered'
  | 'slots put back'
  | 'revoked'
  | 'recovery refused'
  | DiskFailure
>;

const what = 'The vault was not unlocked.';
export const notUnlocked = (type: UnlockRefusal['type'], why: string, next: string) => refuse(type, what, why, next);

export interface Factors {
  readonly passphrase: string;
  /** The authenticator's PRF output for the slot's salt, with the credential that gave it. */
  readonly prf: { readonly credential: string; readonly output: Uint8Array } | null;
}

const toText = (sealed: Sealed) => ({
  nonce: bytesToBase64url(sealed.nonce),
  data: bytesToBase64url(sealed.data),
  commitment: bytesToBase64url(sealed.commitment),
});
const raw = (text: string | null): Uint8Array => base64urlToBytes(text ?? '') ?? new Uint8Array();
const fromText = (text: z.infer<typeof sealedSchema>): Sealed => ({
  nonce: raw(text.nonce),
  data: raw(text.data),
  commitment: raw(text.commitment),
});
const toTextTo = (sealed: SealedTo) => ({ ...toText(sealed), ephemeral: bytesToBase64url(sealed.ephemeral) });
const fromTextTo = (text: z.infer<typeof sealedToSchema>): SealedTo => ({
  ...fromText(text),
  ephemeral: raw(text.ephemeral),
});

type Draft = Omit<Slot, 'root' | 'signing' | 'secret'>;
/** The vault and epoch that a slot leads to. */
export type Place = Pick<SlotBody, 'vault' | 'epoch' | 'allowPassphraseOnly'>;

/** Everything about a slot that must not be changed without its private key noticing; it outlives epochs. */
const aboutSlot = ({ vault, allowPassphraseOnly }: Omit<Place, 'epoch'>, slot: Draft): Uint8Array => {
  const { id, kind, operator, credential, kdf, salt, prfSalt, signSalt, prfCheck, publicKey } = slot;
  const fixed = { id, kind, operator, credential, kdf, salt, prfSalt, signSalt, prfCheck, publicKey };
  return canonicalBytes({ part: 'secret', vault, allowPassphraseOnly, ...fixed });
};
/** What the root key of one epoch is sealed to a slot with. */
const aboutEpoch = (part: 'root' | 'share', { vault, epoch }: Place, { id, publicKey }: Draft): Uint8Array =>
  canonicalBytes({ part, vault, epoch, id, publicKey });
/** The seed is of the person and the authenticator, whatever passphrase and key pair the slot has. */
const aboutSeed = ({ vault }: Place, { id, operator, credential, salt, signSalt }: Draft): Uint8Array =>
  canonicalBytes({ part: 'seed', vault, id, operator, credential, salt, signSalt });

const prfCheckOf = (output: Uint8Array, salt: string): Uint8Array => derive(output, raw(salt), 'custos/prf-check/v1');

async function personKey(slot: Draft, factors: Factors): Promise<Uint8Array> {
  const stretched = await stretch(factors.passphrase, raw(slot.salt), slot.kdf as Kdf);
  const secret = slot.kind === 'A' ? concatBytes(stretched, factors.prf?.output ?? new Uint8Array()) : stretched;
  const key = derive(secret, raw(slot.salt), `custos/slot/${slot.kind}/v2`);
  stretched.fill(0);
  secret.fill(0);
  return key;
}

const recoveryKey = (slot: Draft, key: Uint8Array): Uint8Array => derive(key, raw(slot.salt), 'custos/slot/D/v2');
const shareKey = (root: Uint8Array, place: Place): Uint8Array =>
  derive(root, utf8(`${place.vault} ${place.epoch}`), 'custos/signing-share/v2');
const seedKey = (share: Uint8Array, slot: Draft, signOutput: Uint8Array): Uint8Array =>
  derive(concatBytes(share, signOutput), raw(slot.salt), 'custos/signing/v2');

/** Wraps a new key pair for a slot under `key` and seals the root key to it. */
function withKeyPair(
  place: Place,
  root: Uint8Array,
  half: Omit<Draft, 'publicKey'>,
  key: (slot: Draft) => Uint8Array,
): Draft & Pick<Slot, 'root' | 'secret'> {
  const secret = random(32);
  const draft: Draft = { ...half, publicKey: bytesToBase64url(x25519PublicKey(secret)) };
  const wrapping = key(draft);
  const slot = {
    ...draft,
    secret: toText(seal(wrapping, secret, aboutSlot(place, draft))),
    root: sealedRoot(place, draft, root),
  };
  wrapping.fill(0);
  secret.fill(0);
  return slot;
}

const sealedRoot = (place: Place, slot: Draft, root: Uint8Array): Slot['root'] =>
  toTextTo(sealTo(raw(slot.publicKey), root, aboutEpoch('root', place, slot)));

/** Opens the way of a person into the vault; with a PRF output it takes both factors to open. */
export async function wrapForPerson(
  place: Place,
  root: Uint8Array,
  person: { readonly id: string; readonly operator: string; readonly kdf: Kdf; readonly salts: readonly Uint8Array[] },
  factors: Factors,
  signing: { readonly seed: Uint8Array; readonly output: Uint8Array } | null,
): Promise<Slot> {
  const [salt, prfSalt, signSalt] = person.salts.map((one) => bytesToBase64url(one));
  const half = {
    id: person.id,
    kind: factors.prf === null ? ('C' as const) : ('A' as const),
    operator: person.operator,
    credential: factors.prf?.credential ?? null,
    kdf: person.kdf,
    salt: salt as string,
    prfSalt: factors.prf === null ? null : (prfSalt as string),
    signSalt: factors.prf === null ? null : (signSalt as string),
    prfCheck: factors.prf === null ? null : bytesToBase64url(prfCheckOf(factors.prf.output, salt as string)),
  };
  const key = await personKey({ ...half, publicKey: '' }, factors);
  const slot = withKeyPair(place, root, half, () => key);
  if (signing === null) return { ...slot, signing: null };
  const share = random(32);
  const wrapped = {
    share: toText(seal(shareKey(root, place), share, aboutEpoch('share', place, slot))),
    seed: toText(seal(seedKey(share, slot, signing.output), signing.seed, aboutSeed(place, slot))),
  };
  share.fill(0);
  return { ...slot, signing: wrapped };
}

/** The same person and authenticator with another passphrase: a new key pair, and the seed that they have signed with. */
export async function rewrapForPerson(place: Place, root: Uint8Array, slot: Slot, factors: Factors): Promise<Slot> {
  const { secret: _, root: __, signing, publicKey: ___, ...half } = slot;
  const key = await personKey({ ...half, publicKey: '' }, factors);
  const fresh = withKeyPair(place, root, half, () => key);
  return { ...fresh, signing: signing && { ...signing, share: resealedShare(place, root, slot, place, root, fresh) } };
}

function resealedShare(from: Place, root: Uint8Array, slot: Slot, to: Place, nextRoot: Uint8Array, next: Draft) {
  const share =
    slot.signing && unseal(shareKey(root, from), fromText(slot.signing.share), aboutEpoch('share', from, slot));
  if (!share) throw new Error('the root key opens every signing share of its epoch');
  const sealed = toText(seal(shareKey(nextRoot, to), share, aboutEpoch('share', to, next)));
  share.fill(0);
  return sealed;
}

export function wrapForRecovery(place: Place, root: Uint8Array, key: Uint8Array, salt: Uint8Array): Slot {
  const nothing = { operator: null, credential: null, kdf: null, prfSalt: null, signSalt: null, prfCheck: null };
  const half = { id: 'recovery', kind: 'D' as const, salt: bytesToBase64url(salt), ...nothing };
  return { ...withKeyPair(place, root, half, (slot) => recoveryKey(slot, key)), signing: null };
}

/** The slot as it leads to the next epoch's root key; nobody has to be there for it. */
export function carryOver(from: Place, root: Uint8Array, slot: Slot, to: Place, nextRoot: Uint8Array): Slot {
  const signing = slot.signing && { ...slot.signing, share: resealedShare(from, root, slot, to, nextRoot, slot) };
  return { ...slot, root: sealedRoot(to, slot, nextRoot), signing };
}

/** Whether this authenticator is the slot's. */
export const isSlotsKey = (slot: Slot, prf: NonNullable<Factors['prf']>): boolean =>
  prf.credential === slot.credential && equalSecrets(prfCheckOf(prf.output, slot.salt), raw(slot.prfCheck));

/** The root key from a person's factors; the refusal names the factor that failed, and nothing more. */
export async function unwrapForPerson(
  file: SlotFile,
  slot: Slot,
  factors: Factors,
): Promise<Result<Uint8Array, UnlockRefusal>> {
  if (slot.kind === 'A') {
    if (factors.prf === null)
      return notUnlocked(
        'missing factor',
        'Your security key has not been used.',
        'Touch the key that is enrolled here.',
      );
    if (!isSlotsKey(slot, factors.prf))
      return notUnlocked('wrong security key', 'This security key is not the one enrolled.', 'Use the enrolled one.');
  } else if (!file.allowPassphraseOnly)
    return notUnlocked(
      'passphrase only not allowed',
      'This vault needs two factors.',
      'Enrol a security key with PRF.',
    );
  if (factors.passphrase === '')
    return notUnlocked('missing factor', 'No passphrase was typed.', 'Type your passphrase.');
  const key = await personKey(slot, factors);
  const secret = unseal(key, fromText(slot.secret), aboutSlot(file, slot));
  key.fill(0);
  if (secret === undefined)
    return notUnlocked('wrong passphrase', 'The passphrase is not the right one.', 'Type it again.');
  return rootBehind(file, slot, secret);
}

export function unwrapForRecovery(file: SlotFile, key: Uint8Array): Result<Uint8Array, UnlockRefusal> {
  const slot = file.slots.find((one) => one.kind === 'D');
  if (slot === undefined) return notUnlocked('no slot', 'This vault has no recovery shares.', 'Use another way in.');
  const wrapping = recoveryKey(slot, key);
  const secret = unseal(wrapping, fromText(slot.secret), aboutSlot(file, slot));
  wrapping.fill(0);
  if (secret === undefined)
    return notUnlocked('recovery refused', 'The shares are of another vault.', 'Bring the shares of this vault.');
  return rootBehind(file, slot, secret);
}

/** The seed of the operator's signing key; needs a fresh PRF output for the slot's signing salt. */
export function unwrapSigningSeed(
  place: Place,
  slot: Slot,
  root: Uint8Array,
  signOutput: Uint8Array,
): Uint8Array | undefined {
  if (slot.signing === null) return undefined;
  const share = unseal(shareKey(root, place), fromText(slot.signing.share), aboutEpoch('share', place, slot));
  if (share === undefined) return undefined;
  const seed = unseal(seedKey(share, slot, signOutput), fromText(slot.signing.seed), aboutSeed(place, slot));
  share.fill(0);
  return seed;
}

const terminalKey = (root: Uint8Array, { vault, epoch }: Place): Uint8Array =>
  derive(root, utf8(`${vault} ${epoch}`), 'custos/terminal-wrap/v2');
const aboutTerminal = ({ vault, epoch }: Place): Uint8Array => canonicalBytes({ part: 'terminal', vault, epoch });

export const wrapTerminalSeed = (place: Place, root: Uint8Array, seed: Uint8Array): SlotBody['terminal'] =>
  toText(seal(terminalKey(root, place), seed, aboutTerminal(place)));

export function unwrapTerminalSeed(file: SlotBody, root: Uint8Array): Uint8Array {
  const seed = unseal(terminalKey(root, file), fromText(file.terminal), aboutTerminal(file));
  if (seed === undefined) throw new Error('the root key opens the seed of the terminal');
  return seed;
}

const macOf = (body: SlotBody, root: Uint8Array): Uint8Array =>
  mac(derive(root, utf8(`${body.vault} ${body.epoch}`), 'custos/slotmac/v2'), canonicalBytes(body));

/** A file that was sealed by somebody without the root key before it would not bear its MAC. */
function rootBehind(file: SlotFile, slot: Slot, secret: Uint8Array): Result<Uint8Array, UnlockRefusal> {
  const root = unsealWith(secret, fromTextTo(slot.root), aboutEpoch('root', file, slot));
  secret.fill(0);
  const { mac: stored, ...body } = file;
  if (root !== undefined && equalSecrets(macOf(body, root), raw(stored))) return ok(root);
  root?.fill(0);
  return notUnlocked(
    'slots tampered',
    'The slot file was changed by somebody else.',
    'Restore it and tell the officers.',
  );
}

export function readSlots(path: string): Result<SlotFile, UnlockRefusal> {
  const damaged = notUnlocked('slots damaged', 'The slot file cannot be read.', 'Restore the slot file from a backup.');
  if (!existsSync(path)) return notUnlocked('no slot', 'This terminal has no vault.', 'Set up this terminal.');
  try {
    if (statSync(path).size > maxFileBytes) return damaged;
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const parsed = fileSchema.safeParse(json);
    if (parsed.success) return ok(parsed.data);
    const { format } = json as { format?: unknown };
    return typeof format === 'string' && /^custos-slots\/\d+$/.test(format) && format !== slotFormat
      ? notUnlocked(
          'slots of another version',
          'The slot file was written by another version of Custos.',
          'Install that version.',
        )
      : damaged;
  } catch (failure) {
    const refusal = diskRefusal(failure, what);
    return refusal === undefined ? damaged : { ok: false, refusal };
  }
}

/** Writes the next state beside the old one and renames: after a power cut there is the old file or the new, never half. */
export function writeSlots(path: string, body: SlotBody, root: Uint8Array): SlotFile {
  const file: SlotFile = { ...bodySchema.parse(body), mac: bytesToBase64url(macOf(body, root)) };
  const next = `${path}.next`;
  writeSynced(next, canonicalText(file));
  if (existsSync(path)) writeSynced(`${path}.previous`, readFileSync(path, 'utf8'));
  faultPoint('slots: written, not renamed');
  moveInto(next, path);
  return file;
}
