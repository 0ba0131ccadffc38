import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Office } from '../cli/demo/office.ts';
import { openStage, type Seat, type Stage, setUp, violations } from './stage.ts';
import { approvedAt, missing, pictures } from './steps.ts';

const address = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';

describe.skipIf(missing !== undefined)('a teller who keeps bitcoin for a client', { timeout: 120_000 }, () => {
  let stage: Stage;
  let teller: Seat;
  let office: Office;
  beforeAll(async () => {
    stage = await openStage({ assets: ['CNY', 'EUR', 'BTC'] });
    [teller] = stage.seats;
    office = stage.started.office as Office;
    mkdirSync(pictures, { recursive: true });
    await setUp(teller, 'teller-you', 'teller');
    await teller.page.keyboard.press('g');
    await teller.page.keyboard.press('t');
    await teller.page.getByRole('heading', { name: 'Digital assets', exact: true }).waitFor();
  }, 120_000);
  afterAll(() => stage?.close());

  it('may pay to no address yet, and is told of a wrong one while typing it', async () => {
    const { page } = teller;
    const kind = page.getByLabel('Kind');
    await page.getByLabel('Account', { exact: true }).selectOption('acc-sato-BTC');
    expect(await page.getByLabel('Address', { exact: true }).locator('option').count()).toBe(1);
    await kind.selectOption('adopt address');
    await page.getByLabel('Account', { exact: true }).selectOption('acc-sato-BTC');
    await page.getByLabel('Network').selectOption('bitcoin');
    await page.getByLabel('Address', { exact: true }).fill(`${address.slice(0, -1)}5`);
    await page.getByText('✗ Its checksum is not right.').waitFor();
    await page.getByLabel('Address', { exact: true }).fill('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed');
    await page.getByText('✗ It is an address of ethereum, not of bitcoin.').waitFor();
  });

  it('adopts one, which an officer approves and which then rests', async () => {
    const { page } = teller;
    await page.getByLabel('Address', { exact: true }).fill(address);
    await page.getByText('✓ The checksum is right.').waitFor();
    await page.getByLabel('Called').fill('cold store 2');
    await page.getByTestId('forecast').getByText('Needs 1 × officer').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
    await approvedAt(office.back, office, 'adopt address');
    await page.locator('tr[data-address="resting"]').filter({ hasText: 'cold store 2' }).waitFor();
  });

  it('cannot pay to it before its time, and reads until when', async () => {
    const { page } = teller;
    await page.getByLabel('Kind').selectOption('digital withdrawal');
    await page.getByLabel('Account', { exact: true }).selectOption('acc-sato-BTC');
    await page.getByLabel('Address', { exact: true }).selectOption({ index: 1 });
    await page.getByLabel('Amount').fill('0.4');
    await page.locator('[data-refusal="cooling-off"]').waitFor();
    expect(await page.getByTestId('forecast').textContent()).toContain('The address is new and may be used from');
    await page.screenshot({ path: join(pictures, 'digital.png') });
  });

  it('revokes it by one key, with a reason', async () => {
    const { page } = teller;
    await page.getByRole('heading', { name: 'Address book' }).click();
    await page.keyboard.press('r');
    await page.getByLabel('Reason').fill('the device is lost');
    await page.getByTestId('forecast').getByText('Needs').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
  });

  it('can do so in every language and theme as people with a screen reader do', async () => {
    const { page } = teller;
    for (const language of ['zh-TW', 'zh-CN', 'ja', 'en']) {
      await page.locator('header select').selectOption(language);
      expect([language, await violations(teller)]).toEqual([language, []]);
    }
    await page.getByLabel('Dark').click();
    expect(await violations(teller)).toEqual([]);
    expect(teller.complaints).toEqual([]);
  });
});
