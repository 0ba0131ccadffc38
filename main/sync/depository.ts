// The terminal's line to the depository: the typed contract over HTTP, every request signed with the terminal's key.

import { createORPCClient, ORPCError } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { random } from '../../crypto/secret.ts';
import { bytesToBase64url } from '../../shared/bytes.ts';
import { depositoryContract } from '../../shared/contract/depository.ts';
import { requestHeaders, requestMessage } from '../../shared/contract/request.ts';
import type { Primitives } from '../../shared/primitives.ts';
import { type Refusal, refuse } from '../../shared/result.ts';

export type DepositoryClient = ContractRouterClient<typeof depositoryContract>;

/** Who asks: the terminal's id, and its signature. */
export interface Asker {
  readonly terminal: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}
/** `urls` are the nodes of one depository, at least one. */
export type Connect = (urls: readonly string[], asker: Asker) => DepositoryClient;

type Fetch = (request: Request, init?: RequestInit) => Promise<Response>;

interface LineParts {
  readonly primitives: Primitives;
  readonly clock: () => number;
  readonly fetch?: Fetch;
  /** Until an answer begins; a node that takes a connection and then says nothing is no better than one that is gone. */
  readonly patienceMs?: number;
}

/**
 * Every request may be sent again: an event that was admitted already is not admitted twice. So a node that does not answer,
 * or stands by, is followed by the next one, and the one that answered is asked first from then on.
 */
export const connectOverHttp =
  (parts: LineParts): Connect =>
  (urls, asker) => {
    const send = withPatience(parts.fetch ?? fetch, parts.patienceMs ?? 20_000);
    const base = `${urls[0]}/api`;
    let preferred = 0;
    const link = new OpenAPILink(depositoryContract, {
      url: base,
      fetch: async (request, init) => {
        const body = new Uint8Array(await request.clone().arrayBuffer());
        for (let tried = 0; ; tried++) {
          const at = (preferred + tried) % urls.length;
          const target = `${urls[at]}/api${request.url.slice(base.length)}`;
          const isLast = tried === urls.length - 1;
          try {
            const answer = await send(signedRequest(parts, asker, request, target, body), init);
            if (isLast || answer.status < 500) {
              preferred = at;
              return answer;
            }
          } catch (failure) {
            if (isLast) throw failure;
          }
        }
      },
    });
    return createORPCClient(link);
  };

const withPatience =
  (send: Fetch, patienceMs: number): Fetch =>
  async (request, init) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), patienceMs);
    const signals = [patience.signal, ...(init?.signal ? [init.signal] : [])];
    try {
      return await send(request, { ...init, signal: AbortSignal.any(signals) });
    } finally {
      clearTimeout(timer); // a long answer over a slow line may take its time
    }
  };

function signedRequest(
  parts: LineParts,
  asker: Asker,
  request: Request,
  url: string,
  body: Uint8Array<ArrayBuffer>,
): Request {
  const time = String(parts.clock());
  const nonce = bytesToBase64url(random(12));
  const { pathname, search } = new URL(url);
  const signed = { method: request.method, target: pathname + search, time, nonce, body };
  const headers = new Headers(request.headers);
  headers.set(requestHeaders.terminal, asker.terminal);
  headers.set(requestHeaders.time, time);
  headers.set(requestHeaders.nonce, nonce);
  headers.set(requestHeaders.signature, bytesToBase64url(asker.sign(requestMessage(parts.primitives.sha256, signed))));
  return new Request(url, { method: request.method, headers, ...(body.length === 0 ? {} : { body }) });
}

/** What went wrong on the line, in words; the outbox keeps everything, so that trying again is always safe. */
export function lineRefusal(failure: unknown): Refusal {
  const what = 'The terminal was not synchronised.';
  if (failure instanceof ORPCError && failure.status === 401)
    return refuse('not entitled', what, 'The depository does not know this terminal.', 'Ask the bank to enrol it.')
      .refusal;
  const why =
    failure instanceof ORPCError ? `The depository answered ${failure.status}.` : 'The depository cannot be reached.';
  return refuse('unreachable', what, why, 'It is tried again; what was signed is kept.').refusal;
}
