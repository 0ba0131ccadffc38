// The WebAuthn relying party: options for ceremonies, and the verdict on what an authenticator answered. The only file that
// knows the WebAuthn library. Every ceremony needs user verification, ES256, and a challenge of ours.

import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { cose, decodeAttestationObject, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import { base64urlToBytes, bytesToBase64url, concatBytes, utf8, utf8ToText } from '../../shared/bytes.ts';
import {
  type Assertion,
  type CreationOptions,
  creationOptionsSchema,
  type Registration,
  type RequestOptions,
  requestOptionsSchema,
} from '../../shared/contract/ceremony.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';

export interface RelyingParty {
  readonly id: string;
  readonly name: string;
  readonly origins: readonly string[];
}

/** A credential as it is enrolled: base64url id, base64url of the uncompressed P-256 point. */
export interface PublicCredential {
  readonly id: string;
  readonly publicKey: string;
}

/** PRF outputs, 32 bytes each; null where the authenticator gave none. Zero them after use. */
export interface PrfOutputs {
  readonly first: Uint8Array | null;
  readonly second: Uint8Array | null;
}

export interface PrfSalts {
  readonly first: Uint8Array;
  readonly second: Uint8Array | null;
}

export type CeremonyRefusal = Refusal<'ceremony refused'>;

const es256 = -7;
const timeoutMs = 120_000;

/** Options to create a credential for one operator; its PRF is evaluated at once where the authenticator can. */
export async function creationOptions(
  party: RelyingParty,
  wish: {
    readonly operator: string;
    readonly challenge: Uint8Array;
    readonly salts: PrfSalts;
    readonly known: readonly string[];
  },
): Promise<CreationOptions> {
  const options = await generateRegistrationOptions({
    rpName: party.name,
    rpID: party.id,
    userName: wish.operator,
    userDisplayName: wish.operator,
    userID: new Uint8Array(utf8(wish.operator)),
    challenge: new Uint8Array(wish.challenge),
    timeout: timeoutMs,
    attestationType: 'none',
    supportedAlgorithmIDs: [es256],
    excludeCredentials: wish.known.map((id) => ({ id })),
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
    extensions: { prf: { eval: saltsToText(wish.salts) } } as object,
  });
  return creationOptionsSchema.parse(options);
}

/** Options to sign `challenge` with one of the credentials; each evaluates its own PRF salts. */
export async function requestOptions(
  party: RelyingParty,
  wish: {
    readonly challenge: Uint8Array;
    readonly credentials: readonly { readonly id: string; readonly salts: PrfSalts | null }[];
  },
): Promise<RequestOptions> {
  const evalByCredential = Object.fromEntries(
    wish.credentials.flatMap(({ id, salts }) => (salts === null ? [] : [[id, saltsToText(salts)]])),
  );
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    challenge: new Uint8Array(wish.challenge),
    timeout: timeoutMs,
    userVerification: 'required',
    allowCredentials: wish.credentials.map(({ id }) => ({ id })),
    extensions: (Object.keys(evalByCredential).length === 0 ? {} : { prf: { evalByCredential } }) as object,
  });
  return requestOptionsSchema.parse(options);
}

const saltsToText = ({ first, second }: PrfSalts) => ({
  first: bytesToBase64url(first),
  ...(second === null ? {} : { second: bytesToBase64url(second) }),
});

const no = (why: string): { readonly ok: false; readonly refusal: CeremonyRefusal } =>
  refuse('ceremony refused', 'The security key was not accepted.', why, 'Use your own key, on this terminal, again.');

export async function verifyRegistration(
  party: RelyingParty,
  challenge: Uint8Array,
  registration: Registration,
): Promise<Result<{ readonly credential: PublicCredential; readonly prf: PrfOutputs }, CeremonyRefusal>> {
  try {
    if (bringsCertificate(registration)) return no('It brings a certificate that nobody asked for.');
    const verified = await verifyRegistrationResponse({
      response: registration as unknown as Parameters<typeof verifyRegistrationResponse>[0]['response'],
      expectedChallenge: bytesToBase64url(challenge),
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [es256],
    });
    if (!verified.verified) return no('Its answer does not verify.');
    const { id, publicKey } = verified.registrationInfo.credential;
    const point = coseToPoint(publicKey);
    if (point === undefined) return no('Its key is not one on the P-256 curve.');
    return ok({ credential: { id, publicKey: point }, prf: prfOutputs(registration) });
  } catch (failure) {
    return no(reasonOf(failure));
  }
}

export async function verifyAssertion(
  party: RelyingParty,
  challenge: Uint8Array,
  credential: PublicCredential,
  assertion: Assertion,
): Promise<Result<PrfOutputs, CeremonyRefusal>> {
  if (assertion.id !== credential.id) return no('It is another key than the one that was asked.');
  const publicKey = pointToCose(credential.publicKey);
  if (publicKey === undefined) return no('The enrolled key is not one on the P-256 curve.');
  if (isFromForeignPage(assertion)) return no('It was used inside a foreign page.');
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: assertion as unknown as Parameters<typeof verifyAuthenticationResponse>[0]['response'],
      expectedChallenge: bytesToBase64url(challenge),
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: credential.id, publicKey: new Uint8Array(publicKey), counter: 0 },
    });
    return verified ? ok(prfOutputs(assertion)) : no('Its signature does not verify.');
  } catch (failure) {
    return no(reasonOf(failure));
  }
}

/** The library admits pages that others embed where their origin is told; we never do. Unreadable data it refuses itself. */
function isFromForeignPage({ response }: Assertion): boolean {
  try {
    const data = JSON.parse(utf8ToText(base64urlToBytes(response.clientDataJSON) ?? new Uint8Array())) as object;
    return ('crossOrigin' in data && data.crossOrigin === true) || 'topOrigin' in data;
  } catch {
    return false;
  }
}

/** No attestation is asked for. Following a certificate to its issuer and to lists of revoked ones would be a way out of here. */
function bringsCertificate({ response }: Registration): boolean {
  const bytes = base64urlToBytes(response.attestationObject) ?? new Uint8Array();
  return decodeAttestationObject(new Uint8Array(bytes)).get('attStmt').get('x5c') !== undefined;
}

const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\bchallenge\b/, 'It answers another request.'],
  [/\borigin\b/, 'It was used on another page.'],
  [/\bRP ID\b/, 'It was used for another address.'],
  [/\buser verification\b/i, 'It did not verify its user.'],
  [/\buser (was )?not present\b/i, 'Nobody touched it.'],
  [/\bpublic key alg\b/, 'It made a key of another kind than ES256.'],
];

/** What the library throws quotes what it was given, and it throws of itself where an answer is no answer at all. */
function reasonOf(failure: unknown): string {
  const message = failure instanceof Error ? failure.message : '';
  return reasons.find(([pattern]) => pattern.test(message))?.[1] ?? 'Its answer is malformed.';
}

function prfOutputs({ clientExtensionResults }: Registration | Assertion): PrfOutputs {
  const results = clientExtensionResults.prf?.results;
  const output = (text: string | undefined) => (text === undefined ? null : (base64urlToBytes(text) ?? null));
  return { first: output(results?.first), second: output(results?.second) };
}

const coseHead = Uint8Array.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20);
const coseMiddle = Uint8Array.of(0x22, 0x58, 0x20);

/** RFC 9052 section 7: { 1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y }. */
export function pointToCose(point: string): Uint8Array | undefined {
  const bytes = base64urlToBytes(point);
  if (bytes?.length !== 65 || bytes[0] !== 4) return undefined;
  return concatBytes(coseHead, bytes.subarray(1, 33), coseMiddle, bytes.subarray(33));
}

export function coseToPoint(publicKey: Uint8Array): string | undefined {
  const decoded = decodeCredentialPublicKey(new Uint8Array(publicKey));
  if (!cose.isCOSEPublicKeyEC2(decoded)) return undefined;
  const [x, y] = [decoded.get(cose.COSEKEYS.x), decoded.get(cose.COSEKEYS.y)];
  if (x?.length !== 32 || y?.length !== 32 || decoded.get(cose.COSEKEYS.crv) !== cose.COSECRV.P256) return undefined;
  return bytesToBase64url(concatBytes(Uint8Array.of(4), x, y));
}
