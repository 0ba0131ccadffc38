import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, setUp, violations } from './stage.ts';
import { missing } from './steps.ts';

/** Pictures of these screens, for whoever wants to look at them. */
const pictures = process.env.CUSTOS_VAULT_PICTURES;

describe.skipIf(missing !== undefined)('recovery cards at the screen', { timeout: 120_000 }, () => {
  let stage: Stage;
  const cards: string[] = [];
  beforeAll(async () => {
    stage = await openStage();
  }, 120_000);
  afterAll(() => stage?.close());

  const found: string[] = [];
  const look = async (what: string) => {
    const [seat] = stage.seats;
    for (const one of await violations(seat)) found.push(`${what}: ${one}`);
    if (pictures !== undefined)
      await seat.page.screenshot({ path: join(pictures, `${what.replaceAll(' ', '-')}.png`) });
  };
  const handIn = async () => {
    const { page } = stage.seats[0];
    for (const [i, card] of [cards[0], cards[1], cards[3], cards[4]].entries()) {
      await page.getByLabel('Words of the next card').fill(card as string);
      await page.keyboard.press('Enter');
      if (i < 3)
        await page
          .getByText(`${(i % 2) + 1} handed in, 2 needed`)
          .last()
          .waitFor();
    }
  };

  it('pass a drill that shows its report and is put on record', async () => {
    const [seat] = stage.seats;
    const { page } = seat;
    await setUp(seat, 'officer-you', 'officer');
    await page.getByRole('button', { name: 'Make the shares' }).click();
    await look('shares to be made');
    await page.getByLabel('Recovery shares').getByRole('button', { name: 'Make the shares' }).click();
    for (let i = 0; i < 6; i++) {
      await page.getByRole('heading', { name: `Share ${i + 1} of 6` }).waitFor();
      if (i === 0) await look('first share');
      const words = await page.getByTestId('share').locator('li').allTextContents();
      cards.push(words.join(' '));
      const asked = await page.getByText(/Type word \d+ of this share/).textContent();
      await page.keyboard.type(words[Number(/\d+/.exec(asked ?? '')?.[0]) - 1] ?? '');
      await page.keyboard.press('Enter');
    }
    await page.getByRole('link', { name: /Administration/ }).click();
    await page.getByRole('button', { name: 'Recovery drill' }).click();
    await look('drill');
    await page.getByRole('button', { name: 'Begin' }).press('Enter');
    await page.getByLabel('Words of the next card').fill(`custos ${cards[0]?.split(' ').slice(1).join(' ')}`);
    await page.keyboard.press('Enter');
    await page.getByText('Word 1 is not a word of such a card.').waitFor();
    await look('mistyped card');
    await handIn();
    await page.getByRole('button', { name: 'Try the cards' }).click();
    await page.getByText('The cards open this vault: 2 of officers, 2 of custodians').waitFor();
    await look('drill report');
    await page.getByRole('button', { name: 'Put on record' }).press('Enter');
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
  });

  it('open a locked vault with a new passphrase, and the screen says that it must go on record', async () => {
    const { page } = stage.seats[0];
    await page.keyboard.press('Control+l');
    await page.getByRole('button', { name: 'Open with recovery shares' }).click();
    await page.getByRole('button', { name: 'Begin' }).press('Enter');
    await handIn();
    await look('new passphrase');
    await page.getByLabel('New passphrase', { exact: true }).fill('four other words entirely');
    await page.getByLabel('New passphrase again').fill('four other words entirely');
    await page.keyboard.press('Enter');
    await page.getByText('This vault was opened with recovery shares.').waitFor();
    await page.getByText('This vault has no recovery shares yet.').waitFor();
    await look('not on record');
    expect(found).toEqual([]);
    expect(stage.seats[0].complaints).toEqual([]);
  });
});
