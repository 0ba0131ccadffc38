import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, describe, expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { random } from '../crypto/secret.ts';
import { type Depository, openDepository } from '../depository/depository.ts';
import { booksDigest } from '../shared/books.ts';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import { eventIdFrom } from '../shared/ids.ts';
import { accepted, type Colleague, Desk, finished, newColleague } from '../testing/desk.ts';
import { testPolicy } from '../testing/programme.ts';
import { terminalRouter } from './router.ts';
import { connectOverHttp } from './sync/depository.ts';
import { newTerminal } from './terminal.ts';

const origin = 'http://localhost:5173';
const relyingParty = { id: 'localhost', name: 'Custos', origins: [origin] };
const clock = () => Date.now();
const opened: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const one of opened) await one.close();
});

function newDesk(directory: string): Desk {
  const terminal = newTerminal({
    directory: join(directory, 'vault'),
    exportDirectory: join(directory, 'exports'),
    relyingParty,
    allowPassphraseOnly: false,
    depositoryUrl: null,
    primitives: nodePrimitives,
    clock,
    newId: (unixMs) => eventIdFrom(unixMs, random(10)),
    connect: connectOverHttp({ primitives: nodePrimitives, clock }),
  });
  return new Desk(createRouterClient(terminalRouter(terminal)) as unknown as TerminalClient);
}

interface Office {
  readonly depository: Depository;
  readonly directory: string;
  readonly desks: readonly [Desk, Desk];
  readonly officers: readonly [Colleague, Colleague];
  readonly teller: Colleague;
  readonly supervisor: Colleague;
}

async function openOffice(): Promise<Office> {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  const depository = await openDepository({
    directory: join(directory, 'depository'),
    programme: 'p2p-demo',
    name: 'Demonstration',
    origin: 'depository.example/p2p-demo',
    relyingParty: { id: 'localhost', origins: [origin] },
    pools: { CNY: '110022' },
    primitives: nodePrimitives,
    clock,
    port: 0,
  });
  opened.push(depository);
  const [one, two] = [newDesk(join(directory, 'T-01')), newDesk(join(directory, 'T-02'))];
  const officers = [
    newColleague('officer-a', 'officer', origin),
    newColleague('officer-b', 'officer', origin),
  ] as const;
  const first = await one.firstRun(officers[0], depository.invitation, 'T-01');
  const second = await two.firstRun(officers[1], depository.invitation, 'T-02');
  const { version: _, ...policy } = testPolicy;
  const outcome = await depository.open({
    assets: ['CNY'],
    officers: [first.operator, second.operator],
    terminals: [first.terminal, second.terminal],
    policy: { version: 1, ...policy },
    agreement: { version: 1, fees: [] },
  });
  accepted(outcome);
  await one.sync();
  const teller = newColleague('teller-a', 'teller', origin);
  const supervisor = newColleague('supervisor-a', 'supervisor', origin);
  const enrolled = [await one.enrol(teller), await two.enrol(supervisor)];
  const made = await one.make(...enrolled.map(({ operator }) => ({ kind: 'enrol operator', operator }) as const));
  await one.sync();
  await two.sync();
  await two.approve(...made);
  await two.sync();
  await one.unlock(teller);
  await two.unlock(supervisor);
  await one.sync();
  return { depository, directory, desks: [one, two], officers, teller, supervisor };
}

const payee = { name: 'Wang Wei', account: '6222021234567890', agent: null, endToEndId: 'E2E-1', remittance: null };

describe('one payment, from two people at two terminals to an audit bundle', () => {
  it('is made, checked, sent, settled, reconciled, exported and verified; all replicas agree', async () => {
    const { depository, directory, desks } = await openOffice();
    const [maker, checker] = desks;
    const round = async () => {
      await maker.sync();
      await checker.sync();
      await maker.sync();
    };
    const clients = await maker.make({ kind: 'register client', client: 'c1', identity: { client: 'Li Na' } });
    await round();
    await checker.approve(...clients);
    await round();
    const accounts = await maker.make({
      kind: 'open account',
      account: 'acc-c1',
      client: 'c1',
      role: 'lender',
      asset: 'CNY',
      number: '9001',
    });
    await round();
    await checker.approve(...accounts);
    await checker.sync();
    depository.bank.creditReceipt({ asset: 'CNY', amount: 100_000n, custodyNumber: '9001', payer: 'Li Na' });
    expect(depository.run()).toEqual([]);
    await round();

    const [payment] = await maker.make({ kind: 'payment', account: 'acc-c1', asset: 'CNY', amount: '12345', payee });
    const waiting = accepted(
      await maker.client.instructions({ states: ['queued'], after: '', limit: 10 }),
    ).instructions;
    expect(waiting.map((one) => [one.id, one.state, one.consequence])).toEqual([
      [payment, 'queued', 'CNY 123.45 leaves custody account acc-c1 for the payee account ending 7890.'],
    ]);
    await round();
    const [seen] = accepted(
      await checker.client.instructions({ states: ['waiting'], after: '', limit: 10 }),
    ).instructions;
    expect(seen?.items).toEqual([{ state: 'waiting', account: 'acc-c1', amount: '12345', tail: '7890', payee }]);
    await checker.approve(payment as string);
    await round();
    expect(depository.run()).toEqual([]);
    depository.bank.endOfDay();
    expect(depository.run()).toEqual([]);
    await round();
    await round();

    const digests = await Promise.all(desks.map(async (desk) => accepted(await desk.client.booksDigest({})).digest));
    const { books, tree } = depository.gateway.sequencer();
    expect(new Set([...digests, booksDigest(nodePrimitives.sha256, (table) => books.all(table))]).size).toBe(1);
    expect(accepted(await checker.client.safeguarding({})).assets).toEqual([
      { asset: 'CNY', owed: '87655', held: '87655' },
    ]);
    const report = accepted(await finished(checker.client.exportAudit({})));
    expect([report.verified, report.size]).toEqual([true, tree.size]);

    // Names stand in no file of the terminals in clear.
    for (const desk of ['T-01', 'T-02'])
      for (const file of readdirSync(join(directory, desk, 'vault')))
        expect(readFileSync(join(directory, desk, 'vault', file)).includes('Wang Wei')).toBe(false);
  });
});
