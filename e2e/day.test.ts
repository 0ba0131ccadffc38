import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Office } from '../cli/demo/office.ts';
import { accepted, type Desk } from '../testing/desk.ts';
import { visitFolder } from '../testing/folder-bank.ts';
import { type PlainEntry, plainDress, statementXml } from '../testing/statement-file.ts';
import { openStage, type Seat, type Stage, setUp, violations } from './stage.ts';
import { approvedAt, goTo, missing, pictures } from './steps.ts';

const many = (count: number): PlainEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ amount: BigInt(100 + i), credit: true, status: 'BOOK', reversal: false, day: '2026-03-01' },
    ...{ reference: `R-${i}`, transactions: [`E-${i}`], name: '王芳' },
  }));

/** The bank at the other end: in the same process, or behind files that its transfer fetches and leaves. */
const banks = [
  { bank: 'a simulated bank', files: false },
  { bank: 'a bank that exchanges files', files: true },
];

describe.skipIf(missing !== undefined).each(banks)(
  'a day on which client money is missing, with $bank',
  { timeout: 120_000 },
  ({ files }) => {
    const named = (picture: string) => join(pictures, files ? picture.replace('.', '-files.') : picture);
    const exchange = mkdtempSync(join(tmpdir(), 'custos-exchange-'));
    let visits: NodeJS.Timeout;
    let stage: Stage;
    let teller: Seat;
    let officer: Seat;
    let office: Office;
    beforeAll(async () => {
      const fate = (transfer: { readonly creditorName: string }) =>
        transfer.creditorName === 'Moved Away' ? { returned: 'AC04' } : ('settle' as const);
      // What the sample clients pay in comes before anybody could visit the folder.
      stage = await openStage(files ? { fate, exchange } : { fate });
      [teller, officer] = stage.seats;
      office = stage.started.office as Office;
      mkdirSync(pictures, { recursive: true });
      if (files) visits = setInterval(() => visitFolder(exchange, office.depository.bank), 300);
      await setUp(teller, 'teller-you', 'teller');
      await setUp(officer, 'officer-you', 'officer');
    }, 120_000);
    afterAll(() => {
      clearInterval(visits);
      return stage?.close();
    });

    const sheet = ({ page }: Seat, words: string) => page.getByTestId('sheet').filter({ hasText: words }).waitFor();
    const draftPayment = async (seat: Seat) => {
      await goTo(seat, 'm', 'Make an instruction');
      await seat.page.getByLabel('Debit account').fill('acc-li-CNY');
      await seat.page.getByLabel('Amount').fill('100');
      await seat.page.getByLabel('Payee name').fill('Chen Jing');
      await seat.page.getByLabel('Payee account').fill('6222021234567890');
    };

    const approve = (desk: Desk, kind: string, count: number) => approvedAt(desk, office, kind, count);
    const states = async (...expected: readonly string[]) => {
      for (let tries = 0; ; tries++) {
        await office.syncAll();
        const { instructions } = accepted(
          await office.front.client.instructions({ states: [], after: '', limit: 500 }),
        );
        const payments = instructions.filter((one) => one.kind === 'payment');
        const found = payments.map((one) => one.state).sort();
        if (JSON.stringify(found) === JSON.stringify(expected)) return payments;
        if (tries === 150) expect(found).toEqual(expected);
        await new Promise((wait) => setTimeout(wait, 300));
      }
    };
    const pay = (name: string, endToEndId: string) =>
      office.front.make({
        ...{ kind: 'payment', account: 'acc-li-CNY', asset: 'CNY', amount: '10000' },
        payee: { name, account: '6222021234567890', agent: null, endToEndId, remittance: null },
      });

    /** The page as the browser prints it, and the text that a reader of the file finds in it. */
    const printed = async (name: string): Promise<string> => {
      const path = named(name);
      await teller.page.pdf({ path, format: 'A4' });
      const { status, stdout, stderr } = spawnSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    };

    it('pays what is approved; of two more one comes back by itself, and one because it is recalled', async () => {
      const { front, back, people } = office;
      await front.unlock(people['teller-a']);
      await back.unlock(people['supervisor-a']);
      await draftPayment(teller);
      await teller.page.getByTestId('forecast').getByText('Needs').waitFor();
      await teller.page.keyboard.press('Control+Enter');
      await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();
      await pay('Moved Away', 'E2E-moved');
      await pay('Paid Twice', 'E2E-twice');
      await approve(back, 'payment', 3);
      const paid = await states('returned', 'settled', 'settled');
      const twice = paid.find((one) => one.items[0]?.payee?.name === 'Paid Twice');
      const { page } = teller;
      await goTo(teller, 'w', 'What waits');
      await page.keyboard.press('t');
      await page.locator(`tr[data-instruction="${twice?.id}"]`).click();
      await page.getByRole('button', { name: 'Ask for it back' }).waitFor();
      await page.keyboard.press('c');
      await page.getByLabel('Reason', { exact: true }).selectOption('DUPL');
      await page.keyboard.press('Tab');
      await page.keyboard.type('paid twice');
      expect(await violations(teller)).toEqual([]);
      await page.screenshot({ path: named('recall.png') });
      await page.keyboard.press('Control+Enter');
      await page.getByText('Signed. It is on its way to the bank.').waitFor();
      await approve(back, 'recall', 1);
      await states('returned', 'returned', 'settled');
      await page.locator('[data-testid="recall"][data-answer="accepted"]').waitFor();
      await page.getByRole('heading', { name: 'Payment · returned' }).waitFor();
      await page.getByRole('button', { name: 'Show the recall' }).click();
      await page.getByRole('heading', { name: 'Recall · settled' }).waitFor();
      await page.getByRole('button', { name: 'Show the payment' }).click();
      await page.getByRole('heading', { name: 'Payment · returned' }).waitFor();
      await front.unlock(people['officer-a']);
      await back.unlock(people['officer-b']);
    });

    it('begins with a statement that agrees', async () => {
      office.depository.bank.endOfDay();
      await goTo(teller, 'f', 'Safeguarding');
      await sheet(teller, 'is owed to clients and');
    });

    it('shows what is missing, closes what leaves, and says why', async () => {
      office.depository.bank.bookUnasked('CNY', -300_00n);
      office.depository.bank.endOfDay();
      await teller.page.getByTestId('short').filter({ hasText: 'CNY 300.00 of client money is missing' }).waitFor();
      await teller.page.screenshot({ path: named('safeguarding.png') });
      await draftPayment(teller);
      await teller.page.locator('[data-refusal="shortfall"]').first().waitFor();
    });

    it('names the break, and a teller takes it on by one key', async () => {
      await goTo(teller, 's', 'Statements and reconciliation');
      await teller.page.locator('tr[data-break]').filter({ hasText: 'missing in books' }).waitFor();
      await teller.page.screenshot({ path: named('statements.png') });
      await teller.page.keyboard.press('o');
      await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();
    });

    it('is opened for a while by an officer and two more, and then money leaves again', async () => {
      await goTo(officer, 'f', 'Safeguarding');
      await officer.page.getByLabel('Reason').fill('wages are due today');
      await officer.page.getByRole('button', { name: 'Override for 4 h' }).click();
      await officer.page.getByText('Signed. It is on its way to the bank.').waitFor();
      for (const desk of [office.front, office.back]) await approve(desk, 'override shortfall', 1);
      await goTo(teller, 'f', 'Safeguarding');
      await teller.page.getByTestId('short').filter({ hasText: 'An override opens it until' }).waitFor();
      await draftPayment(teller);
      await teller.page.getByTestId('forecast').getByText('Needs').waitFor();
      await teller.page.keyboard.press('Control+Enter');
      await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();
    });

    it('ends when the bank gives it back, and is printed with its words and what vouches for it', async () => {
      office.depository.bank.bookUnasked('CNY', 300_00n);
      office.depository.bank.endOfDay();
      await goTo(teller, 'f', 'Safeguarding');
      await teller.page.getByTestId('short').waitFor({ state: 'detached' });
      await sheet(teller, 'is owed to clients and');
      expect(await printed('safeguarding.pdf')).toMatch(/is owed to clients and .* is held for them/);
      await teller.page.emulateMedia({ media: 'print' });
      expect(await teller.page.getByRole('button', { name: 'Emergency stop' }).isVisible()).toBe(false);
      expect(await teller.page.getByTestId('sheet').isVisible()).toBe(true);
      await teller.page.emulateMedia({ media: null });
    });

    it('is printed in Traditional Chinese as a bank writes it, with the amount in capital figures', async () => {
      const { page } = teller;
      await page.getByLabel('Language').selectOption('zh-TW');
      await page.getByRole('heading', { name: '資金存管', exact: true }).waitFor();
      const text = await printed('safeguarding-zh-TW.pdf');
      for (const words of ['資金存管日報', '應付客戶', '實際存管', '銀行對帳單期末餘額', '大寫：', '元', '閘道於'])
        expect(text).toContain(words);
      // Everything that is not of the sheet stays on the screen.
      expect(text).not.toContain('列印當日報表');
      await page.getByLabel('語言').selectOption('en');
      await page.getByRole('heading', { name: 'Safeguarding', exact: true }).waitFor();
    });

    it('leaves two lines with which the bank undid itself, paired by hand', async () => {
      await goTo(teller, 's', 'Statements and reconciliation');
      await teller.page.locator('tr[data-break]').nth(1).waitFor();
      for (const key of [' ', 'j', ' ', 'm']) await teller.page.keyboard.press(key);
      await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();
    });

    // The file comes from the person's own machine, whatever the way to the bank.
    if (!files)
      it("takes in the bank's own file: looked at, given up, taken in, and once more without any change", async () => {
        const { page } = teller;
        const file = (messageId: string, entries: number) => ({
          name: `${messageId}.xml`,
          mimeType: 'application/xml',
          buffer: Buffer.from(
            statementXml(
              [{ id: `S-${messageId}`, account: 'DE89370400440532013000', opening: 1000n, entries: many(entries) }],
              {
                ...plainDress,
                hasTotals: true,
              },
            ).replace('<MsgId>M-1<', `<MsgId>${messageId}<`),
          ),
        });
        const report = page.getByTestId('statement-report');
        const choose = page.getByTestId('statement-file');
        await choose.setInputFiles(file('BIG', 20_000));
        await page.getByText('Reading BIG.xml').waitFor();
        await page.keyboard.press('c');
        await page.getByText('BIG.xml was given up. Nothing of it is kept.').waitFor();
        await choose.setInputFiles(file('SMALL', 3));
        await report.filter({ hasText: 'It does not count yet.' }).waitFor();
        await page
          .getByRole('region', { name: 'Import a statement file of the bank' })
          .screenshot({ path: named('statement-file.png') });
        expect(await report.textContent()).toContain('valid by its schema');
        expect(await report.textContent()).toContain('adds up');
        await page.keyboard.press('t');
        await report.filter({ hasText: 'SMALL.xml is taken in.' }).waitFor();
        await choose.setInputFiles(file('SMALL', 3));
        await report.filter({ hasText: 'Nothing was changed.' }).waitFor();
        await page.locator('tr[data-import="came again"]').waitFor();
        expect(await page.locator('tr[data-import]').count()).toBe(3);
        expect(await violations(teller)).toEqual([]);
      });

    it('was calm all along: no complaint of the browser', () => {
      expect([teller, officer].map((seat) => seat.complaints)).toEqual([[], []]);
    });
  },
);
