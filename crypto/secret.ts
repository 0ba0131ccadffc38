// Secret-key operations on node:crypto: sealing, derivation, Ed25519 signing. Only what BoringSSL has as well.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  randomBytes,
  sign,
  timingSafeEqual,
} from 'node:crypto';

export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** HKDF-SHA-256 (RFC 5869), 32 bytes. */
export const derive = (secret: Uint8Array, salt: Uint8Array, info: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, salt, info, 32));

export const mac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(message).digest());

export const equalSecrets = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

export interface Sealed {
  readonly nonce: Uint8Array;
  /** Ciphertext and the 16-byte tag. */
  readonly data: Uint8Array;
  /** AES-GCM does not commit to its key; this does, as several slots may be tried in turn. */
  readonly commitment: Uint8Array;
}

const commitmentLabel = new TextEncoder().encode('custos/key-commitment/v1');

/** AES-256-GCM with a random 96-bit nonce; each key seals a handful of values only. */
export function seal(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Sealed {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
  const data = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { nonce: new Uint8Array(nonce), data: new Uint8Array(data), commitment: mac(key, commitmentLabel) };
}

/** Undefined when the key is another one or anything was changed. */
export function unseal(key: Uint8Array, sealed: Sealed, associated: Uint8Array): Uint8Array | undefined {
  if (!equalSecrets(mac(key, commitmentLabel), sealed.commitment)) return undefined;
  if (sealed.nonce.length !== 12 || sealed.data.length < 16) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.nonce)
      .setAAD(associated)
      .setAuthTag(sealed.data.subarray(-16));
    return new Uint8Array(Buffer.concat([decipher.update(sealed.data.subarray(0, -16)), decipher.final()]));
  } catch {
    return undefined;
  }
}

export interface SealedTo extends Sealed {
  /** Raw X25519 public key made for this one value. */
  readonly ephemeral: Uint8Array;
}

/** The fixed heads of X25519 keys (RFC 8410); the 32 raw bytes follow. */
const x25519PrivateHead = Buffer.from('302e020100300506032b656e04220420', 'hex');
const x25519PublicHead = Buffer.from('302a300506032b656e032100', 'hex');
const x25519Private = (raw: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([x25519PrivateHead, raw]), format: 'der', type: 'pkcs8' });
const x25519Public = (raw: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([x25519PublicHead, raw]), format: 'der', type: 'spki' });

/** The raw public key of 32 random bytes. */
export const x25519PublicKey = (privateKey: Uint8Array): Uint8Array =>
  new Uint8Array(createPublicKey(x25519Private(privateKey)).export({ format: 'der', type: 'spki' }).subarray(-32));

/** As the base mode of RFC 9180 does it: both public keys go into the derivation, so neither can be exchanged. */
function agreedKey(own: Uint8Array, other: Uint8Array, ephemeral: Uint8Array, receiver: Uint8Array): Uint8Array {
  const shared = diffieHellman({ privateKey: x25519Private(own), publicKey: x25519Public(other) });
  const key = derive(shared, Buffer.concat([ephemeral, receiver]), 'custos/seal-to/v1');
  shared.fill(0);
  return key;
}

/** Seals to whoever has the private key; whoever seals cannot open it again. */
export function sealTo(receiver: Uint8Array, plain: Uint8Array, associated: Uint8Array): SealedTo {
  const once = random(32);
  const ephemeral = x25519PublicKey(once);
  const key = agreedKey(once, receiver, ephemeral, receiver);
  const sealed = seal(key, plain, associated);
  once.fill(0);
  key.fill(0);
  return { ...sealed, ephemeral };
}

/** Undefined when it was sealed to another key or anything was changed. */
export function unsealWith(privateKey: Uint8Array, sealed: SealedTo, associated: Uint8Array): Uint8Array | undefined {
  try {
    const key = agreedKey(privateKey, sealed.ephemeral, sealed.ephemeral, x25519PublicKey(privateKey));
    const plain = unseal(key, sealed, associated);
    key.fill(0);
    return plain;
  } catch {
    return undefined; // a point of small order, which agrees on nothing
  }
}

/** The fixed head of a PKCS #8 Ed25519 private key (RFC 8410); the 32-byte seed follows. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });

/** base64url of the raw public key of a 32-byte Ed25519 seed. */
export const ed25519PublicKey = (seed: Uint8Array): string =>
  createPublicKey(privateKey(seed)).export({ format: 'jwk' }).x as string;

export const signEd25519 = (seed: Uint8Array, message: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, message, privateKey(seed)));
