import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { random } from '../../crypto/secret.ts';
import { base64urlToBytes, concatBytes } from '../../shared/bytes.ts';
import type { Assertion, Registration } from '../../shared/contract/ceremony.ts';
import { dataJson, describeWithData } from '../../testing/data.ts';
import { type Misbehaviour, SoftAuthenticator } from '../../testing/soft-authenticator.ts';
import {
  coseToPoint,
  creationOptions,
  pointToCose,
  type RelyingParty,
  requestOptions,
  verifyAssertion,
  verifyRegistration,
} from './relying-party.ts';

const party: RelyingParty = { id: 'localhost', name: 'Custos', origins: ['http://localhost:5173'] };
const salts = { first: random(32), second: random(32) };

async function enrolled(authenticator = new SoftAuthenticator('http://localhost:5173')) {
  const challenge = random(32);
  const options = await creationOptions(party, { operator: 'teller-a', challenge, salts, known: [] });
  const verified = await verifyRegistration(party, challenge, authenticator.create(options));
  if (!verified.ok) throw new Error(verified.refusal.why);
  return { authenticator, ...verified.value };
}

async function asserted(misbehaviour: Misbehaviour) {
  const { authenticator, credential } = await enrolled();
  await enrolled(authenticator);
  const ask = async () => {
    const challenge = random(32);
    const options = await requestOptions(party, { challenge, credentials: [{ id: credential.id, salts }] });
    return verifyAssertion(party, challenge, credential, authenticator.get(options));
  };
  expect((await ask()).ok).toBe(true);
  authenticator.misbehaviour = misbehaviour;
  return ask();
}

describe('an authenticator that behaves', () => {
  it('is enrolled, and gives the same PRF outputs at enrolment and at every touch', async () => {
    const { prf, authenticator, credential } = await enrolled();
    expect([prf.first?.length, prf.second?.length]).toEqual([32, 32]);
    const challenge = random(32);
    const options = await requestOptions(party, { challenge, credentials: [{ id: credential.id, salts }] });
    const touched = await verifyAssertion(party, challenge, credential, authenticator.get(options));
    expect(touched).toEqual({ ok: true, value: prf });
  });
  it('keeps its key in one form: COSE to point and back', async () => {
    const { credential } = await enrolled();
    expect(coseToPoint(pointToCose(credential.publicKey) as Uint8Array)).toBe(credential.publicKey);
  });
});

describe('an authenticator that misbehaves is refused', () => {
  it.each<[string, Misbehaviour]>([
    ['another origin', { wrongOrigin: 'http://localhost.evil.example' }],
    ['no user verification', { missingUv: true }],
    ['an assertion played back', { replay: true }],
    ['another credential than the one asked', { changedCredential: true }],
  ])('%s', async (_, misbehaviour) => {
    const verdict = await asserted(misbehaviour);
    expect(verdict.ok === false && verdict.refusal.type).toBe('ceremony refused');
  });
  it('one without PRF is accepted as a key, and gives no secret', async () => {
    const verdict = await asserted({ noPrf: true });
    expect(verdict).toEqual({ ok: true, value: { first: null, second: null } });
  });
  it('one enrolled from another origin, or without user verification, is refused', async () => {
    for (const misbehaviour of [{ wrongOrigin: 'https://evil.example' }, { missingUv: true }]) {
      const authenticator = new SoftAuthenticator('http://localhost:5173');
      authenticator.misbehaviour = misbehaviour;
      await expect(enrolled(authenticator)).rejects.toThrow(/page|user/i);
    }
  });
});

interface Vector {
  readonly id: string;
  readonly title: string;
  readonly registration?: Readonly<Record<string, string>>;
  readonly authentication?: Readonly<Record<string, string>>;
}

describeWithData('W3C WebAuthn Level 3 test vectors', 'vectors/webauthn/webauthn-l3-test-vectors.json', () => {
  const file = dataJson<{ rpId: string; origin: string; vectors: Vector[] }>(
    'vectors/webauthn/webauthn-l3-test-vectors.json',
  );
  const w3c: RelyingParty = { id: file.rpId, name: 'W3C', origins: [file.origin] };
  const bytes = (hex: string | undefined) => new Uint8Array(Buffer.from(hex ?? '', 'hex'));
  const text = (hex: string | undefined) => Buffer.from(hex ?? '', 'hex').toString('base64url');
  const common = (id: string) => ({ id, rawId: id, type: 'public-key' as const, clientExtensionResults: {} });
  const registrationOf = ({ registration: one }: Vector): Registration => ({
    ...common(text(one?.credential_id)),
    response: { clientDataJSON: text(one?.clientDataJSON), attestationObject: text(one?.attestationObject) },
  });
  const assertionOf = ({ registration, authentication: one }: Vector): Assertion => ({
    ...common(text(registration?.credential_id)),
    response: {
      clientDataJSON: text(one?.clientDataJSON),
      authenticatorData: text(one?.authenticatorData),
      signature: text(one?.signature),
    },
  });
  const isVerified = (hex: string | undefined) => ((bytes(hex)[32] ?? 0) & 0x04) !== 0;
  const vectors = file.vectors.filter((one) => Object.keys(one.authentication ?? {}).length > 0);
  const es256 = vectors.filter((one) => one.id.includes('es256'));
  const others = vectors.filter((one) => !one.id.includes('es256'));

  it.each(es256.map((one) => [one.title, one] as const))('%s: the assertion verifies under its own key', (_, one) => {
    const { clientDataJSON, authenticatorData, signature } = assertionOf(one).response;
    const [client, data, der] = [clientDataJSON, authenticatorData, signature].map(
      (t) => base64urlToBytes(t as string) as Uint8Array,
    );
    const attested = bytes(one.registration?.attestationObject);
    const at = Buffer.from(attested).indexOf(Buffer.from('a5010203262001215820', 'hex'));
    const point = coseToPoint(attested.subarray(at, at + 77)) as string;
    const message = concatBytes(data as Uint8Array, nodePrimitives.sha256(client as Uint8Array));
    expect(nodePrimitives.verifyEs256(point, message, der as Uint8Array)).toBe(true);
    (message as Uint8Array)[0] = ((message[0] as number) ^ 1) as number;
    expect(nodePrimitives.verifyEs256(point, message, der as Uint8Array)).toBe(false);
  });

  it.each(es256.map((one) => [one.title, one] as const))(
    '%s: accepted exactly if the user was verified on our own page',
    async (_, one) => {
      const attested = bytes(one.registration?.attestationObject);
      const start = Buffer.from(attested).indexOf(nodePrimitives.sha256(new TextEncoder().encode(file.rpId)));
      const wasVerified = ((attested[start + 32] ?? 0) & 0x04) !== 0;
      const registered = await verifyRegistration(w3c, bytes(one.registration?.challenge), registrationOf(one));
      // Attestation statements chain to a test root; what is asked here is the credential, so only unattested ones must pass.
      if (one.id.includes('none-')) expect(registered.ok).toBe(wasVerified);
      const at = Buffer.from(attested).indexOf(Buffer.from('a5010203262001215820', 'hex'));
      const publicKey = coseToPoint(attested.subarray(at, at + 77)) as string;
      const credential = { id: text(one.registration?.credential_id), publicKey };
      const verdict = await verifyAssertion(w3c, bytes(one.authentication?.challenge), credential, assertionOf(one));
      const clientData = Buffer.from(one.authentication?.clientDataJSON ?? '', 'hex').toString();
      const isForeign = clientData.includes('"crossOrigin":true') || clientData.includes('"topOrigin"');
      expect(verdict.ok).toBe(isVerified(one.authentication?.authenticatorData) && !isForeign);
    },
  );

  it.each(others.map((one) => [one.title, one] as const))('%s: refused, as it is not ES256', async (_, one) => {
    const registered = await verifyRegistration(w3c, bytes(one.registration?.challenge), registrationOf(one));
    expect(registered.ok).toBe(false);
  });
});
