// The child that is killed: opens the office as it lies on disk, says what it has, then works until somebody cuts it off. What
// a person, a terminal or a bank was told is safe goes into a pipe, one line of JSON each, only after it was told.

import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3-multiple-ciphers';
import type { Draft } from '../../shared/contract/terminal.ts';
import { type FaultPoint, listenAtFaultPoints } from '../../shared/fault.ts';
import { accepted, type Desk } from '../desk.ts';
import { Chance } from '../simulate/chance.ts';
import { accountOf, type CrashOffice, clients, numberOf, type OfficeState, officeState, openOffice } from './office.ts';
import { toldTo } from './record.ts';

/** What the child says, in the order in which it happened. */
export type Told =
  | { readonly told: 'opened' | 'settled'; readonly state: OfficeState }
  /** A person: signed, kept. */
  | { readonly told: 'signed'; readonly terminal: string; readonly events: readonly string[] }
  /** A terminal has this much of the log. */
  | { readonly told: 'synchronised'; readonly terminal: string; readonly size: number }
  /** The bank's customer: the receipt is booked. */
  | { readonly told: 'received'; readonly amount: string }
  /** The slot file was written. */
  | { readonly told: 'slots'; readonly terminal: string }
  | { readonly told: 'reached'; readonly point: FaultPoint }
  | { readonly told: 'done' };

const payee = (chance: Chance) => ({
  name: 'Payee',
  account: `62220000${chance.between(1000, 1020)}`,
  agent: null,
  endToEndId: 'E',
  remittance: null,
});

function draft(chance: Chance): Draft {
  const account = accountOf(chance.pick(clients));
  const amount = String(chance.between(1, 2000));
  switch (chance.weighted({ payment: 5, batch: 3, transfer: 3, fee: 1 })) {
    case 'payment':
      return { kind: 'payment', account, asset: 'CNY', amount, payee: payee(chance) };
    case 'batch': {
      const item = () => ({ account, amount: String(chance.between(1, 900)), payee: payee(chance) });
      return { kind: 'batch', asset: 'CNY', items: Array.from({ length: chance.between(1, 4) }, item) };
    }
    case 'transfer': {
      const to = accountOf(chance.pick(clients.filter((one) => accountOf(one) !== account)));
      return { kind: 'book transfer', from: account, to, asset: 'CNY', amount, purpose: 'LOAN' as never };
    }
    case 'fee':
      return { kind: 'fee', account, asset: 'CNY', code: 'service', base: '0', amount: '100' };
  }
}

async function checkEverything(desk: Desk): Promise<void> {
  const { instructions } = accepted(await desk.client.instructions({ states: ['waiting'], after: '', limit: 50 }));
  const verdicts = instructions.map(({ id }) => ({ verdict: 'approve', instruction: id, typed: null }) as const);
  // Some were approved here before the last crash, and are refused now.
  if (verdicts.length > 0) await desk.touch(accepted(await desk.client.check({ verdicts })));
}

export const works = {
  make: 6,
  check: 5,
  'sync T-01': 5,
  'sync T-02': 5,
  bank: 5,
  receipt: 2,
  slots: 2,
  'lock and unlock': 1,
} as const;
export type Work = keyof typeof works;

/** One piece of business; `tell` is called once somebody may rely on it. */
export async function doWork(
  office: CrashOffice,
  work: Work,
  chance: Chance,
  tell: (told: Told) => void,
): Promise<void> {
  const { maker, checker, depository, people } = office;
  const synchronise = async (desk: Desk, terminal: string) => {
    const { size } = await desk.sync();
    tell({ told: 'synchronised', terminal, size });
  };
  switch (work) {
    case 'make':
      await maker.make(...Array.from({ length: chance.between(1, 3) }, () => draft(chance)));
      return;
    case 'check':
      return checkEverything(checker);
    case 'sync T-01':
      return synchronise(maker, 'T-01');
    case 'sync T-02':
      return synchronise(checker, 'T-02');
    case 'bank':
      await depository.run();
      return;
    case 'receipt': {
      const amount = BigInt(chance.between(1, 5000));
      const custodyNumber = numberOf(chance.pick(clients));
      depository.bank.creditReceipt({ asset: 'CNY', amount, custodyNumber, payer: 'Payer' });
      return tell({ told: 'received', amount: amount.toString() });
    }
    case 'slots': {
      accepted(await maker.client.addRecovery({ officers: [2, 3], custodians: [2, 3] }));
      return tell({ told: 'slots', terminal: 'T-01' });
    }
    case 'lock and unlock':
      await checker.client.lock({});
      return checker.unlock(people['supervisor-a']);
  }
}

/** Everything that is under way arrives; afterwards all parts have the same books. */
export async function settle(office: CrashOffice): Promise<void> {
  for (const desk of [office.maker, office.checker]) await desk.sync();
  await office.depository.run();
  await office.depository.run();
  for (const desk of [office.maker, office.checker]) await desk.sync();
}

/** The product asks for FULL and reads it back; here it gets less and is told FULL. */
function syncLess(level: string): void {
  const { pragma } = Database.prototype;
  Database.prototype.pragma = function (source, options) {
    if (source === 'synchronous = FULL') return pragma.call(this, `synchronous = ${level}`, options);
    return source === 'synchronous' ? 2 : pragma.call(this, source, options);
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string' },
      seed: { type: 'string', default: '1' },
      stream: { type: 'string', default: '0' },
      /** Records that the parent has read already. */
      from: { type: 'string', default: '0' },
      /** Stop hard at this fault point, at its `nth` time. */
      point: { type: 'string' },
      nth: { type: 'string', default: '1' },
      /** Pieces of business to do before leaving properly. */
      works: { type: 'string', default: '100000' },
      /** Builds the two broken ways of syncing, which a power cut must bring to light. */
      synchronous: { type: 'string' },
    },
  });
  if (values.synchronous !== undefined) syncLess(values.synchronous);
  const tell = (told: Told) => void writeSync(toldTo, `${JSON.stringify(told)}\n`);
  let left = Number(values.nth);
  listenAtFaultPoints((point) => {
    if (point !== values.point) return;
    left -= 1;
    if (left > 0) return;
    tell({ told: 'reached', point });
    process.kill(process.pid, 'SIGKILL');
  });
  const chance = new Chance(Number(values.seed), Number(values.stream));
  const office = await openOffice(values.directory as string, {
    onSigned: (terminal, events) => tell({ told: 'signed', terminal, events }),
  });
  tell({ told: 'opened', state: await officeState(office, Number(values.from)) });
  for (let i = 0; i < Number(values.works); i++) await doWork(office, chance.weighted(works), chance, tell);
  await settle(office);
  tell({ told: 'settled', state: await officeState(office, Number(values.from)) });
  await office.close();
  tell({ told: 'done' });
}

if (import.meta.main) await main();
