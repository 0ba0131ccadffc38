import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import { listenAtFaultPoints } from '../shared/fault.ts';
import { accepted, finished } from '../testing/desk.ts';
import { newDesk, openClient, openTestOffice, overHttp, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
let set: string;
const typeOf = (result: { ok: boolean; refusal?: { type: string } }): string => result.refusal?.type ?? 'accepted';
const payee = { name: 'Wang Wei', account: '6222021234567890', agent: null, endToEndId: 'E', remittance: null };
const payment = { kind: 'payment', account: 'acc-c1', asset: 'CNY', amount: '5', payee } as const;
const newMachine = () => mkdtempSync(join(tmpdir(), 'custos-'));

beforeAll(async () => {
  office = await openTestOffice();
  await openClient(office, 'c1', 100_000n);
  const { maker, officers, teller, directory } = office;
  await maker.unlock(officers[0]);
  const target = join(directory, 'backups');
  mkdirSync(target);
  set = join(target, accepted(await finished(maker.client.backup({ folder: target }))).name);
  // After the backup: one payment reaches the gateway, one never leaves the machine.
  await maker.unlock(teller);
  await maker.make(payment);
  await maker.sync();
  await maker.make({ ...payment, amount: '7' });
});
afterAll(() => office.depository.close());

describe('a backup on a new machine', () => {
  it('becomes its vault, signs nothing before it has synchronised, and then goes on where the log is', async () => {
    const folder = newMachine();
    const desk = newDesk(folder, office.time.nowMs, { connect: overHttp });
    expect((await desk.client.status({})).phase).toBe('new');
    expect(accepted(await desk.client.restore({ path: set }))).toMatchObject({ terminal: 'T-01', epoch: 1 });
    expect((await desk.client.status({})).phase).toBe('locked');
    expect(typeOf(await desk.client.restore({ path: set }))).toBe('vault exists');
    await desk.unlock(office.teller);
    const status = await desk.client.status({});
    expect([status.readOnly, status.outbox.queued]).toEqual([null, 0]);
    expect(typeOf(await desk.client.make({ drafts: [{ draft: payment, source: null }] }))).toBe('restored');
    expect((await desk.sync()).pulled).toBe(1);
    await desk.make({ ...payment, amount: '9' });
    expect((await desk.sync()).pushed).toBe(1);
    expect(accepted(await desk.client.diary({ before: 1000, limit: 1 })).entries).toMatchObject([
      { what: 'restored', operator: 'teller-a', facts: { caughtUp: 1 } },
    ]);
    // The lost machine's own payment of 7 is in no log: it was never handed in.
    const { instructions } = accepted(await desk.client.instructions({ states: [], after: '', limit: 100 }));
    expect(instructions.map((one) => one.amount).filter((amount) => amount !== null)).toEqual(['5', '9']);
    await desk.client.lock({});
  });

  it('is not restored from a set that is incomplete or changed, and nothing is written', async () => {
    for (const name of readdirSync(set)) {
      const file = join(set, name);
      const good = readFileSync(file);
      const bad = Buffer.from(good);
      bad[40] = (bad[40] as number) ^ 1;
      writeFileSync(file, bad);
      const folder = newMachine();
      const desk = newDesk(folder, office.time.nowMs, { connect: overHttp });
      const restored = await desk.client.restore({ path: set });
      writeFileSync(file, good);
      // What was changed in a manifest alone shows when somebody opens it: only then is the key there.
      if (name !== 'manifest.json') expect([name, typeOf(restored)]).toEqual([name, 'backup damaged']);
      // The lock that kept others out meanwhile says nothing.
      if (!restored.ok) expect(readdirSync(folder).filter((one) => one !== 'vault.lock')).toEqual([]);
    }
    const desk = newDesk(newMachine(), office.time.nowMs, { connect: overHttp });
    expect(typeOf(await desk.client.restore({ path: join(set, '..') }))).toBe('no backup');
  });

  it('is there complete or not at all when restoring is cut off', async () => {
    const folder = newMachine();
    const desk = newDesk(folder, office.time.nowMs, { connect: overHttp });
    listenAtFaultPoints((point) => {
      if (point === 'backup: restored, not renamed') throw Object.assign(new Error('cut'), { code: 'EIO' });
    });
    expect(typeOf(await desk.client.restore({ path: set }))).toBe('disk failed');
    listenAtFaultPoints(undefined);
    expect((await desk.client.status({})).phase).toBe('new');
    expect(typeOf(await desk.client.restore({ path: set }))).toBe('accepted');
  });

  it('is refused to whoever unlocks it when the set was put together by somebody else, and another one takes its place', async () => {
    const file = join(set, 'manifest.json');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace('"asked":"operator"', '"asked":"plan"'));
    expect(readFileSync(file, 'utf8')).not.toBe(good);
    const folder = newMachine();
    const desk = newDesk(folder, office.time.nowMs, { connect: overHttp });
    accepted(await desk.client.restore({ path: set }));
    writeFileSync(file, good);
    expect(typeOf(await desk.tryUnlock(office.teller))).toBe('backup not genuine');
    const { phase, finding } = await desk.client.status({});
    expect([phase, finding?.type]).toEqual(['locked', 'backup not genuine']);
    const { kept } = accepted(await desk.client.restore({ path: set }));
    expect(readdirSync(kept ?? '')).toContain('vault.slots');
    await desk.unlock(office.teller);
    expect((await desk.client.status({})).finding).toBeNull();
    await desk.client.lock({});
    await desk.unlock(office.teller); // once known, it is not asked again
    await desk.client.lock({});
  });

  it('is restored by command as well', () => {
    const to = join(newMachine(), 'vault');
    const args = [join(import.meta.dirname, '../cli/custos.ts'), 'restore', '--from', set, '--to', to];
    const ran = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([ran.status, JSON.parse(ran.stdout).terminal]).toEqual([0, 'T-01']);
    expect(readdirSync(to)).toContain('vault.slots');
    expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).status).toBe(1);
  });
});

describe('a terminal whose vault cannot be unlocked as it is', () => {
  const lostVault = (harm: (vault: string) => void): string => {
    const folder = newMachine();
    cpSync(join(office.directory, 'T-01', 'vault'), join(folder, 'vault'), { recursive: true });
    harm(join(folder, 'vault'));
    return folder;
  };
  const removeDatabase = (vault: string) => {
    for (const name of readdirSync(vault)) if (name.startsWith('vault.db')) rmSync(join(vault, name));
  };
  const founder = (): Parameters<TerminalClient['firstRun']>[0] => ({
    ...{ operator: 'somebody', role: 'teller', staffId: 's', passphrase: 'four words that are long' },
    ...{ invitation: office.depository.invitation, terminal: 'T-01' },
  });

  it('says what was found, is no new terminal, and a backup takes its place while its files stay', async () => {
    for (const [found, harm] of [
      ['slots lost', (vault: string) => rmSync(join(vault, 'vault.slots'))],
      ['slots damaged', (vault: string) => writeFileSync(join(vault, 'vault.slots'), '{"format":')],
      ['database lost', removeDatabase],
    ] as const) {
      const folder = lostVault(harm);
      const before = readdirSync(join(folder, 'vault'));
      const desk = newDesk(folder, office.time.nowMs, { connect: overHttp });
      const { phase, finding, offered } = await desk.client.status({});
      expect([phase, finding?.type, offered]).toEqual(['lost', found, null]);
      expect(typeOf(await desk.client.firstRun(founder()))).toBe(found);
      expect(typeOf(await desk.client.unlock({ operator: office.teller.id }))).toBe(found);
      expect(readdirSync(join(folder, 'vault'))).toEqual(before);
      const { kept } = accepted(await desk.client.restore({ path: set }));
      expect(readdirSync(kept ?? '')).toEqual(before);
      await desk.unlock(office.teller);
      await desk.sync();
      await desk.client.lock({});
    }
  });

  it('is replaced only when somebody with the factors has tried in vain, or by an officer where it is read-only', async () => {
    const damaged = lostVault((vault) => {
      const bytes = readFileSync(join(vault, 'vault.db'));
      bytes.fill(7, 4096 * 3, 4096 * 4);
      writeFileSync(join(vault, 'vault.db'), bytes);
    });
    const desk = newDesk(damaged, office.time.nowMs, { connect: overHttp });
    expect(typeOf(await desk.client.restore({ path: set }))).toBe('vault exists');
    expect(typeOf(await desk.tryUnlock({ ...office.teller, passphrase: 'another one, guessed' }))).toBe(
      'wrong passphrase',
    );
    expect(typeOf(await desk.client.restore({ path: set }))).toBe('vault exists');
    expect(typeOf(await desk.tryUnlock(office.teller))).toBe('vault damaged');
    accepted(await desk.client.restore({ path: set }));
    await desk.unlock(office.teller);

    const { maker, officers, teller } = office;
    const readOnly = newMachine();
    await maker.client.lock({});
    cpSync(join(office.directory, 'T-01', 'vault'), join(readOnly, 'vault'), { recursive: true });
    for (const name of readdirSync(join(readOnly, 'vault')))
      if (name.startsWith('vault.head')) rmSync(join(readOnly, 'vault', name));
    const there = newDesk(readOnly, office.time.nowMs, { connect: overHttp });
    await there.unlock(teller);
    expect((await there.client.status({})).readOnly?.type).toBe('head record lost');
    expect(typeOf(await there.client.restore({ path: set }))).toBe('not entitled');
    await there.unlock(officers[0]);
    expect(typeOf(await there.client.restore({ path: join(set, '..') }))).toBe('no backup');
    expect((await there.client.status({})).phase).toBe('unlocked');
    accepted(await there.client.restore({ path: set }));
    expect((await there.client.status({})).phase).toBe('locked');
    await there.unlock(officers[0]);
    expect((await there.client.status({})).readOnly).toBeNull();
    await there.client.lock({});
  });
});
