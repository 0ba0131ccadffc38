import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, setUp, violations } from './stage.ts';
import { missing } from './steps.ts';

describe.skipIf(missing !== undefined)('a new person', { timeout: 120_000 }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, 120_000);
  afterAll(() => stage?.close());

  it('gets from the first screen to a settled payment by keyboard alone', async () => {
    const began = performance.now();
    const [teller, supervisor] = stage.seats;
    const steps: string[] = [];
    const step = (what: string) =>
      steps.push(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${what}`);
    expect(await violations(teller)).toEqual([]);
    await setUp(teller, 'teller-you', 'teller');
    step('T-01: operator, staff number, role, passphrase, Enter, three touches: enrolled as a teller');
    await setUp(supervisor, 'supervisor-you', 'supervisor');
    step('T-02: the same as a supervisor');
    const keys = teller.page.keyboard;
    await keys.press('g');
    await keys.press('m');
    await teller.page.getByRole('heading', { name: 'Make an instruction' }).waitFor();
    for (const text of ['', 'acc-li-CNY', '1.2w', 'Chen Jing', '6222021234567890']) {
      if (text !== '') await keys.type(text);
      await keys.press('Tab');
    }
    await teller.page.getByTestId('forecast').getByText('Needs 1 × supervisor').waitFor();
    await keys.press('Control+Enter');
    await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();
    step('T-01: g m, Tab, account, Tab, 1.2w, Tab, payee, Tab, account number, Ctrl+Enter, one touch: made');
    const row = supervisor.page.locator('tr[data-instruction]').filter({ hasText: 'CNY 12,000.00' });
    await row.waitFor();
    await supervisor.page.keyboard.press('a');
    await supervisor.page.keyboard.press('s');
    await row.waitFor({ state: 'detached' });
    step('T-02: a, s, one touch: approved');
    await keys.press('Escape');
    await keys.press('g');
    await keys.press('w');
    await teller.page.getByRole('heading', { name: 'What waits' }).waitFor();
    await keys.press('t');
    await teller.page
      .locator('tr[data-instruction]')
      .filter({ hasText: 'CNY 12,000.00' })
      .filter({ hasText: 'settled' })
      .waitFor();
    step('the bank has settled it');
    console.log(`\n${steps.join('\n')}\n`);
  });

  it('finds every screen usable by WCAG 2.2 AA, in both themes', async () => {
    const [, seat] = stage.seats;
    const { page } = seat;
    const found: string[] = [];
    for (const theme of ['light', 'dark']) {
      const isDark = (await page.getByRole('switch', { name: 'Dark' }).getAttribute('aria-checked')) === 'true';
      if (isDark !== (theme === 'dark')) await page.getByRole('switch', { name: 'Dark' }).click();
      for (const [key, title] of [
        ['s', 'Statements and reconciliation'],
        ['p', "The platform's file against the books"],
        ['f', 'Safeguarding'],
        ['o', 'Escrow agreements'],
        ['w', 'What waits'],
        ['m', 'Make an instruction'],
        ['i', 'Import a payment file'],
        ['a', 'Accounts'],
        ['x', 'Foreign exchange'],
        ['e', 'Fees that accrue'],
        ['c', 'Calendar and cut-offs'],
        ['t', 'Digital assets'],
        ['b', 'Bank link'],
        ['u', 'Audit'],
        ['d', 'Administration'],
      ] as const) {
        await page.keyboard.press('Escape');
        await page.keyboard.press('g');
        await page.keyboard.press(key);
        await page.getByRole('heading', { name: title, exact: true }).waitFor();
        for (const one of await violations(seat)) found.push(`${theme} ${title}: ${one}`);
      }
    }
    await page.keyboard.press('Control+l');
    await page.getByRole('heading', { name: 'Unlock' }).waitFor();
    for (const one of await violations(seat)) found.push(`unlock: ${one}`);
    expect(found).toEqual([]);
  });

  it('hears no complaint from the browser', () => {
    expect(stage.seats.map((seat) => seat.complaints)).toEqual([[], []]);
  });
});
