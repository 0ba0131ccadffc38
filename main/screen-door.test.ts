import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTestTerminal, overHttp } from '../testing/office.ts';
import { openScreenDoor, screenLimits } from './screen-door.ts';
import { type RunningTerminal, startTerminal } from './start-terminal.ts';
import type { Terminal } from './terminal.ts';

const relyingParty = { id: 'localhost', name: 'Custos', origins: ['http://localhost:5173'] };
const folder = () => mkdtempSync(join(tmpdir(), 'custos-'));
const status = (id: string) => JSON.stringify({ i: id, p: { u: '/status', b: { json: {} } } });

describe('a screen that says what no screen says', () => {
  let running: RunningTerminal;
  beforeAll(() => {
    const directory = folder();
    running = startTerminal({
      directory: join(directory, 'vault'),
      exportDirectory: join(directory, 'exports'),
      schemaDirectory: null,
      relyingParty,
      allowPassphraseOnly: false,
      depositoryUrl: null,
      offer: null,
      syncEveryMs: null,
    });
  });
  afterAll(() => running.stop());

  it.each<[string, unknown]>([
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['bytes', new Uint8Array([1, 255, 2])],
    ['an object that is no text', { i: '1', p: { u: '/status', b: { json: {} } } }],
    ['a call without an address', '{"i":"1","p":{}}'],
    ['a call to a foreign address', '{"i":"1","p":{"u":"http://evil.example/status","b":{"json":{}}}}'],
    ['a call with headers', '{"i":"1","p":{"u":"/status","h":{"content-type":"text/event-stream"},"b":{"json":{}}}}'],
    ['values of other types than JSON has', '{"i":"1","p":{"u":"/status","b":{"json":{"a":"1"},"meta":[[0,"a"]]}}}'],
    ['a part of a stream', '{"i":"1","t":3,"p":{"e":"message"}}'],
    [
      'a hundred thousand brackets',
      `{"i":"1","p":{"u":"/status","b":{"json":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}`,
    ],
  ])('%s: it is shown out, and the terminal goes on working for the others', async (_, message) => {
    const port = running.openPort();
    const gone = once(port, 'close');
    port.postMessage(message);
    await gone;
    expect((await running.connect().status({})).phase).toBe('new');
  });
});

describe('what a screen is told of a failure', () => {
  const say = (terminal: Terminal, ...messages: string[]) =>
    new Promise<{ answers: string[]; told: unknown[] }>((resolve) => {
      const [answers, told]: [string[], unknown[]] = [[], []];
      const door = openScreenDoor(
        terminal,
        {
          send(answer) {
            answers.push(answer);
            if (answers.length === messages.length) resolve({ answers, told });
          },
          close: () => resolve({ answers, told }),
        },
        (_, failure) => told.push(failure),
      );
      for (const message of messages) door.take(message);
    });
  const terminal = () => newTestTerminal(folder(), Date.now, { connect: overHttp });

  it('is its kind and a number, never what went wrong inside', async () => {
    const broken = {
      ...terminal(),
      get session(): never {
        throw new Error('SELECT key FROM /home/vault.db');
      },
    };
    const { answers, told } = await say(broken as unknown as Terminal, status('1'));
    const { p } = JSON.parse(answers[0] ?? '') as { p: { s: number; b: { json: object } } };
    expect(p).toMatchObject({ s: 500, b: { json: { code: 'INTERNAL_SERVER_ERROR', defined: false, status: 500 } } });
    expect(p.b.json).toHaveProperty('data', { correlationId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(answers[0]).not.toMatch(/SELECT|vault/);
    expect(String(told[0])).toContain('SELECT');
  });

  it('does not repeat what was typed where no such field is', async () => {
    const { answers } = await say(terminal(), '{"i":"1","p":{"u":"/status","b":{"json":{"passphrase":"four words"}}}}');
    expect(answers[0]).toContain('BAD_REQUEST');
    expect(answers[0]).not.toMatch(/passphrase|four words/);
  });

  it('is to come again when it asks for too much at once, and only what is beyond', async () => {
    const calls = Array.from({ length: screenLimits.callsUnderWay + 10 }, (_, i) => status(String(i)));
    const { answers } = await say(terminal(), ...calls);
    expect(answers.filter((one) => one.includes('TOO_MANY_REQUESTS'))).toHaveLength(10);
  });
});
