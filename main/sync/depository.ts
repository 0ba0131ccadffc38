// The terminal's line to the depository: the typed contract over HTTP, every request signed with the terminal's key.

import { createORPCClient, ORPCError } from '@orpc/client';
import { type ContractRouterClient, ValidationError } from '@orpc/contract';
import { ResponseValidationPlugin } from '@orpc/contract/plugins';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { random } from '../../crypto/secret.ts';
import { bytesToBase64url, concatBytes } from '../../shared/bytes.ts';
import { depositoryContract } from '../../shared/contract/depository.ts';
import { bodyDigest, requestHeaders, requestMessage } from '../../shared/contract/request.ts';
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
      plugins: [new ResponseValidationPlugin(depositoryContract)],
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
    const signals = [patience.signal, AbortSignal.timeout(longestAnswerMs), ...(init?.signal ? [init.signal] : [])];
    try {
      // Nobody but the node that was asked is told anything: no answer leads elsewhere.
      const answer = await send(request, { ...init, redirect: 'error', signal: AbortSignal.any(signals) });
      return new Response(await wholeBody(answer, () => timer.refresh()), {
        status: answer.status,
        headers: answer.headers,
      });
    } finally {
      clearTimeout(timer);
    }
  };

/** A long answer over a slow line may take its time as long as it goes on, but not for ever, and not without end. */
const longestAnswerMs = 600_000;
const maxAnswerBytes = 64 << 20;

async function wholeBody(answer: Response, goesOn: () => void): Promise<Uint8Array<ArrayBuffer> | null> {
  if (answer.body === null || answer.status === 204) return null;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > maxAnswerBytes) throw new Error('the answer is longer than any may be');
    parts.push(part);
    goesOn();
  }
  return concatBytes(...parts) as Uint8Array<ArrayBuffer>;
}

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
  const digest = bodyDigest(parts.primitives.sha256, body);
  const signed = { method: request.method, target: pathname + search, time, nonce, body: digest };
  const headers = new Headers(request.headers);
  headers.set(requestHeaders.terminal, asker.terminal);
  headers.set(requestHeaders.time, time);
  headers.set(requestHeaders.nonce, nonce);
  headers.set(requestHeaders.body, digest);
  headers.set(requestHeaders.signature, bytesToBase64url(asker.sign(requestMessage(signed))));
  return new Request(url, { method: request.method, headers, ...(body.length === 0 ? {} : { body }) });
}

/** What went wrong on the line, in words; the outbox keeps everything, so that trying again is always safe. */
export function lineRefusal(failure: unknown): Refusal {
  const what = 'The terminal was not synchronised.';
  if (failure instanceof ORPCError && failure.status === 401)
    return refuse('not entitled', what, 'The depository does not know this terminal.', 'Ask the bank to enrol it.')
      .refusal;
  const why =
    failure instanceof ORPCError
      ? `The depository answered ${failure.status}.`
      : failure instanceof ValidationError
        ? 'The depository answered in another form than was agreed.'
        : 'The depository cannot be reached.';
  return refuse('unreachable', what, why, 'It is tried again; what was signed is kept.').refusal;
}
