import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EscrowView } from '../shared/contract/escrow.ts';
import type { Draft } from '../shared/contract/terminal.ts';
import type { Terms } from '../shared/escrow.ts';
import { addDays, dayOf, msToInstant } from '../shared/time.ts';
import { accepted, finished } from '../testing/desk.ts';
import { openClient, openTestOffice, type TestOffice } from '../testing/office.ts';

const dayMs = 86_400_000;
let office: TestOffice;
let terms: Terms;

beforeAll(async () => {
  office = await openTestOffice();
  const depositor = await openClient(office, 'buyer', 900_000n);
  const beneficiary = await openClient(office, 'builder', 1n);
  const today = dayOf(msToInstant(office.time.nowMs()));
  terms = {
    ...{ asset: 'CNY', amount: '500000', depositor, beneficiary, arbiter: { role: 'officer' } },
    conditions: [{ name: 'walls', text: '测量报告', by: 'beneficiary', evidence: 'document' }],
    tranches: [
      { name: 'first', to: beneficiary, amount: '200000', needs: ['walls'] },
      { name: 'second', to: beneficiary, amount: '300000', needs: ['walls'] },
    ],
    ...{ order: 'in order', fundBy: addDays(today, 2), releaseFrom: addDays(today, 1) },
    timeout: { on: addDays(today, 20), otherwise: 'refund' },
    refund: null,
    dispute: { by: ['depositor'], until: addDays(today, 15), ruling: { days: 10, otherwise: 'refund' } },
  };
}, 60_000);
afterAll(() => office.depository.close());

async function pass(draft: Draft): Promise<void> {
  const made = await office.maker.make(draft);
  await office.syncAll();
  await office.checker.approve(...made);
  await office.checker.sync();
  await office.maker.sync();
}
const shown = async (): Promise<EscrowView> => {
  const { escrows } = accepted(await office.maker.client.escrows({}));
  const [one] = escrows;
  if (one === undefined) throw new Error('no agreement is shown');
  return one;
};
const todos = (one: EscrowView): string[] =>
  one.todos.map(({ what, who, part, until }) => [what, who, part ?? '', until ?? ''].join(' '));
const balances = async (): Promise<Record<string, string>> => {
  const { accounts } = accepted(await office.maker.client.accounts({ after: '', limit: 100, asset: null }));
  const names = ['acc-buyer', 'acc-builder', 'escrow:house-1'];
  return Object.fromEntries(accounts.filter((one) => names.includes(one.id)).map((one) => [one.id, one.booked]));
};

it('an agreement says at each desk who must do what until when, and ends by itself when its time is over', {
  timeout: 60_000,
}, async () => {
  const flawed = await office.maker.client.foresee({
    draft: { kind: 'adopt escrow', escrow: 'house-1', terms: { ...terms, timeout: null } },
  });
  expect(accepted(flawed).refusal?.why).toContain('The path that shows it: paid in on');
  await pass({ kind: 'adopt escrow', escrow: 'house-1', terms });
  const last = addDays(terms.timeout?.on ?? terms.fundBy, -1);
  expect(todos(await shown())).toEqual([
    `fund depositor  ${terms.fundBy}`,
    `fulfil beneficiary walls ${terms.fundBy}`,
    'expire depository  ',
  ]);
  await pass({ kind: 'fund escrow', escrow: 'house-1', account: terms.depositor, asset: 'CNY', amount: '500000' });
  expect(await balances()).toEqual({ 'acc-buyer': '400000', 'acc-builder': '1', 'escrow:house-1': '500000' });
  await pass({ kind: 'fulfil condition', escrow: 'house-1', condition: 'walls', document: 'D'.repeat(43) });
  expect(todos(await shown())).toEqual([
    `release desk first ${last}`,
    `release desk  ${last}`,
    `dispute depositor  ${terms.dispute?.until}`,
    'expire depository  ',
  ]);
  office.time.skip(dayMs);
  await pass({ kind: 'release escrow', escrow: 'house-1', tranche: 'first', asset: 'CNY', amount: '200000' });
  expect(await balances()).toEqual({ 'acc-buyer': '400000', 'acc-builder': '200001', 'escrow:house-1': '300000' });

  office.time.skip(20 * dayMs);
  expect(await shown()).toMatchObject({ isOverdue: true, due: terms.timeout?.on, left: '300000' });
  await office.depository.run();
  await office.syncAll();
  expect(await shown()).toMatchObject({ phase: 'ended', outcome: 'split', left: '0', isOverdue: false, todos: [] });
  expect(await balances()).toEqual({ 'acc-buyer': '700000', 'acc-builder': '200001', 'escrow:house-1': '0' });
  await office.depository.run();
  await office.syncAll();
  const [here, there] = await Promise.all([office.maker, office.checker].map((desk) => desk.client.booksDigest({})));
  expect(here).toEqual(there);
  // Who only has the log comes to the same agreements: the terminal itself, and an auditor with the bundle.
  const rebuilt = accepted(await finished(office.maker.client.rebuild({})));
  expect(rebuilt.differences).toEqual([]);
  expect(accepted(await finished(office.maker.client.exportAudit({}))).verified).toBe(true);
});
