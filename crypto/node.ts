// The cryptographic primitives on node:crypto, for every process of ours that is not the verifier. Only algorithms that
// BoringSSL has as well (Electron links it): SHA-256, ECDSA P-256, Ed25519.

import { createHash, createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { base64urlToBytes, bytesEqual, bytesToBase64url } from '../shared/bytes.ts';
import type { SignatureCheck } from '../shared/evidence.ts';
import type { Hash, Primitives } from '../shared/primitives.ts';

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

/** A digest as latin1 text costs a fraction of a Buffer for each; `latin1Write` takes any byte array. */
const write = (Buffer.prototype as unknown as { latin1Write(text: string, at: number, length: number): number })
  .latin1Write as (this: Uint8Array, text: string, at: number, length: number) => number;
const sha256: Hash = Object.assign(
  (data: Uint8Array): Uint8Array => {
    const digest = new Uint8Array(32);
    write.call(digest, hash('sha256', data, 'binary'), 0, 32);
    return digest;
  },
  {
    into(data: Uint8Array, out: Uint8Array, at: number): void {
      write.call(out, hash('sha256', data, 'binary'), at, 32);
    },
  },
);

export const nodePrimitives: Primitives = {
  sha256,
  sha256Stream() {
    const running = createHash('sha256');
    return {
      add: (data) => void running.update(data),
      digest: () => new Uint8Array(running.copy().digest()),
    };
  },
  verifyEs256: (key, message, signature) => {
    const object = publicKey('es256', key);
    return object !== null && verify('sha256', message, object, signature);
  },
  verifyEd25519: (key, message, signature) => {
    const object = publicKey('ed25519', key);
    return object !== null && verify(null, message, object, signature);
  },
};

/** SHA-256 of a file of any size, read in pieces; says how much it has read. */
export async function hashFile(path: string, onBytes: (bytes: number) => void = () => {}): Promise<Uint8Array> {
  const whole = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    whole.update(piece as Buffer);
    onBytes((piece as Buffer).length);
  }
  return new Uint8Array(whole.digest());
}

/**
 * Verifies on the thread pool ahead of time, and answers from that: the same checks, done while this thread does other work.
 * A check that was not asked for ahead is done at once.
 */
export async function verifyAhead(checks: Iterable<SignatureCheck>): Promise<Primitives> {
  const verdicts = new Map<string, { readonly check: SignatureCheck; readonly genuine: boolean }>();
  const running: Promise<void>[] = [];
  for (const check of checks) {
    const name = nameOf(check.publicKey, check.signature);
    const key = publicKey(check.algorithm, check.publicKey);
    if (key === null || verdicts.has(name)) continue;
    verdicts.set(name, { check, genuine: false });
    running.push(
      verifyAsync(check.algorithm, check.message, key, check.signature).then((genuine) => {
        verdicts.set(name, { check, genuine });
      }),
    );
  }
  await Promise.all(running);
  const known = (algorithm: SignatureCheck['algorithm'], key: string, message: Uint8Array, signature: Uint8Array) => {
    const verdict = verdicts.get(nameOf(key, signature));
    return verdict?.check.algorithm === algorithm && bytesEqual(verdict.check.message, message)
      ? verdict.genuine
      : undefined;
  };
  /** Once for each signature, also where a thousand events share it. */
  const now = (
    algorithm: SignatureCheck['algorithm'],
    key: string,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean => {
    const { verifyEs256, verifyEd25519 } = nodePrimitives;
    const genuine = (algorithm === 'es256' ? verifyEs256 : verifyEd25519)(key, message, signature);
    verdicts.set(nameOf(key, signature), { check: { algorithm, publicKey: key, message, signature }, genuine });
    return genuine;
  };
  return {
    sha256: nodePrimitives.sha256,
    sha256Stream: nodePrimitives.sha256Stream,
    verifyEs256: (key, message, signature) =>
      known('es256', key, message, signature) ?? now('es256', key, message, signature),
    verifyEd25519: (key, message, signature) =>
      known('ed25519', key, message, signature) ?? now('ed25519', key, message, signature),
  };
}

const nameOf = (key: string, signature: Uint8Array): string => `${key}${Buffer.from(signature).toString('latin1')}`;

const verifyAsync = (
  algorithm: SignatureCheck['algorithm'],
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): Promise<boolean> =>
  new Promise((resolve) => {
    verify(algorithm === 'es256' ? 'sha256' : null, message, key, signature, (failure, genuine) =>
      resolve(failure === null && genuine),
    );
  });
