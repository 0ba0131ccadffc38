// An exchange at the screen: both amounts and the time that the quote stands are there before the touch, and the bank confirms.

import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, setUp, violations } from './stage.ts';
import { approvedAt, missing } from './steps.ts';

describe.skipIf(missing !== undefined)('foreign exchange on screen', { timeout: 120_000 }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ fate: () => (less === 0n ? 'settle' : { givesLess: less }) });
  }, 120_000);
  afterAll(() => stage?.close());
  /** What the bank keeps of what was agreed. */
  let less = 0n;
  const quote = async (page: Page, reference: string) => {
    await page.getByLabel('Account that sells').fill('acc-wang-CNY');
    await page.getByLabel('Account that buys').selectOption('acc-wang-EUR');
    await page.getByLabel('Amount', { exact: true }).fill('8204.10');
    await page.getByLabel('Base of the rate').selectOption('EUR');
    await page.getByLabel('Rate', { exact: true }).fill('8.204');
    await page.getByLabel('Quoted by').fill('dealing room');
    await page.getByLabel('Reference of the quote').fill(reference);
    await page.getByText('is exchanged for EUR 1,000.01').waitFor();
  };

  it('shows both amounts and the open quote, and is settled by the bank', async () => {
    const [teller, supervisor] = stage.seats;
    await setUp(teller, 'teller-1', 'teller');
    await setUp(supervisor, 'supervisor-1', 'supervisor');
    const { page } = teller;
    await page.keyboard.press('g');
    await page.keyboard.press('x');
    await page.getByRole('heading', { name: 'Foreign exchange', exact: true }).waitFor();
    await quote(page, 'Q-1234');
    const both = page.getByTestId('both');
    await both.getByText('EUR 1,000.01').waitFor();
    expect(await both.textContent()).toMatch(/The quote stands for \d:\d\d/);
    await page.keyboard.press('Control+Enter');
    await page.getByText('with the bank').or(page.getByRole('status')).first().waitFor();
    await supervisor.page.keyboard.press('g');
    await supervisor.page.keyboard.press('w');
    await supervisor.page.getByText('is exchanged for EUR 1,000.01').first().waitFor();
    await supervisor.page.keyboard.press('a');
    await supervisor.page.keyboard.press('s');
    await page.getByTestId('exchanges').getByText('settled').waitFor();
    expect(await violations(teller)).toEqual([]);
  });

  it('lets stand what the bank gave instead of what was agreed, once an officer says so', async () => {
    const [{ page }, supervisor] = stage.seats;
    less = 25_00n;
    await quote(page, 'Q-1235');
    await page.keyboard.press('Control+Enter');
    await supervisor.page.keyboard.press('g');
    await supervisor.page.keyboard.press('w');
    await supervisor.page
      .getByRole('row', { name: 'is exchanged for EUR 1,000.01' })
      .filter({ hasText: 'waiting' })
      .waitFor();
    await supervisor.page.keyboard.press('a');
    await supervisor.page.keyboard.press('s');
    const other = page.getByTestId('other-amount');
    await other.getByText('EUR 975.01 came instead').waitFor();
    await page.getByLabel('Why it may stand').fill('the bank kept its charge');
    expect(await violations(stage.seats[0])).toEqual([]);
    await other.getByRole('button', { name: 'Let it stand' }).click();
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
    const { office } = stage.started;
    if (office === null) throw new Error('the demonstration has an office');
    await office.front.unlock(office.people['officer-a']);
    await approvedAt(office.front, office, 'settle exchange');
    await other.waitFor({ state: 'detached' });
    await page.getByTestId('exchanges').getByText('EUR 975.01 came instead').waitFor();
    expect(stage.seats.map((seat) => seat.complaints)).toEqual([[], []]);
  });
});
