import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { type Depository, openDepository } from '../depository/depository.ts';
import { Desk, newColleague } from '../testing/desk.ts';
import { officeOrigin } from '../testing/office.ts';
import { type RunningTerminal, startTerminal } from './start-terminal.ts';

let depository: Depository;
beforeAll(async () => {
  depository = await openDepository({
    directory: mkdtempSync(join(tmpdir(), 'custos-')),
    programme: 'p',
    name: 'P',
    origin: 'depository.example/p',
    relyingParty: { id: 'localhost', origins: [officeOrigin] },
    pools: { CNY: '110022' },
    primitives: nodePrimitives,
    clock: Date.now,
    port: 0,
  });
});
afterAll(() => depository.close());

let running: RunningTerminal;
let told: string[];
afterEach(() => running.stop());

/** A terminal with one officer, unlocked. */
async function begin(silentMs = 120_000) {
  told = [];
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  running = startTerminal(
    {
      directory: join(directory, 'vault'),
      exportDirectory: join(directory, 'exports'),
      schemaDirectory: null,
      relyingParty: { id: 'localhost', name: 'Custos', origins: [officeOrigin] },
      allowPassphraseOnly: false,
      depositoryUrl: depository.invitation.url,
      offer: null,
      syncEveryMs: null,
    },
    new URL('../testing/broken.worker.ts', import.meta.url),
    { askEveryMs: 100, silentMs, restartMs: 50, tell: (what) => told.push(what) },
  );
  const desk = new Desk(running.connect());
  const officer = newColleague('officer-a', 'officer', officeOrigin);
  await desk.firstRun(officer, depository.invitation, 'T-01');
  await desk.unlock(officer);
  return { desk, officer };
}

async function untilAnother(before: ReturnType<RunningTerminal['worker']>): Promise<void> {
  while (running.worker() === before || running.worker() === undefined) await setTimeout(20);
}

describe('a terminal whose worker ends', { timeout: 120_000 }, () => {
  it.each(['ends without a word', 'fails', 'leaves'])(
    'because it %s: whoever waits is told, and the next one is locked and has the vault',
    async (how) => {
      const { desk, officer } = await begin();
      const before = running.worker();
      const pending = Promise.allSettled([desk.client.addRecovery({ officers: [1, 2], custodians: [2, 3] })]);
      const port = running.openPort();
      const closed = new Promise((done) => port.once('close', done));
      if (how === 'ends without a word') void before?.terminate();
      else before?.postMessage({ break: how });
      await pending;
      await closed;
      await untilAnother(before);
      expect((await desk.client.status({})).phase).toBe('locked');
      await desk.unlock(officer);
      expect((await desk.client.status({})).operator?.id).toBe('officer-a');
      expect(told).toContain('The terminal ended; it is begun again, locked.');
    },
  );

  it('fails what is asked of it between two workers, at once and not never', async () => {
    const { desk } = await begin();
    const before = running.worker();
    await before?.terminate();
    expect(running.worker()).toBeUndefined();
    await expect(desk.client.status({})).rejects.toThrow();
    await untilAnother(before);
    expect((await desk.client.status({})).phase).toBe('locked');
  });
});

describe('a terminal whose worker hangs', { timeout: 120_000 }, () => {
  it('is ended and begun again, locked, and whoever waits is told', async () => {
    const { desk, officer } = await begin(8_000);
    const before = running.worker();
    before?.postMessage({ break: 'hangs' });
    await expect(desk.client.status({})).rejects.toThrow();
    await untilAnother(before);
    expect(told[0]).toBe('The terminal does not answer any more; it is ended and begun again, locked.');
    expect((await desk.client.status({})).phase).toBe('locked');
    await desk.unlock(officer);
  });

  it('is left alone while it only takes its time', async () => {
    const { desk } = await begin(12_000);
    const before = running.worker();
    before?.postMessage({ break: 'is slow' });
    expect((await desk.client.status({})).phase).toBe('unlocked');
    expect(running.worker()).toBe(before);
    expect(told).toEqual([]);
  });
});
