// People and machines for tests: they sign events as an authenticator and the bank would, with real keys.

import { createHash, createHmac, generateKeyPairSync, hkdfSync, type KeyObject, sign } from 'node:crypto';
import { fillBasket } from '../shared/basket.ts';
import { bytesToBase64url, utf8 } from '../shared/bytes.ts';
import { canonicalBytes } from '../shared/canonical.ts';
import type { CustosEvent } from '../shared/event.ts';
import { type Evidence, type MachineEvidence, machineMessage, sealMessage } from '../shared/evidence.ts';
import { type EventId, eventIdFrom } from '../shared/ids.ts';
import type { Operator, Role } from '../shared/operator.ts';

export const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());
const rawKey = (key: KeyObject): string => key.export({ format: 'jwk' }).x as string;

function es256Point(key: KeyObject): string {
  const { x, y } = key.export({ format: 'jwk' });
  const part = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  return Buffer.concat([Buffer.from([4]), part(x), part(y)]).toString('base64url');
}

export interface SigningKey {
  readonly publicKey: string;
  sign(message: Uint8Array): Uint8Array;
}

export function newEd25519(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: rawKey(publicKey), sign: (message) => new Uint8Array(sign(null, message, privateKey)) };
}

export const rpId = 'localhost';
export const origin = 'http://localhost:5173';

/** A person with one or more authenticators and an operator's signing key. */
export class Person {
  readonly operator: Operator;
  readonly seal: SigningKey;
  readonly #keys: { readonly id: string; readonly privateKey: KeyObject }[];

  constructor(id: string, role: Role, options: { readonly credentials?: number; readonly person?: string } = {}) {
    this.seal = newEd25519();
    const keys = Array.from({ length: options.credentials ?? 1 }, (_, i) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return { id: bytesToBase64url(sha256(utf8(`${id}/${i}`))).slice(0, 22), ...pair };
    });
    this.#keys = keys;
    this.operator = {
      id,
      role,
      person: options.person ?? bytesToBase64url(sha256(utf8(`person ${id}`))),
      credentials: keys.map((key) => ({ id: key.id, publicKey: es256Point(key.publicKey), prf: true })),
      signingKey: this.seal.publicKey,
    };
  }

  /** Signs a basket of events with the authenticator at `credential`; `tamper` changes client data before signing. */
  sign(
    events: readonly CustosEvent[],
    options: { readonly credential?: number; readonly flags?: number; readonly origin?: string } = {},
  ): Evidence[] {
    const { root, positions } = fillBasket(sha256, events);
    const key = this.#keys[options.credential ?? 0];
    if (key === undefined) throw new Error('no such authenticator');
    const clientData = utf8(
      JSON.stringify({
        type: 'webauthn.get',
        challenge: bytesToBase64url(root),
        origin: options.origin ?? origin,
        crossOrigin: false,
      }),
    );
    const authenticatorData = Buffer.concat([sha256(utf8(rpId)), Buffer.from([options.flags ?? 0x05, 0, 0, 0, 1])]);
    const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), key.privateKey);
    return positions.map((basket) => ({
      kind: 'webauthn',
      credential: key.id,
      authenticatorData: authenticatorData.toString('base64url'),
      clientDataJSON: bytesToBase64url(clientData),
      signature: signature.toString('base64url'),
      basket,
      seal: bytesToBase64url(this.seal.sign(sealMessage(root))),
    }));
  }
}

export function signAsMachine(
  key: SigningKey,
  name: MachineEvidence['key'],
  events: readonly CustosEvent[],
): Evidence[] {
  const { root, positions } = fillBasket(sha256, events);
  const signature = bytesToBase64url(key.sign(machineMessage(root)));
  return positions.map((basket) => ({ kind: 'ed25519', key: name, signature, basket }));
}

/** Ids that repeat for the same seed: time from the caller, "randomness" from a counter under HMAC. */
export function idMaker(seed: string): (unixMs: number) => EventId {
  let counter = 0;
  const key = new Uint8Array(hkdfSync('sha256', seed, '', 'ids', 32));
  return (unixMs) => {
    counter += 1;
    const tail = createHmac('sha256', key).update(String(counter)).digest().subarray(0, 10);
    tail.writeUInt32BE(counter, 0); // keeps ids of one millisecond in order
    return eventIdFrom(unixMs, tail);
  };
}

export const commitmentOf = (value: unknown): string => bytesToBase64url(sha256(canonicalBytes(value)));
