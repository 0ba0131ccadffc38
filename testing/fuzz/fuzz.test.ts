// A short turn at every door; `FUZZ_SEED` asks something else, `FUZZ_SECONDS` asks for longer.

import type fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Finding, newDoor } from './door.ts';
import { doors } from './doors/all.ts';
import { changedBytes, changedJson, hostileJson, toJsonText } from './inputs.ts';
import { expectNoLeak, Secrets } from './leaks.ts';

const seed = Number(process.env.FUZZ_SEED ?? 20_261_124);
/** Doors with many rooms behind them get more. */
const secondsAt = (door: string): number => Number(process.env.FUZZ_SECONDS ?? (rich.has(door) ? 5 : 1));
const rich: ReadonlySet<string> = new Set(['terminal', 'gateway', 'vault-files']);

describe(`whatever is handed in, every door gives an answer or a refusal and stays as it was (FUZZ_SEED=${seed})`, () => {
  it.each(Object.keys(doors))('%s', { timeout: 600_000 }, async (name) => {
    const seconds = secondsAt(name);
    const door = await doors[name]?.();
    if (door === undefined) throw new Error(name);
    try {
      const { found, inputs } = await door.fuzz({ seed, inputs: 20_000, seconds });
      expect(found, `FUZZ_SEED=${seed}, door ${name}`).toBeNull();
      expect(inputs).toBeGreaterThan(5);
    } finally {
      await door.close();
    }
  });
});

describe('the fuzzer itself', () => {
  const ask = (inputs: fc.Arbitrary<unknown>, judge: (input: unknown) => unknown) =>
    newDoor('a door', inputs, judge).fuzz({ seed: 7, inputs: 500, seconds: 10 });

  it('asks the same with the same seed', async () => {
    const asked = async () => {
      const texts: string[] = [];
      await ask(changedJson([{ a: [1, { b: 'x' }] }]), (input) => texts.push(toJsonText(input)));
      return texts;
    };
    expect(await asked()).toEqual(await asked());
  });

  it('finds a door that throws, that answers late or that cannot take a key named __proto__', async () => {
    const { found } = await ask(hostileJson, (input) => {
      if (JSON.stringify(input)?.includes('ud800')) throw new TypeError('half a pair');
    });
    expect(found).toContain('TypeError: half a pair');
    const polluted = await ask(hostileJson, (input) => {
      const copy: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(input ?? {})) copy[key] = value;
      if (Object.getPrototypeOf(copy) !== Object.prototype) throw new Finding('the prototype was set');
    });
    expect(polluted.found).toContain('the prototype was set');
    const parser = await ask(changedBytes([Buffer.from('{"amount":"100"}')]), (input) => {
      const text = Buffer.from(input as Uint8Array).toString('utf8');
      if (/"amount":"\d+"}/.test(text)) JSON.parse(text);
    });
    expect(parser.found).toContain('SyntaxError');
  });

  it.each([
    ['a path', 'cannot open /tmp/custos-x/vault.db'],
    ['a file of the program', 'BrokenInvariant in session.ts'],
    ['a query', 'near "x": SELECT a FROM legs'],
    ['the database', 'UNIQUE constraint failed: outbox.event_id'],
    ['a place in the program', 'x at read (file:1:2)'],
    ['an error of the program', 'Cannot read properties of undefined'],
    ['a key in base64url', Buffer.alloc(32, 0xfb).toString('base64url')],
    ['a key in base64', Buffer.alloc(32, 0xfb).toString('base64')],
    ['a key in hex', Buffer.alloc(32, 0xfb).toString('hex')],
    ['a passphrase', 'four unrelated words'],
  ])('notices %s in an answer', (_, answer) => {
    const secrets = new Secrets().add('a key', Buffer.alloc(32, 0xfb)).add('a passphrase', 'four unrelated words');
    expect(() => expectNoLeak(`The vault was not unlocked. ${answer}`, secrets)).toThrow(Finding);
    expect(() => expectNoLeak('The vault was not unlocked. It is locked. Unlock it first.', secrets)).not.toThrow();
  });
});
