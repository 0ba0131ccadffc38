import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { describe, expect, it } from 'vitest';
import type { TerminalClient } from '../../shared/contract/terminal.ts';
import { Desk } from '../../testing/desk.ts';
import { openTestOffice } from '../../testing/office.ts';
import { terminalRouter } from '../router.ts';
import { newTerminal, type TerminalParts } from '../terminal.ts';
import { calibrate, isMuchStronger, quickMs, targetMs } from './calibrate.ts';
import { defaultKdf, type Kdf, kdfSchema } from './kdf.ts';

/** A machine that takes so long for each pass over 64 MiB. */
const machine = (msPerPass: number) => {
  const measured: Kdf[] = [];
  const measure = async (kdf: Kdf) => {
    measured.push(kdf);
    return (msPerPass * kdf.passes * kdf.memoryKib) / 65_536;
  };
  return { measured, measure, msOf: (kdf: Kdf) => (msPerPass * kdf.passes * kdf.memoryKib) / 65_536 };
};

describe('what stretching a passphrase costs', () => {
  it.each([
    ['a slow machine gets the least that is allowed', 400, { memoryKib: 65_536, passes: 3 }],
    ['one that just takes half of the time gets more passes', 100, { memoryKib: 131_072, passes: 3 }],
    ['a usual one gets more memory first', 50, { memoryKib: 262_144, passes: 3 }],
    ['a fast one gets the most memory and more passes', 20, { memoryKib: 262_144, passes: 9 }],
    ['one that is faster than any gets the most', 1, { memoryKib: 262_144, passes: 16 }],
  ])('%s', async (_, msPerPass, cost) => {
    const { measure, msOf } = machine(msPerPass);
    const kdf = await calibrate(measure);
    expect(kdf).toEqual({ name: 'argon2id', ...cost });
    expect(kdfSchema.parse(kdf)).toEqual(kdf);
    if (kdf.passes > 3) expect(msOf(kdf)).toBeLessThanOrEqual(targetMs);
  });

  it('is never less than the design allows, and does not follow a machine that was slow for a moment', async () => {
    let times = 0;
    const kdf = await calibrate(async () => (times++ === 0 ? 5000 : 100)); // loading it took long
    expect(kdf.memoryKib).toBeGreaterThan(defaultKdf.memoryKib);
    const { measure, msOf } = machine(10_000);
    expect(msOf(await calibrate(measure))).toBe(msOf(defaultKdf));
  });

  it('is raised where it is worth it, and lowered nowhere', () => {
    const kdf = (memoryKib: number, passes: number): Kdf => ({ name: 'argon2id', memoryKib, passes });
    expect(isMuchStronger(kdf(131_072, 3), kdf(65_536, 3))).toBe(true);
    expect(isMuchStronger(kdf(65_536, 4), kdf(65_536, 3))).toBe(false);
    expect(isMuchStronger(kdf(262_144, 3), kdf(65_536, 9))).toBe(false);
    expect(isMuchStronger(kdf(65_536, 3), kdf(131_072, 3))).toBe(false);
  });
});

it('a slot made on a slow machine is strengthened at the next quick unlocking, and opens as before', async () => {
  const office = await openTestOffice();
  const { maker, teller, directory, terminals } = office;
  await maker.client.lock({});
  const folder = join(directory, 'moved');
  mkdirSync(folder);
  cpSync(join(directory, 'T-01', 'vault'), join(folder, 'vault'), { recursive: true });
  const slots = () => JSON.parse(readFileSync(join(folder, 'vault', 'vault.slots'), 'utf8'));
  const kdfOf = (operator: string): Kdf =>
    slots().slots.find((one: { operator: string }) => one.operator === operator).kdf;
  const wanted: Kdf = { name: 'argon2id', memoryKib: 131_072, passes: 3 };
  let [measured, tookMs] = [0, 0];
  let ms = 0;
  const parts: TerminalParts = {
    ...terminals[0].parts,
    directory: join(folder, 'vault'),
    steady: () => {
      ms += tookMs;
      return { run: 'test', ms };
    },
    calibrate: async () => {
      measured += 1;
      return wanted;
    },
  };
  const desk = new Desk(createRouterClient(terminalRouter(newTerminal(parts))) as unknown as TerminalClient);
  tookMs = quickMs;
  await desk.unlock(teller);
  expect([measured, kdfOf(teller.id)]).toEqual([0, defaultKdf]);
  tookMs = 0;
  const { revision } = slots();
  await desk.unlock(teller);
  expect([measured, kdfOf(teller.id), slots().revision]).toEqual([1, wanted, revision + 1]);
  expect(kdfOf(office.officers[0].id)).toEqual(defaultKdf);
  await desk.unlock(teller);
  expect(slots().revision).toBe(revision + 1);
  await desk.sync();
  const { readOnly } = await desk.client.status({});
  expect(readOnly).toBeNull();
  // Who signs is the same person with the same key.
  await desk.make({ kind: 'register client', client: 'c7', identity: { client: 'Holder c7' } });
  expect((await desk.sync()).pushed).toBe(1);
  const wrong = await desk.tryUnlock({ ...teller, passphrase: 'another one altogether' });
  expect(wrong.ok === false && wrong.refusal.type).toBe('wrong passphrase');
  await desk.client.lock({});
  await office.depository.close();
}, 60_000);
