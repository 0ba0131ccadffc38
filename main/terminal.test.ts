import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { booksDigest } from '../shared/books.ts';
import { listenAtFaultPoints } from '../shared/fault.ts';
import { accepted, finished, newColleague, Refused } from '../testing/desk.ts';
import { officeOrigin, openClient, openTestOffice, type TestOffice } from '../testing/office.ts';

import type { DepositoryClient } from './sync/depository.ts';

let office: TestOffice;
beforeAll(async () => {
  office = await openTestOffice();
});
afterAll(() => office.depository.close());

const payee = { name: 'Wang Wei', account: '6222021234567890', agent: null, endToEndId: 'E2E-1', remittance: null };
const payment = (account: string, amount: string) =>
  ({ kind: 'payment', account, asset: 'CNY', amount, payee }) as const;
const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'accepted';
  } catch (failure) {
    if (failure instanceof Refused) return failure.refusal.type;
    throw failure;
  }
};
const typeOf = (result: { ok: boolean; refusal?: { type: string } }): string => result.refusal?.type ?? 'accepted';

/** The same client, one of whose procedures is another one. */
const instead = (client: DepositoryClient, name: keyof DepositoryClient, procedure: unknown): DepositoryClient =>
  new Proxy(client, { get: (target, key) => (key === name ? procedure : target[key as keyof DepositoryClient]) });

describe('one payment, from two people at two terminals to an audit bundle', () => {
  it('is made, checked, sent, settled, reconciled, exported and verified; all replicas agree', async () => {
    const { depository, directory, maker, checker, syncAll } = office;
    const account = await openClient(office, 'c1', 100_000n);
    const [made] = await maker.make(payment(account, '12345'));
    const waiting = accepted(
      await maker.client.instructions({ states: ['queued'], after: '', limit: 10 }),
    ).instructions;
    expect(waiting.map((one) => [one.id, one.state, one.consequence])).toEqual([
      [made, 'queued', `CNY 123.45 leaves custody account ${account} for the payee account ending 7890.`],
    ]);
    await syncAll();
    const [seen] = accepted(
      await checker.client.instructions({ states: ['waiting'], after: '', limit: 10 }),
    ).instructions;
    expect(seen?.items).toEqual([{ state: 'waiting', account, amount: '12345', tail: '7890', payee, recall: null }]);
    await checker.approve(made as string);
    await checker.sync();
    expect(await depository.run()).toEqual([]);
    depository.bank.endOfDay();
    expect(await depository.run()).toEqual([]);
    await syncAll();

    const digests = await Promise.all(
      [maker, checker].map(async (desk) => accepted(await desk.client.booksDigest({})).digest),
    );
    const { books, tree } = depository.gateway.sequencer();
    expect(new Set([...digests, booksDigest(nodePrimitives.sha256, (table) => books.all(table))]).size).toBe(1);
    expect(accepted(await checker.client.safeguarding({})).assets).toEqual([
      { pool: 'main', asset: 'CNY', owed: '87655', held: '87655' },
    ]);
    const report = accepted(await finished(checker.client.exportAudit({})));
    expect([report.verified, report.size]).toEqual([true, tree.size]);
    // Names stand in no file of the terminals in clear.
    for (const terminal of ['T-01', 'T-02'])
      for (const file of readdirSync(join(directory, terminal, 'vault')))
        expect(readFileSync(join(directory, terminal, 'vault', file)).includes('Wang Wei')).toBe(false);
  });
});

describe('an audit bundle', () => {
  it('says nothing of payees whose payments are not in the log', async () => {
    const { maker, checker, syncAll } = office;
    const account = await openClient(office, 'c9', 500_000n);
    await maker.make({ ...payment(account, '1000'), payee: { ...payee, name: 'Zhao Liu' } });
    const report = accepted(await finished(maker.client.exportAudit({})));
    expect(readFileSync(report.bundle, 'utf8').includes('Zhao Liu')).toBe(false);
    await syncAll();
    const whole = accepted(await finished(checker.client.exportAudit({})));
    expect(readFileSync(whole.bundle, 'utf8').includes('Zhao Liu')).toBe(true);
  });

  it('covers what the newest checkpoint does, also after a sync that was cut off behind its last commit', async () => {
    const { maker, checker, syncAll } = office;
    await syncAll();
    const before = accepted(await finished(checker.client.exportAudit({})));
    await maker.make({ kind: 'freeze', account: 'acc-c9', reason: 'order' });
    await maker.sync();
    listenAtFaultPoints((point) => {
      if (point === 'vault: head recorded') throw new Error('the power is gone');
    });
    expect((await finished(checker.client.sync({}))).ok).toBe(false);
    listenAtFaultPoints(undefined);
    const { log } = await checker.client.status({});
    const after = accepted(await finished(checker.client.exportAudit({})));
    expect([log.size, after.size, after.root]).toEqual([before.size + 1, before.size, before.root]);
    await syncAll();
  });
});

describe('cheating at a terminal fails', () => {
  it('what was signed at one terminal is not taken from another', async () => {
    const { maker, checker, lines, syncAll, depository } = office;
    await syncAll();
    const [firstLine, secondLine] = [lines[0].connect, lines[1].connect];
    const carried: unknown[] = [];
    lines[0].connect = (urls, asker) =>
      instead(firstLine(urls, asker), 'submit', async ({ submissions }: { submissions: unknown[] }) => {
        carried.push(...submissions);
        throw new TypeError('the line was tapped');
      });
    await maker.make({ kind: 'register client', client: 'c77', identity: { client: 'Holder 77' } });
    expect((await finished(maker.client.sync({}))).ok).toBe(false);
    lines[0].connect = firstLine;
    const said: string[] = [];
    lines[1].connect = (urls, asker) => {
      const client = secondLine(urls, asker);
      return instead(client, 'checkpoint', async ({ programme }: { programme: string }) => {
        const { outcomes } = await client.submit({ programme, submissions: carried as never });
        said.push(...outcomes.map(typeOf));
        return client.checkpoint({ programme });
      });
    };
    await checker.sync();
    lines[1].connect = secondLine;
    expect(said).toEqual(['not entitled']);
    const before = depository.gateway.sequencer().size();
    await maker.sync();
    expect(depository.gateway.sequencer().size()).toBe(before + 1);
  });

  it('a screen that shows another payee is caught by what the checker types', async () => {
    const { maker, checker, syncAll } = office;
    const account = await openClient(office, 'c2', 500_000_000n);
    const [made] = await maker.make(payment(account, '200000000'));
    await syncAll();
    const verdict = (tail: string, amount: string) =>
      ({ verdict: 'approve', instruction: made as never, typed: { tail, amount } }) as const;
    office.time.skip(601_000);
    // The screen says 1111 and CNY 2,000.00; the signed bytes say 7890 and CNY 2,000,000.00.
    expect(await refusalOf(checker.check(verdict('1111', '200000000')))).toBe('typed confirmation');
    expect(await refusalOf(checker.check(verdict('7890', '200000')))).toBe('typed confirmation');
    expect(await refusalOf(checker.approve(made as string))).toBe('typed confirmation');
    expect((await checker.check(verdict('7890', '200000000'))).length).toBe(1);
    await syncAll();
  });

  it('an answer of the security key counts once, for one question, and only from the person who asked', async () => {
    const { maker } = office;
    const account = await openClient(office, 'c3', 10_000n);
    const first = await maker.propose([{ draft: payment(account, '1'), source: null }]);
    const second = await maker.propose([{ draft: payment(account, '2'), source: null }]);
    if (first.request === null || second.request === null) throw new Error('nothing to sign');
    const assertion = maker.person.authenticator.get(first.request.options);
    const { ceremony } = second.request;
    expect(typeOf(await maker.client.sign({ ceremony, assertion }))).toBe('ceremony refused');
    const right = { ceremony: first.request.ceremony, assertion };
    expect(typeOf(await maker.client.sign(right))).toBe('accepted');
    expect(typeOf(await maker.client.sign(right))).toBe('no ceremony');
    expect(accepted(await maker.client.outbox({})).events.length).toBe(1);
    await office.syncAll();
  });

  it.each([
    ['another origin', { wrongOrigin: 'http://localhost.evil.example' }, 'ceremony refused'],
    ['no user verification', { missingUv: true }, 'ceremony refused'],
    ['no PRF secret', { noPrf: true }, 'prf missing'],
    ['another PRF secret', { unstablePrf: true }, 'wrong security key'],
    ['an old assertion', { replay: true }, 'ceremony refused'],
  ])('a security key with %s signs nothing', async (_, misbehaviour, refusal) => {
    const { maker } = office;
    maker.person.authenticator.misbehaviour = misbehaviour;
    const account = 'acc-c3';
    expect(await refusalOf(maker.make(payment(account, '5')))).toBe(refusal);
    maker.person.authenticator.misbehaviour = {};
    expect(accepted(await maker.client.outbox({})).events).toEqual([]);
  });

  it('a maker cannot approve, by role and by person; nobody can overdraw, not even with two at once', async () => {
    const { maker, syncAll } = office;
    const account = await openClient(office, 'c4', 1000n);
    const [made] = await maker.make(payment(account, '600'));
    expect(await refusalOf(maker.approve(made as string))).toBe('not entitled');
    expect(await refusalOf(maker.make(payment(account, '401')))).toBe('funds');
    expect(await refusalOf(maker.make(payment(account, '200'), payment(account, '201')))).toBe('funds');
    await syncAll();
  });
});

describe('the lock', () => {
  it('names the factor that is wrong or missing, and a locked terminal does nothing', async () => {
    const { maker, teller } = office;
    await maker.client.lock({});
    expect(typeOf(await maker.client.make({ drafts: [{ draft: payment('acc-c1', '1'), source: null }] }))).toBe(
      'locked',
    );
    expect(typeOf(await maker.client.accounts({ after: '', limit: 10, asset: null }))).toBe('locked');
    const wrong = { ...teller, passphrase: 'not the passphrase' };
    expect(typeOf(await maker.tryUnlock(wrong))).toBe('wrong passphrase');
    teller.authenticator.misbehaviour = { noPrf: true };
    expect(typeOf(await maker.tryUnlock(teller))).toBe('missing factor');
    teller.authenticator.misbehaviour = { unstablePrf: true };
    expect(typeOf(await maker.tryUnlock(teller))).toBe('wrong security key');
    teller.authenticator.misbehaviour = {};
    const stranger = newColleague('stranger', 'teller', officeOrigin);
    expect(typeOf(await maker.tryUnlock(stranger))).toBe('no slot');
    await maker.unlock(teller);
  });

  it('makes whoever guesses wait, also the right person', async () => {
    const { maker, teller, time } = office;
    await maker.client.lock({});
    const wrong = { ...teller, passphrase: 'not the passphrase' };
    for (let i = 0; i < 5; i++) expect(typeOf(await maker.tryUnlock(wrong))).toBe('wrong passphrase');
    expect(typeOf(await maker.tryUnlock(teller))).toBe('too many attempts');
    time.skip(31_000);
    await maker.unlock(teller);
  });

  it('an enrolment needs a long passphrase and a key that gives the same secret twice', async () => {
    const { maker } = office;
    const short = { ...newColleague('teller-x', 'teller', officeOrigin), passphrase: 'short' };
    expect(await refusalOf(maker.enrol(short))).toBe('passphrase too short');
    for (const misbehaviour of [{ noPrf: true }, { unstablePrf: true }]) {
      const person = newColleague('teller-x', 'teller', officeOrigin);
      person.authenticator.misbehaviour = misbehaviour;
      expect(await refusalOf(maker.enrol(person))).toBe('prf missing');
    }
    expect(await refusalOf(maker.enrol(office.teller))).toBe('duplicate');
  });

  it('the recovery shares of both groups are given once, and need what was agreed', async () => {
    const { maker } = office;
    const plan = { officers: [2, 3], custodians: [2, 2] } as const;
    const shares = accepted(
      await maker.client.addRecovery({ officers: [...plan.officers], custodians: [...plan.custodians] }),
    );
    expect([shares.officers.length, shares.custodians.length]).toEqual([3, 2]);
    for (const officers of [
      [3, 2],
      [1, 2],
    ] as [number, number][])
      expect(typeOf(await maker.client.addRecovery({ officers, custodians: [1, 1] }))).toBe('malformed');
  });
});

describe('the outbox', () => {
  it('keeps what was signed while the gateway is away, and hands it in later', async () => {
    const { maker, lines, syncAll } = office;
    const account = await openClient(office, 'c5', 1000n);
    const { connect } = lines[0];
    lines[0].connect = (_, asker) => connect(['http://127.0.0.1:1'], asker);
    const made = await maker.make(payment(account, '100'));
    expect(await refusalOf(maker.sync())).toBe('unreachable');
    expect((await maker.client.status({})).outbox).toEqual({ queued: 1, refused: 0 });
    lines[0].connect = connect;
    await syncAll();
    expect((await maker.client.status({})).outbox).toEqual({ queued: 0, refused: 0 });
    const { instructions } = accepted(await maker.client.instructions({ states: ['waiting'], after: '', limit: 100 }));
    expect(instructions.map((one) => one.id)).toContain(made[0]);
  });

  it('keeps what the gateway refused, with the reason, and what it was made from may be made again', async () => {
    const { maker, lines, syncAll, time } = office;
    const account = await openClient(office, 'c6', 1000n);
    const { connect } = lines[0];
    lines[0].connect = (_, asker) => connect(['http://127.0.0.1:1'], asker);
    const item = { draft: payment(account, '700'), source: { file: 'B'.repeat(43), items: [0] } };
    const [late] = await maker.touch(await maker.propose([item]));
    time.skip(4 * 86_400_000);
    lines[0].connect = connect;
    expect((await maker.sync()).refused.map((one) => [one.event, one.refusal.type])).toEqual([[late, 'state']]);
    const { events } = accepted(await maker.client.outbox({}));
    expect(events.map((one) => [one.event, one.state, one.refusal?.why])).toEqual([
      [late, 'refused', 'It expires before it is admitted.'],
    ]);
    const [account6] = accepted(await maker.client.accounts({ after: '', limit: 100, asset: null })).accounts.filter(
      (one) => one.id === account,
    );
    expect(account6?.held).toBe('0');
    expect((await maker.propose([item])).refused).toEqual([]);
    await syncAll();
  });

  it('importing a file twice makes nothing twice', async () => {
    const { maker } = office;
    const account = await openClient(office, 'c7', 1000n);
    const source = { file: 'A'.repeat(43), items: [0] };
    const once = await maker.propose([{ draft: payment(account, '1'), source }]);
    await maker.touch(once);
    const twice = await maker.propose([{ draft: payment(account, '1'), source }]);
    expect([twice.request, twice.refused.map((one) => one.refusal.type)]).toEqual([null, ['duplicate']]);
    await office.syncAll();
  });
});

describe('the depository', () => {
  it('serves nothing but to enrolled terminals, each request signed anew', async () => {
    const { depository } = office;
    const { url } = depository.invitation;
    const plain = await fetch(`${url}/api/p2p-demo/checkpoint`);
    expect([plain.status, ((await plain.json()) as { type: string }).type]).toEqual([401, 'not entitled']);
  });

  it('serves the log as C2SP tiles, records only to readers', async () => {
    const { url } = office.depository.invitation;
    const { tree } = office.depository.gateway.sequencer();
    const at = async (path: string) => fetch(`${url}/log/p2p-demo/${path}`);
    const note = await (await at('checkpoint')).text();
    expect(note.split('\n').slice(0, 2)).toEqual(['depository.example/p2p-demo', String(tree.size)]);
    const tile = new Uint8Array(await (await at(`tile/0/000.p/${tree.size}`)).arrayBuffer());
    expect(tile.length).toBe(32 * tree.size);
    expect(tile.subarray(0, 32)).toEqual(tree.node(0, 0));
    expect((await at(`tile/entries/000.p/${tree.size}`)).status).toBe(401);
    expect((await at(`tile/0/000.p/${tree.size + 1}`)).status).toBe(404);
    expect((await at('tile/0/../secret')).status).toBe(404);
    const spec = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(spec.paths)).toContain('/{programme}/submissions');
  });
});
