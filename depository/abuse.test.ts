// A gateway that listens, and what somebody on the network, or an enrolled terminal that was taken over, may try with it.

import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestHeaders } from '../shared/contract/request.ts';
import { refusalSchema } from '../shared/contract/result.ts';
import { openTestGateway, type TestGateway } from '../testing/gateway.ts';
import { gatewayLimits } from './limits.ts';

const quick = { headersMs: 400, requestMs: 1_500 };
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({ listens: true, limits: quick });
});
afterAll(() => gateway.close());

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}
const base = '/api/p2p-demo';
const none = new Uint8Array();

/** Sends what is given, signed by a terminal unless `headers` say otherwise. */
function ask(
  target: string,
  options: {
    readonly method?: string;
    readonly body?: Uint8Array | string;
    readonly terminal?: string | null;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const body = Buffer.from(options.body ?? none);
  const method = options.method ?? (body.length > 0 ? 'POST' : 'GET');
  const { terminal = 'T-01' } = options;
  const signed =
    terminal === null ? {} : gateway.headers(terminal, { method, target, body }, signable(options.headers));
  const headers = {
    ...(body.length > 0 ? { 'content-type': 'application/json', 'content-length': String(body.length) } : {}),
    ...signed,
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: gateway.port, method, path: target, headers, agent: false },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(parts).toString('utf8'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
const ours: ReadonlySet<string> = new Set(Object.values(requestHeaders));
const signable = (headers: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => ours.has(name)));

const submit = (body: unknown, terminal = 'T-01') =>
  ask(`${base}/submissions`, { body: typeof body === 'string' ? body : JSON.stringify(body), terminal });
const whyOf = ({ text }: Answer): string => {
  const json = JSON.parse(text) as { data?: unknown };
  return refusalSchema.parse('data' in json ? json.data : json).why;
};
const sizeOfLog = () => gateway.depository.gateway.sequencer().size();

/** A bare connection: everything that was said to it, and when it was closed. */
function wire(): Promise<{ socket: Socket; said: () => string; closed: Promise<number> }> {
  const began = performance.now();
  let text = '';
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port }, () => {
      const closed = new Promise<number>((done) => socket.once('close', () => done(performance.now() - began)));
      resolve({ socket, said: () => text, closed });
    });
    socket.on('data', (part) => {
      text += part.toString('latin1');
    });
    socket.on('error', () => {});
  });
}
const rawRequest = (
  asked: { method: string; target: string; body: Uint8Array },
  more: Readonly<Record<string, string>> = {},
) =>
  [
    `${asked.method} ${asked.target} HTTP/1.1`,
    'Host: localhost',
    ...Object.entries({ ...gateway.headers('T-02', asked), ...more }).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** One more receipt, by an honest terminal, in a time that nobody would complain about. */
async function workGoesOn(): Promise<void> {
  const began = performance.now();
  const { status, text } = await submit({ submissions: [gateway.receipt()] }, 'T-02');
  expect([status, text.slice(0, 22)]).toEqual([200, '{"outcomes":[{"ok":tru']);
  expect(performance.now() - began).toBeLessThan(3_000);
}

describe('whoever is slow', () => {
  it('with their headers is shown out in time, many at once, and work goes on meanwhile', async () => {
    const slow = await Promise.all(Array.from({ length: 60 }, wire));
    for (const { socket } of slow) socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const dripping = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write('x');
    }, 50);
    await workGoesOn();
    const times = await Promise.all(slow.map(({ closed }) => closed));
    clearInterval(dripping);
    expect(Math.max(...times)).toBeLessThan(quick.headersMs + 3_000);
    expect(Math.min(...times)).toBeGreaterThan(quick.headersMs / 2);
    expect(slow[0]?.said()).toMatch(/^HTTP\/1.1 408 .*\r\nConnection: close/);
    await workGoesOn();
  });

  it('with a body that nobody signed is answered before it is read', async () => {
    const { socket, said, closed } = await wire();
    socket.write(
      `POST ${base}/submissions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16000000\r\n\r\n{`,
    );
    expect(await closed).toBeLessThan(1_000);
    expect(said()).toMatch(/^HTTP\/1.1 401 /);
  });

  it('with a body that a terminal signed has as long as a request may take, and leaves nothing behind', async () => {
    const before = sizeOfLog();
    const body = Buffer.from(JSON.stringify({ submissions: [gateway.receipt()] }));
    const asked = { method: 'POST', target: `${base}/submissions`, body };
    const { socket, closed } = await wire();
    socket.write(rawRequest(asked, { 'content-type': 'application/json', 'content-length': String(body.length) }));
    const dripping = setInterval(() => socket.writable && socket.write('{'), 100);
    expect(await closed).toBeLessThan(quick.requestMs + 3_000);
    clearInterval(dripping);
    expect(sizeOfLog()).toBe(before);
  });

  it('or leaves in the middle, many times over, takes no place away from the others', async () => {
    const before = sizeOfLog();
    const body = Buffer.from(JSON.stringify({ submissions: [gateway.receipt()] }));
    for (let i = 0; i < 3 * gatewayLimits.underWayPerTerminal; i++) {
      const { socket, closed } = await wire();
      socket.write(
        rawRequest(
          { method: 'POST', target: `${base}/submissions`, body },
          { 'content-type': 'application/json', 'content-length': String(body.length) },
        ),
      );
      socket.write(body.subarray(0, body.length / 2));
      setTimeout(() => socket.destroy(), 5);
      await closed;
    }
    expect(sizeOfLog()).toBe(before);
    await workGoesOn();
  });
});

describe('whoever sends too much', () => {
  it.each<[string, () => Promise<Answer>, number]>([
    ['a body beyond 16 MiB', () => submit(`"${'x'.repeat(gatewayLimits.submissionBytes)}"`), 413],
    [
      'a body beyond 128 KiB where none is needed',
      () => ask(`${base}/details`, { body: `"${'x'.repeat(200_000)}"` }),
      413,
    ],
    ['a hundred thousand brackets', () => submit('['.repeat(100_000) + ']'.repeat(100_000)), 400],
    [
      'a hundred thousand objects in one another',
      () => submit(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
      400,
    ],
    [
      'a million submissions of nothing',
      () => submit({ submissions: Array.from({ length: 1_000_000 }, () => 0) }),
      400,
    ],
    [
      'more submissions than may come at once',
      () => submit({ submissions: Array.from({ length: 201 }, () => gateway.receipt()) }),
      400,
    ],
  ])('%s: is refused in words, and work goes on', async (_, send, status) => {
    const before = sizeOfLog();
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(whyOf(answer)).not.toBe('');
    expect(sizeOfLog()).toBe(before);
    await workGoesOn();
  });

  it('a body without a length is cut off where it is too long', async () => {
    const body = Buffer.alloc(gatewayLimits.otherBodyBytes * 4, 32);
    const { socket, said, closed } = await wire();
    const asked = { method: 'POST', target: `${base}/details`, body };
    socket.write(rawRequest(asked, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }));
    for (let at = 0; at < body.length && socket.writable; at += 65_536)
      socket.write(`10000\r\n${' '.repeat(65_536)}\r\n`);
    await closed;
    expect(said()).toMatch(/^HTTP\/1.1 413 /);
  });

  it('headers beyond 8 KiB are answered in words too', async () => {
    const { socket, said, closed } = await wire();
    socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    await closed;
    expect(said()).toMatch(/^HTTP\/1.1 431 /);
    expect(refusalSchema.safeParse(JSON.parse(said().split('\r\n\r\n')[1] ?? '')).success).toBe(true);
  });
});

describe('whoever sends what means two things', () => {
  const receipt = () => JSON.stringify({ submissions: [gateway.receipt()] });
  it.each<[string, () => Promise<Answer>, number]>([
    ['numbers that are none', () => submit(receipt().replace('"v":1', '"v":1e999')), 400],
    ['NaN', () => submit(receipt().replace('"v":1', '"v":NaN')), 400],
    ['half a surrogate pair', () => submit(receipt().replace(/"reference":"/, '"reference":"\\ud800')), 400],
    [
      'bytes that are no UTF-8',
      () => ask(`${base}/submissions`, { body: Buffer.concat([Buffer.from(receipt()), Buffer.from([0xc3])]) }),
      400,
    ],
    [
      'a key of the prototype',
      () => submit(receipt().replace('{"submissions"', '{"__proto__":{"polluted":1},"submissions"')),
      400,
    ],
    [
      'a constructor',
      () => submit(receipt().replace('"v":1', '"v":1,"constructor":{"prototype":{"polluted":1}}')),
      400,
    ],
    [
      'text for JSON',
      () => ask(`${base}/submissions`, { body: receipt(), headers: { 'content-type': 'text/plain' } }),
      415,
    ],
    [
      'a form for JSON',
      () =>
        ask(`${base}/submissions`, { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
    ],
    [
      'packed JSON, as nothing is unpacked',
      () => ask(`${base}/submissions`, { body: gzipSync(receipt()), headers: { 'content-encoding': 'gzip' } }),
      400,
    ],
    ['an address of another folder', () => ask('/log/p2p-demo/..%2f..%2fetc%2fpasswd', { terminal: null }), 404],
    ['an address that cannot be decoded', () => ask('/api/%zz/records', { terminal: null }), 400],
  ])('%s: is refused', async (_, send, status) => {
    const before = sizeOfLog();
    const answer = await send();
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining('"why"')]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(sizeOfLog()).toBe(before);
  });

  it('a key twice counts once, the last time, and what is admitted is what was signed', async () => {
    const [one, other] = [gateway.receipt(), gateway.receipt()];
    const text = `{"submissions":${JSON.stringify([one])},"submissions":${JSON.stringify([other])}}`;
    const before = sizeOfLog();
    expect((await submit(text)).status).toBe(200);
    expect(sizeOfLog()).toBe(before + 1);
    const books = gateway.depository.gateway.sequencer().books;
    expect([books.get('event', one.event.id), books.get('event', other.event.id)?.sequence]).toEqual([
      undefined,
      before,
    ]);
  });
});

describe('whoever is not who they say', () => {
  it('cannot send a request again, nor one that was made too early or late', async () => {
    const target = `${base}/checkpoint`;
    const headers = gateway.headers('T-01', { method: 'GET', target, body: none });
    const again = () => ask(target, { terminal: null, headers });
    expect((await again()).status).toBe(200);
    expect([(await again()).status, whyOf(await again())]).toEqual([401, 'It was sent before.']);
    for (const ms of [-61_000, 61_000, 1e15]) {
      const time = { [requestHeaders.time]: String(Date.now() + ms) };
      expect(whyOf(await ask(target, { headers: time }))).toBe("The terminal's clock is not right.");
    }
  });

  it('cannot put another body, address or method under a signature', async () => {
    const [mine, theirs] = [gateway.receipt(), gateway.receipt()].map((one) =>
      Buffer.from(JSON.stringify({ submissions: [one] })),
    );
    const asked = { method: 'POST', target: `${base}/submissions`, body: mine as Buffer };
    const headers = gateway.headers('T-01', asked);
    const before = sizeOfLog();
    expect(whyOf(await ask(asked.target, { terminal: null, headers, body: theirs as Buffer }))).toBe(
      'Its body is not the one that was signed.',
    );
    const others = gateway.headers('T-01', asked);
    expect(whyOf(await ask(`${base}/details`, { terminal: null, headers: others, body: mine as Buffer }))).toBe(
      'Its signature does not verify.',
    );
    expect(sizeOfLog()).toBe(before);
  });

  it.each(['T-99', '', 'constructor', '__proto__', "T-01' OR 1=1", 'T-01, T-02'])(
    'as terminal "%s" is not known',
    async (name) => {
      const { status } = await ask(`${base}/checkpoint`, { headers: { [requestHeaders.terminal]: name } });
      expect(status).toBe(401);
    },
  );
});

describe('whoever asks too often', () => {
  it('waits, be it a terminal or a stranger, and the others do not', async () => {
    const few = { burst: 20, perSecond: 0.01 };
    const usual = gateway;
    gateway = await openTestGateway({ listens: true, rates: { perTerminal: few, perAddress: few } });
    try {
      const ask30 = async (terminal: string | null) => {
        const answers: Answer[] = [];
        for (let i = 0; i < 30; i++) answers.push(await ask(`${base}/checkpoint`, { terminal }));
        return answers;
      };
      const flood = await ask30('T-01');
      expect(flood.map((one) => one.status)).toEqual([...Array(20).fill(200), ...Array(10).fill(429)]);
      expect([flood[20]?.headers['retry-after'], whyOf(flood[20] as Answer)]).toEqual([
        '1',
        'It came too soon after many others.',
      ]);
      await workGoesOn();
      const strangers = await ask30(null);
      expect(strangers.map((one) => one.status)).toEqual([...Array(20).fill(401), ...Array(10).fill(429)]);
      for (let i = 0; i < 21; i++) await ask('/log/p2p-demo/checkpoint', { terminal: null });
      expect((await ask('/log/p2p-demo/checkpoint', { terminal: null })).status).toBe(429);
      const elsewhere = { terminal: null, headers: { 'x-forwarded-for': '10.1.2.3' } };
      expect((await ask('/log/p2p-demo/checkpoint', elsewhere)).status).toBe(200);
      await workGoesOn(); // from the very same address, but signed
    } finally {
      await gateway.close();
      gateway = usual;
    }
  });

  it('on one connection, without waiting for answers, is answered in order, as far as one terminal has places', async () => {
    const target = `${base}/checkpoint`;
    const send = (socket: Socket, count: number) => {
      for (let i = 0; i < count; i++) socket.write(rawRequest({ method: 'GET', target, body: none }));
    };
    const statuses = (said: string) => said.match(/HTTP\/1.1 \d+/g) ?? [];
    const few = await wire();
    send(few.socket, gatewayLimits.underWayPerTerminal);
    await expect.poll(() => statuses(few.said()).length).toBe(gatewayLimits.underWayPerTerminal);
    expect(new Set(statuses(few.said()))).toEqual(new Set(['HTTP/1.1 200']));
    few.socket.destroy();
    const many = await wire();
    send(many.socket, 200);
    await many.closed;
    const answers = statuses(many.said());
    expect(answers.slice(0, -1).every((one) => one.endsWith('200'))).toBe(true);
    expect(answers.at(-1)).toMatch(/ (503|408)$/);
    await workGoesOn();
  });

  it('by five hundred connections that say nothing does not keep anybody from working', async () => {
    const idle = await Promise.all(Array.from({ length: 500 }, wire));
    for (let i = 0; i < 5; i++) await workGoesOn();
    for (const { socket } of idle) socket.destroy();
  });
});
