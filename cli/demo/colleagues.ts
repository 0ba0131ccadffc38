// The colleagues of a demonstration programme: an office of their own terminals and software authenticators that opens the
// programme, brings clients with money, and enrols whoever sets up a terminal on this machine.

import type { Operator, Terminal } from '../../shared/operator.ts';
import { addDays, dayOf, msToInstant } from '../../shared/time.ts';
import { accepted, type Desk } from '../../testing/desk.ts';
import { approveWaiting, ensure, type Office } from './office.ts';

const sample = [
  {
    client: 'client-wang',
    name: '王伟',
    account: 'acc-wang-CNY',
    number: '910000000001',
    asset: 'CNY',
    amount: 80_000_000n,
  },
  {
    client: 'client-li',
    name: '李娜',
    account: 'acc-li-CNY',
    number: '910000000002',
    asset: 'CNY',
    amount: 1_250_000_00n,
  },
  {
    client: 'client-schmidt',
    name: 'Anna Schmidt',
    account: 'acc-schmidt-EUR',
    number: '920000000001',
    asset: 'EUR',
    amount: 4_500_000n,
  },
  {
    // Empty, so that there is where to exchange to.
    client: 'client-wang',
    name: '王伟',
    account: 'acc-wang-EUR',
    number: '920000000002',
    asset: 'EUR',
    amount: 0n,
  },
  {
    client: 'client-sato',
    name: '佐藤 健',
    account: 'acc-sato-BTC',
    number: '930000000001',
    asset: 'BTC',
    amount: 250_000_000n,
  },
] as const;

/** Clients, accounts and their first receipts, in these assets; what is there already is left alone. */
export async function bringSampleClients(office: Office, assets: readonly string[]): Promise<void> {
  const brought = sample.filter((one) => assets.includes(one.asset));
  const { front, back, people, depository } = office;
  await front.unlock(people['teller-b']);
  await back.unlock(people['supervisor-a']);
  await office.syncAll();
  const steps = [
    brought
      .filter(({ amount }) => amount > 0n)
      .map(({ client, name }) => ({ kind: 'register client', client, identity: { client: name } }) as const),
    brought.map(
      ({ client, account, number, asset }) =>
        ({ kind: 'open account', account, client, role: 'lender', asset, number }) as const,
    ),
  ];
  for (const drafts of steps) {
    await ensure(front, drafts);
    await office.syncAll();
    await approveWaiting(back, ['register client', 'open account']);
    await office.syncAll();
  }
  for (const { asset, amount, number, name } of brought.filter((one) => one.amount > 0n))
    depository.bank.creditReceipt({ asset, amount, custodyNumber: number, payer: name, reference: `sample ${number}` });
  await depository.run();
  await office.syncAll();
  await front.unlock(people['officer-a']);
  await back.unlock(people['officer-b']);
  await adoptRates(office);
}

/** A rate to hold exchanges against, good for a week from now. */
async function adoptRates(office: Office): Promise<void> {
  const until = addDays(dayOf(msToInstant(Date.now())), 7);
  const rates = [{ base: 'EUR', other: 'CNY', rate: '8.2', basisPoints: 300 }];
  await ensure(office.front, [{ kind: 'adopt reference rates', source: 'the demonstration', until, rates }]);
  await office.syncAll();
  await approveWaiting(office.back, ['adopt reference rates']);
  await office.syncAll();
}

/** What a terminal shows for officers elsewhere: itself, and everybody enrolled on it. */
export interface Card {
  readonly terminal: Terminal;
  readonly operators: readonly Operator[];
}

/** Two officers enrol a terminal and everybody on it, as they would for money; returns whom they enrolled. */
export async function enrolTerminal(office: Office, { terminal, operators }: Card): Promise<readonly string[]> {
  await office.syncAll();
  const known = await knownHere(office.front);
  const newTerminal = known.terminals.has(terminal.id) ? [] : [{ kind: 'enrol terminal', terminal } as const];
  const people = operators.filter((one) => !known.operators.has(one.id));
  if (newTerminal.length + people.length === 0) return [];
  await ensure(office.front, [
    ...newTerminal,
    ...people.map((operator) => ({ kind: 'enrol operator', operator }) as const),
  ]);
  await office.syncAll();
  await approveWaiting(office.back, ['enrol terminal', 'enrol operator']);
  await office.syncAll();
  return [...newTerminal.map((one) => one.terminal.id), ...people.map((one) => one.id)];
}

async function knownHere(desk: Desk) {
  const programme = accepted(await desk.client.programme({}));
  return {
    operators: new Set(programme.operators.map((one) => one.id)),
    terminals: new Set(programme.terminals.map((one) => one.id)),
  };
}
