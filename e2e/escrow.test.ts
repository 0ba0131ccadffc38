import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Office } from '../cli/demo/office.ts';
import { accepted } from '../testing/desk.ts';
import { openStage, type Seat, type Stage, setUp, violations } from './stage.ts';
import { approvedAt, goTo, missing, pictures } from './steps.ts';

describe.skipIf(missing !== undefined)('an escrow agreement at the desk', { timeout: 120_000 }, () => {
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
    await office.back.unlock(office.people['supervisor-a']);
  }, 120_000);
  afterAll(() => stage?.close());

  const toAgreements = (seat: Seat) => goTo(seat, 'o', 'Escrow agreements');
  const approve = (kind: string) => approvedAt(office.back, office, kind);
  const row = ({ page }: Seat, words: string) => page.locator('tr[data-escrow="house-1"]').filter({ hasText: words });
  /** One button of the agreement, signed by the teller and approved by a colleague. */
  const pass = async (name: string, kind: string) => {
    await teller.page.getByRole('button', { name, exact: true }).click();
    await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();
    await teller.page.getByTestId('agreement').getByText('(teller-you)').waitFor();
    await approve(kind);
  };

  it('is written in a form that shows at once which path is wrong, and reads it in plain words when none is', async () => {
    const { page } = teller;
    await toAgreements(teller);
    await page.keyboard.press('c');
    await page.getByLabel('Name of the agreement').fill('house-1');
    await page.getByLabel('Account of the depositor').fill('acc-li-CNY');
    await page.getByLabel('Account of the beneficiary').fill('acc-wang-CNY');
    await page.getByLabel('Amount').first().fill('5000');
    await page.getByRole('button', { name: 'Add a condition' }).click();
    const conditions = page.getByRole('group', { name: 'Conditions' });
    await conditions.getByLabel('Name', { exact: true }).fill('walls');
    await conditions.getByLabel('What it says').fill('测量师报告：墙体完成');
    await conditions.getByLabel('Shown by').selectOption('beneficiary');
    await conditions.getByLabel('Evidence').selectOption('document');
    await page.getByRole('button', { name: 'Add a tranche' }).click();
    const tranches = page.getByRole('group', { name: 'Tranches' });
    await tranches.getByLabel('Name', { exact: true }).first().fill('first');
    await tranches.getByLabel('Amount').first().fill('2000');
    await tranches.getByLabel('Needs').first().fill('walls');
    await tranches.getByLabel('Amount').nth(1).fill('2999');
    await page.getByTestId('preview').getByText('CNY 1.00 is left that nobody gets').waitFor();
    await tranches.getByLabel('Amount').nth(1).fill('3000');
    await page.getByTestId('preview').getByText('Every path of this agreement has been walked.').waitFor();
    await page.getByTestId('forecast').getByText('Needs 1 × supervisor').waitFor();
    expect(await violations(teller)).toEqual([]);
    await page.screenshot({ path: join(pictures, 'escrow-form.png'), fullPage: true });
    await page.keyboard.press('Control+Enter');
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
    await approve('adopt escrow');
    await page.keyboard.press('Escape');
    await row(teller, 'Not funded').filter({ hasText: 'Depositor pays in CNY 5,000.00' }).waitFor();
  });

  it('is funded, its condition is shown by a document that stays at the desk, and a part of it is released', async () => {
    const { page } = teller;
    await pass('Fund', 'fund escrow');
    await row(teller, 'Funded').waitFor();
    const file = { name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('the walls stand') };
    await page.getByLabel('Document (only its digest is recorded)').setInputFiles(file);
    await pass('Record walls as shown', 'fulfil condition');
    await pass('Release first', 'release escrow');
    await row(teller, '1 / 2').filter({ hasText: 'CNY 3,000.00' }).waitFor();
    expect(await violations(teller)).toEqual([]);
    await page.screenshot({ path: join(pictures, 'escrow.png') });
    await page
      .getByRole('region', { name: 'Paths of the agreement' })
      .screenshot({ path: join(pictures, 'escrow-paths.png') });
  });

  it('is disputed, and split by an officer whose ruling another officer approves', async () => {
    await teller.page.getByLabel('Reason of the dispute').fill('cracks in the wall');
    await pass('Record a dispute of the Depositor', 'raise dispute');
    await row(teller, 'Disputed').waitFor();
    await toAgreements(officer);
    await row(officer, 'Disputed').waitFor();
    await officer.page.getByLabel('The beneficiary gets').fill('1000');
    await officer.page.getByRole('button', { name: 'Record the ruling' }).click();
    await officer.page.getByText('Signed. It is on its way to the bank.').waitFor();
    await office.back.unlock(office.people['officer-b']);
    await approve('rule on dispute');
    await row(teller, 'Split').waitFor();
    const { accounts } = accepted(await office.back.client.accounts({ after: '', limit: 500, asset: 'CNY' }));
    const left = accounts.find((one) => one.id === 'escrow:house-1');
    const paid = accounts.find((one) => one.id === 'acc-wang-CNY');
    expect([left?.booked, paid?.booked]).toEqual(['0', String(80_000_000 + 200_000 + 100_000)]);
  });

  it('is printed so that a client can read every way in which it could end', async () => {
    const { page } = teller;
    const path = join(pictures, 'escrow.pdf');
    await page.getByLabel('Language').selectOption('zh-TW');
    await page.getByText('受款人').first().waitFor();
    await page.pdf({ path, format: 'A4' });
    const { status, stdout } = spawnSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' });
    expect(status).toBe(0);
    for (const words of ['履約保管契約 house-1', '测量师报告', '終結方式', '雙方各得一部分', '已分配'])
      expect(stdout).toContain(words);
    expect(teller.complaints).toEqual([]);
    expect(officer.complaints).toEqual([]);
  });
});
