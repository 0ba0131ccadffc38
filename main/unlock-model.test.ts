import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestOffice, type TestOffice } from '../testing/office.ts';
import { rememberStretching } from '../testing/simulate/remember-stretching.ts';

/** What a person at the door knows: whether it is open, and how often in a row the passphrase was wrong. */
interface Model {
  open: boolean;
  wrong: number;
}
const mostWrong = 5;

let office: TestOffice;
let clean: Buffer;
const attemptsPath = () => join(office.directory, 'T-01', 'vault', 'vault.attempts');
beforeAll(async () => {
  rememberStretching();
  office = await openTestOffice();
  await office.maker.client.lock({});
  clean = readFileSync(attemptsPath());
});
afterAll(() => office.depository.close());

const typeOf = (result: { ok: boolean; refusal?: { type: string } }): string =>
  result.ok ? 'ok' : (result.refusal?.type ?? '');
const tried = async (passphrase?: string): Promise<string> => {
  const person = passphrase === undefined ? office.teller : { ...office.teller, passphrase };
  return typeOf(await office.maker.tryUnlock(person));
};

type Command = fc.AsyncCommand<Model, TestOffice>;
const command = (name: string, run: (model: Model) => Promise<void>): Command => ({
  check: () => true,
  run,
  toString: () => name,
});
/** Where the clock stands says nothing about who may come in; a wait is not over because it was set. */
const setClock = (ms: number): Command =>
  command(`clock ${ms} ms`, async () => {
    office.time.skip(ms);
  });

const wrongPassphrase = fc.constant(
  command('unlock with a wrong passphrase', async (model) => {
    expect(await tried('not the passphrase at all')).toBe(
      model.wrong < mostWrong ? 'wrong passphrase' : 'too many attempts',
    );
    // Whoever is in stays in.
    if (model.wrong < mostWrong) model.wrong += 1;
  }),
);

const commands = [
  // Often enough that some come in a row.
  wrongPassphrase,
  wrongPassphrase,
  wrongPassphrase,
  fc.constant(
    command('unlock', async (model) => {
      expect(await tried()).toBe(model.wrong < mostWrong ? 'ok' : 'too many attempts');
      if (model.wrong < mostWrong) Object.assign(model, { open: true, wrong: 0 });
    }),
  ),
  fc.constant(
    command('lock', async (model) => {
      await office.maker.client.lock({});
      model.open = false;
    }),
  ),
  fc.constant(
    command('read and sign', async (model) => {
      const outbox = await office.maker.client.outbox({});
      expect(typeOf(outbox)).toBe(model.open ? 'ok' : 'locked');
      const draft = { kind: 'freeze', account: 'nobody', reason: 'x' } as const;
      const made = await office.maker.client.make({ drafts: [{ draft, source: null }] });
      expect(typeOf(made) === 'locked').toBe(!model.open);
    }),
  ),
  fc.constant(
    command('look', async (model) => {
      const { phase, operator } = await office.maker.client.status({});
      expect([phase, operator?.id ?? null]).toEqual(model.open ? ['unlocked', office.teller.id] : ['locked', null]);
    }),
  ),
  fc.constantFrom(-7_200_000, -1000, 0, 1000).map(setClock),
];

it('whatever people do at the door, in whatever order and with whatever clock, it is open to whom it should be', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 30, size: 'max' }), async (sequence) => {
      // Each sequence begins with nobody in, and with the record of before any failure.
      await office.maker.client.lock({});
      writeFileSync(attemptsPath(), clean);
      await fc.asyncModelRun(() => ({ model: { open: false, wrong: 0 }, real: office }), sequence);
    }),
    { numRuns: 40, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  );
});
