import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import { type CutOffWork, cutOff } from '../testing/cut-off.ts';
import { accepted, finished } from '../testing/desk.ts';
import { newDesk, openClient, openTestOffice, overHttp, type TestOffice } from '../testing/office.ts';
import { openSmallDisk, skipLoudly } from '../testing/small-disk.ts';
import { beginAttempts } from './vault/attempts.ts';

let office: TestOffice;
let target: string;
beforeAll(async () => {
  office = await openTestOffice();
  await openClient(office, 'c1', 100_000n);
  target = join(office.directory, 'backups');
  mkdirSync(target);
  await office.maker.unlock(office.officers[0]);
});
afterAll(() => office.depository.close());

const typeOf = (result: { ok: boolean; refusal?: { type: string } }): string => result.refusal?.type ?? 'accepted';
const make = async (client: TerminalClient, folder: string | null) => finished(client.backup({ folder }));
const setsThere = (folder: string): string[] => readdirSync(folder).sort();
const folder = () => mkdtempSync(join(tmpdir(), 'custos-'));

describe('a backup', () => {
  it('is one folder with everything in it, encrypted, and opens as the vault that it was made of', async () => {
    const { maker, officers, time } = office;
    const report = accepted(await make(maker.client, target));
    expect(setsThere(target)).toEqual([report.name]);
    const set = join(target, report.name);
    expect(readdirSync(set).map((name) => name.replace(/[01]$/, 'n'))).toEqual([
      'manifest.json',
      'vault.db',
      'vault.head.n',
      'vault.slots',
    ]);
    const status = await maker.client.status({});
    expect(report).toMatchObject({ size: status.log.size, epoch: 1, removed: 0 });
    expect(status.vault?.backup).toMatchObject({ isRunning: false, lastAt: report.madeAt });
    for (const file of readdirSync(set)) expect(readFileSync(join(set, file)).includes('Holder c1')).toBe(false);
    const elsewhere = folder();
    cpSync(set, join(elsewhere, 'vault'), { recursive: true });
    beginAttempts(join(elsewhere, 'vault'), { wallMs: time.nowMs(), run: 'copied', steadyMs: 0 });
    const desk = newDesk(elsewhere, time.nowMs, { connect: overHttp });
    await desk.unlock(officers[0]);
    expect((await desk.client.status({})).readOnly).toBeNull();
    expect(accepted(await desk.client.booksDigest({}))).toEqual(accepted(await maker.client.booksDigest({})));
    await desk.client.lock({});
  });

  it('is known as its own, checked, and found out when one bit of any file was changed', async () => {
    const { client } = office.maker;
    const { backups } = accepted(await client.backups({ folder: target }));
    expect(backups.map((one) => one.state)).toEqual(['checked']);
    const [{ path = '' } = {}] = backups;
    expect(accepted(await finished(client.checkBackup({ path })))).toMatchObject({ opened: true });
    for (const name of readdirSync(path)) {
      const file = join(path, name);
      const good = readFileSync(file);
      const bad = Buffer.from(good);
      const at = Math.floor(bad.length / 2);
      bad[at] = (bad[at] as number) ^ 1;
      writeFileSync(file, bad);
      expect([name, typeOf(await finished(client.checkBackup({ path })))]).toEqual([name, 'backup damaged']);
      writeFileSync(file, good);
    }
    rmSync(join(path, 'vault.slots'));
    expect(accepted(await client.backups({ folder: target })).backups.map((one) => one.state)).toEqual(['damaged']);
    rmSync(path, { recursive: true });
  });

  it('of another vault is foreign, and so is one whose files were taken from two', async () => {
    const { maker, checker, officers } = office;
    await checker.unlock(officers[1]);
    accepted(await make(checker.client, target));
    expect(accepted(await maker.client.backups({ folder: target })).backups.map((one) => one.state)).toEqual([
      'foreign',
    ]);
    for (const name of setsThere(target)) rmSync(join(target, name), { recursive: true });
    const first = accepted(await make(maker.client, target));
    await maker.sync();
    const second = accepted(await make(maker.client, target));
    cpSync(join(target, first.name, 'manifest.json'), join(target, second.name, 'manifest.json'));
    expect(typeOf(await finished(maker.client.checkBackup({ path: join(target, second.name) })))).toBe(
      'backup damaged',
    );
    for (const name of setsThere(target)) rmSync(join(target, name), { recursive: true });
  });

  it('does not go into the folder of the vault, nor where there is no folder, nor where a teller likes', async () => {
    const { maker, directory, teller, officers } = office;
    const vault = join(directory, 'T-01', 'vault');
    mkdirSync(join(vault, 'inside'));
    for (const bad of [vault, join(vault, 'inside'), join(vault, '..', 'vault'), 'backups', join(directory, 'nowhere')])
      expect([bad, typeOf(await make(maker.client, bad))]).toEqual([bad, 'bad folder']);
    rmSync(join(vault, 'inside'), { recursive: true });
    expect(typeOf(await make(maker.client, null))).toBe('bad folder');
    await maker.unlock(teller);
    expect(typeOf(await make(maker.client, target))).toBe('not entitled');
    const plan = { folder: target, everyHours: 4, keepLast: 2, keepDays: 0, keepMonths: 0 };
    expect(typeOf(await maker.client.planBackups({ plan }))).toBe('not entitled');
    await maker.unlock(officers[0]);
  });

  it('leaves nothing behind on a disk that is full, and says so', async (context) => {
    const disk = openSmallDisk(128 << 10);
    if (disk === undefined) return skipLoudly(context, 'a full disk needs the right to mount one');
    try {
      const { client } = office.maker;
      expect(typeOf(await make(client, disk.path))).toBe('disk full');
      expect(setsThere(disk.path)).toEqual([]);
      const { entries } = accepted(await client.diary({ before: 10_000, limit: 1 }));
      expect(entries).toMatchObject([{ what: 'backup failed', facts: { why: 'disk full' } }]);
    } finally {
      disk.close();
    }
  });
});

describe('planned backups', () => {
  const plan = { everyHours: 4, keepLast: 2, keepDays: 0, keepMonths: 0 };

  it('are made when they are due as the terminal is locked, and only the ones that the plan keeps stay', async () => {
    const { maker, officers, time } = office;
    const { client } = maker;
    accepted(await client.planBackups({ plan: { ...plan, folder: target } }));
    writeFileSync(join(target, 'holiday.txt'), 'not a backup');
    mkdirSync(join(target, 'custos-T-01-by-hand'));
    const made: string[] = [];
    time.skip(4 * 3_600_000); // the newest one there was asked for
    for (let i = 0; i < 4; i++) {
      await maker.unlock(officers[0]);
      expect((await client.status({})).vault?.backup.isDue).toBe(true);
      await client.lock({});
      await maker.unlock(officers[0]); // need not wait for it
      while ((await client.status({})).vault?.backup.isRunning) await new Promise((resolve) => setTimeout(resolve, 20));
      const { backup } = (await client.status({})).vault ?? {};
      expect(backup).toMatchObject({ isPlanned: true, isDue: false, isRunning: false });
      await client.lock({});
      const newest =
        setsThere(target)
          .filter((name) => /-\d+T\d+Z$/.test(name))
          .at(-1) ?? '';
      expect(made).not.toContain(newest);
      made.push(newest);
      time.skip(4 * 3_600_000);
    }
    expect(setsThere(target)).toEqual([...made.slice(-2), 'custos-T-01-by-hand', 'holiday.txt']);
    await maker.unlock(officers[0]);
  });

  it('that are overdue for an hour, or failed, are in the status until one is made', async () => {
    const { maker, officers, time } = office;
    const { client } = maker;
    const standing = async () => (await client.status({})).vault?.backup;
    accepted(await make(client, null));
    time.skip(4 * 3_600_000 + 1000);
    expect(await standing()).toMatchObject({ isDue: true, overdueSince: null, failed: null });
    time.skip(3_600_000);
    const { overdueSince, lastAt } = (await standing()) ?? {};
    expect(Date.parse(overdueSince ?? '') - Date.parse(lastAt ?? '')).toBeGreaterThanOrEqual(4 * 3_600_000);
    renameSync(target, `${target}-gone`);
    expect(typeOf(await make(client, null))).toBe('bad folder');
    expect(await standing()).toMatchObject({ overdueSince, failed: 'bad folder' });
    renameSync(`${target}-gone`, target);
    await maker.unlock(officers[0]);
    accepted(await make(client, null));
    expect(await standing()).toMatchObject({ isDue: false, overdueSince: null, failed: null });
  });

  it('keep every set that is not known as genuine', async () => {
    const { client } = office.maker;
    const [oldest = ''] = setsThere(target).filter((name) => /-\d+T\d+Z$/.test(name));
    const manifest = join(target, oldest, 'manifest.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace(/"size":\d+/, '"size":1'));
    accepted(await make(client, null));
    accepted(await make(client, null));
    expect(setsThere(target)).toContain(oldest);
    expect(setsThere(target).filter((name) => /-\d+T\d+Z$/.test(name)).length).toBe(3);
  });
});

describe('a backup that is cut off', () => {
  it.each(['backup: copied, not verified', 'backup: verified, not renamed'] as const)(
    'at "%s" leaves the older one as it is and no half of a new one, and the next one is complete',
    async (point) => {
      const { maker, officers, directory, time } = office;
      const aside = folder();
      const set = accepted(await make(maker.client, aside)).name;
      const { request } = accepted(await maker.client.unlock({ operator: 'officer-a' }));
      if (request === null) throw new Error('the slot has an authenticator');
      const { id, clientExtensionResults } = officers[0].authenticator.get(request.options);
      const output = clientExtensionResults.prf?.results?.first ?? '';
      await maker.client.lock({});
      const at = folder();
      cpSync(join(directory, 'T-01', 'vault'), join(at, 'vault'), { recursive: true });
      await maker.unlock(officers[0]);
      const work: CutOffWork = {
        ...{ directory: join(at, 'vault'), operator: 'officer-a', passphrase: officers[0].passphrase },
        ...{ credential: id, output, target: aside },
      };
      const child = join(import.meta.dirname, '../testing/cut-off-backup.ts');
      expect(cutOff(child, work, point)).toBe('killed');
      const left = setsThere(aside);
      expect(left.filter((name) => !name.startsWith('.'))).toEqual([set]);
      expect(left.length).toBe(2);
      expect(cutOff(child, work, null)).toBe('done');
      const names = setsThere(aside);
      expect([names.length, names.some((name) => name.startsWith('.'))]).toEqual([2, false]);
      const desk = newDesk(at, time.nowMs, { connect: overHttp });
      await desk.unlock(officers[0]);
      for (const name of names) accepted(await finished(desk.client.checkBackup({ path: join(aside, name) })));
      await desk.client.lock({});
      expect(existsSync(join(aside, set))).toBe(true);
    },
  );
});
