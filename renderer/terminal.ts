// The screen's only way out: the terminal's contract, over the port that the desktop app hands in, or over the loopback host's
// socket.

import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import type { Assertion, Registration } from '../shared/contract/ceremony.ts';
import type { Creation, Request, TerminalClient } from '../shared/contract/terminal.ts';
import type { Refusal } from '../shared/result.ts';

/** What the preload of the desktop app exposes; absent in a browser. */
interface Desktop {
  readonly openTerminal: () => void;
}
declare global {
  interface Window {
    readonly custos?: Desktop;
  }
}

async function connect(): Promise<TerminalClient> {
  if (window.custos === undefined) {
    const socket = new WebSocket(`ws://${location.host}/terminal`);
    socket.addEventListener('close', () => document.dispatchEvent(new Event('custos-closed')));
    return createORPCClient(new SocketLink({ websocket: socket }));
  }
  const port = await new Promise<MessagePort>((resolve) => {
    window.addEventListener('message', (event) => {
      const [handed] = event.ports;
      if (event.source === window && event.data === 'custos-port' && handed !== undefined) resolve(handed);
    });
    window.custos?.openTerminal();
  });
  port.addEventListener('close', () => document.dispatchEvent(new Event('custos-closed')));
  port.start();
  return createORPCClient(new PortLink({ port }));
}

export const terminal: TerminalClient = await connect();

/** Carries a request to the authenticator and its answer back, in the JSON forms of WebAuthn Level 3. */
export async function touch(request: Creation): Promise<Registration>;
export async function touch(request: Request): Promise<Assertion>;
export async function touch(request: Creation | Request): Promise<Registration | Assertion> {
  const credential =
    request.kind === 'create'
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(request.options as never),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(request.options as never),
        });
  if (!(credential instanceof PublicKeyCredential)) throw new Error('the authenticator gave no credential');
  return credential.toJSON() as never;
}

/** What the person is told when the authenticator was not touched: a refusal like any other. */
export function touchRefusal(failure: unknown): Refusal {
  const name = failure instanceof DOMException ? failure.name : 'Error';
  return {
    type: 'not touched',
    what: 'Nothing was signed.',
    why:
      name === 'NotAllowedError'
        ? 'The security key was not touched in time, or is another one than the one enrolled.'
        : `The browser answered ${name}.`,
    next: 'Try again with the key that is enrolled here.',
  };
}

type Step<T> = { done: number; total: number } | { result: { ok: true; value: T } | { ok: false; refusal: Refusal } };
/** Follows long work to its end. */
export async function follow<T>(
  stream: Promise<AsyncIterable<Step<T>>>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<{ ok: true; value: T } | { ok: false; refusal: Refusal }> {
  for await (const step of await stream) {
    if ('result' in step) return step.result;
    onProgress(step.done, step.total);
  }
  throw new Error('the work ended without a result');
}
