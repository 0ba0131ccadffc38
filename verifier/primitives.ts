// The verifier's own primitives, so that an auditor's check shares with the bank's programs nothing but shared/.

import { createHash, createPublicKey, hash, verify } from 'node:crypto';
import type { Hash, Primitives } from '../shared/primitives.ts';

type Key = ReturnType<typeof createPublicKey>;

function keyCache(toJwk: (raw: Buffer) => Record<string, string> | undefined): (text: string) => Key | undefined {
  const keys = new Map<string, Key | undefined>();
  return (text) => {
    if (!keys.has(text)) {
      const jwk = toJwk(Buffer.from(text, 'base64url'));
      try {
        keys.set(text, jwk && createPublicKey({ key: jwk, format: 'jwk' }));
      } catch {
        keys.set(text, undefined);
      }
    }
    return keys.get(text);
  };
}

const part = (raw: Buffer, from: number): string => raw.subarray(from, from + 32).toString('base64url');
const p256 = keyCache((raw) =>
  raw.length === 65 && raw[0] === 4 ? { kty: 'EC', crv: 'P-256', x: part(raw, 1), y: part(raw, 33) } : undefined,
);
const ed25519 = keyCache((raw) => (raw.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: part(raw, 0) } : undefined));

/** A digest as latin1 text costs a fraction of a Buffer for each; this method of Buffer takes any byte array. */
const { latin1Write } = Buffer.prototype as unknown as {
  latin1Write(this: Uint8Array, text: string, at: number, length: number): number;
};
const into = (data: Uint8Array, out: Uint8Array, at: number): void => {
  latin1Write.call(out, hash('sha256', data, 'binary'), at, 32);
};
const sha256: Hash = Object.assign(
  (data: Uint8Array) => {
    const digest = new Uint8Array(32);
    into(data, digest, 0);
    return digest;
  },
  { into },
);

export const verifierPrimitives: Primitives = {
  sha256,
  sha256Stream() {
    const running = createHash('sha256');
    return {
      add: (data) => void running.update(data),
      digest: () => new Uint8Array(running.copy().digest()),
    };
  },
  verifyEs256(publicKey, message, signature) {
    const key = p256(publicKey);
    return key !== undefined && verify('sha256', message, key, signature);
  },
  verifyEd25519(publicKey, message, signature) {
    const key = ed25519(publicKey);
    return key !== undefined && verify(null, message, key, signature);
  },
};
