// Secret-key operations on node:crypto: sealing, derivation, Ed25519 signing. Only what BoringSSL has as well.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
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

/** The fixed head of a PKCS #8 Ed25519 private key (RFC 8410); the 32-byte seed follows. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });

/** base64url of the raw public key of a 32-byte Ed25519 seed. */
export const ed25519PublicKey = (seed: Uint8Array): string =>
  createPublicKey(privateKey(seed)).export({ format: 'jwk' }).x as string;

export const signEd25519 = (seed: Uint8Array, message: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, message, privateKey(seed)));
