// What proves a decision: a person's WebAuthn assertion, or a machine's Ed25519 signature, over the root of a signing
// basket. Checked by gateway, terminal and verifier with this one function, from public keys alone.

import { z } from 'zod';
import { basketRoot, newBasketRoot } from './basket.ts';
import { type Books, programmeOf } from './books.ts';
import { base64urlToBytes, bytesEqual, bytesToBase64url, concatBytes, utf8, utf8ToText } from './bytes.ts';
import type { CustosEvent, EventType, Programme } from './event.ts';
import { base64url } from './ids.ts';
import type { Primitives } from './primitives.ts';
import { type Refusal, refuse } from './result.ts';

const basketSchema = z.strictObject({
  index: z.int().min(0).max(65_535),
  size: z.int().min(1).max(65_536),
  path: z.array(base64url(43, 43)).max(16),
});
const ed25519Signature = base64url(86, 86);

export const evidenceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webauthn'),
    credential: base64url(16, 1366),
    authenticatorData: base64url(50, 2000),
    clientDataJSON: base64url(40, 4000),
    signature: base64url(80, 100),
    basket: basketSchema,
    /** The operator's own Ed25519 signature over the same root, opened by the same touch; null for keys without PRF. */
    seal: ed25519Signature.nullable(),
  }),
  z.strictObject({
    kind: z.literal('ed25519'),
    key: z.enum(['root', 'gateway', 'adapter']),
    signature: ed25519Signature,
    basket: basketSchema,
  }),
]);
export type Evidence = z.infer<typeof evidenceSchema>;
export type WebAuthnEvidence = Extract<Evidence, { kind: 'webauthn' }>;
export type MachineEvidence = Extract<Evidence, { kind: 'ed25519' }>;

/** Which machine key may speak for which event; every other event needs a person. */
const machineEvents: Readonly<Partial<Record<EventType, MachineEvidence['key']>>> = {
  'programme.opened': 'root',
  'instruction.expired': 'gateway',
  'instruction.due': 'gateway',
  'statement.received': 'adapter',
  'statement.lines': 'adapter',
  'reconciliation.completed': 'gateway',
  'safeguarding.stated': 'gateway',
  'accrual.posted': 'gateway',
  'escrow.expired': 'gateway',
  'bank.acknowledged': 'adapter',
  'bank.settled': 'adapter',
  'bank.rejected': 'adapter',
  'bank.returned': 'adapter',
  'bank.credited': 'adapter',
  'bank.late': 'adapter',
  'bank.exchanged': 'adapter',
  'bank.answered': 'adapter',
};
const machineActors: Readonly<Record<MachineEvidence['key'], string>> = {
  root: 'bank',
  gateway: 'gateway',
  adapter: 'bank',
};

/** Who an event is by that a machine states; undefined for what a person signs. */
export function machineActorOf(type: EventType): string | undefined {
  const key = machineEvents[type];
  return key && machineActors[key];
}

const machineTag = utf8('custos/basket/v1\n');
const sealTag = utf8('custos/seal/v1\n');

/** What a machine signs for a basket root, and what an operator's own key signs; tags keep the two apart. */
export const machineMessage = (root: Uint8Array): Uint8Array => concatBytes(machineTag, root);
export const sealMessage = (root: Uint8Array): Uint8Array => concatBytes(sealTag, root);

type EvidenceRefusal = Refusal<'evidence invalid' | 'not entitled'>;

/** Public keys under which signatures of a record have been verified already. */
export type VerifiedKeys = readonly string[];

/**
 * Refuses `evidence invalid` with the part that failed, or `not entitled` when the signer may not speak for the event. A
 * signature under one of the `verified` keys is not verified again.
 */
export function checkEvidence(
  books: Books,
  event: CustosEvent,
  evidence: Evidence,
  primitives: Primitives,
  verified: VerifiedKeys = [],
): EvidenceRefusal | undefined {
  return evidence.kind === 'webauthn'
    ? checkPerson(books, event, evidence, primitives, verified)
    : checkMachine(books, event, evidence, primitives, verified);
}

const invalid = (why: string): EvidenceRefusal =>
  refuse('evidence invalid', 'The event was not admitted.', why, 'Sign it again with an enrolled key.').refusal;

function checkMachine(
  books: Books,
  event: CustosEvent,
  evidence: MachineEvidence,
  primitives: Primitives,
  verified: VerifiedKeys,
): EvidenceRefusal | undefined {
  if (machineEvents[event.type] !== evidence.key || event.actor !== machineActors[evidence.key])
    return invalid(`The ${evidence.key} key may not speak for ${event.type}.`);
  const bank = event.type === 'programme.opened' ? event.body.bank : programmeOf(books)?.bank;
  if (bank === undefined) return invalid('There is no programme whose keys could be used.');
  const publicKey = machineKey(bank, evidence);
  if (verified.includes(publicKey)) return undefined;
  const root = basketRoot(primitives.sha256, event, evidence.basket);
  const signature = base64urlToBytes(evidence.signature);
  if (root === undefined || signature === undefined) return invalid('The basket does not hold this event.');
  if (!primitives.verifyEd25519(publicKey, machineMessage(root), signature))
    return invalid('The signature of the machine does not verify.');
  return undefined;
}

function checkPerson(
  books: Books,
  event: CustosEvent,
  evidence: WebAuthnEvidence,
  primitives: Primitives,
  verified: VerifiedKeys,
): EvidenceRefusal | undefined {
  if (machineEvents[event.type] !== undefined) return invalid(`${event.type} is for a machine to sign.`);
  const programme = programmeOf(books);
  const operator = books.get('operator', event.actor);
  const credential = books.get('credential', evidence.credential);
  if (programme === undefined || operator === undefined) return invalid('The operator is not enrolled.');
  if (operator.revokedAt !== undefined) return invalid('The operator was revoked, and their authenticators with them.');
  if (credential?.operator !== event.actor) return invalid('The authenticator is not enrolled for this operator.');
  const root = basketRoot(primitives.sha256, event, evidence.basket);
  if (root === undefined) return invalid('The basket does not hold this event.');
  const authenticatorData = base64urlToBytes(evidence.authenticatorData);
  const clientData = base64urlToBytes(evidence.clientDataJSON);
  const signature = base64urlToBytes(evidence.signature);
  if (authenticatorData === undefined || clientData === undefined || signature === undefined)
    return invalid('The assertion is not in base64url.');
  const broken =
    checkClientData(clientData, root, programme) ?? checkAuthenticatorData(authenticatorData, programme, primitives);
  if (broken !== undefined) return invalid(broken);
  const signed = concatBytes(authenticatorData, primitives.sha256(clientData));
  if (!verified.includes(credential.publicKey) && !primitives.verifyEs256(credential.publicKey, signed, signature))
    return invalid('The signature of the authenticator does not verify.');
  return checkSeal(operator.signingKey, evidence.seal, root, primitives, verified);
}

/** WebAuthn Level 3 section 7.2 steps 10 to 14: type, challenge, origin. */
function checkClientData(bytes: Uint8Array, root: Uint8Array, programme: Programme): string | undefined {
  let data: { type?: unknown; challenge?: unknown; origin?: unknown; crossOrigin?: unknown };
  try {
    data = JSON.parse(utf8ToText(bytes)) as typeof data;
  } catch {
    return 'The client data is not JSON.';
  }
  if (data === null || typeof data !== 'object') return 'The client data is not an object.';
  if (data.type !== 'webauthn.get') return 'The assertion is not a signature over a decision.';
  if (data.challenge !== bytesToBase64url(root)) return 'The assertion was made for something else.';
  if (typeof data.origin !== 'string' || !programme.relyingParty.origins.includes(data.origin))
    return 'The assertion was made for another origin.';
  return data.crossOrigin === true ? 'The assertion was made inside a foreign page.' : undefined;
}

/** One signature that `checkEvidence` is going to verify. */
export interface SignatureCheck {
  readonly algorithm: 'es256' | 'ed25519';
  readonly publicKey: string;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Books, or what of them says who signs with which key. */
export type Signers = Pick<Books, 'get'>;

const machineKey = (bank: Programme['bank'], { key }: MachineEvidence): string =>
  ({ root: bank.rootKey, gateway: bank.gatewayKey, adapter: bank.adapterKey })[key];

/** The keys that the signatures of an event are checked under, as far as they are known before it is decided. */
export function keysOf(
  signers: Signers,
  actor: string,
  evidence: Evidence,
): { readonly signature: string | undefined; readonly seal: string | undefined } {
  if (evidence.kind === 'ed25519') {
    const bank = signers.get('programme', 'programme')?.bank;
    return { signature: bank && machineKey(bank, evidence), seal: undefined };
  }
  return {
    signature: signers.get('credential', evidence.credential)?.publicKey,
    seal: evidence.seal === null ? undefined : (signers.get('operator', actor)?.signingKey ?? undefined),
  };
}

/**
 * The signatures of events as far as they can be named before these are decided, so that they can be verified elsewhere: for
 * each that of a person's authenticator or a machine, then the person's seal.
 */
export function signaturesOf(
  signers: Signers,
  events: Iterable<{ readonly event: CustosEvent; readonly evidence: Evidence }>,
  hash: Primitives['sha256'],
): SignatureCheck[] {
  const rootOf = newBasketRoot(hash);
  const checks: SignatureCheck[] = [];
  for (const { event, evidence } of events) {
    const root = rootOf(event, evidence.basket);
    checks.push(...signaturesOver(signers, { actor: event.actor, root }, evidence, hash));
  }
  return checks;
}

/** The same for one event, once the root of its basket has been found. */
export function signaturesOver(
  signers: Signers,
  { actor, root }: { readonly actor: string; readonly root: Uint8Array | undefined },
  evidence: Evidence,
  hash: Primitives['sha256'],
): SignatureCheck[] {
  const keys = keysOf(signers, actor, evidence);
  if (keys.signature === undefined) return [];
  const signature = base64urlToBytes(evidence.signature);
  if (root === undefined || signature === undefined) return [];
  if (evidence.kind === 'ed25519')
    return [{ algorithm: 'ed25519', publicKey: keys.signature, message: machineMessage(root), signature }];
  const authenticatorData = base64urlToBytes(evidence.authenticatorData);
  const clientData = base64urlToBytes(evidence.clientDataJSON);
  if (authenticatorData === undefined || clientData === undefined) return [];
  const message = concatBytes(authenticatorData, hash(clientData));
  const checks: SignatureCheck[] = [{ algorithm: 'es256', publicKey: keys.signature, message, signature }];
  const seal = evidence.seal === null ? undefined : base64urlToBytes(evidence.seal);
  if (keys.seal !== undefined && seal !== undefined)
    checks.push({ algorithm: 'ed25519', publicKey: keys.seal, message: sealMessage(root), signature: seal });
  return checks;
}

const rpIdHashes = new Map<string, Uint8Array>();

/** Section 7.2 steps 15 to 17 on the fixed part of authenticator data (section 6.1): rpIdHash(32) flags(1) counter(4). */
function checkAuthenticatorData(bytes: Uint8Array, programme: Programme, primitives: Primitives): string | undefined {
  if (bytes.length < 37) return 'The authenticator data is too short.';
  const { id } = programme.relyingParty;
  let expected = rpIdHashes.get(id);
  if (expected === undefined) {
    expected = primitives.sha256(utf8(id));
    rpIdHashes.set(id, expected);
  }
  if (!bytesEqual(bytes.subarray(0, 32), expected)) return 'The assertion was made for another relying party.';
  const flags = bytes[32] as number;
  if ((flags & 0x01) === 0) return 'Nobody touched the authenticator.';
  if ((flags & 0x04) === 0) return 'The authenticator did not verify its user.';
  return undefined;
}

function checkSeal(
  signingKey: string | null,
  seal: string | null,
  root: Uint8Array,
  primitives: Primitives,
  verified: VerifiedKeys,
): EvidenceRefusal | undefined {
  if (signingKey === null) return seal === null ? undefined : invalid('The operator has no key for this seal.');
  if (seal !== null && verified.includes(signingKey)) return undefined;
  const signature = seal === null ? undefined : base64urlToBytes(seal);
  if (signature === undefined || !primitives.verifyEd25519(signingKey, sealMessage(root), signature))
    return invalid("The operator's own signature is missing or does not verify.");
  return undefined;
}
