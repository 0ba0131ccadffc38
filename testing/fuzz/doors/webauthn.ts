// What an authenticator is said to have answered: only the one answer to the one question is taken, whatever is done to it.

import fc from 'fast-check';
import { verifyAssertion, verifyRegistration } from '../../../main/identity/relying-party.ts';
import {
  type Assertion,
  assertionSchema,
  type CreationOptions,
  type Registration,
  type RequestOptions,
  registrationSchema,
} from '../../../shared/contract/ceremony.ts';
import { SoftAuthenticator } from '../../soft-authenticator.ts';
import { type Door, Finding, newDoor } from '../door.ts';
import { changedBytes, changedJson } from '../inputs.ts';
import { expectNoLeak, Secrets } from '../leaks.ts';

const origin = 'http://localhost:5173';
const party = { id: 'localhost', name: 'Custos', origins: [origin] };
const challenge = new Uint8Array(32).fill(7);
const challengeText = Buffer.from(challenge).toString('base64url');
const salts = { first: 'A'.repeat(43), second: 'B'.repeat(43) };

type Bytes = 'clientDataJSON' | 'authenticatorData' | 'signature' | 'attestationObject';

export async function openWebAuthnDoor(): Promise<Door> {
  const key = new SoftAuthenticator(origin);
  const registration = key.create({
    rp: { id: 'localhost', name: 'Custos' },
    user: { id: 'dQ', name: 'u', displayName: 'u' },
    challenge: challengeText,
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    extensions: { prf: { eval: salts } },
  } as CreationOptions);
  const registered = await verifyRegistration(party, challenge, registration);
  if (!registered.ok) throw new Error(registered.refusal.why);
  const { credential } = registered.value;
  const assertion = key.get({
    rpId: 'localhost',
    challenge: challengeText,
    allowCredentials: [{ id: credential.id }],
    userVerification: 'required',
    extensions: { prf: { evalByCredential: { [credential.id]: salts } } },
  } as RequestOptions);
  const secrets = new Secrets();
  for (const { prfSecret } of key.toJSON())
    secrets.add("an authenticator's secret", Buffer.from(prfSecret, 'base64url'));
  for (const answer of [registration, assertion])
    for (const output of Object.values(answer.clientExtensionResults.prf?.results ?? {}))
      secrets.add('a PRF output', Buffer.from(String(output), 'base64url'));

  async function judge({ value, kind }: { value: unknown; kind: 'registration' | 'assertion' }): Promise<void> {
    // The contract's own schema stands before the relying party.
    const parsed = (kind === 'registration' ? registrationSchema : assertionSchema).safeParse(value);
    if (!parsed.success) return;
    const verified =
      kind === 'registration'
        ? await verifyRegistration(party, challenge, parsed.data as Registration)
        : await verifyAssertion(party, challenge, credential, parsed.data as Assertion);
    if (!verified.ok) {
      const text = Object.values(verified.refusal).join(' ');
      if (text.length > 1_000) throw new Finding(`a refusal of ${text.length} characters`);
      return expectNoLeak(text, secrets);
    }
    if (kind === 'assertion' && signedPart(parsed.data as Assertion) !== signedPart(assertion))
      throw new Finding('another assertion than the one that was signed is taken');
  }

  const one = <T extends Registration | Assertion>(kind: 'registration' | 'assertion', genuine: T) => {
    const fields = Object.keys(genuine.response).filter((name) => name !== 'transports') as Bytes[];
    const inBytes = fc.constantFrom(...fields).chain((field) =>
      changedBytes([Buffer.from(String(genuine.response[field as never]), 'base64url')]).map((bytes) => ({
        ...genuine,
        response: { ...genuine.response, [field]: Buffer.from(bytes).toString('base64url') },
      })),
    );
    return fc.oneof(changedJson([genuine]), inBytes).map((value) => ({ kind, value: value as unknown }));
  };
  return newDoor('webauthn', fc.oneof(one('registration', registration), one('assertion', assertion)), judge);
}

const signedPart = ({ id, response }: Assertion): string =>
  [id, response.clientDataJSON, response.authenticatorData].join(' ');
