// The loopback host: the same terminal and the same screens in an ordinary browser on this machine. Bound to 127.0.0.1, entered
// with a one-time token, Host and Origin checked on every request; whatever else is asked is refused. What one caller can ask
// of it is limited (docs/limits.md).

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

export const hostLimits = {
  headerBytes: 8192,
  /** Whoever opens a connection has this long to say what for. */
  headersMs: 5_000,
  connections: 64,
  /** Screens at the same time. */
  sockets: 16,
  messageBytes: 80 << 20,
  /** One screen's messages: as many at once, and then so many a second; a faster one is read more slowly. */
  messages: { burst: 2_000, perSecond: 200 },
  /** Wrong entries and wrong cookies: after so many in a minute nobody's is looked at until it has passed. */
  wrongEntries: 20,
} as const;

export async function startBrowserHost(parts: BrowserHostParts): Promise<BrowserHost> {
  const server = Fastify({
    requestTimeout: hostLimits.headersMs,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    bodyLimit: 1024,
    http: {
      maxHeaderSize: hostLimits.headerBytes,
      headersTimeout: hostLimits.headersMs,
      connectionsCheckingInterval: 1_000,
    },
  });
  server.server.maxConnections = hostLimits.connections;
  const guesses = newGuesses();
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
    const { token } = request.query as { token?: unknown };
    if (guesses.areTooMany()) return refuse(reply, 429, tooManyGuesses);
    if (typeof token !== 'string' || !tokens.delete(token)) {
      guesses.count();
      return refuse(reply, 403, 'Not served: this entry was used already. Start again from the terminal’s own window.');
    }
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
    if (!hasSession(request.headers.cookie)) {
      if (guesses.areTooMany()) return refuse(reply, 429, tooManyGuesses);
      if (request.headers.cookie?.includes(`${cookieName()}=`)) guesses.count();
      return refuse(reply, 403, 'Not served: enter with the address that Custos printed when it started.');
    }
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

  const sockets = new WebSocketServer({ noServer: true, maxPayload: hostLimits.messageBytes });
  server.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const entitled =
      request.url === '/terminal' &&
      request.headers.host === host() &&
      request.headers.origin === origin() &&
      hasSession(request.headers.cookie);
    if (!entitled) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    if (sockets.clients.size >= hostLimits.sockets) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
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

const tooManyGuesses =
  'Not served: too many wrong entries. Wait a minute, then start again from the terminal’s own window.';

/** A cookie or token has 256 random bits; this only keeps a guesser from trying all day unnoticed. */
function newGuesses() {
  let wrong: number[] = [];
  const recent = () => {
    wrong = wrong.filter((at) => at > performance.now() - 60_000);
    return wrong;
  };
  return {
    areTooMany: () => recent().length >= hostLimits.wrongEntries,
    count: () => recent().push(performance.now()),
  };
}

/** The host understands nothing of what passes between screen and worker; it only sees to it that it is not too much. */
function relay(webSocket: WebSocket, port: MessagePort): void {
  const meter = newMeter(hostLimits.messages);
  let resuming: NodeJS.Timeout | undefined;
  webSocket.on('message', (data, isBinary) => {
    // The contract is text; bytes are handed on so that the terminal shows the screen out.
    port.postMessage(isBinary ? new Uint8Array(data as Buffer) : data.toString());
    const waitMs = meter.take();
    if (waitMs === 0) return;
    webSocket.pause(); // what has arrived already is still handed on, and adds to the wait
    clearTimeout(resuming);
    resuming = setTimeout(() => webSocket.resume(), waitMs);
  });
  port.on('message', (data: string | Uint8Array | ArrayBuffer) => {
    if (webSocket.readyState === webSocket.OPEN) webSocket.send(data);
  });
  webSocket.on('error', () => webSocket.terminate());
  webSocket.on('close', () => {
    clearTimeout(resuming);
    port.close();
  });
  port.on('close', () => webSocket.close());
  port.start();
}

/** Counts what passes; says how long to wait before the next may. */
function newMeter({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }) {
  let left: number = burst;
  let at = performance.now();
  return {
    take(): number {
      const now = performance.now();
      left = Math.min(burst, left + ((now - at) * perSecond) / 1000) - 1;
      at = now;
      return left >= 0 ? 0 : Math.ceil((-left * 1000) / perSecond);
    },
  };
}
