import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Draft } from '../shared/contract/terminal.ts';
import { exchanged } from '../shared/exchange-rate.ts';
import { addDays, dayOf, msToInstant } from '../shared/time.ts';
import { accepted } from '../testing/desk.ts';
import { openClient, openTestOffice, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
beforeAll(async () => {
  office = await openTestOffice(['CNY', 'JPY']);
  await openClient(office, 'mei', 1_000_000n);
}, 60_000);
afterAll(() => office.depository.close());

async function pass(draft: Draft): Promise<void> {
  const made = await office.maker.make(draft);
  await office.syncAll();
  await office.checker.approve(...made);
  await office.syncAll();
}
const today = () => dayOf(msToInstant(office.time.nowMs()));

/** Officers take the seats for what is theirs. */
async function passByOfficers(draft: Draft): Promise<void> {
  const { maker, checker, officers, teller, supervisor } = office;
  await maker.unlock(officers[0]);
  await checker.unlock(officers[1]);
  await pass(draft);
  await maker.unlock(teller);
  await checker.unlock(supervisor);
}

it('an exchange goes from the desk to the bank and back, both statements reconcile, and its fee accrues by the day', {
  timeout: 60_000,
}, async () => {
  const { maker, checker, depository, time, syncAll } = office;
  const number = '9mei-jpy';
  await pass({ kind: 'open account', account: 'acc-mei-jpy', client: 'mei', role: 'lender', asset: 'JPY', number });
  await passByOfficers({
    ...{ kind: 'adopt reference rates', source: 'central parity', until: addDays(today(), 3) },
    rates: [{ base: 'JPY', other: 'CNY', rate: '0.0461', basisPoints: 100 }],
  });
  await passByOfficers({
    kind: 'adopt fee schedule',
    schedule: {
      ...{ code: 'custody', version: 1, text: 'custody fee', asset: 'CNY', to: 'bank-fee', basis: 'balance' },
      ...{ dayCount: 'act/360', tiers: [{ from: '0', ppm: 1000 }], minimum: '0', maximum: '99999', accounts: [] },
      ...{ from: today(), until: null },
    },
  });
  const rate = { base: 'JPY', rate: '0.0463' };
  const quote = {
    ...{ source: 'dealing room', reference: 'Q-9', at: msToInstant(time.nowMs()) },
    until: msToInstant(time.nowMs() + 60_000),
  };
  const draft: Draft = {
    ...{ kind: 'foreign exchange', account: 'acc-mei', asset: 'CNY', amount: '500000', to: 'acc-mei-jpy' },
    ...{ bought: 'JPY', boughtAmount: String(exchanged(500_000n, 'CNY', 'JPY', rate)), fixed: 'sold', ...rate, quote },
  };
  const odd = accepted(await maker.client.foresee({ draft: { ...draft, boughtAmount: '107990' } }));
  expect(odd.refusal?.why).toBe('The rate makes it JPY 107991.');
  await pass(draft);
  const open = accepted(await checker.client.exchanges({}));
  expect(open.exposures).toEqual([
    { asset: 'CNY', sold: '500000', bought: '0', hedgedSold: '0', hedgedBought: '0' },
    { asset: 'JPY', sold: '0', bought: '107991', hedgedSold: '0', hedgedBought: '0' },
  ]);
  expect(open.rates).toMatchObject([{ pair: 'CNY|JPY', rate: '0.0461', basisPoints: 100 }]);
  await pass({
    ...{ kind: 'hedge', sold: 'JPY', soldAmount: '107991', bought: 'CNY', boughtAmount: '500000', base: 'JPY' },
    ...{ rate: '0.0463', settlesOn: addDays(today(), 90), bank: 'a bank', reference: 'F-1', rolls: null },
    exchanges: [open.exchanges[0]?.id as never],
  });
  await depository.run();
  depository.bank.endOfDay();
  await depository.run();
  await syncAll();
  for (const desk of [maker, checker]) {
    const { exchanges, exposures, hedges } = accepted(await desk.client.exchanges({}));
    expect([exchanges[0]?.state, exposures.map((one) => one.sold), hedges[0]?.state]).toEqual([
      'settled',
      ['0', '0'],
      'open',
    ]);
    const { accounts } = accepted(await desk.client.accounts({ after: '', limit: 100, asset: null }));
    const booked = Object.fromEntries(accounts.map((one) => [one.id, one.booked]));
    expect([booked['acc-mei'], booked['acc-mei-jpy'], booked['fx-position:CNY']]).toEqual(['500000', '107991', '0']);
    const { statements } = accepted(await desk.client.statements({}));
    expect(statements.map((one) => [one.asset, one.closing, one.reconciled]).sort()).toEqual([
      ['CNY', '500000', true],
      ['JPY', '107991', true],
    ]);
    expect(accepted(await desk.client.breaks({})).breaks).toEqual([]);
    const { days } = accepted(await desk.client.safeguardingDays({}));
    expect(days.map((one) => one.outcome)).toEqual(['met', 'met']);
  }

  // Two days go by: 0.001 of 5,000.00 over 360, twice, is 2 minor units and seven ninths.
  time.skip(2 * 86_400_000);
  await depository.run();
  await syncAll();
  const { accrued, schedules } = accepted(await maker.client.fees({}));
  expect(schedules[0]?.versions[0]?.code).toBe('custody');
  expect(accrued).toEqual([
    {
      ...{ code: 'custody', account: 'acc-mei', client: 'mei', asset: 'CNY', whole: '2', exact: '2.777777' },
      ...{ charged: '0', waived: '0', chargeable: '2', why: null },
    },
  ]);
  await pass({
    ...{ kind: 'charge accrued fees', code: 'custody', asset: 'CNY', lines: [{ account: 'acc-mei', amount: '2' }] },
  });
  const after = accepted(await checker.client.fees({}));
  expect(after.accrued[0]).toMatchObject({ whole: '0', exact: '0.777777', charged: '2' });
});
