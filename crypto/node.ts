// The cryptographic primitives on node:crypto, for every process of ours that is not the verifier. Only algorithms that
// BoringSSL has as well (Electron links it): SHA-256, ECDSA P-256, Ed25519.

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { base64urlToBytes, bytesToBase64url } from '../shared/bytes.ts';
import type { Primitives } from '../shared/primitives.ts';

const keys = new Map<string, KeyObject | null>();

function publicKey(kind: 'es256' | 'ed25519', text: string): KeyObject | null {
  const name = `${kind}:${text}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = importPublicKey(kind, text);
  if (keys.size > 10_000) keys.clear();
  keys.set(name, key);
  return key;
}

function importPublicKey(kind: 'es256' | 'ed25519', text: string): KeyObject | null {
  const raw = base64urlToBytes(text);
  try {
    if (kind === 'ed25519')
      return raw?.length === 32
        ? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' })
        : null;
    if (raw?.length !== 65 || raw[0] !== 4) return null;
    const x = bytesToBase64url(raw.subarray(1, 33));
    const y = bytesToBase64url(raw.subarray(33, 65));
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  } catch {
    return null; // a point that is not on the curve verifies nothing
  }
}

export const nodePrimitives: Primitives = {
  sha256: (data) => new Uint8Array(createHash('sha256').update(data).digest()),
  verifyEs256: (key, message, signature) => {
    const object = publicKey('es256', key);
    return object !== null && verify('sha256', message, object, signature);
  },
  verifyEd25519: (key, message, signature) => {
    const object = publicKey('ed25519', key);
    return object !== null && verify(null, message, object, signature);
  },
};
