// The key-slot file: several ways to one random vault root key, each wrapped under what an operator knows and holds. The
// file is authenticated as a whole by the key it leads to, so that no slot or rule can be put back or relaxed unnoticed.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { derive, equalSecrets, mac, type Sealed, seal, unseal } from '../../crypto/secret.ts';
import { base64urlToBytes, bytesToBase64url, concatBytes, utf8 } from '../../shared/bytes.ts';
import { canonicalBytes, canonicalText } from '../../shared/canonical.ts';
import { faultPoint } from '../../shared/fault.ts';
import { base64url, nameId } from '../../shared/ids.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Kdf, kdfSchema, stretch } from './kdf.ts';

const bytes32 = base64url(43, 43);
const sealedSchema = z.strictObject({ nonce: base64url(16, 16), data: base64url(64, 64), commitment: bytes32 });

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
  root: sealedSchema,
  /** The operator's Ed25519 seed, under the root key and the authenticator together. */
  signing: sealedSchema.nullable(),
});
export type Slot = z.infer<typeof slotSchema>;

const bodySchema = z.strictObject({
  format: z.literal('custos-slots/1'),
  vault: nameId,
  epoch: z.int().min(1),
  allowPassphraseOnly: z.boolean(),
  slots: z.array(slotSchema).max(64),
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
  | 'slots tampered'
  | 'recovery refused'
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

type Draft = Omit<Slot, 'root' | 'signing'>;
type Place = Pick<SlotBody, 'vault' | 'allowPassphraseOnly'>;

/** Everything about a slot that must not be changed without its key noticing. */
const associated = (place: Place, slot: Draft, part: 'root' | 'signing'): Uint8Array => {
  const { id, kind, operator, credential, kdf, salt, prfSalt, signSalt, prfCheck } = slot;
  const { vault, allowPassphraseOnly } = place;
  return canonicalBytes({
    part,
    vault,
    allowPassphraseOnly,
    id,
    kind,
    operator,
    credential,
    kdf,
    salt,
    prfSalt,
    signSalt,
    prfCheck,
  });
};

const prfCheckOf = (output: Uint8Array, salt: string): Uint8Array => derive(output, raw(salt), 'custos/prf-check/v1');

async function personKey(slot: Draft, factors: Factors): Promise<Uint8Array> {
  const stretched = await stretch(factors.passphrase, raw(slot.salt), slot.kdf as Kdf);
  const secret = slot.kind === 'A' ? concatBytes(stretched, factors.prf?.output ?? new Uint8Array()) : stretched;
  const key = derive(secret, raw(slot.salt), `custos/slot/${slot.kind}/v1`);
  stretched.fill(0);
  secret.fill(0);
  return key;
}

const recoveryKey = (slot: Draft, key: Uint8Array): Uint8Array => derive(key, raw(slot.salt), 'custos/slot/D/v1');
const signingKey = (root: Uint8Array, slot: Draft, signOutput: Uint8Array): Uint8Array =>
  derive(concatBytes(root, signOutput), raw(slot.salt), 'custos/signing/v1');

/** Wraps the root key for a person; with a PRF output it takes both factors to open. */
export async function wrapForPerson(
  place: Place,
  root: Uint8Array,
  person: { readonly id: string; readonly operator: string; readonly kdf: Kdf; readonly salts: readonly Uint8Array[] },
  factors: Factors,
  signing: { readonly seed: Uint8Array; readonly output: Uint8Array } | null,
): Promise<Slot> {
  const [salt, prfSalt, signSalt] = person.salts.map((one) => bytesToBase64url(one));
  const draft: Draft = {
    id: person.id,
    kind: factors.prf === null ? 'C' : 'A',
    operator: person.operator,
    credential: factors.prf?.credential ?? null,
    kdf: person.kdf,
    salt: salt as string,
    prfSalt: factors.prf === null ? null : (prfSalt as string),
    signSalt: factors.prf === null ? null : (signSalt as string),
    prfCheck: factors.prf === null ? null : bytesToBase64url(prfCheckOf(factors.prf.output, salt as string)),
  };
  const key = await personKey(draft, factors);
  const wrapped = seal(key, root, associated(place, draft, 'root'));
  key.fill(0);
  const sealedSeed =
    signing === null
      ? null
      : seal(signingKey(root, draft, signing.output), signing.seed, associated(place, draft, 'signing'));
  return { ...draft, root: toText(wrapped), signing: sealedSeed && toText(sealedSeed) };
}

export function wrapForRecovery(place: Place, root: Uint8Array, key: Uint8Array, salt: Uint8Array): Slot {
  const nothing = { operator: null, credential: null, kdf: null, prfSalt: null, signSalt: null, prfCheck: null };
  const draft: Draft = { id: 'recovery', kind: 'D', salt: bytesToBase64url(salt), ...nothing };
  return {
    ...draft,
    root: toText(seal(recoveryKey(draft, key), root, associated(place, draft, 'root'))),
    signing: null,
  };
}

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
    if (
      factors.prf.credential !== slot.credential ||
      !equalSecrets(prfCheckOf(factors.prf.output, slot.salt), raw(slot.prfCheck))
    )
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
  const root = unseal(key, fromText(slot.root), associated(file, slot, 'root'));
  key.fill(0);
  if (root === undefined)
    return notUnlocked('wrong passphrase', 'The passphrase is not the right one.', 'Type it again.');
  return checked(file, root);
}

export function unwrapForRecovery(file: SlotFile, key: Uint8Array): Result<Uint8Array, UnlockRefusal> {
  const slot = file.slots.find((one) => one.kind === 'D');
  if (slot === undefined) return notUnlocked('no slot', 'This vault has no recovery shares.', 'Use another way in.');
  const root = unseal(recoveryKey(slot, key), fromText(slot.root), associated(file, slot, 'root'));
  if (root === undefined)
    return notUnlocked('recovery refused', 'The shares are of another vault.', 'Bring the shares of this vault.');
  return checked(file, root);
}

/** The seed of the operator's signing key; needs a fresh PRF output for the slot's signing salt. */
export function unwrapSigningSeed(
  place: Place,
  slot: Slot,
  root: Uint8Array,
  signOutput: Uint8Array,
): Uint8Array | undefined {
  if (slot.signing === null) return undefined;
  return unseal(signingKey(root, slot, signOutput), fromText(slot.signing), associated(place, slot, 'signing'));
}

const macOf = (body: SlotBody, root: Uint8Array): Uint8Array =>
  mac(derive(root, utf8(body.vault), 'custos/slotmac/v1'), canonicalBytes(body));

function checked({ mac: stored, ...body }: SlotFile, root: Uint8Array): Result<Uint8Array, UnlockRefusal> {
  if (equalSecrets(macOf(body, root), raw(stored))) return ok(root);
  root.fill(0);
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
    const parsed = fileSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? ok(parsed.data) : damaged;
  } catch {
    return damaged;
  }
}

/** Writes the next state beside the old one and renames: after a power cut there is the old file or the new, never half. */
export function writeSlots(path: string, body: SlotBody, root: Uint8Array): SlotFile {
  const file: SlotFile = { ...bodySchema.parse(body), mac: bytesToBase64url(macOf(body, root)) };
  const next = `${path}.next`;
  writeSynced(next, canonicalText(file));
  if (existsSync(path)) writeSynced(`${path}.previous`, readFileSync(path, 'utf8'));
  faultPoint('slots: written, not renamed');
  renameSync(next, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
  return file;
}

function writeSynced(path: string, text: string): void {
  const descriptor = openSync(path, 'w', 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
}
