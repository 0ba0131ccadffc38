import { request } from 'node:http';
import { connect } from 'node:net';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Files } from '../host/files.ts';
import { noncePlaceholder } from '../host/headers.ts';
import { type BrowserHost, hostLimits, startBrowserHost } from './host.ts';

const files: Files = (path) =>
  ({
    '/index.html': { type: 'text/html', body: Buffer.from(`<meta content="${noncePlaceholder}">`) },
    '/assets/a.js': { type: 'text/javascript', body: Buffer.from('1') },
  })[path];

let host: BrowserHost;
const opened: MessagePort[] = [];
let cookie = '';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Every header as given: what a browser would never send is what has to be refused. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = new URL(host.origin);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers: { host: `localhost:${port}`, ...headers } },
      (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
const pathOf = (url: string) => url.slice(host.origin.length);
const enter = async (): Promise<string> => {
  const answer = await ask(pathOf(host.newEntry()));
  return String(answer.headers['set-cookie']).split(';')[0] as string;
};

beforeAll(async () => {
  host = await startBrowserHost({
    files,
    port: 0,
    openPort: () => {
      const { port1, port2 } = new MessageChannel();
      opened.push(port2);
      port2.on('message', (data) => port2.postMessage(data));
      port2.start();
      return port1;
    },
  });
  cookie = await enter();
});
afterAll(async () => {
  for (const port of opened) port.close();
  await host.close();
});

describe('the loopback host', () => {
  it('lets in who brings the token, once, and only with a session that scripts cannot read', async () => {
    const entry = pathOf(host.newEntry());
    const first = await ask(entry);
    expect([first.status, first.headers.location]).toEqual([303, '/']);
    expect(String(first.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict; Path=\//);
    expect((await ask(entry)).status).toBe(403);
    expect((await ask('/enter?token=guess')).status).toBe(403);
    expect((await ask('/enter')).status).toBe(403);
  });

  it('serves the page with its policy to a session, and nothing without one', async () => {
    const page = await ask('/', { cookie });
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain(`nonce-${/content="([^"]+)"/.exec(page.body)?.[1]}`);
    expect(policy).toContain(`connect-src 'self' ws://${new URL(host.origin).host}`);
    expect((await ask('/assets/a.js', { cookie })).body).toBe('1');
    for (const [path, headers] of [
      ['/', {}],
      ['/assets/a.js', {}],
      ['/', { cookie: `${cookie}x` }],
      ['/', { cookie: 'custos-1=x' }],
    ] as const)
      expect((await ask(path, headers)).status).toBe(403);
  });

  it.each<[string, Record<string, string>]>([
    ['a foreign Host', { host: 'evil.example' }],
    ['the address instead of the name', { host: '127.0.0.1' }],
    ['another port in Host', { host: 'localhost:1' }],
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['the null Origin', { origin: 'null' }],
    ['another local Origin', { origin: 'http://localhost:1' }],
    ['a request from another site', { 'sec-fetch-site': 'cross-site' }],
    ['a request from another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('refuses %s, session or not', async (_, headers) => {
    expect((await ask('/', { cookie, ...headers })).status).toBe(403);
    expect((await ask('/', headers)).status).toBe(403);
  });

  it('answers only GET, and only paths of the manifest', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask('/', { cookie }, method)).status).toBe(405);
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/manifest.json', '/terminal', '/assets/'])
      expect((await ask(path, { cookie })).status).toBe(404);
  });

  const upgrade = (headers: Record<string, string>, path = '/terminal'): Promise<string> => {
    const socket = new WebSocket(`${host.origin.replace('http', 'ws')}${path}`, { headers });
    return new Promise((resolve) => {
      socket.once('open', () => {
        socket.once('message', (data) => {
          resolve(`echo ${data.toString()}`);
          socket.close();
        });
        socket.send('hello');
      });
      socket.once('unexpected-response', (_, answer) => resolve(String(answer.statusCode)));
      socket.once('error', () => resolve('403'));
    });
  };

  it('relays to the terminal for our page in a session, and for nobody else', async () => {
    const { origin } = host;
    expect(await upgrade({ cookie, origin })).toBe('echo hello');
    expect(await upgrade({ cookie })).toBe('403');
    expect(await upgrade({ origin })).toBe('403');
    expect(await upgrade({ cookie, origin: 'https://evil.example' })).toBe('403');
    expect(await upgrade({ cookie, origin, host: 'evil.example' })).toBe('403');
    expect(await upgrade({ cookie, origin }, '/other')).toBe('403');
  });

  const openSocket = (): Promise<WebSocket> => {
    const socket = new WebSocket(`${host.origin.replace('http', 'ws')}/terminal`, {
      headers: { cookie, origin: host.origin },
    });
    socket.on('error', () => {});
    return new Promise((resolve) => {
      socket.once('open', () => resolve(socket));
      socket.once('close', () => resolve(socket));
    });
  };
  const ended = (socket: WebSocket): Promise<number> =>
    new Promise((resolve) => socket.once('close', (code) => resolve(code)));

  it('shows out a screen that sends too much or what is no text, and goes on for the others', async () => {
    const tooLong = await openSocket();
    const closed = ended(tooLong);
    tooLong.send(Buffer.alloc(hostLimits.messageBytes + 1));
    expect(await closed).toBe(1009);
    const noText = await openSocket();
    const alsoClosed = ended(noText);
    noText.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false });
    expect(await alsoClosed).toBe(1007);
    expect(await upgrade({ cookie, origin: host.origin })).toBe('echo hello');
  });

  it('has room for so many screens, and for another one when one has gone', async () => {
    const sockets: WebSocket[] = [];
    for (let i = 0; i < hostLimits.sockets; i++) sockets.push(await openSocket());
    expect(sockets.every((one) => one.readyState === one.OPEN)).toBe(true);
    expect(await upgrade({ cookie, origin: host.origin })).toBe('503');
    const gone = ended(sockets[0] as WebSocket);
    sockets[0]?.close();
    await gone;
    await expect.poll(() => upgrade({ cookie, origin: host.origin })).toBe('echo hello');
    for (const socket of sockets) socket.terminate();
  });

  it('reads a flood no faster than it may be, and loses nothing of it', async () => {
    const socket = await openSocket();
    const count = hostLimits.messages.burst + 200;
    let answered = 0;
    const began = performance.now();
    const all = new Promise<number>((resolve) => {
      socket.on('message', () => {
        answered += 1;
        if (answered === count) resolve(performance.now() - began);
      });
    });
    for (let i = 0; i < count; i++) socket.send(String(i).padEnd(2000));
    expect(await all).toBeGreaterThan(((count - hostLimits.messages.burst) * 1000) / hostLimits.messages.perSecond / 2);
    socket.terminate();
  });

  it('listens on this machine only', async () => {
    const { port } = new URL(host.origin);
    const { networkInterfaces } = await import('node:os');
    const others = Object.values(networkInterfaces())
      .flatMap((some) => some ?? [])
      .filter((one) => one.family === 'IPv4' && !one.internal);
    for (const { address } of others) {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect({ host: address, port: Number(port), timeout: 2000 });
        socket.once('connect', () => resolve('connected'));
        socket.once('error', () => resolve('refused'));
        socket.once('timeout', () => resolve('refused'));
      });
      expect([address, outcome]).toEqual([address, 'refused']);
    }
  });

  it('looks at no entry any more for a minute when too many were wrong, not even at a right one', async () => {
    const right = pathOf(host.newEntry());
    let looked = 0;
    while ((await ask('/enter?token=guess')).status === 403) looked += 1;
    expect(looked).toBeLessThanOrEqual(hostLimits.wrongEntries);
    expect((await ask(right)).status).toBe(429);
    expect((await ask('/', { cookie })).status).toBe(200);
  });
});
