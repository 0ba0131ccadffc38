import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../testing/desk.ts';
import { newDesk, openClient, openTestOffice, overHttp, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
let account: string;
beforeAll(async () => {
  office = await openTestOffice();
  account = await openClient(office, 'c1', 100_000n);
});
afterAll(() => office.depository.close());

let copies = 0;
/** What lies on disk of the first terminal at this moment, as if the machine had been cut off. */
function snapshot(): string {
  copies += 1;
  const folder = join(office.directory, `copy-${copies}`);
  mkdirSync(folder);
  cpSync(join(office.directory, 'T-01', 'vault'), join(folder, 'vault'), { recursive: true });
  return folder;
}
const inVault = (folder: string, name: string): string => join(folder, 'vault', name);
const headFiles = (folder: string): string[] =>
  readdirSync(join(folder, 'vault')).filter((name) => name.startsWith('vault.head'));

/** Makes something that the teller is told is safe. */
const commit = async () => {
  const payee = { name: 'Wang Wei', account: '6222021234567890', agent: null, endToEndId: 'E', remittance: null };
  await office.maker.make({ kind: 'payment', account, asset: 'CNY', amount: '1', payee });
};

async function foundAt(folder: string): Promise<string | undefined> {
  const desk = newDesk(folder, office.time.nowMs, { connect: overHttp });
  await desk.unlock(office.teller);
  const { readOnly } = await desk.client.status({});
  if (readOnly !== null) {
    const freeze = { draft: { kind: 'freeze', account, reason: 'x' } as const, source: null };
    const made = await desk.client.make({ drafts: [freeze] });
    expect(made.ok === false && made.refusal.type).toBe('read only');
  }
  await desk.client.lock({});
  return readOnly?.type;
}

describe('a vault that is not the newest one', () => {
  it('is as good as new when nothing was put back, closed properly or not', async () => {
    await commit();
    expect(await foundAt(snapshot())).toBeUndefined();
    await office.maker.client.lock({});
    expect(await foundAt(snapshot())).toBeUndefined();
    await office.maker.unlock(office.teller);
  });

  it('is noticed when an older database is put back', async () => {
    const before = snapshot();
    await commit();
    const after = snapshot();
    for (const name of ['vault.db', 'vault.db-wal', 'vault.db-shm']) {
      rmSync(inVault(after, name), { force: true });
      if (readdirSync(join(before, 'vault')).includes(name)) copyFileSync(inVault(before, name), inVault(after, name));
    }
    expect(await foundAt(after)).toBe('vault rolled back');
  });

  it('is noticed when the end of the database was lost with its WAL', async () => {
    await commit();
    const cut = snapshot();
    rmSync(inVault(cut, 'vault.db-wal'));
    rmSync(inVault(cut, 'vault.db-shm'), { force: true });
    expect(await foundAt(cut)).toBe('vault rolled back');
  });

  it('is noticed when the record is lost, changed, or put back from too long ago', async () => {
    const lost = snapshot();
    for (const name of headFiles(lost)) rmSync(inVault(lost, name));
    expect(await foundAt(lost)).toBe('head record lost');
    const old = snapshot();
    for (let i = 0; i < 3; i++) await commit();
    const later = snapshot();
    for (const name of headFiles(old)) copyFileSync(inVault(old, name), inVault(later, name));
    expect(await foundAt(later)).toBe('head record lost');
  });

  it('is not suspected when a crash came between a commit and its record', async () => {
    const before = snapshot();
    await commit();
    const after = snapshot();
    for (const name of headFiles(before)) copyFileSync(inVault(before, name), inVault(after, name));
    expect(await foundAt(after)).toBeUndefined();
  });

  it('cannot tell by itself when everything was put back together; the log then goes on where it was', async () => {
    const whole = snapshot();
    await commit();
    await office.syncAll();
    expect(await foundAt(whole)).toBeUndefined();
    const desk = newDesk(whole, office.time.nowMs, { connect: overHttp });
    await desk.unlock(office.teller);
    await desk.sync();
    const [restored, live] = [await desk.client.booksDigest({}), await office.maker.client.booksDigest({})];
    expect(accepted(restored)).toEqual(accepted(live));
    await desk.client.lock({});
  });
});
