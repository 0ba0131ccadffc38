// Who asks: an enrolled terminal, by its signature over this very request, made just now and not seen before. It signs the
// digest of the body too, so that all of it is known before a byte of the body is read.

import type { FastifyRequest } from 'fastify';
import { base64urlToBytes } from '../shared/bytes.ts';
import { requestHeaders, requestLifetimeMs, requestMessage } from '../shared/contract/request.ts';
import { nameId } from '../shared/ids.ts';
import type { Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import type { Gateway } from './gateway.ts';

export interface Caller {
  readonly programme: string;
  readonly terminal: string;
  readonly gateway: Gateway;
  /** SHA-256 of the body that was signed, hex. */
  readonly body: string;
}

export interface CallerParts {
  readonly programmes: ReadonlyMap<string, Gateway>;
  readonly primitives: Primitives;
  readonly clock: () => number;
}

export const apiPrefix = '/api';

/** Undefined where the address names none. */
export function programmeOf(request: FastifyRequest): string | undefined {
  try {
    return decodeURIComponent(request.url.slice(apiPrefix.length + 1).split(/[/?]/)[0] ?? '');
  } catch {
    return undefined;
  }
}

export function newIdentifier({ programmes, primitives, clock }: CallerParts) {
  const seen = new Map<string, number>();
  return (request: FastifyRequest): Result<Caller, Refusal<'not entitled'>> => {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const [terminal, time, nonce, body] = ([...headerForms] as const).map(([name, form]) => {
      const text = header(requestHeaders[name]);
      return form.test(text) ? text : '';
    }) as [string, string, string, string];
    const signature = base64urlToBytes(header(requestHeaders.signature));
    if (!terminal || !time || !nonce || !body || signature?.length !== 64) return no('It is not signed by a terminal.');
    const programme = programmeOf(request) ?? '';
    const gateway = programmes.get(programme);
    const enrolled = nameId.safeParse(terminal).success
      ? gateway?.sequencer().books.get('terminal', terminal)
      : undefined;
    if (gateway === undefined || enrolled === undefined) return no('The terminal is not enrolled here.');
    if (enrolled.revokedAt !== undefined) return no('The terminal was revoked.');
    const now = clock();
    if (!(Math.abs(now - Number(time)) < requestLifetimeMs)) return no("The terminal's clock is not right.");
    const message = requestMessage({ method: request.method, target: request.url, time, nonce, body });
    if (!primitives.verifyEd25519(enrolled.key, message, signature)) return no('Its signature does not verify.');
    for (const [old, at] of seen) {
      if (at > now - 2 * requestLifetimeMs) break;
      seen.delete(old);
    }
    const once = `${terminal}|${nonce}`;
    if (seen.has(once)) return no('It was sent before.');
    seen.set(once, now);
    return ok({ programme, terminal, gateway, body });
  };
}

const headerForms = [
  ['terminal', /^[!-~]{1,64}$/],
  ['time', /^\d{1,16}$/],
  ['nonce', /^[A-Za-z0-9_-]{8,64}$/],
  ['body', /^[0-9a-f]{64}$/],
] as const;

const no = (why: string) =>
  refuse('not entitled', 'The request was not served.', why, 'Ask the bank to enrol this terminal.');
