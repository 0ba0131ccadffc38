import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { base64urlToBytes } from '../shared/bytes.ts';
import { listenAtFaultPoints } from '../shared/fault.ts';
import type { Result } from '../shared/result.ts';
import { accepted } from '../testing/desk.ts';
import { newDesk, officeOrigin, openClient, openTestOffice, overHttp, type TestOffice } from '../testing/office.ts';
import { everyRow } from '../testing/rows.ts';
import { requestOptions } from './identity/relying-party.ts';
import { openSession, type Session } from './session.ts';
import { writeSetting } from './store/settings.ts';
import { ceremonySalts, unlockVault } from './vault/vault.ts';

const party = { id: 'localhost', name: 'Custos', origins: [officeOrigin] };

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

/** Opens what lies in a folder as the teller does, with the factors tried once. */
async function teller(folder: string): Promise<(folder: string, countAtOnce?: number) => Result<Session>> {
  const directory = join(folder, 'vault');
  const salts = ceremonySalts(directory, office.teller.id)!;
  const options = await requestOptions(party, {
    challenge: new Uint8Array(32),
    credentials: [{ id: salts.credential, salts: { first: salts.prfSalt, second: salts.signSalt } }],
  });
  const assertion = office.teller.authenticator.get(options);
  const output = base64urlToBytes(assertion.clientExtensionResults.prf?.results?.first ?? '')!;
  const vault = await unlockVault(directory, office.teller.id, {
    passphrase: office.teller.passphrase,
    prf: { credential: salts.credential, output },
  });
  if (!vault.ok) throw new Error(vault.refusal.type);
  return (other, countAtOnce = 1_000_000) => {
    const there = join(other, 'vault');
    const parts = { primitives: nodePrimitives, clock: office.time.nowMs, countAtOnce };
    return openSession(office.teller.id, vault.value.movedTo(there), there, parts);
  };
}
/** What is found; where nothing is, all that can be read. */
function foundBy(session: Result<Session>): string {
  if (!session.ok) return session.refusal.type;
  const { store } = session.value;
  const found = session.value.readOnly()?.type ?? everyRow(store);
  store.close(); // not the session: it would lock the vault for all
  return found;
}

describe('an old page put back into the file', () => {
  it('is noticed at unlocking, whatever it holds', async () => {
    const { maker, checker, teller: person } = office;
    await maker.client.lock({});
    const before = snapshot();
    await maker.unlock(person);
    // Something in every table: an imported item that is decided, one that waits, one that waits for the gateway.
    const payee = { name: 'Li Na', account: '6222029999999999', agent: null, endToEndId: 'E', remittance: null };
    const draft = { kind: 'payment', account, asset: 'CNY', amount: '2', payee } as const;
    const source = { file: 'C'.repeat(43), items: [0] };
    const made = await maker.touch(await maker.propose([{ draft, source }]));
    await maker.make({ ...draft, amount: '3' });
    await office.syncAll();
    await checker.approve(...made);
    await office.syncAll();
    await office.depository.run();
    await openClient(office, 'c9', 500n);
    const { connect } = office.lines[0];
    office.lines[0].connect = (_, asker) => connect(['http://127.0.0.1:1'], asker);
    await maker.make({ ...draft, amount: '4' });
    office.lines[0].connect = connect;
    await maker.client.lock({});
    const after = snapshot();
    await maker.unlock(person);

    const open = await teller(after);
    const good = foundBy(open(after));
    expect(good).toContain('6222029999999999');
    const [old, now] = [before, after].map((folder) => readFileSync(inVault(folder, 'vault.db'))) as [Buffer, Buffer];
    const found: (string | undefined)[] = [];
    for (let at = 0; at + 4096 <= Math.min(old.length, now.length); at += 4096) {
      const page = old.subarray(at, at + 4096);
      if (page.equals(now.subarray(at, at + 4096))) continue;
      const mixed = Buffer.from(now);
      page.copy(mixed, at);
      writeFileSync(inVault(after, 'vault.db'), mixed);
      const what = foundBy(open(after));
      // A page that was only encrypted again says the same as before: the rows are those of the newest commit.
      if (what !== good) found.push(what);
    }
    writeFileSync(inVault(after, 'vault.db'), now);
    expect(foundBy(open(after))).toBe(good);
    // Where the old page does not even fit the ones around it, the file does not open at all.
    expect(new Set(found)).toEqual(new Set(['books changed', 'vault damaged']));
    expect(found.filter((what) => what === 'books changed').length).toBeGreaterThan(8);
    expect(found.length).toBeGreaterThan(15);
  }, 60_000);
});

describe('a vault with too much in it to be counted at once', () => {
  it('is counted on after unlocking, whatever is written meanwhile; what is found then makes it read-only', async () => {
    const { maker } = office;
    await maker.client.lock({});
    const before = snapshot();
    await maker.unlock(office.teller);
    office.depository.bank.creditReceipt({ asset: 'CNY', amount: 7n, custodyNumber: '900c1', payer: 'Holder c1' });
    await office.depository.run();
    await office.syncAll();
    await maker.client.lock({});
    const after = snapshot();
    await maker.unlock(office.teller);

    const open = await teller(after);
    const whole = opened(open(after, 0));
    expect(whole.counted.done).toBeLessThan(whole.counted.total);
    whole.commit(() => writeSetting(whole.store, 'person x', '{}'));
    await vi.waitFor(() => expect(whole.counted.done).toBe(whole.counted.total));
    expect(whole.readOnly()).toBeUndefined();
    const page = whole.store.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'legs'").pluck().get() as number;
    whole.store.close();
    const cut = opened(open(after, 0)); // locked while it is under way
    cut.isStoreClosed = true;
    cut.endReading();
    cut.store.close();

    const [old, now] = [before, after].map((folder) => readFileSync(inVault(folder, 'vault.db'))) as [Buffer, Buffer];
    old.copy(now, (page - 1) * 4096, (page - 1) * 4096, page * 4096);
    writeFileSync(inVault(after, 'vault.db'), now);
    const changed = opened(open(after, 0));
    expect(changed.readOnly()).toBeUndefined();
    await vi.waitFor(() => expect(changed.readOnly()?.why).toContain('The legs of the ledger'));
    changed.store.close();
    expect(foundBy(open(after))).toBe('books changed');
  });

  it('is not suspected when somebody was nearly let in meanwhile, and the disk was full just then', async () => {
    await office.maker.unlock(office.teller);
    await commit();
    listenAtFaultPoints((point) => {
      if (point === 'vault: head recorded') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    await office.maker.tryUnlock(office.officers[0]).catch(() => {});
    listenAtFaultPoints(undefined);
    await commit();
    expect(await foundAt(snapshot())).toBeUndefined();
  });
});

function opened(session: Result<Session>): Session {
  if (!session.ok) throw new Error(session.refusal.type);
  return session.value;
}
