import { copyFileSync, cpSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { type CutOffWork, cutOff, factorsOf } from '../testing/cut-off.ts';
import { accepted } from '../testing/desk.ts';
import { newDesk, openClient, openTestOffice, overHttp, type TestOffice } from '../testing/office.ts';
import { changeKeys } from './change-keys.ts';
import { openSession } from './session.ts';
import { diaryBefore } from './store/diary.ts';
import { recoverVault, unlockVault } from './vault/vault.ts';

let office: TestOffice;
/** The first terminal's folder as it was locked: a teller and an officer open it, and recovery shares. */
let folder: string;
let shares: readonly string[];
let teller: Omit<CutOffWork, 'directory'>;
let officer: Omit<CutOffWork, 'directory'>;
const parts = { primitives: nodePrimitives, clock: Date.now };

beforeAll(async () => {
  office = await openTestOffice();
  const account = await openClient(office, 'c1', 100_000n);
  const { maker } = office;
  const payee = { name: 'Wang Wei', account: '6222021234567890', agent: null, endToEndId: 'E', remittance: null };
  await maker.make({ kind: 'payment', account, asset: 'CNY', amount: '1', payee });
  const { officers, custodians } = accepted(await maker.client.addRecovery({ officers: [2, 3], custodians: [1, 1] }));
  shares = [...officers.slice(0, 2), ...custodians];
  teller = await factors('teller-a', office.teller);
  officer = await factors('officer-a', office.officers[0]);
  await maker.client.lock({});
  folder = join(office.directory, 'T-01', 'vault');
});
afterAll(() => office.depository.close());

/** What a person's passphrase and security key give for their slot. */
async function factors(operator: string, who: TestOffice['teller']): Promise<Omit<CutOffWork, 'directory'>> {
  const { request } = accepted(await office.maker.client.unlock({ operator }));
  if (request === null) throw new Error('the slot has an authenticator');
  const { id, clientExtensionResults } = who.authenticator.get(request.options);
  const output = clientExtensionResults.prf?.results?.first ?? '';
  return { operator, passphrase: who.passphrase, credential: id, output };
}

function copied(): string {
  const copy = join(mkdtempSync(join(tmpdir(), 'custos-')), 'vault');
  cpSync(folder, copy, { recursive: true });
  return copy;
}
const opens = async (directory: string, who: Omit<CutOffWork, 'directory'>): Promise<string> => {
  const vault = await unlockVault(directory, who.operator, factorsOf({ ...who, directory }));
  if (!vault.ok) return vault.refusal.type;
  const session = openSession(who.operator, vault.value, directory, parts);
  if (!session.ok) {
    vault.value.lock();
    return session.refusal.type;
  }
  const found = session.value.readOnly()?.type ?? `epoch ${vault.value.epoch}`;
  session.value.close();
  return found;
};
const files = (directory: string): string[] => readdirSync(directory).filter((name) => name !== 'vault.attempts');

async function change(directory: string, leaving: readonly string[] = []): Promise<void> {
  const vault = accepted(await unlockVault(directory, 'officer-a', factorsOf({ ...officer, directory })));
  const session = accepted(openSession('officer-a', vault, directory, parts));
  const stays = (slot: { readonly operator: string | null }) => !leaving.includes(slot.operator ?? '');
  accepted(changeKeys(session, { stays, why: 'test' }, parts)).close();
}

describe('a change of keys', () => {
  it('keeps everything: books, outbox, every way in, the shares, and what each person signs with', async () => {
    const directory = copied();
    await change(directory);
    expect(
      files(directory)
        .map((name) => name.replace(/[01]$/, 'n'))
        .sort(),
    ).toEqual(['vault.db.2', 'vault.head.2.n', 'vault.slots']);
    expect(await opens(directory, teller)).toBe('epoch 2');
    expect(await opens(directory, officer)).toBe('epoch 2');
    const recovered = accepted(recoverVault(directory, shares));
    expect(recovered.epoch).toBe(2);
    recovered.lock();
    const desk = newDesk(join(directory, '..'), office.time.nowMs, { connect: overHttp });
    await desk.unlock(office.teller);
    const status = await desk.client.status({});
    expect([status.outbox.queued, status.readOnly]).toEqual([1, null]);
    // Hands in what was signed before, as the same terminal, and signs with the same key.
    expect((await desk.sync()).pushed).toBe(1);
    const payee = { name: 'Li Na', account: '6222021234567891', agent: null, endToEndId: 'E', remittance: null };
    await desk.make({ kind: 'payment', account: 'acc-c1', asset: 'CNY', amount: '2', payee });
    expect((await desk.sync()).pushed).toBe(1);
    const digest = accepted(await desk.client.booksDigest({}));
    await desk.client.lock({});
    await office.checker.sync();
    expect(accepted(await office.checker.client.booksDigest({}))).toEqual(digest);
  });

  it('shuts out who was left out, also when the old slot file is put back, or old slots and old database together', async () => {
    const directory = copied();
    const before = copied();
    await change(directory, ['teller-a']);
    expect(await opens(directory, teller)).toBe('no slot');
    expect(await opens(directory, officer)).toBe('epoch 2');
    copyFileSync(join(before, 'vault.slots'), join(directory, 'vault.slots'));
    expect(await opens(directory, teller)).toBe('slots put back');
    expect(await opens(directory, officer)).toBe('slots put back');
    // Even when the new database is given the old one's name, the old keys do not open it.
    renameSync(join(directory, 'vault.db.2'), join(directory, 'vault.db'));
    expect(await opens(directory, teller)).toBe('wrong vault key');
  });

  it('is in the diary of the vault, with the reason', async () => {
    const directory = copied();
    await change(directory);
    const vault = accepted(await unlockVault(directory, 'teller-a', factorsOf({ ...teller, directory })));
    const session = accepted(openSession('teller-a', vault, directory, parts));
    expect(diaryBefore(session.store, 1e9, 1)).toMatchObject([
      { what: 'keys changed', operator: 'officer-a', facts: { epoch: 2, why: 'test' } },
    ]);
    session.close();
  });

  it.each([
    ['slots: written, not renamed', 'epoch 1'],
    ['keys: copied, slots not written', 'epoch 1'],
    ['keys: slots written, old file there', 'epoch 2'],
  ] as const)('cut off at "%s" opens as %s and nothing else, and can be done again', async (point, after) => {
    const directory = copied();
    const child = join(import.meta.dirname, '../testing/cut-off-keys.ts');
    expect(cutOff(child, { ...officer, directory }, point)).toBe('killed');
    expect(await opens(directory, teller)).toBe(after);
    expect(await opens(directory, officer)).toBe(after);
    const epoch = after === 'epoch 1' ? 1 : 2;
    expect(cutOff(child, { ...officer, directory }, null)).toBe('done');
    expect(await opens(directory, teller)).toBe(`epoch ${epoch + 1}`);
    expect(files(directory).length).toBe(3);
  });
});
