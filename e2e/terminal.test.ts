import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Seat, type Stage, setUp, unlock } from './stage.ts';
import { goTo, missing, pictures } from './steps.ts';

describe.skipIf(missing !== undefined)('two people at two terminals in a browser', { timeout: 120_000 }, () => {
  let stage: Stage;
  let teller: Seat;
  let supervisor: Seat;
  beforeAll(async () => {
    stage = await openStage();
    [teller, supervisor] = stage.seats;
    mkdirSync(pictures, { recursive: true });
  }, 120_000);
  afterAll(() => stage?.close());

  const makePayment = async (seat: Seat, amount: string, payeeAccount: string) => {
    const { page } = seat;
    await goTo(seat, 'm', 'Make an instruction');
    await page.getByLabel('Debit account').fill('acc-li-CNY');
    await page.getByLabel('Amount').fill(amount);
    await page.getByLabel('Payee name').fill('Chen Jing');
    await page.getByLabel('Payee account').fill(payeeAccount);
    await page.getByTestId('forecast').getByText('Needs').waitFor();
  };
  const row = ({ page }: Seat, text: string) => page.locator('tr[data-instruction]').filter({ hasText: text });

  it('sets up both terminals, measured twice, and the officers enrol them', async () => {
    await setUp(teller, 'teller-you', 'teller');
    await setUp(supervisor, 'supervisor-you', 'supervisor');
    await teller.page.getByTestId('link').filter({ hasText: 'Bank link' }).waitFor();
  });

  it('gives recovery shares once, card by card', async () => {
    const { page } = teller;
    await page.getByRole('button', { name: 'Make the shares' }).click();
    await page.getByRole('button', { name: 'Make the shares' }).last().click();
    for (let card = 1; card <= 6; card++) {
      await page.getByRole('heading', { name: new RegExp(`^Share ${card} of 6`) }).waitFor();
      const words = await page.getByTestId('share').locator('li').allTextContents();
      const label = (await page.locator('label', { hasText: 'Type word' }).textContent()) ?? '';
      const asked = Number(/word (\d+)/.exec(label)?.[1]);
      expect(words.length).toBeGreaterThan(20);
      await page.getByLabel('Type word').fill(words[asked - 1] as string);
      await page.keyboard.press('Enter');
    }
    await page.getByRole('heading', { name: 'What waits' }).waitFor();
    await page.getByText('This vault has no recovery shares yet.').waitFor({ state: 'detached' });
  });

  it('locks by itself when nobody is there', async () => {
    const { page } = supervisor;
    await page.clock.install();
    await page.getByText(/locks in 4:5\d/).waitFor();
    // Ten minutes and not five: the page's time begins anew with the clock, and the last key was touched before it.
    await page.clock.fastForward(600_000);
    await page.getByRole('heading', { name: 'Unlock' }).waitFor();
    await page.clock.resume();
    await unlock(supervisor);
    await page.getByTestId('me').waitFor();
  });

  it('makes a payment, approves it on the other terminal, and it settles', async () => {
    await makePayment(teller, '1.2w', '6222021234567890');
    const forecast = teller.page.getByTestId('forecast');
    await forecast
      .getByText('CNY 12,000.00 leaves custody account acc-li-CNY for the payee account ending 7890.')
      .waitFor();
    await forecast.getByText('Needs 1 × supervisor').waitFor();
    await teller.page.screenshot({ path: join(pictures, 'make.png') });
    await teller.page.keyboard.press('Control+Enter');
    await teller.page.getByText('Signed. It is on its way to the bank.').waitFor();

    const { page } = supervisor;
    await row(supervisor, 'CNY 12,000.00').waitFor();
    const detail = page.getByTestId('detail');
    await detail.getByText('twelve thousand').waitFor();
    await detail.getByText('Chen Jing').waitFor();
    await page.screenshot({ path: join(pictures, 'worklist.png') });
    await page.locator('body').press('a');
    await page.locator('tr[aria-selected="true"]').waitFor();
    await page.keyboard.press('s');
    await row(supervisor, 'CNY 12,000.00').waitFor({ state: 'detached' });
    await page.getByText('All (t)', { exact: true }).click();
    await row(supervisor, 'CNY 12,000.00').filter({ hasText: 'settled' }).waitFor();
    await page.getByText('Waiting', { exact: true }).click();
  });

  it('shows the account with its entries, and that what is held is what is owed', async () => {
    await goTo(teller, 'a', 'Accounts');
    const { page } = teller;
    await page.locator('tr[data-account="acc-li-CNY"]').click();
    await page.locator('[data-leg]').first().waitFor();
    expect(await page.locator('[data-leg]').count()).toBeGreaterThanOrEqual(2);
    const line = page.getByTestId('safeguarding');
    await line.getByText('✓ CNY').waitFor();
    expect(await line.textContent()).not.toContain('✗');
    await page.screenshot({ path: join(pictures, 'accounts.png') });
  });

  it('declines with a reason', async () => {
    await makePayment(teller, '77', '6222021234560077');
    await teller.page.keyboard.press('Control+Enter');
    await row(supervisor, 'CNY 77.00').waitFor();
    const { page } = supervisor;
    await row(supervisor, 'CNY 77.00').click();
    await page.locator('body').press('x');
    await page.getByPlaceholder('Reason for declining').fill('not on the list');
    await page.keyboard.press('Enter');
    await page.locator('body').press('s');
    await row(supervisor, 'CNY 77.00').waitFor({ state: 'detached' });
    await goTo(teller, 'w', 'What waits');
    await teller.page.getByText('All (t)', { exact: true }).click();
    await row(teller, 'CNY 77.00').filter({ hasText: 'declined' }).waitFor();
  });

  it('catches a page that lies about a large payment by what the checker types', async () => {
    await makePayment(teller, '1.1m', '6222021234561234');
    await teller.page.getByTestId('forecast').getByText('who types payee and amount').waitFor();
    await teller.page.keyboard.press('Control+Enter');
    await row(supervisor, 'CNY 1,100,000.00').waitFor();
    await row(supervisor, 'CNY 1,100,000.00').click();
    const { page } = supervisor;
    // A hostile script repaints what the checker sees: another payee and a small amount.
    await page.evaluate(repaintingScript);
    const type = async (tail: string, amount: string) => {
      await page.getByLabel('Last four characters of the payee’s account').fill(tail);
      await page.getByTestId('detail').getByLabel('Amount').fill(amount);
      await page.getByRole('button', { name: 'Approve (a)' }).click();
      await page.getByRole('button', { name: /one touch/ }).click();
    };
    await type('9999', '1,100.00');
    await page.locator('[data-refusal="typed confirmation"]').waitFor();
    await type('1234', '1,100.00');
    await page.locator('[data-refusal="typed confirmation"]').waitFor();
    const { gateway } = stage.started.office?.depository ?? { gateway: undefined };
    const waiting = [...(gateway?.sequencer().books.all('instruction') ?? [])].filter(
      ([, one]) => one.state === 'waiting',
    );
    expect(waiting.map(([, one]) => one.approvals.length)).toEqual([0]);
    await page.reload();
    await page.getByTestId('me').waitFor();
  });

  it('names the factor that fails when unlocking, and shows nothing while locked', async () => {
    const { page } = teller;
    await page.keyboard.press('Control+l');
    await page.getByRole('heading', { name: 'Unlock' }).waitFor();
    expect(await page.content()).not.toContain('acc-li');
    await page.screenshot({ path: join(pictures, 'unlock.png') });
    await unlock(teller, 'not the right passphrase');
    await page.locator('[data-refusal="wrong passphrase"]').waitFor();
    await unlock(teller);
    await page.getByTestId('me').filter({ hasText: 'teller-you' }).waitFor();
  });

  it('keeps what was signed while the depository is away, and hands it in later', async () => {
    const { page } = teller;
    const server = stage.started.office?.depository;
    if (server === undefined) throw new Error('the demonstration has a depository');
    await makePayment(teller, '55', '6222021234560055');
    await server.pause();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
    await page.getByText('signed and queued here').waitFor();
    await server.resume();
    await row(supervisor, 'CNY 55.00').waitFor();
    // The approval, too, is signed while nobody answers.
    const { page: other } = supervisor;
    await server.pause();
    await row(supervisor, 'CNY 55.00').click();
    await other.keyboard.press('Escape');
    await other.keyboard.press('a');
    await other.keyboard.press('s');
    await other.getByText('signed and queued here').waitFor();
    await server.resume();
    await row(supervisor, 'CNY 55.00').waitFor({ state: 'detached' });
    await other.keyboard.press('t');
    await row(supervisor, 'CNY 55.00').filter({ hasText: 'settled' }).waitFor();
    await other.keyboard.press('t');
  });

  it('imports a payment file with a verdict for each item, and nothing twice', async () => {
    await goTo(teller, 'i', 'Import a payment file');
    const { page } = teller;
    await page
      .getByTestId('file')
      .setInputFiles({ name: 'payments.xml', mimeType: 'text/xml', buffer: Buffer.from(paymentFile) });
    await page.getByTestId('recognised').filter({ hasText: '3 payments · can be made: 2 · refused: 1' }).waitFor();
    await page.screenshot({ path: join(pictures, 'import.png') });
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('recognised').filter({ hasText: 'can be made: 0 · refused: 1 · made before: 2' }).waitFor();
  });

  it('shows any record with its proof, and exports a bundle that verifies', async () => {
    await goTo(supervisor, 'u', 'Audit');
    const { page } = supervisor;
    await page.locator('tr[data-sequence]').first().click();
    await page.getByTestId('proof').getByText('checked here').waitFor();
    await page.getByRole('button', { name: /^Export/ }).click();
    await page.getByTestId('exported').waitFor();
    const bundle = (await page.getByTestId('exported').locator('code').textContent()) ?? '';
    expect(existsSync(bundle)).toBe(true);
    await page.screenshot({ path: join(pictures, 'audit.png') });
  });

  it('shows the policy to read aloud, and rehearses a draft on the past', async () => {
    await goTo(supervisor, 'd', 'Administration');
    const { page } = supervisor;
    await page.getByText('From CNY 1,000,000: two supervisors').waitFor();
    await page.getByRole('button', { name: 'Draft of policy 2' }).click();
    const draft = JSON.parse(await page.getByLabel('Draft of policy 2').inputValue()) as {
      rules: { id: string; demand: { groups: { count: number }[] } }[];
    };
    for (const rule of draft.rules) for (const group of rule.demand.groups) group.count = 3;
    await page.getByLabel('Draft of policy 2').fill(JSON.stringify(draft));
    await page.getByRole('button', { name: 'Rehearse on past instructions' }).click();
    await page.getByTestId('rehearsal').getByText('would have been treated otherwise').waitFor();
    await page.screenshot({ path: join(pictures, 'admin.png') });
  });

  it('is there in four languages and two themes, at two sizes', async () => {
    const { page } = supervisor;
    await goTo(supervisor, 'w', 'What waits');
    for (const [language, title] of [
      ['zh-CN', '待办事项'],
      ['zh-TW', '待辦事項'],
      ['ja', '未処理の件'],
      ['en', 'What waits'],
    ] as const) {
      await page.getByRole('combobox').first().selectOption(language);
      await page.getByRole('heading', { name: title }).waitFor();
      if (language === 'zh-CN') await page.screenshot({ path: join(pictures, 'worklist-zh-CN.png') });
    }
    for (const size of [
      { width: 1280, height: 800 },
      { width: 1920, height: 1080 },
    ]) {
      await page.setViewportSize(size);
      for (const theme of ['light', 'dark']) {
        const isDark = (await page.getByRole('switch', { name: 'Dark' }).getAttribute('aria-checked')) === 'true';
        if (isDark !== (theme === 'dark')) await page.getByRole('switch', { name: 'Dark' }).click();
        await page.screenshot({ path: join(pictures, `worklist-${theme}-${size.width}.png`) });
      }
    }
  });

  it('made no page complain: no policy violation, no console error, no request elsewhere', () => {
    expect([teller.complaints, supervisor.complaints]).toEqual([[], []]);
  });

  it('refuses a key that is not the enrolled one', async () => {
    await supervisor.swapKey();
    const { page } = supervisor;
    await page.keyboard.press('Control+l');
    await page.getByRole('heading', { name: 'Unlock' }).waitFor();
    await unlock(supervisor);
    await page.locator('[data-refusal="not touched"]').waitFor({ timeout: 60_000 });
  });
});

const repaintingScript = `
  const repaint = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const lie = (node.nodeValue ?? '').replaceAll('1,100,000.00', '1,100.00').replaceAll('1234', '9999');
      if (lie !== node.nodeValue) node.nodeValue = lie;
    }
  };
  repaint();
  new MutationObserver(repaint).observe(document.body, { subtree: true, childList: true, characterData: true });
`;
const item = (n: number, amount: string) => `<CdtTrfTxInf><PmtId><EndToEndId>E2E-${n}</EndToEndId></PmtId>
<Amt><InstdAmt Ccy="CNY">${amount}</InstdAmt></Amt><Cdtr><Nm>Payee ${n}</Nm></Cdtr>
<CdtrAcct><Id><Othr><Id>62220212345600${n}</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>`;
const paymentFile = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>E2E-FILE</MsgId><CreDtTm>2026-11-24T10:00:00Z</CreDtTm><NbOfTxs>3</NbOfTxs><InitgPty><Nm>Platform</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>1</PmtInfId><PmtMtd>TRF</PmtMtd><Dbtr><Nm>Platform</Nm></Dbtr><DbtrAcct><Id><Othr><Id>910000000001</Id></Othr></Id></DbtrAcct>
${item(11, '10.00')}${item(12, '20.50')}</PmtInf>
<PmtInf><PmtInfId>2</PmtInfId><PmtMtd>TRF</PmtMtd><Dbtr><Nm>Platform</Nm></Dbtr><DbtrAcct><Id><Othr><Id>999999999999</Id></Othr></Id></DbtrAcct>
${item(13, '30.00')}</PmtInf></CstmrCdtTrfInitn></Document>`;
