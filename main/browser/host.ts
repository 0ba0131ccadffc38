// The loopback host: the same terminal and the same screens in an ordinary browser on this machine. Bound to 127.0.0.1, entered
// with a one-time token, Host and Origin checked on every request; whatever else is asked is refused.

import { randomBytes } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Files } from '../host/files.ts';
import { noncePlaceholder, pageHeaders } from '../host/headers.ts';

export interface BrowserHostParts {
  readonly files: Files;
  /** 0 for any free port. */
  readonly port: number;
  /** A new port to the terminal's worker, one for each screen. */
  readonly openPort: () => MessagePort;
}

export interface BrowserHost {
  readonly origin: string;
  /** Where a browser enters, once. */
  newEntry(): string;
  close(): Promise<void>;
}

const maxMessageBytes = 80 << 20;

export async function startBrowserHost(parts: BrowserHostParts): Promise<BrowserHost> {
  const server = Fastify({ requestTimeout: 30_000, bodyLimit: 1024 });
  const tokens = new Set<string>();
  const sessions = new Set<string>();
  let port = parts.port;
  const host = () => `localhost:${port}`;
  const origin = () => `http://${host()}`;
  const cookieName = () => `custos-${port}`;

  const isHere = (request: { headers: FastifyRequest['headers'] }): boolean => {
    const { origin: from, host: to } = request.headers;
    const site = request.headers['sec-fetch-site'];
    return to === host() && (from === undefined || from === origin()) && site !== 'cross-site' && site !== 'same-site';
  };
  const hasSession = (cookies: string | undefined): boolean =>
    (cookies ?? '').split('; ').some((one) => {
      const [name, value] = one.split('=');
      return name === cookieName() && value !== undefined && sessions.has(value);
    });
  const refuse = (reply: FastifyReply, code: number, why: string) =>
    reply
      .code(code)
      .headers(pageHeaders({ nonce: 'none', connect: [] }))
      .type('text/plain; charset=utf-8')
      .send(why);

  server.addHook('onRequest', async (request, reply) => {
    if (!isHere(request)) return refuse(reply, 403, 'Not served: this address is not the terminal.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(reply, 405, 'Not served: only GET.');
  });
  server.get('/enter', async (request, reply) => {
    const { token } = request.query as { token?: string };
    if (token === undefined || !tokens.delete(token))
      return refuse(reply, 403, 'Not served: this entry was used already. Start again from the terminal’s own window.');
    const session = randomBytes(32).toString('base64url');
    sessions.add(session);
    return reply
      .code(303)
      .headers(pageHeaders({ nonce: 'none', connect: [] }))
      .header('set-cookie', `${cookieName()}=${session}; HttpOnly; SameSite=Strict; Path=/`)
      .header('location', '/')
      .send();
  });
  server.get('/*', async (request, reply) => {
    if (!hasSession(request.headers.cookie))
      return refuse(reply, 403, 'Not served: enter with the address that Custos printed when it started.');
    const path = request.url.split('?')[0] ?? '/';
    const file = parts.files(path === '/' ? '/index.html' : path);
    if (file === undefined) return refuse(reply, 404, 'There is nothing at this address.');
    const nonce = randomBytes(16).toString('base64');
    const body = path === '/' ? Buffer.from(file.body.toString('utf8').replaceAll(noncePlaceholder, nonce)) : file.body;
    return reply
      .headers(pageHeaders({ nonce, connect: [`ws://${host()}`] }))
      .type(file.type)
      .send(body);
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  server.server.on('upgrade', (request, socket, head) => {
    const entitled =
      request.url === '/terminal' &&
      request.headers.host === host() &&
      request.headers.origin === origin() &&
      hasSession(request.headers.cookie);
    if (!entitled) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => relay(webSocket, parts.openPort()));
  });

  await server.listen({ host: '127.0.0.1', port });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the host listens on a port');
  port = address.port;
  return {
    origin: origin(),
    newEntry() {
      const token = randomBytes(32).toString('base64url');
      tokens.add(token);
      return `${origin()}/enter?token=${token}`;
    },
    async close() {
      for (const client of sockets.clients) client.terminate();
      await server.close();
    },
  };
}

/** The host understands nothing of what passes between screen and worker. */
function relay(webSocket: WebSocket, port: MessagePort): void {
  webSocket.on('message', (data, isBinary) => {
    port.postMessage(isBinary ? new Uint8Array(data as Buffer) : data.toString());
  });
  port.on('message', (data: string | Uint8Array | ArrayBuffer) => {
    if (webSocket.readyState === webSocket.OPEN) webSocket.send(data);
  });
  webSocket.on('close', () => port.close());
  port.on('close', () => webSocket.close());
  port.start();
}
