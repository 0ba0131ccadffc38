import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, setUp, unlock, violations } from './stage.ts';
import { missing } from './steps.ts';

/** Pictures of these screens, for whoever wants to look at them. */
const pictures = process.env.CUSTOS_VAULT_PICTURES;

describe.skipIf(missing !== undefined)('a vault at the screen', { timeout: 120_000 }, () => {
  let stage: Stage;
  const found: string[] = [];
  beforeAll(async () => {
    stage = await openStage({}, 3);
  }, 120_000);
  afterAll(() => stage?.close());

  /** The rules that axe finds broken, in both themes where there are two. */
  const look = async (what: string) => {
    const [seat] = stage.seats;
    const themes = seat.page.getByRole('switch', { name: 'Dark' });
    const times = (await themes.count()) === 0 ? 1 : 2;
    for (let i = 0; i < times; i++) {
      for (const one of await violations(seat)) found.push(`${what}: ${one}`);
      if (pictures !== undefined)
        await seat.page.screenshot({ path: join(pictures, `${what.replaceAll(' ', '-')}-${i}.png`), fullPage: true });
      if (times === 2) await themes.click();
    }
  };
  const vault = () => join(stage.data, 'T-03', 'vault');
  const stop = async (reason: string) => {
    const { page } = stage.seats[0];
    await page.getByRole('link', { name: /Safeguarding/ }).click();
    await page.getByLabel('Reason').fill(reason);
    await page.getByRole('button', { name: 'Emergency stop' }).click();
    await page.getByText('Signed. It is on its way to the bank.').waitFor();
  };

  it('is backed up on demand, and a disk that is gone is said above every screen', async () => {
    const [seat] = stage.seats;
    const { page } = seat;
    await setUp(seat, 'officer-you', 'officer');
    const folder = join(stage.data, 'backups');
    mkdirSync(folder);
    await page.getByRole('link', { name: /Administration/ }).click();
    await page.getByLabel('Folder for backups').fill(folder);
    await page.getByRole('button', { name: 'Keep this plan' }).click();
    await page.getByText('The plan is kept.').waitFor();
    renameSync(folder, `${folder}-away`);
    await page.getByRole('button', { name: 'Back up now' }).click();
    await page.getByTestId('backup-banner').getByText('The newest backup was not made').waitFor();
    await look('backup failed');
    renameSync(`${folder}-away`, folder);
    await page.getByRole('button', { name: 'Back up now' }).click();
    await page.getByText('is made and was read back whole').waitFor();
    await page.getByTestId('backup-banner').waitFor({ state: 'detached' });
    await look('backups');
    expect(readdirSync(folder).length).toBe(1);
  });

  it('is restored on a new machine, unlocked by the same person, synchronised, and signs again', async () => {
    const [seat] = stage.seats;
    const { page } = seat;
    await page.keyboard.press('Control+l');
    await page.getByRole('heading', { name: 'Unlock' }).waitFor();
    await page.goto(stage.started.hosts[2]?.newEntry() ?? '');
    await page.getByText('Restore from a backup').click();
    await look('restore');
    const [set = ''] = readdirSync(join(stage.data, 'backups'));
    await page.getByLabel('Folder of the backup').fill(join(stage.data, 'backups', set));
    await page.keyboard.press('Enter');
    await page.getByTestId('restored').getByText('terminal T-01').waitFor();
    await look('restored');
    await unlock(seat);
    await page.getByTestId('me').filter({ hasText: 'officer-you' }).waitFor();
    await page.getByTestId('must-sync').waitFor({ state: 'detached' });
    await stop('the old machine was stolen');
  });

  it('says what was found when it is not the newest one, and is repaired by the officer', async () => {
    const [seat] = stage.seats;
    const { page } = seat;
    await page.keyboard.press('Control+l');
    await page.getByRole('heading', { name: 'Unlock' }).waitFor();
    for (const name of readdirSync(vault())) if (name.startsWith('vault.head')) rmSync(join(vault(), name));
    await unlock(seat);
    const panel = page.getByTestId('quarantine');
    await panel.getByText('The record beside the vault is missing').waitFor();
    await look('quarantine');
    await panel.getByRole('button', { name: 'Repair from the log' }).click();
    await panel.getByRole('button', { name: 'Replace the books now' }).click();
    await page.getByTestId('repaired').getByText('Repaired from').waitFor();
    await panel.waitFor({ state: 'detached' });
    await look('repaired');
    await page.getByTestId('must-sync').waitFor({ state: 'detached' });
    await stop('and still is');
  });

  it('without its slot file is no new terminal, and is unlocked again when that is put back', async () => {
    const [seat] = stage.seats;
    const { page } = seat;
    await page.keyboard.press('Control+l');
    await page.getByRole('button', { name: 'Open with recovery shares' }).click();
    await look('recovery shares');
    const slots = join(vault(), 'vault.slots');
    renameSync(slots, `${slots}.away`);
    await page.getByRole('heading', { name: 'This terminal needs to be restored' }).waitFor();
    await page.getByText('The key-slot file is gone').waitFor();
    await look('lost');
    renameSync(`${slots}.away`, slots);
    await page.getByRole('heading', { name: 'Unlock' }).waitFor();
    await look('unlock');
    await unlock(seat);
    await page.getByTestId('me').filter({ hasText: 'officer-you' }).waitFor();
  });

  it('has screens that are usable by WCAG 2.2 AA, and the browser has no complaint', () => {
    expect(found).toEqual([]);
    // Going to another machine is what this test does, not the page.
    const { host } = new URL(stage.started.hosts[2]?.origin ?? '');
    expect(stage.seats[0].complaints.filter((one) => !one.includes(`//${host}/`))).toEqual([]);
  });
});
