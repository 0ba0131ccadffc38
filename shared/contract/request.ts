// What a terminal signs of each HTTP request, so that the gateway knows who asks and nobody can alter or repeat it.

import { bytesToHex, utf8 } from '../bytes.ts';
import type { Hash } from '../primitives.ts';

export const requestHeaders = {
  terminal: 'custos-terminal',
  /** Milliseconds since 1970, UTC. */
  time: 'custos-time',
  nonce: 'custos-nonce',
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
  readonly body: Uint8Array;
}

export const requestMessage = (hash: Hash, { method, target, time, nonce, body }: SignedRequest): Uint8Array =>
  utf8(`custos/request/v1\n${method}\n${target}\n${time}\n${nonce}\n${bytesToHex(hash(body))}\n`);
