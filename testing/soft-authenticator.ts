// An authenticator in software: ES256, user verification, PRF, answering as a browser's JSON would; and ways to misbehave.
// For tests and the demonstration: it proves nothing about the person, and production bundles must never reach it.

import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { utf8 } from '../shared/bytes.ts';
import type { Assertion, CreationOptions, Registration, RequestOptions } from '../shared/contract/ceremony.ts';

/** Each way is one that a relying party must notice. */
export interface Misbehaviour {
  /** Answers without the PRF extension, as a key without hmac-secret does. */
  readonly noPrf?: boolean;
  /** Gives another PRF output at each touch. */
  readonly unstablePrf?: boolean;
  readonly wrongOrigin?: string;
  readonly missingUv?: boolean;
  /** Gives the previous assertion again instead of signing. */
  readonly replay?: boolean;
  /** Answers with another credential than the one asked for. */
  readonly changedCredential?: boolean;
}

export interface Credential {
  readonly id: string;
  readonly privateKey: string;
  readonly prfSecret: string;
}

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const raw = (base64url: string): Buffer => Buffer.from(base64url, 'base64url');

const presentAndVerified = 0x05;
const presentOnly = 0x01;
const withCredential = 0x40;

export class SoftAuthenticator {
  readonly #credentials: Credential[];
  readonly #origin: string;
  readonly #onCreated: () => void;
  #last: Assertion | undefined;
  misbehaviour: Misbehaviour = {};

  constructor(origin: string, credentials: readonly Credential[] = [], onCreated: () => void = () => {}) {
    this.#origin = origin;
    this.#credentials = [...credentials];
    this.#onCreated = onCreated;
  }

  /** Its keys in clear, so that a demonstration can go on after it was stopped. */
  toJSON(): readonly Credential[] {
    return this.#credentials;
  }

  create(options: CreationOptions): Registration {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const credential: Credential = {
      id: text(randomBytes(16)),
      privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      prfSecret: text(randomBytes(32)),
    };
    this.#credentials.push(credential);
    this.#onCreated();
    const id = raw(credential.id);
    const attested = Buffer.concat([
      this.#authenticatorData(options.rp.id, withCredential),
      Buffer.alloc(16),
      Buffer.from([id.length >> 8, id.length & 0xff]),
      id,
      coseKey(credential),
    ]);
    const salts = options.extensions?.prf?.eval;
    return {
      id: credential.id,
      rawId: credential.id,
      type: 'public-key',
      authenticatorAttachment: 'cross-platform',
      response: {
        clientDataJSON: text(this.#clientData('webauthn.create', options.challenge)),
        attestationObject: text(attestationObject(attested)),
        transports: ['usb'],
      },
      clientExtensionResults: this.#prf(credential, salts, true),
    };
  }

  get(options: RequestOptions): Assertion {
    if (this.misbehaviour.replay && this.#last !== undefined) return this.#last;
    const asked = this.#credentials.find((one) => options.allowCredentials.some((allowed) => allowed.id === one.id));
    const other = this.#credentials.find((one) => one !== asked);
    const credential = this.misbehaviour.changedCredential ? other : asked;
    if (credential === undefined) throw new Error('NotAllowedError: none of the allowed credentials is on this key');
    const clientData = this.#clientData('webauthn.get', options.challenge);
    const authenticatorData = this.#authenticatorData(options.rpId, 0);
    const signature = sign(
      'sha256',
      Buffer.concat([authenticatorData, sha256(clientData)]),
      createPrivateKey(credential.privateKey),
    );
    const salts = options.extensions?.prf?.evalByCredential[asked?.id ?? credential.id];
    this.#last = {
      id: credential.id,
      rawId: credential.id,
      type: 'public-key',
      authenticatorAttachment: 'cross-platform',
      response: {
        clientDataJSON: text(clientData),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
      },
      clientExtensionResults: this.#prf(credential, salts, false),
    };
    return this.#last;
  }

  #clientData(type: string, challenge: string): Buffer {
    const origin = this.misbehaviour.wrongOrigin ?? this.#origin;
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  /** WebAuthn section 6.1: rpIdHash, flags, signature counter (this authenticator keeps none). */
  #authenticatorData(rpId: string, more: number): Buffer {
    const flags = (this.misbehaviour.missingUv ? presentOnly : presentAndVerified) | more;
    return Buffer.concat([sha256(utf8(rpId)), Buffer.from([flags, 0, 0, 0, 0])]);
  }

  /** WebAuthn section 10.1.4 over CTAP2 hmac-secret: HMAC under a secret of the credential, salts domain-separated. */
  #prf(credential: Credential, salts: { first: string; second?: string | undefined } | undefined, atCreation: boolean) {
    if (this.misbehaviour.noPrf) return atCreation ? { prf: { enabled: false } } : {};
    const secret = this.misbehaviour.unstablePrf ? randomBytes(32) : raw(credential.prfSecret);
    const evaluate = (salt: string) =>
      text(
        createHmac('sha256', secret)
          .update(sha256(Buffer.concat([Buffer.from('WebAuthn PRF\0'), raw(salt)])))
          .digest(),
      );
    const results =
      salts === undefined
        ? {}
        : {
            results: {
              first: evaluate(salts.first),
              ...(salts.second === undefined ? {} : { second: evaluate(salts.second) }),
            },
          };
    return { prf: { ...(atCreation ? { enabled: true } : {}), ...results } };
  }
}

/** RFC 9052 key in the one CBOR form of a P-256 key for ES256. */
function coseKey(credential: Credential): Buffer {
  const { x, y } = createPublicKey(credential.privateKey).export({ format: 'jwk' });
  const head = Buffer.from('a5010203262001215820', 'hex');
  return Buffer.concat([head, raw(x as string), Buffer.from('225820', 'hex'), raw(y as string)]);
}

/** CBOR { fmt: "none", attStmt: {}, authData: bytes }. */
function attestationObject(authData: Buffer): Buffer {
  const length = Buffer.from([0x58, authData.length]);
  if (authData.length > 0xff) throw new Error('a soft credential id is short');
  return Buffer.concat([
    Buffer.from('a363666d74646e6f6e656761747453746d74a0', 'hex'),
    Buffer.from('686175746844617461', 'hex'),
    length,
    authData,
  ]);
}
