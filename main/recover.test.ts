import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../shared/result.ts';
import { accepted, type Desk, finished } from '../testing/desk.ts';
import { openTestOffice, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
let desk: Desk;
let cards: { officers: string[]; custodians: string[] };
let slots: string;
const typeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.type);

beforeEach(async () => {
  office = await openTestOffice();
  desk = office.maker;
  await desk.unlock(office.officers[0]);
  cards = accepted(await desk.client.addRecovery({ officers: [2, 3], custodians: [2, 3] }));
  slots = join(office.directory, 'T-01', 'vault', 'vault.slots');
});
afterEach(async () => {
  await desk.client.lock({});
  await office.checker.client.lock({});
  await office.depository.close();
  rmSync(office.directory, { recursive: true, force: true });
});

const enough = () => [...cards.officers.slice(0, 2), ...cards.custodians.slice(1)];

async function handIn(purpose: 'drill' | 'real', shares: readonly string[]): Promise<string> {
  const { ceremony } = accepted(await desk.client.beginRecovery({ purpose }));
  for (const words of shares) accepted(await desk.client.recoveryCard({ ceremony, words }));
  return ceremony;
}

/** The person at the terminal gets a new passphrase with the cards. */
async function recover(shares: readonly string[], passphrase: string) {
  const ceremony = await handIn('real', shares);
  const asked = await desk.client.recover({ ceremony, operator: 'officer-a' });
  if (!asked.ok) return asked;
  const assertion = office.officers[0].authenticator.get(asked.value.request.options);
  return desk.client.recoverStep({ ceremony, passphrase, assertion });
}

describe('a recovery drill', () => {
  it('proves that the cards open the vault and a backup of it, changes no way in, and goes on record', async () => {
    const folder = join(office.directory, 'backups');
    mkdirSync(folder);
    const made = accepted(await finished(desk.client.backup({ folder })));
    const before = readFileSync(slots);
    const ceremony = await handIn('drill', enough());
    const { report, digest, json, text, draft } = accepted(
      await desk.client.drill({ ceremony, backup: join(folder, made.name) }),
    );
    expect(report).toMatchObject({
      operator: 'officer-a',
      outcome: 'opened',
      shares: { officers: 2, custodians: 2 },
      backup: { name: made.name, isSound: true, sharesOpenIt: true },
    });
    expect(report.steps.map(({ step }) => step)).toEqual(['card', 'card', 'card', 'card', 'opening', 'backup']);
    expect(readFileSync(slots).equals(before)).toBe(true);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(report);
    expect(readFileSync(text, 'utf8')).toContain(digest);
    const written = `${readFileSync(json, 'utf8')}${readFileSync(text, 'utf8')}`;
    for (const card of enough()) expect(written).not.toContain(card.split(' ').slice(4, 7).join(' '));
    const { entries } = accepted(await desk.client.diary({ before: 1e9, limit: 1 }));
    expect(entries[0]).toMatchObject({ what: 'recovery drill', operator: 'officer-a', facts: { digest } });
    // The cards are forgotten with the end.
    expect(typeOf(await desk.client.drill({ ceremony, backup: null }))).toBe('no ceremony');
    if (draft === null) throw new Error('the programme is open');
    const record = await desk.make(draft);
    await office.syncAll();
    await office.checker.unlock(office.officers[1]);
    await office.checker.approve(...record);
    await office.checker.sync();
    await office.syncAll();
    expect(office.terminals[0].session?.books.get('recovery', digest)).toMatchObject({ purpose: 'drill' });
  });

  it('names the place of a mistyped word and no word, and goes on with the cards it has', async () => {
    const [first = '', second = '', ...others] = enough();
    const { ceremony } = accepted(await desk.client.beginRecovery({ purpose: 'drill' }));
    const taken = accepted(await desk.client.recoveryCard({ ceremony, words: first }));
    expect(taken).toEqual({
      group: 'officers',
      member: 1,
      cards: { officers: { given: 1, needed: 2 }, custodians: { given: 0, needed: null }, isEnough: false },
    });
    const words = second.split(' ');
    const right = words[11];
    words[11] = right === 'academic' ? 'acid' : 'academic';
    const wrong = await desk.client.recoveryCard({ ceremony, words: words.join(' ') });
    expect(wrong.ok ? '' : wrong.refusal.why).toBe('Word 12 is mistyped.');
    words[11] = 'custos';
    const strange = await desk.client.recoveryCard({ ceremony, words: words.join(' ') });
    expect(strange.ok ? '' : strange.refusal.why).toBe('Word 12 is not a word of such a card.');
    expect(typeOf(await desk.client.recoveryCard({ ceremony, words: first }))).toBe('card twice');
    for (const card of [second, ...others]) accepted(await desk.client.recoveryCard({ ceremony, words: card }));
    accepted(await desk.client.drill({ ceremony, backup: null }));
  });

  it('with too few cards opens nothing, and a ceremony that nobody went on with runs out', async () => {
    const ceremony = await handIn('drill', enough().slice(0, 3));
    expect(typeOf(await desk.client.drill({ ceremony, backup: null }))).toBe('too few cards');
    office.time.skip(31 * 60_000);
    const words = enough()[3] as string;
    expect(typeOf(await desk.client.recoveryCard({ ceremony, words }))).toBe('no ceremony');
  });

  it('refuses cards that were replaced, and after five such sets everybody with cards has to wait', async () => {
    const old = enough();
    cards = accepted(await desk.client.addRecovery({ officers: [2, 3], custodians: [2, 3] }));
    for (let i = 0; i < 5; i++) {
      const ceremony = await handIn('drill', old);
      expect(typeOf(await desk.client.drill({ ceremony, backup: null }))).toBe('recovery refused');
    }
    const { entries } = accepted(await desk.client.diary({ before: 1e9, limit: 1 }));
    expect(entries[0]).toMatchObject({ what: 'recovery drill', facts: { outcome: 'refused' } });
    const ceremony = await handIn('drill', enough());
    expect(typeOf(await desk.client.drill({ ceremony, backup: null }))).toBe('too many attempts');
    office.time.skip(60_000);
    accepted(await desk.client.drill({ ceremony, backup: null }));
  });

  it('does not take cards of two sets, is led by officers only, and is forgotten when the terminal is locked', async () => {
    const old = cards.officers[0] as string;
    cards = accepted(await desk.client.addRecovery({ officers: [2, 3], custodians: [2, 3] }));
    const ceremony = await handIn('drill', enough().slice(0, 2));
    expect(typeOf(await desk.client.recoveryCard({ ceremony, words: old }))).toBe('other cards');
    await desk.client.lock({});
    expect(typeOf(await desk.client.recoveryCard({ ceremony, words: enough()[2] as string }))).toBe('no ceremony');
    expect(typeOf(await desk.client.beginRecovery({ purpose: 'drill' }))).toBe('locked');
    await desk.unlock(office.teller);
    expect(typeOf(await desk.client.beginRecovery({ purpose: 'drill' }))).toBe('not entitled');
  });
});

describe('a real recovery', () => {
  const passphrase = 'four other words that nobody knows';

  it('gives new keys: the old passphrase, the cards and the old slots open nothing, and new cards must be made', async () => {
    const shares = enough();
    const before = readFileSync(slots);
    const epoch = (await desk.client.status({})).vault?.epoch ?? 0;
    expect(typeOf(await desk.client.beginRecovery({ purpose: 'real' }))).toBe('state');
    await desk.client.lock({});
    const status = accepted(await recover(shares, passphrase));
    expect([status.vault?.epoch, status.hasRecovery, status.operator?.id]).toEqual([epoch + 1, false, 'officer-a']);
    await desk.client.lock({});
    expect(typeOf(await desk.tryUnlock(office.officers[0]))).toBe('wrong passphrase');
    expect(typeOf(await desk.client.beginRecovery({ purpose: 'real' }))).toBe('no shares');
    await desk.unlock({ ...office.officers[0], passphrase });
    const { entries } = accepted(await desk.client.diary({ before: 1e9, limit: 20 }));
    expect(entries.map(({ what }) => what)).toEqual(expect.arrayContaining(['recovered', 'keys changed']));
    // Whoever lost nothing keeps their way in.
    await desk.unlock(office.teller);
    await desk.client.lock({});
    writeFileSync(slots, before);
    expect(typeOf(await desk.tryUnlock(office.officers[0]))).toBe('slots put back');
    expect(typeOf(await recover(shares, passphrase))).toBe('slots put back');
  });

  it('lets nothing be signed here before its record is approved in the log, and says why', async () => {
    await desk.client.lock({});
    const { missingRecord } = accepted(await recover(enough(), passphrase));
    if (missingRecord === null) throw new Error('the record is missing');
    await desk.unlock({ ...office.officers[0], passphrase });
    const client = { kind: 'register client', client: 'c9', identity: { client: 'Holder' } } as const;
    await desk.unlock(office.teller);
    await expect(desk.make(client)).rejects.toThrow('opened with recovery shares');
    await desk.unlock({ ...office.officers[0], passphrase });
    const record = await desk.make(missingRecord);
    await office.syncAll();
    await office.checker.unlock(office.officers[1]);
    await desk.unlock(office.teller);
    await expect(desk.make(client)).rejects.toThrow('opened with recovery shares');
    await office.checker.approve(...record);
    await office.checker.sync();
    await office.syncAll();
    expect((await desk.client.status({})).missingRecord).toBeNull();
    expect(await desk.make(client)).toHaveLength(1);
  });

  it('needs the security key of the person, and leaves everything as it was without it', async () => {
    const before = readFileSync(slots);
    await desk.client.lock({});
    const ceremony = await handIn('real', enough());
    const { request } = accepted(await desk.client.recover({ ceremony, operator: 'officer-a' }));
    const foreign = accepted(await desk.client.unlock({ operator: 'teller-a' })).request;
    if (foreign === null) throw new Error('the teller has a security key');
    const assertion = office.teller.authenticator.get(foreign.options);
    expect(request.options.challenge).not.toBe(foreign.options.challenge);
    expect(typeOf(await desk.client.recoverStep({ ceremony, passphrase, assertion }))).toBe('wrong security key');
    expect(readFileSync(slots).equals(before)).toBe(true);
    await desk.unlock(office.officers[0]);
  });
});
