// A small office for tests, in one process: a depository over HTTP, two terminals behind their contract, four people.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { nodePrimitives } from '../crypto/node.ts';
import { random } from '../crypto/secret.ts';
import { type Depository, openDepository } from '../depository/depository.ts';
import { terminalRouter } from '../main/router.ts';
import { copyHere } from '../main/store/copier.ts';
import { type Connect, connectOverHttp } from '../main/sync/depository.ts';
import { newTerminal, type Terminal, type TerminalParts } from '../main/terminal.ts';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import { eventIdFrom } from '../shared/ids.ts';
import { dataPath } from './data.ts';
import { accepted, type Colleague, Desk, newColleague } from './desk.ts';
import { testPolicy } from './programme.ts';

export const officeOrigin = 'http://localhost:5173';
const relyingParty = { id: 'localhost', name: 'Custos', origins: [officeOrigin] };
export const overHttp = connectOverHttp({ primitives: nodePrimitives, clock: () => Date.now() });

/** A terminal's door to the gateway that a test may hold shut or replace. */
export interface Line {
  connect: Connect;
}

export function newTestTerminal(
  directory: string,
  clock: () => number,
  line: Line,
  newId: TerminalParts['newId'] = (unixMs) => eventIdFrom(unixMs, random(10)),
): Terminal {
  return newTerminal({
    directory: join(directory, 'vault'),
    exportDirectory: join(directory, 'exports'),
    schemaDirectory: dataPath('iso20022/xsd'),
    relyingParty,
    allowPassphraseOnly: false,
    depositoryUrl: null,
    offer: null,
    primitives: nodePrimitives,
    clock,
    steady: () => ({ run: 'test', ms: clock() }),
    newId,
    connect: (urls, asker) => line.connect(urls, asker),
    copier: copyHere,
  });
}

export const newDesk = (...parts: Parameters<typeof newTestTerminal>): Desk => deskAt(newTestTerminal(...parts));

const deskAt = (terminal: Terminal): Desk =>
  new Desk(createRouterClient(terminalRouter(terminal)) as unknown as TerminalClient);

export interface TestOffice {
  readonly depository: Depository;
  readonly directory: string;
  /** T-01, where the teller makes; T-02, where the supervisor checks. */
  readonly maker: Desk;
  readonly checker: Desk;
  /** What is behind the desks. */
  readonly terminals: readonly [Terminal, Terminal];
  readonly lines: readonly [Line, Line];
  readonly officers: readonly [Colleague, Colleague];
  readonly teller: Colleague;
  readonly supervisor: Colleague;
  /** Minutes and days pass for terminals and gateway alike. */
  readonly time: { nowMs: () => number; skip(ms: number): void };
  syncAll(): Promise<void>;
}

export async function openTestOffice(assets: readonly string[] = ['CNY']): Promise<TestOffice> {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  let skipped = 0;
  const clock = () => Date.now() + skipped;
  const depository = await openDepository({
    directory: join(directory, 'depository'),
    programme: 'p2p-demo',
    name: 'Demonstration',
    origin: 'depository.example/p2p-demo',
    relyingParty: { id: 'localhost', origins: [officeOrigin] },
    pools: Object.fromEntries(assets.map((asset, i) => [asset, `1100${22 + i}`])),
    primitives: nodePrimitives,
    clock,
    port: 0,
  });
  const line = (): Line => ({ connect: connectOverHttp({ primitives: nodePrimitives, clock }) });
  const lines = [line(), line()] as const;
  const terminals = [
    newTestTerminal(join(directory, 'T-01'), clock, lines[0]),
    newTestTerminal(join(directory, 'T-02'), clock, lines[1]),
  ] as const;
  const [maker, checker] = [deskAt(terminals[0]), deskAt(terminals[1])];
  const person = (id: string, role: Colleague['role']) => newColleague(id, role, officeOrigin);
  const officers = [person('officer-a', 'officer'), person('officer-b', 'officer')] as const;
  const first = await maker.firstRun(officers[0], depository.invitation, 'T-01');
  const second = await checker.firstRun(officers[1], depository.invitation, 'T-02');
  const outcome = await depository.open({
    assets: [...assets],
    officers: [first.operator, second.operator],
    terminals: [first.terminal, second.terminal],
    policy: testPolicy,
    agreement: { version: 1, fees: [] },
  });
  accepted(outcome);
  const syncAll = async () => {
    for (const desk of [maker, checker, maker]) await desk.sync();
  };
  await maker.sync();
  const teller = person('teller-a', 'teller');
  const supervisor = person('supervisor-a', 'supervisor');
  const enrolled = [await maker.enrol(teller), await checker.enrol(supervisor)];
  const made = await maker.make(...enrolled.map(({ operator }) => ({ kind: 'enrol operator', operator }) as const));
  await syncAll();
  await checker.approve(...made);
  await checker.sync();
  await maker.unlock(teller);
  await checker.unlock(supervisor);
  await syncAll();
  const time = {
    nowMs: clock,
    skip(ms: number) {
      skipped += ms;
    },
  };
  return { depository, directory, maker, checker, terminals, lines, officers, teller, supervisor, time, syncAll };
}

/** A client with one CNY account and money on it. */
export async function openClient(
  { depository, maker, checker, syncAll }: TestOffice,
  name: string,
  amount: bigint,
): Promise<string> {
  const account = `acc-${name}`;
  const steps = [
    { kind: 'register client', client: name, identity: { client: `Holder ${name}` } },
    { kind: 'open account', account, client: name, role: 'lender', asset: 'CNY', number: `900${name}` },
  ] as const;
  for (const draft of steps) {
    const made = await maker.make(draft);
    await syncAll();
    await checker.approve(...made);
    await checker.sync();
    await syncAll();
  }
  depository.bank.creditReceipt({ asset: 'CNY', amount, custodyNumber: `900${name}`, payer: `Holder ${name}` });
  await depository.run();
  await syncAll();
  return account;
}
