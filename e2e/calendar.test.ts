import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Office } from '../cli/demo/office.ts';
import type { Desk } from '../testing/desk.ts';
import { openStage, type Seat, type Stage, setUp, violations } from './stage.ts';
import { approvedAt, goTo, missing, pictures } from './steps.ts';

const dayAfter = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const signed = 'Signed. It is on its way to the bank.';

describe.skipIf(missing !== undefined)('a payment for another day', { timeout: 120_000 }, () => {
  let stage: Stage;
  let teller: Seat;
  let officer: Seat;
  let office: Office;
  beforeAll(async () => {
    stage = await openStage();
    [teller, officer] = stage.seats;
    office = stage.started.office as Office;
    mkdirSync(pictures, { recursive: true });
    await setUp(teller, 'teller-you', 'teller');
    await setUp(officer, 'officer-you', 'officer');
  }, 120_000);
  afterAll(() => stage?.close());

  const approve = (desk: Desk, kind: string) => approvedAt(desk, office, kind);
  const pay = async (amount: string, valueDate?: string) => {
    await goTo(teller, 'm', 'Make an instruction');
    const { page } = teller;
    await page.getByLabel('Debit account').fill('acc-li-CNY');
    await page.getByLabel('Amount').fill(amount);
    await page.getByLabel('Payee name').fill('Chen Jing');
    await page.getByLabel('Payee account').fill('6222021234567890');
    if (valueDate !== undefined) await page.getByLabel('Value date').fill(valueDate);
  };
  const sign = async () => {
    await teller.page.getByTestId('forecast').getByText('Needs').waitFor();
    await teller.page.keyboard.press('Control+Enter');
    await teller.page.getByText(signed).waitFor();
  };

  it('is refused before a calendar is adopted: nobody knows the business days', async () => {
    await pay('100', dayAfter(1));
    await teller.page.locator('[data-refusal="calendar"]').first().waitFor();
  });

  it('needs a calendar that an officer proposes from a list, corrects and signs', async () => {
    const { page } = officer;
    await goTo(officer, 'c', 'Calendar and cut-offs');
    await page.getByText('No calendar is adopted').waitFor();
    await page.getByLabel('Propose from').selectOption('empty');
    await page.getByRole('button', { name: 'Propose', exact: true }).click();
    await page.getByLabel('Assets it governs').fill('CNY');
    // Every day is a business day here, so that this test does not depend on the day on which it runs.
    await page.getByLabel('Days of rest in the week').fill('');
    await page.getByLabel('Cut-offs: asset').fill('CNY 23:59');
    await page.getByLabel('Holidays, one a line').fill(dayAfter(2));
    await page.getByRole('button', { name: 'Sign this calendar' }).click();
    await page.getByText(signed).waitFor();
    await office.back.unlock(office.people['officer-b']);
    await approve(office.back, 'adopt calendar');
    await page.locator('td[data-kind]').first().waitFor();
    expect(await violations(officer)).toEqual([]);
  });

  it('names the next good day where the chosen one is a holiday', async () => {
    await pay('100', dayAfter(2));
    await teller.page
      .locator('[data-refusal="value date"]')
      .filter({ hasText: dayAfter(3) })
      .first()
      .waitFor();
  });

  it('is held once approved, stands in the calendar, and can be taken back there', async () => {
    const { page } = teller;
    await pay('123', dayAfter(1));
    await sign();
    await office.back.unlock(office.people['supervisor-a']);
    await approve(office.back, 'payment');
    await goTo(teller, 'c', 'Calendar and cut-offs');
    const row = page.locator('tr[data-scheduled]').filter({ hasText: dayAfter(1) });
    await row.waitFor();
    await row.getByRole('button').click();
    await row.waitFor({ state: 'detached' });
  });

  it('shows with the cut-off who is there and what is at risk, and Enter opens it', async () => {
    const { page } = teller;
    await pay('77');
    await sign();
    await goTo(teller, 'c', 'Calendar and cut-offs');
    await page.locator('[data-cut-off="CNY 23:59"]').waitFor();
    for (const box of await page.getByRole('checkbox').all()) await box.setChecked(false);
    await page.locator('tr[data-risk]').filter({ hasText: 'too few people' }).waitFor();
    await page.screenshot({ path: join(pictures, 'calendar.png') });
    expect(await violations(teller)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What waits' }).waitFor();
    await page.locator('[data-cut-off]').filter({ hasText: 'at risk 1 of 1' }).waitFor();
    await page.locator('tr.focused[data-instruction]').filter({ hasText: '77.00' }).waitFor();
  });

  it('was calm all along: no complaint of the browser', () => {
    expect([teller, officer].map((seat) => seat.complaints)).toEqual([[], []]);
  });
});
