// What somebody at a terminal, or something in the place of its screen, might do on purpose.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Creation, TerminalClient } from '../shared/contract/terminal.ts';
import type { Refusal, Result } from '../shared/result.ts';
import { accepted, type Colleague, Desk, finished, newColleague } from '../testing/desk.ts';
import {
  newTestTerminal,
  officeOrigin,
  openClient,
  openTestOffice,
  overHttp,
  type TestOffice,
} from '../testing/office.ts';
import { terminalRouter } from './router.ts';
import type { Terminal } from './terminal.ts';

let office: TestOffice;
let account: string;
beforeAll(async () => {
  office = await openTestOffice();
  account = await openClient(office, '1001', 5_000_000n);
});
afterAll(() => office.depository.close());

const clientOf = (terminal: Terminal) => createRouterClient(terminalRouter(terminal)) as unknown as TerminalClient;
const typeOf = (result: Result<unknown, Refusal>) => (result.ok ? 'ok' : result.refusal.type);
const newTerminalIn = (directory: string) => newTestTerminal(directory, office.time.nowMs, { connect: overHttp });
const asFirst = ({ id, role, staffId, passphrase }: Colleague) => ({
  invitation: office.depository.invitation,
  terminal: 'T-09',
  operator: id,
  role,
  staffId,
  passphrase,
});

/** All touches of an enrolment but the last, which is returned to be given later. */
async function upToLastTouch(client: TerminalClient, { authenticator }: Colleague, creation: Creation) {
  const registration = authenticator.create(creation.options);
  const step = accepted(await client.enrolStep({ ceremony: creation.ceremony, answer: { registration } }));
  if (!('next' in step)) throw new Error('one more touch is asked for');
  const { ceremony, options } = step.next;
  return () => client.enrolStep({ ceremony, answer: { assertion: authenticator.get(options) } });
}

describe('setting up a terminal', () => {
  it('twice at once leaves the vault that was there first, with what was signed in it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'custos-'));
    const client = clientOf(newTerminalIn(directory));
    const [first, second] = ['first', 'second'].map((id) => newColleague(id, 'officer', officeOrigin)) as [
      Colleague,
      Colleague,
    ];
    const finishFirst = await upToLastTouch(client, first, accepted(await client.firstRun(asFirst(first))));
    const finishSecond = await upToLastTouch(client, second, accepted(await client.firstRun(asFirst(second))));
    accepted(await finishFirst());
    const slots = readFileSync(join(directory, 'vault', 'vault.slots'));
    expect(typeOf(await finishSecond())).toBe('vault exists');
    expect(readFileSync(join(directory, 'vault', 'vault.slots'))).toEqual(slots);
    expect((await client.status({})).people).toEqual(['first']);
  });

  it('two last touches in the same moment are judged one after the other', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'custos-'));
    const client = clientOf(newTerminalIn(directory));
    const people = ['first', 'second'].map((id) => newColleague(id, 'officer', officeOrigin)) as [Colleague, Colleague];
    const finishes = [];
    for (const person of people)
      finishes.push(await upToLastTouch(client, person, accepted(await client.firstRun(asFirst(person)))));
    const outcomes = await Promise.all(finishes.map((finish) => finish()));
    expect(outcomes.map(typeOf).sort()).toEqual(['busy', 'ok']);
    expect((await client.status({})).people).toHaveLength(1);
  });
});

describe('enrolling', () => {
  it('the same operator twice at once ends with one of them, never with a failure', async () => {
    const { client } = office.maker;
    const person = newColleague('twice', 'teller', officeOrigin);
    const { id, role, staffId, passphrase } = person;
    const finishes = [];
    for (let i = 0; i < 2; i++)
      finishes.push(
        await upToLastTouch(client, person, accepted(await client.enrol({ operator: id, role, staffId, passphrase }))),
      );
    expect(typeOf((await finishes[0]?.()) as Result<unknown>)).toBe('ok');
    expect(typeOf((await finishes[1]?.()) as Result<unknown>)).toBe('duplicate');
  });

  it('keeps open only so many ceremonies, and each for two minutes', async () => {
    const { client } = office.maker;
    const oldest = accepted(await client.unlock({ operator: office.teller.id })).request;
    for (let i = 0; i < 40; i++) accepted(await client.unlock({ operator: office.teller.id }));
    const newest = accepted(await client.unlock({ operator: office.teller.id })).request;
    const answer = (request: typeof oldest) => ({
      operator: office.teller.id,
      passphrase: office.teller.passphrase,
      answer: {
        ceremony: request?.ceremony ?? '',
        assertion: office.teller.authenticator.get(request?.options as never),
      },
    });
    expect(typeOf(await client.unlockStep(answer(oldest)))).toBe('no ceremony');
    office.time.skip(121_000);
    expect(typeOf(await client.unlockStep(answer(newest)))).toBe('no ceremony');
    const fresh = accepted(await client.unlock({ operator: office.teller.id })).request;
    expect(typeOf(await client.unlockStep(answer(fresh)))).toBe('ok');
    expect(typeOf(await client.unlockStep(answer(fresh)))).toBe('no ceremony');
  });
});

describe('unlocking', () => {
  const supervisor = () => office.supervisor;
  const wrong = () => office.checker.tryUnlock({ ...supervisor(), passphrase: 'not the passphrase at all' });

  it('a touch that one terminal asked for does not open another', async () => {
    const [there, here] = [office.maker.client, office.checker.client];
    const { request } = accepted(await there.unlock({ operator: office.teller.id }));
    const assertion = office.teller.authenticator.get(request?.options as never);
    const input = { operator: office.supervisor.id, passphrase: office.supervisor.passphrase };
    expect(typeOf(await here.unlockStep({ ...input, answer: { ceremony: request?.ceremony ?? '', assertion } }))).toBe(
      'no ceremony',
    );
  });

  it('a signature that was asked for before somebody unlocked is not taken after it', async () => {
    const { maker, teller } = office;
    const payee = { name: 'A', account: '62220001', agent: null, endToEndId: 'E-1', remittance: null };
    const signing = await maker.propose([
      { draft: { kind: 'payment', account, asset: 'CNY', amount: '100', payee }, source: null },
    ]);
    await maker.unlock(teller);
    const { request } = signing;
    const assertion = teller.authenticator.get(request?.options as never);
    expect(typeOf(await maker.client.sign({ ceremony: request?.ceremony ?? '', assertion }))).toBe('no ceremony');
  });

  it('many guesses at once are judged one at a time, and each of them counts', async () => {
    const { client } = office.checker;
    const begun = [];
    for (let i = 0; i < 6; i++) begun.push(accepted(await client.unlock({ operator: supervisor().id })).request);
    const outcomes = await Promise.all(
      begun.map((request) =>
        client.unlockStep({
          operator: supervisor().id,
          passphrase: 'not the passphrase at all',
          answer: {
            ceremony: request?.ceremony ?? '',
            assertion: supervisor().authenticator.get(request?.options as never),
          },
        }),
      ),
    );
    expect(outcomes.map(typeOf).filter((type) => type === 'wrong passphrase')).toHaveLength(1);
    expect(outcomes.map(typeOf).filter((type) => type === 'busy')).toHaveLength(5);
    for (let i = 0; i < 4; i++) expect(typeOf(await wrong())).toBe('wrong passphrase');
    expect(typeOf(await wrong())).toBe('too many attempts');
  });

  it('the wait survives a restart of the terminal, and what failed is in the diary after the next success', async () => {
    // As it lies on the disk: the terminal itself still has the vault for itself.
    const directory = join(office.directory, 'T-02-restarted');
    cpSync(join(office.directory, 'T-02'), directory, { recursive: true });
    const restarted = new Desk(clientOf(newTerminalIn(directory)));
    expect(typeOf(await restarted.tryUnlock(supervisor()))).toBe('too many attempts');
    office.time.skip(60_000);
    expect(typeOf(await office.checker.tryUnlock(supervisor()))).toBe('ok');
    const { entries } = accepted(await office.checker.client.diary({ before: Number.MAX_SAFE_INTEGER, limit: 1 }));
    expect(entries[0]).toMatchObject({ what: 'unlocks failed', facts: { count: 5, who: supervisor().id } });
  });

  it('a record of attempts that was deleted makes one wait, and is told', async () => {
    rmSync(join(office.directory, 'T-02', 'vault', 'vault.attempts'));
    expect(typeOf(await office.checker.tryUnlock(supervisor()))).toBe('too many attempts');
    office.time.skip(30_000);
    expect(typeOf(await office.checker.tryUnlock(supervisor()))).toBe('ok');
    const { entries } = accepted(await office.checker.client.diary({ before: Number.MAX_SAFE_INTEGER, limit: 1 }));
    expect(entries[0]?.what).toBe('attempts record lost');
  });
});

describe('an export', () => {
  it('that nobody goes on reading holds up neither work nor the lock, and leaves nothing half-written', async () => {
    const { maker, teller } = office;
    const exports = join(office.directory, 'T-01', 'exports');
    const terminal = office.terminals[0];
    const { session } = terminal;
    if (session === undefined) throw new Error('the terminal is unlocked');
    // As many lines as make it pause.
    const stream = (await maker.client.exportAudit({}))[Symbol.asyncIterator]();
    const first = stream.next();
    accepted(await maker.client.programme({}));
    expect(typeOf(await finished(maker.client.exportAudit({})))).toMatch(/busy|ok/);
    await first;
    await stream.return?.();
    expect((await maker.client.lock({})).phase).toBe('locked');
    expect(() => session.vault.databaseKey()).toThrow();
    await maker.unlock(teller);
    expect(existsSync(exports) ? readdirSync(exports).filter((name) => name.endsWith('.part')) : []).toEqual([]);
  });

  it('of a programme whose id has slashes and dots is written where exports are written', async () => {
    const { session } = office.terminals[0];
    if (session === undefined) throw new Error('the terminal is unlocked');
    const invitation = { ...session.invitation };
    Object.assign(session, { invitation: { ...invitation, programme: 'p/../../../../tmp/p' } });
    const written = await finished(office.maker.client.exportAudit({}));
    Object.assign(session, { invitation });
    expect(typeOf(written)).toBe('not verified'); // the log is of another programme
    expect(readdirSync(join(office.directory, 'T-01', 'exports')).some((name) => name.startsWith('p_'))).toBe(true);
    expect(existsSync(join(tmpdir(), `p-${session.tree.size}.custos-audit`))).toBe(false);
  });
});

describe('a statement that was begun and left', () => {
  it('before the keys were changed does not keep the next one from being imported', async () => {
    const { client } = office.maker;
    const shares = { officers: [1, 1], custodians: [1, 1] } as {
      officers: [number, number];
      custodians: [number, number];
    };
    accepted(await client.addRecovery(shares));
    accepted(await client.openStatementImport({ name: 'left.xml' }));
    accepted(await client.addRecovery(shares)); // replaces the first ones, and with them the keys
    office.time.skip(120_000);
    const { import: next } = accepted(await client.openStatementImport({ name: 'next.xml' }));
    expect(typeOf(await client.cancelStatementImport({ import: next }))).toBe('ok');
  });
});

describe('asking for what is not there', () => {
  it("a statement from a leg of another account shows nothing, rather than another client's figures", async () => {
    const { client } = office.maker;
    await openClient(office, '1002', 700n);
    const { lines } = accepted(await client.ledger({ from: 1, limit: 100 }));
    const foreign = lines.find((line) => line.debit !== account && line.credit !== account);
    const own = lines.find((line) => line.debit === account || line.credit === account);
    if (foreign === undefined || own === undefined) throw new Error('there are legs of this account and of others');
    expect(typeOf(await client.statement({ account, before: foreign.leg, limit: 10 }))).toBe('unknown');
    expect(typeOf(await client.statement({ account, before: own.leg, limit: 10 }))).toBe('ok');
  });
});
