import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { utf8 } from '../shared/bytes.ts';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import type { RepairReport } from '../shared/contract/vault.ts';
import { listenAtFaultPoints } from '../shared/fault.ts';
import { leafHash } from '../shared/log/hash.ts';
import type { Result } from '../shared/result.ts';
import { accepted, Desk, finished } from '../testing/desk.ts';
import { newTestTerminal, openClient, openTestOffice, overHttp, type TestOffice } from '../testing/office.ts';
import { terminalRouter } from './router.ts';
import type { Session } from './session.ts';
import { placedRecords } from './store/log.ts';
import { readSetting, writeSetting } from './store/settings.ts';
import type { Terminal } from './terminal.ts';

let office: TestOffice;
let account: string;
/** The files of the second terminal before and after a day's business, locked. */
let [before, after] = ['', ''];
beforeAll(async () => {
  office = await openTestOffice();
  account = await openClient(office, 'c1', 100_000n);
  await openClient(office, 'c2', 500n);
  await office.checker.client.lock({});
  before = snapshot(join(office.directory, 'T-02'));
  await office.checker.unlock(office.supervisor);
  office.depository.bank.creditReceipt({ asset: 'CNY', amount: 7n, custodyNumber: '900c1', payer: 'Holder c1' });
  await office.depository.run();
  await office.syncAll();
  await office.checker.client.lock({});
  after = snapshot(join(office.directory, 'T-02'));
}, 60_000);
afterAll(() => office.depository.close());

let copies = 0;
function snapshot(from: string): string {
  copies += 1;
  const folder = join(office.directory, `copy-${copies}`);
  mkdirSync(folder);
  cpSync(join(from, 'vault'), join(folder, 'vault'), { recursive: true });
  return folder;
}
const inVault = (folder: string, name: string): string => join(folder, 'vault', name);

interface Opened {
  readonly terminal: Terminal;
  readonly desk: Desk;
}
async function open(folder: string, who = office.officers[1]): Promise<Opened> {
  const terminal = newTestTerminal(folder, office.time.nowMs, { connect: overHttp });
  const desk = new Desk(createRouterClient(terminalRouter(terminal)) as unknown as TerminalClient);
  await desk.unlock(who);
  return { terminal, desk };
}
const repaired = (desk: Desk): Promise<Result<RepairReport>> => finished(desk.client.repair({}));
const readOnlyOf = async (desk: Desk) => (await desk.client.status({})).readOnly;

/** A copy of the newest files with the page of a table, and whatever else differs on it, as it was before. */
async function withOldPage(table: string): Promise<string> {
  const folder = snapshot(after);
  const { terminal, desk } = await open(snapshot(after));
  const page = terminal.session?.store.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').pluck().get(table);
  await desk.client.lock({});
  const [old, now] = [before, folder].map((one) => readFileSync(inVault(one, 'vault.db'))) as [Buffer, Buffer];
  const at = ((page as number) - 1) * 4096;
  expect(old.subarray(at, at + 4096).equals(now.subarray(at, at + 4096))).toBe(false);
  old.copy(now, at, at, at + 4096);
  writeFileSync(inVault(folder, 'vault.db'), now);
  return folder;
}

/** What a terminal that never had anything else would hold. */
async function asFresh(desk: Desk): Promise<void> {
  const untouched = await open(snapshot(after));
  const [mine, theirs] = [await desk.client.booksDigest({}), await untouched.desk.client.booksDigest({})];
  expect(accepted(mine)).toEqual(accepted(theirs));
  await untouched.desk.client.lock({});
  const compared = accepted(await finished(desk.client.rebuild({})));
  expect(compared.differences).toEqual([]);
}

describe('books that are not what was last written', () => {
  it('are replaced by what the log leads to, and the terminal works again, now and after the next unlocking', async () => {
    const folder = await withOldPage('accounts');
    const first = await open(folder);
    expect((await readOnlyOf(first.desk))?.type).toBe('books changed');
    const report = accepted(await repaired(first.desk));
    expect(report).toMatchObject({ tables: ['The ledger accounts'], mustSync: false });
    expect(report.rows).toBeGreaterThan(0);
    expect(await readOnlyOf(first.desk)).toBeNull();
    await asFresh(first.desk);
    await first.desk.client.lock({});
    const again = await open(folder);
    expect(await readOnlyOf(again.desk)).toBeNull();
    await again.desk.make({ kind: 'freeze', account, reason: 'asked by the court' });
    await again.desk.client.lock({});
  });

  it('are replaced as well where instructions that wait for their value date are not those that were written', async () => {
    const folder = snapshot(after);
    const { terminal, desk } = await open(folder);
    const { store } = terminal.session as Session;
    store.transaction(() => store.digests.add('scheduled', 'i-1', 'a row that is gone'));
    await desk.client.lock({});
    const again = await open(folder);
    expect(await readOnlyOf(again.desk)).toMatchObject({
      type: 'books changed',
      why: expect.stringContaining('value date'),
    });
    accepted(await repaired(again.desk));
    await asFresh(again.desk);
    await again.desk.client.lock({});
  });

  it('are kept as they lay, with a list of what was found, before anything is replaced; the diary says so', async () => {
    const folder = await withOldPage('accounts');
    const { desk } = await open(folder);
    const report = accepted(await repaired(desk));
    const kept = readdirSync(report.evidence);
    expect(kept).toEqual(expect.arrayContaining(['found.json', 'vault.db', 'vault.slots']));
    const found = JSON.parse(readFileSync(join(report.evidence, 'found.json'), 'utf8'));
    expect(found).toMatchObject({ found: 'books changed', by: 'officer', operator: 'officer-b', size: report.size });
    const { stored, counted, now } = found.digests.account;
    expect([counted === stored, now === stored]).toEqual([false, true]);
    expect(found.differences[0]).toMatchObject({ table: 'account', how: expect.any(String) });
    const { entries } = accepted(await desk.client.diary({ before: 1_000_000, limit: 1 }));
    expect(entries).toMatchObject([{ what: 'repaired', operator: 'officer-b', facts: { tables: 'account' } }]);
    await desk.client.lock({});
  });

  it('are those of before or those of the log, wherever the power goes', async () => {
    for (const point of [
      'repair: evidence kept, nothing replaced',
      'repair: replaced, not committed',
      'vault: before commit',
      'vault: committed, head not recorded',
      'vault: head half written',
      'vault: head recorded',
    ] as const) {
      const folder = await withOldPage('legs');
      const { desk } = await open(folder);
      let cut = '';
      listenAtFaultPoints((one) => {
        if (one !== point || cut !== '') return;
        cut = snapshot(folder);
        throw new Error('power cut');
      });
      await repaired(desk).catch(() => {});
      listenAtFaultPoints(undefined);
      await desk.client.lock({});
      const next = await open(cut);
      const isOld = (await readOnlyOf(next.desk))?.type === 'books changed';
      expect([point, isOld]).toEqual([
        point,
        !point.startsWith('vault: committed') && !point.startsWith('vault: head'),
      ]);
      if (isOld) accepted(await repaired(next.desk));
      await asFresh(next.desk);
      await next.desk.client.lock({});
    }
  }, 60_000);

  it('are replaced by an officer only, and only where something was found', async () => {
    const sound = await open(snapshot(after));
    const nothing = await repaired(sound.desk);
    expect(nothing.ok === false && nothing.refusal.type).toBe('nothing to repair');
    await sound.desk.client.lock({});
    const { desk } = await open(await withOldPage('accounts'), office.supervisor);
    const refused = await repaired(desk);
    expect(refused.ok === false && refused.refusal.type).toBe('not entitled');
    expect((await readOnlyOf(desk))?.type).toBe('books changed');
    await desk.client.lock({});
  });
});

describe('a log that is not the one that was verified', () => {
  /** Leaves out the newest records, and everything that says so but the signatures: as a program with the key could. */
  const forge = async (change: (terminal: Terminal) => void): Promise<Desk> => {
    const { terminal, desk } = await open(await withOldPage('accounts'));
    change(terminal);
    return desk;
  };

  it('is not built from when a record was changed together with its stored hash', async () => {
    const desk = await forge(({ session }) => {
      const { store, tree } = session as Session;
      const leaf = utf8('{}');
      const hashes = new Uint8Array(tree.leafHashes(0, tree.size));
      hashes.set(leafHash(nodePrimitives.sha256, leaf), hashes.length - 32);
      const last = store.prepare('SELECT max(sequence) FROM records').pluck().get() as number;
      store.prepare('DELETE FROM records WHERE sequence = ?').run(last);
      const leaves = [...placedRecords(store)].length;
      expect(leaves).toBeLessThan(tree.size);
      store.prepare('INSERT INTO records VALUES (?, ?)').run(tree.size - 1, leaf);
      store.prepare('UPDATE hashes SET leaves = ? WHERE tile = 0').run(hashes);
    });
    const refused = await repaired(desk);
    expect(refused.ok === false && refused.refusal.type).toBe('log not proven');
    expect((await readOnlyOf(desk))?.type).toBe('books changed');
    await desk.client.lock({});
  });

  it('is not built from without a checkpoint that the gateway signed and this terminal vouched for', async () => {
    const note = (change: (text: string) => string) => (terminal: Terminal) => {
      const { store } = terminal.session as NonNullable<Terminal['session']>;
      const text = store.prepare("SELECT value FROM settings WHERE name = 'checkpoint'").pluck().get() as string;
      store.prepare("UPDATE settings SET value = ? WHERE name = 'checkpoint'").run(change(text));
    };
    for (const change of [
      (text: string) => text.replace(/^(.*\n)(\d+)\n/, (_, name, size) => `${name}${Number(size) - 1}\n`),
      (text: string) =>
        text
          .split('\n')
          .filter((line) => !line.includes('/terminal/'))
          .join('\n'),
    ]) {
      const desk = await forge(note(change));
      const refused = await repaired(desk);
      expect(refused.ok === false && refused.refusal.type).toBe('log not proven');
      await desk.client.lock({});
    }
  });

  it('is not built from when what this terminal alone knows was put back with the books', async () => {
    const { desk } = await open(await withOldPage('settings'));
    const refused = await repaired(desk);
    expect(refused.ok === false && refused.refusal).toMatchObject({
      type: 'not repairable',
      next: expect.stringContaining('Restore a backup'),
    });
    await desk.client.lock({});
  });
});

describe('records that are not here any more', () => {
  /** A copy of the newest files in which a part of the log is gone, as a disk that lost a write leaves it. */
  const without = async (table: 'records' | 'hashes'): Promise<string> => {
    const folder = snapshot(after);
    const { terminal, desk } = await open(folder);
    const { store } = terminal.session as Session;
    if (table === 'records')
      store.exec('DELETE FROM records WHERE sequence IN (2, (SELECT max(sequence) FROM records))');
    else store.exec('UPDATE hashes SET leaves = substr(leaves, 1, length(leaves) - 64)');
    await desk.client.lock({});
    return folder;
  };

  it('come from the gateway, proven by the stored hashes, and the books are built from all of them', async () => {
    for (const table of ['records', 'hashes'] as const) {
      const folder = await without(table);
      const { desk } = await open(folder);
      expect((await readOnlyOf(desk))?.type).toBe('books changed');
      const report = accepted(await repaired(desk));
      expect([table, report.fetched > 0, report.mustSync]).toEqual([table, table === 'records', false]);
      await asFresh(desk);
      await desk.client.lock({});
      const again = await open(folder);
      expect(await readOnlyOf(again.desk)).toBeNull();
      expect((await again.desk.sync()).pulled).toBe(0);
      await again.desk.client.lock({});
    }
  });

  it('are waited for when the bank link is down, and taken from nobody who gives others', async () => {
    const { terminal, desk } = await open(await without('records'));
    const line = terminal.parts.connect;
    const lines = terminal.parts as { connect: typeof line };
    lines.connect = (_, asker) => line(['http://127.0.0.1:1'], asker);
    const down = await repaired(desk);
    expect(down.ok === false && down.refusal.type).toBe('unreachable');
    lines.connect = (urls, asker) => {
      const client = line(urls, asker);
      return {
        ...client,
        records: async (input: Parameters<typeof client.records>[0]) => {
          const { records } = await client.records(input);
          return { records: records.map((one) => one.replace('"admittedAt":"2', '"admittedAt":"3')) };
        },
      } as typeof client;
    };
    const lied = await repaired(desk);
    expect(lied.ok === false && lied.refusal.type).toBe('fork');
    expect((await readOnlyOf(desk))?.type).toBe('books changed');
    lines.connect = line;
    accepted(await repaired(desk));
    await asFresh(desk);
    await desk.client.lock({});
  });
});

describe('a vault that is not the newest one', () => {
  /** A backup is under way when the terminal is locked; unlocked again, its head record is gone. */
  const backupBegun = async () => {
    const folder = snapshot(after);
    const { terminal, desk } = await open(folder);
    mkdirSync(join(folder, 'backups'));
    const backup = await desk.client.backup({ folder: join(folder, 'backups') });
    await backup.next();
    await desk.client.lock({});
    for (const name of headsIn(folder)) rmSync(inVault(folder, name));
    await desk.unlock(office.officers[1]);
    expect((await readOnlyOf(desk))?.type).toBe('head record lost');
    expect(terminal.backup).toBeDefined();
    return { folder, desk, madeBackup: () => finished(Promise.resolve(backup)) };
  };
  const headsIn = (folder: string) =>
    readdirSync(join(folder, 'vault')).filter((name) => name.startsWith('vault.head'));

  it('is repaired once the backup that was begun before has come to its end', async () => {
    const { desk, madeBackup } = await backupBegun();
    const [report, made] = await Promise.all([repaired(desk), madeBackup()]);
    accepted(made);
    expect(accepted(report)).toMatchObject({ mustSync: true });
    expect(await readOnlyOf(desk)).toBeNull();
    await desk.client.lock({});
  });

  it('is given no head record by what a backup writes into its diary', async () => {
    const { folder, desk, madeBackup } = await backupBegun();
    accepted(await madeBackup());
    expect(headsIn(folder)).toEqual([]);
    await desk.client.lock({});
  });

  const putBack = (): string => {
    const folder = snapshot(after);
    for (const name of ['vault.db', 'vault.db-wal', 'vault.db-shm']) {
      rmSync(inVault(folder, name), { force: true });
      if (existsSync(inVault(before, name))) copyFileSync(inVault(before, name), inVault(folder, name));
    }
    return folder;
  };

  it('signs again only after a sync has proven how its log goes on', async () => {
    const { desk } = await open(putBack());
    expect((await readOnlyOf(desk))?.type).toBe('vault rolled back');
    expect(accepted(await repaired(desk))).toMatchObject({ mustSync: true });
    expect(await readOnlyOf(desk)).toBeNull();
    const freeze = { draft: { kind: 'freeze', account, reason: 'x' } as const, source: null };
    const early = await desk.client.make({ drafts: [freeze] });
    expect(early.ok === false && early.refusal.type).toBe('restored');
    expect(await desk.client.status({})).toMatchObject({ mustSync: true });
    await desk.sync();
    expect(await desk.client.status({})).toMatchObject({ mustSync: false });
    const { entries } = accepted(await desk.client.diary({ before: 1_000_000, limit: 5 }));
    expect(entries.map((one) => one.what)).toContain('rejoined');
    await asFresh(desk);
    await desk.make({ kind: 'freeze', account, reason: 'x' });
    await desk.client.lock({});
  });

  it('takes no log that ends before what it had verified', async () => {
    const { terminal, desk } = await open(putBack());
    accepted(await repaired(desk));
    const session = terminal.session as Session;
    const mark = JSON.parse(readSetting(session.store, 'restored') ?? '');
    expect(mark.reach.size).toBeGreaterThan(session.tree.size);
    // As if it had verified more than the gateway now shows.
    const more = { ...mark, reach: { ...mark.reach, size: mark.reach.size + 1000 } };
    session.commit(() => writeSetting(session.store, 'restored', JSON.stringify(more)));
    await desk.sync();
    expect((await readOnlyOf(desk))?.type).toBe('rollback');
    const again = await repaired(desk);
    expect(again.ok === false && again.refusal.type).toBe('not repairable');
    await desk.client.lock({});
  });
});
