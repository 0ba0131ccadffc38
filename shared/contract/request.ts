// What a terminal signs of each HTTP request, so that the gateway knows who asks and nobody can alter or repeat it.

import { bytesToHex, utf8 } from '../bytes.ts';
import type { Hash } from '../primitives.ts';

export const requestHeaders = {
  terminal: 'custos-terminal',
  /** Milliseconds since 1970, UTC. */
  time: 'custos-time',
  nonce: 'custos-nonce',
  /** SHA-256 of the body, hex: with it the signature is checked before a byte of the body is read. */
  body: 'custos-body',
  /** Ed25519, base64url. */
  signature: 'custos-signature',
} as const;

/** A request older or newer than this is refused, and within it a nonce counts once. */
export const requestLifetimeMs = 60_000;

export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly time: string;
  readonly nonce: string;
  /** Of its bytes, as `bodyDigest` gives it. */
  readonly body: string;
}

export const bodyDigest = (hash: Hash, body: Uint8Array): string => bytesToHex(hash(body));

export const requestMessage = ({ method, target, time, nonce, body }: SignedRequest): Uint8Array =>
  utf8(`custos/request/v1\n${method}\n${target}\n${time}\n${nonce}\n${body}\n`);
