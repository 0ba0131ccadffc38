import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Office } from '../cli/demo/office.ts';
import { accepted } from '../testing/desk.ts';
import { openStage, type Seat, type Stage, setUp, violations } from './stage.ts';
import { approvedAt, goTo, missing } from './steps.ts';

describe.skipIf(missing !== undefined)("the platform's file in a browser", { timeout: 120_000 }, () => {
  let stage: Stage;
  let teller: Seat;
  let officer: Seat;
  let office: Office;
  beforeAll(async () => {
    stage = await openStage();
    [teller, officer] = stage.seats;
    office = stage.started.office as Office;
    await setUp(teller, 'teller-you', 'teller');
    await setUp(officer, 'officer-you', 'officer');
  }, 120_000);
  afterAll(() => stage?.close());

  const clients = async () => {
    const { accounts } = accepted(await office.front.client.accounts({ after: '', limit: 500, asset: 'CNY' }));
    return accounts.filter((one) => one.class === 'client');
  };
  const clientOfLi = async () => (await clients()).find((one) => one.id === 'acc-li-CNY')?.client ?? '';
  const choose = (text: string) =>
    teller.page.getByTestId('platform-file').setInputFiles({
      ...{ name: 'platform.csv', mimeType: 'text/csv', buffer: Buffer.from(text) },
    });

  it('is mapped by its own headers, shows two wrong clients though the totals agree, and records them as breaks', async () => {
    const { page } = teller;
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('heading', { name: "The platform's file against the books", exact: true }).waitFor();
    const decimal = (minor: bigint) => `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`;
    const rows = (await clients()).map((one) => [one.id, BigInt(one.booked)] as const);
    const [first, second] = rows.filter(([, balance]) => balance > 100n);
    const off = new Map([
      [first?.[0], -100n],
      [second?.[0], 100n],
    ]);
    const lines = rows.map(([id, balance]) => `${id};${decimal(balance + (off.get(id) ?? 0n))};x`);
    await choose(['Konto;Saldo;Anderes', ...lines].join('\r\n'));
    await page.getByLabel('Between columns').selectOption(';');
    await page.getByTestId('platform-preview').getByText('Saldo').waitFor();
    await page.getByLabel('Short name of the platform').fill('p2p');
    await page.getByLabel('Column of the account').selectOption('Konto');
    await page.getByLabel('Column of the balance').selectOption('Saldo');
    await page.getByLabel('All rows are in').selectOption('CNY');
    expect(await violations(teller)).toEqual([]);
    await page.keyboard.press('Control+Enter');
    const report = page.getByTestId('platform-report');
    await report.getByText(`${rows.length} row(s)`).waitFor();
    // A file in one asset says nothing of the others.
    expect(await page.getByTestId('platform-differences').locator('tbody tr').count()).toBe(2);
    await report.getByText(String(first?.[0])).waitFor();
    expect(await violations(teller)).toEqual([]);
    if (process.env.CUSTOS_PICTURES !== undefined)
      await page.screenshot({ path: join(process.env.CUSTOS_PICTURES, 'platform.png'), fullPage: true });
    await page.getByRole('heading', { name: 'platform.csv' }).click(); // the keys are the screen's, not a field's
    await page.keyboard.press('t');
    await office.back.unlock(office.people['supervisor-a']);
    await approvedAt(office.back, office, 'platform check');
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByText('platform says another balance').first().waitFor();
    expect(teller.complaints).toEqual([]);
  });

  it('is of a second pool as well, once officers have opened one and a client has an account in it', async () => {
    const { page } = officer;
    await goTo(officer, 'm', 'Make an instruction');
    await page.getByLabel('Kind').selectOption('Open a pool');
    await page.getByLabel('Name of the pool').fill('wages');
    await page.getByLabel('Bank account in CNY').fill('6222 0000 9999');
    await page.getByLabel('Whose money lies there').fill('wages of one builder');
    await page.getByTestId('forecast').getByText('bank account CNY 622200009999').waitFor();
    expect(await violations(officer)).toEqual([]);
    await page.keyboard.press('Control+Enter');
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
    await office.front.unlock(office.people['officer-a']);
    await approvedAt(office.front, office, 'open pool');
    await goTo(teller, 'm', 'Make an instruction');
    await teller.page.getByLabel('Kind').selectOption('Open account');
    await teller.page.getByLabel('Client id').fill(await clientOfLi());
    await teller.page.getByLabel('Ledger account id').fill('acc-li-wages');
    await teller.page.getByLabel('Custody account number').fill('900wages');
    await teller.page.getByLabel('Asset').selectOption('CNY');
    await teller.page.getByLabel('Pool', { exact: true }).selectOption('wages');
    await teller.page.getByTestId('forecast').getByText('in pool wages').waitFor();
    await teller.page.keyboard.press('Control+Enter');
    await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();
    await approvedAt(office.back, office, 'open account');
    await goTo(teller, 'a', 'Accounts');
    await teller.page.locator('[data-account="acc-li-wages"]').getByText('pool wages').waitFor();
  });

  it('keeps the mapping of a platform for its next file, and the keyboard is enough', async () => {
    const { page } = teller;
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    const lines = (await clients()).map(({ id, booked }) => `${id};${(Number(booked) / 100).toFixed(2)};x`);
    await choose(['Konto;Saldo;Anderes', ...lines].join('\n'));
    await page.getByLabel('Saved mapping').focus();
    await page.keyboard.press('p'); // the browser's own way in a list: its first letter
    await page.locator('button:enabled', { hasText: 'Compare' }).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText('every client agrees').waitFor();
  });
});
