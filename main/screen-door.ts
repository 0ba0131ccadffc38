// The door between a screen and the terminal: what a message may be, how many are looked at together, and what a failure may
// say. A screen runs in a browser; whatever has taken it over may say anything here, and learns nothing by it.

import { ORPCError } from '@orpc/client';
import { RPCHandler } from '@orpc/server/websocket';
import { z } from 'zod';
import { random } from '../crypto/secret.ts';
import { bytesToHex } from '../shared/bytes.ts';
import { failureReport } from '../shared/failure.ts';
import { parseJson } from '../shared/json.ts';
import { terminalRouter } from './router.ts';
import type { Terminal } from './terminal.ts';

export const screenLimits = {
  /** A payment file of 64 million characters, and what escaping adds to it. */
  messageChars: 80 << 20,
  messageDepth: 24,
  /** Calls of one screen that are under way; what comes beyond is told to come again. */
  callsUnderWay: 64,
  answerChars: 80 << 20,
} as const;

/** A call, or that a call is given up; the other things that the protocol knows are not used here. */
const callId = z.string().min(1).max(32);
const messageSchema = z.union([
  z.strictObject({
    i: callId,
    p: z.strictObject({ u: z.string().regex(/^\/[A-Za-z]{1,40}$/), b: z.strictObject({ json: z.unknown() }) }),
  }),
  z.strictObject({ i: callId, t: z.literal(4) }),
]);

export interface Screen {
  /** Sends one answer. */
  readonly send: (answer: string) => void;
  /** Shows the screen out: it has said what no screen of ours says. */
  readonly close: () => void;
}

export interface ScreenDoor {
  take(message: unknown): void;
  /** The screen is gone: what it had asked for is given up. */
  leave(): void;
}

/** Where failures are told, for whoever looks after the terminal; never to a screen. */
export type TellFailure = (correlationId: string, failure: unknown) => void;

export function openScreenDoor(terminal: Terminal, screen: Screen, tell: TellFailure = tellOnConsole): ScreenDoor {
  let underWay = 0;
  const handler = new RPCHandler(terminalRouter(terminal), {
    clientInterceptors: [
      async ({ next }) => {
        try {
          const answer = await next();
          return isStream(answer) ? guardStream(answer, tell) : answer;
        } catch (failure) {
          throw shown(failure, tell);
        }
      },
    ],
  });
  const peer = {
    addEventListener() {},
    send(answer: string | ArrayBufferLike | Blob | ArrayBufferView) {
      if (typeof answer !== 'string' || answer.length > screenLimits.answerChars) screen.close();
      else screen.send(answer);
    },
  };
  return {
    take(message) {
      const read = readMessage(message);
      if (read === undefined) return screen.close();
      if (underWay >= screenLimits.callsUnderWay && read.p !== undefined) return screen.send(comeAgain(read.i));
      underWay += 1;
      handler
        .message(peer, message as string)
        .catch((failure) => tell(newCorrelationId(), failure)) // the answer could not be written: the screen was told before
        .finally(() => {
          underWay -= 1;
        });
    },
    leave: () => handler.close(peer),
  };
}

function readMessage(message: unknown): { readonly i: string; readonly p?: unknown } | undefined {
  if (typeof message !== 'string' || message.length > screenLimits.messageChars) return undefined;
  const json = parseJson(message, screenLimits.messageDepth);
  return json.ok ? messageSchema.safeParse(json.value).data : undefined;
}

/** The answer to a call that is not looked at. */
function comeAgain(i: string): string {
  const error = new ORPCError('TOO_MANY_REQUESTS', {
    message: 'Too many calls at once.',
    data: { correlationId: newCorrelationId() },
  }).toJSON();
  return JSON.stringify({ i, p: { s: error.status, b: { json: error } } });
}

/** What a screen is told of a failure: its kind, and a number under which more is known here. */
function shown(failure: unknown, tell: TellFailure): ORPCError<string, { correlationId: string }> {
  const correlationId = newCorrelationId();
  const code = failure instanceof ORPCError ? failure.code : 'INTERNAL_SERVER_ERROR';
  if (code === 'INTERNAL_SERVER_ERROR') tell(correlationId, failure);
  const message = code === 'BAD_REQUEST' ? 'It is not in the form that was agreed.' : 'The terminal could not do it.';
  return new ORPCError(code, { message, data: { correlationId } });
}

async function* guardStream(stream: AsyncIterable<unknown>, tell: TellFailure): AsyncGenerator<unknown> {
  try {
    yield* stream;
  } catch (failure) {
    throw shown(failure, tell);
  }
}

const isStream = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;

const newCorrelationId = (): string => bytesToHex(random(8));

const tellOnConsole: TellFailure = (correlationId, failure) => console.error(failureReport(correlationId, failure));
