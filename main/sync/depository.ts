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
export type Connect = (url: string, asker: Asker) => DepositoryClient;

export const connectOverHttp =
  (parts: { readonly primitives: Primitives; readonly clock: () => number }): Connect =>
  (url, asker) => {
    const link = new OpenAPILink(depositoryContract, {
      url: `${url}/api`,
      fetch: async (request, init) => {
        const body = new Uint8Array(await request.clone().arrayBuffer());
        const time = String(parts.clock());
        const nonce = bytesToBase64url(random(12));
        const { pathname, search } = new URL(request.url);
        const signed = { method: request.method, target: pathname + search, time, nonce, body };
        const headers = new Headers(request.headers);
        headers.set(requestHeaders.terminal, asker.terminal);
        headers.set(requestHeaders.time, time);
        headers.set(requestHeaders.nonce, nonce);
        headers.set(
          requestHeaders.signature,
          bytesToBase64url(asker.sign(requestMessage(parts.primitives.sha256, signed))),
        );
        return fetch(new Request(request, { headers }), init);
      },
    });
    return createORPCClient(link);
  };

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
