import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { booked } from '../../shared/books.ts';
import { bytesToBase64url } from '../../shared/bytes.ts';
import { commit, type PayeeDetails, tailOf } from '../../shared/instruction/payee.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import { logKey } from '../../shared/log/checkpoint.ts';
import { commitmentOf, idMaker, type Person, sha256 } from '../../testing/people.ts';
import { TestProgramme } from '../../testing/programme.ts';
import { openGateway } from '../gateway.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { bankReference } from './answers.ts';
import { noteTime, runBankLink } from './link.ts';
import { openBankSimulator, type Transfer } from './simulator.ts';

async function depository(
  fate: (transfer: Transfer) => 'settle' | { reject: string } | { returned: string },
  recallRefusal?: string,
) {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  const programme = new TestProgramme().open();
  programme.client('c1', 'CNY', 0n);
  const store = openSqliteStore(join(directory, 'log.sqlite'));
  const clock = () => programme.nowMs;
  const key = logKey(
    'depository.example/p2p-demo',
    new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url')),
  );
  const gateway = await openGateway({
    store,
    primitives: nodePrimitives,
    clock,
    key,
    sign: programme.gatewayKey.sign,
    holder: 'test',
    leaseMs: 60_000,
  });
  await gateway.admit(programme.records.map(({ event, evidence }) => ({ event, evidence, details: [] })));
  const bank = openBankSimulator({
    file: join(directory, 'bank.sqlite'),
    clock,
    accounts: { CNY: '110022', EUR: '110033' },
    fate,
    recallRefusal: () => recallRefusal ?? null,
  });
  const link = {
    programme: programme.id,
    gateway,
    bank,
    mainAccounts: { CNY: '110022', EUR: '110033' },
    primitives: nodePrimitives,
    clock,
    newId: idMaker('bank'),
    signAs: { adapter: programme.adapterKey.sign, gateway: programme.gatewayKey.sign },
  };
  const pass = async (instruction: Instruction, details: PayeeDetails[]) => {
    const [maker] = programme.tellers;
    const [checker] = programme.supervisors;
    const submit = async (person: Person, event: ReturnType<TestProgramme['made']>, more: PayeeDetails[]) => {
      const [outcome] = await gateway.admit([{ event, evidence: person.sign([event])[0]!, details: more }]);
      if (!outcome?.ok) throw new Error(outcome?.refusal.why);
    };
    const made = programme.made(maker, instruction);
    await submit(maker, made, details);
    await submit(checker, programme.approval(checker, made), []);
    return made.id;
  };
  return { programme, sequencer: gateway.sequencer(), bank, link, pass };
}

const payee = (name: string, account: string): PayeeDetails => ({
  salt: 'c2FsdHNhbHRzYWx0c2FsdA',
  name,
  account,
  agent: null,
  endToEndId: `E-${name}`,
  remittance: null,
});
const committed = (details: PayeeDetails) => ({
  id: commitmentOf(details.account),
  details: bytesToBase64url(commit(sha256, details)),
  tail: tailOf(details.account),
});

const fate = (transfer: Transfer) =>
  transfer.creditorName === 'closed'
    ? ({ reject: 'AC04' } as const)
    : transfer.creditorName === 'moved'
      ? ({ returned: 'AC01' } as const)
      : 'settle';

describe('the bank link with the simulated bank', () => {
  it('takes in nothing of a bank account that is of no pool, and says so, while the others are taken in', async () => {
    const { sequencer, bank, link } = await depository(fate);
    bank.openAccount('CNY', '622200007777');
    bank.creditReceipt({ asset: 'CNY', amount: 900n, custodyNumber: '9c1CNY', payer: '李', into: '622200007777' });
    bank.creditReceipt({ asset: 'CNY', amount: 500n, custodyNumber: '9c1CNY', payer: '王芳' });
    bank.endOfDay();
    const refused = await runBankLink(link);
    expect(refused.map(({ refusal }) => refusal.type)).toEqual(['unknown account', 'unknown account']);
    expect(refused[0]?.refusal.why).toContain('ending 7777');
    const { books } = sequencer;
    expect(booked(books.get('account', 'cash:CNY')!)).toBe(500n);
    expect([...books.all('statement')].map(([, one]) => one.asset).sort()).toEqual(['CNY', 'EUR']);
    expect(books.get('safeguarding', 'main|CNY|2026-11-23')).toMatchObject({ owed: '500', held: '500' });
  });

  it('is asked for an approved payment on its value date and not before, once, and for that day', async () => {
    const { programme, sequencer, bank, link, pass } = await depository(fate);
    const [first, second] = programme.officers;
    const calendar = {
      ...{ id: 'CN', version: 1, assets: ['CNY'], weekend: [6, 7], holidays: [], workingDays: [] },
      offsets: [{ from: '1970-01-01T00:00:00.000Z' as never, minutes: 480 }],
      cutOffs: [{ kinds: [], asset: 'CNY', at: '16:30' }],
      ...{ from: '2026-11-01' as never, through: '2026-12-31' as never },
    };
    const adopt = programme.made(first, { kind: 'adopt calendar', calendar });
    for (const [person, event] of [
      [first, adopt],
      [second, programme.approval(second, adopt)],
    ] as const)
      await link.gateway.admit([{ event, evidence: person.sign([event])[0]!, details: [] }]);
    bank.creditReceipt({ asset: 'CNY', amount: 1000n, custodyNumber: '9c1CNY', payer: '王芳' });
    await runBankLink(link);
    const sent: string[] = [];
    const watched = {
      ...link,
      bank: {
        ...bank,
        send: (one: { id: string; xml: string }) => {
          sent.push(/<ReqdExctnDt>\s*<Dt>([^<]+)</.exec(one.xml)?.[1] ?? '');
          bank.send(one);
        },
      },
    };
    const details = payee('good', '62220001000');
    const payment = { kind: 'payment', account: 'acc-c1-CNY', asset: 'CNY', amount: '100', payee: committed(details) };
    const id = await pass({ ...payment, valueDate: '2026-11-25' } as never, [details]);
    const state = () => sequencer.books.get('instruction', id)?.state;
    const pulse = async () => {
      await noteTime(watched);
      await runBankLink(watched);
      return [state(), sent.length];
    };
    expect(await pulse()).toEqual(['scheduled', 0]);
    programme.nowMs = Date.parse('2026-11-24T15:59:00.000Z');
    expect(await pulse()).toEqual(['scheduled', 0]);
    programme.nowMs = Date.parse('2026-11-24T16:00:30.000Z'); // midnight of the 25th in China
    expect(await pulse()).toEqual(['settled', 1]);
    expect(await pulse()).toEqual(['settled', 1]);
    expect([sent, bank.balance('CNY')]).toEqual([['2026-11-25'], 900n]);
  });

  it('pays each pool out of its own bank account, and reads by the account of a statement whose it is', async () => {
    const { programme, sequencer, bank, link, pass } = await depository(fate);
    const { books } = sequencer;
    const configure = async (maker: Person, checker: Person, instruction: Instruction) => {
      const made = programme.made(maker, instruction);
      for (const event of [made, programme.approval(checker, made)]) {
        const person = event === made ? maker : checker;
        const [outcome] = await link.gateway.admit([{ event, evidence: person.sign([event])[0]!, details: [] }]);
        if (!outcome?.ok) throw new Error(outcome?.refusal.why);
      }
    };
    const [first, second] = programme.officers;
    const number = '622200009999';
    const purpose = 'wages of one builder';
    await configure(first, second, {
      ...{ kind: 'open pool', pool: 'wages', accounts: [{ asset: 'CNY', number }], purpose },
    });
    await configure(programme.tellers[0], programme.supervisors[0], {
      ...{ kind: 'open account', account: 'acc-w', client: 'c1', role: 'payer', asset: 'CNY', number: '9w' },
      pool: 'wages',
    });
    bank.openAccount('CNY', number);
    bank.creditReceipt({ asset: 'CNY', amount: 500n, custodyNumber: '9c1CNY', payer: '王芳' });
    bank.creditReceipt({ asset: 'CNY', amount: 900n, custodyNumber: '9w', payer: '李', into: number });
    bank.endOfDay();
    expect(await runBankLink(link)).toEqual([]);
    const details = payee('good', '62220001000');
    const payment = { kind: 'payment', asset: 'CNY', amount: '100', payee: committed(details) } as const;
    await pass({ ...payment, account: 'acc-w' }, [details]);
    await pass({ ...payment, account: 'acc-c1-CNY' }, [details]);
    expect(await runBankLink(link)).toEqual([]);
    expect([bank.balance('CNY'), bank.balance('CNY', number)]).toEqual([400n, 800n]);
    const cash = (id: string) => booked(books.get('account', id)!);
    expect([cash('cash:CNY'), cash('cash:CNY:wages')]).toEqual([400n, 800n]);
    // The bank takes from one what it gives the other: each is stated for itself, and the day is bad.
    bank.bookUnasked('CNY', -70n, number);
    bank.bookUnasked('CNY', 70n);
    bank.endOfDay();
    expect(await runBankLink(link)).toEqual([]);
    const day = '2026-11-23';
    expect(books.get('safeguarding', `main|CNY|${day}`)).toMatchObject({ excess: '70', outcome: 'met' });
    expect(books.get('safeguarding', `wages|CNY|${day}`)).toMatchObject({ shortfall: '70', outcome: 'shortfall' });
    expect(await runBankLink(link)).toEqual([]);
    await expect(pass({ ...payment, account: 'acc-w' }, [details])).rejects.toThrow('Pool wages');
  });

  it('settles, rejects and returns, each once, and the day reconciles', async () => {
    const { sequencer, bank, link, pass } = await depository(fate);
    bank.creditReceipt({ asset: 'CNY', amount: 1000_00n, custodyNumber: '9c1CNY', payer: '王芳' });
    bank.creditReceipt({ asset: 'CNY', amount: 7n, custodyNumber: 'nobody', payer: '李' });
    expect(await runBankLink(link)).toEqual([]);
    const one = (name: string, amount: string): Instruction => {
      const details = payee(name, `62220001000${name.length}`);
      return { kind: 'payment', account: 'acc-c1-CNY', asset: 'CNY', amount, payee: committed(details) };
    };
    const ids: string[] = [];
    for (const name of ['good', 'closed', 'moved'])
      ids.push(await pass(one(name, '100'), [payee(name, `62220001000${name.length}`)]));
    const items = ['good', 'closed', 'good two'].map((name) => payee(name, `62220001000${name.length}`));
    const batch = await pass(
      {
        kind: 'batch',
        asset: 'CNY',
        total: '600',
        items: items.map((details) => ({ account: 'acc-c1-CNY', amount: '200', payee: committed(details) })),
      },
      items,
    );
    expect(await runBankLink(link)).toEqual([]);
    expect(ids.map((id) => sequencer.books.get('instruction', id)?.state)).toEqual(['settled', 'rejected', 'returned']);
    expect(sequencer.books.get('instruction', batch)?.items).toEqual(['settled', 'rejected', 'settled']);
    expect(await runBankLink(link)).toEqual([]);
    const cash = sequencer.books.get('account', 'cash:CNY')!;
    expect(booked(cash)).toBe(1000_07n - 100n - 400n);
    expect(bank.balance('CNY')).toBe(booked(cash));
    bank.endOfDay();
    expect(await runBankLink(link)).toEqual([]);
    const last = sequencer.books.get('head', 'head')!;
    expect(last.size).toBe(sequencer.tree.size);
    expect([...sequencer.books.all('statement')].length).toBe(2);
  });

  it('takes a message in once, though the bank gives it again because it heard nothing', async () => {
    const { bank, link, pass, sequencer } = await depository(fate);
    bank.creditReceipt({ asset: 'CNY', amount: 500n, custodyNumber: '9c1CNY', payer: 'x' });
    const deaf = { ...link, bank: { ...bank, acknowledge: () => {} } };
    expect(await runBankLink(deaf)).toEqual([]);
    const details = payee('good', '6222000100');
    const payment = { kind: 'payment' as const, account: 'acc-c1-CNY', asset: 'CNY', amount: '100' };
    await pass({ ...payment, payee: committed(details) }, [details]);
    expect(await runBankLink(deaf)).toEqual([]);
    bank.endOfDay();
    expect(await runBankLink(deaf)).toEqual([]);
    const { size } = sequencer.tree;
    expect(bank.receive().length).toBeGreaterThan(3);
    expect(await runBankLink(deaf)).toEqual([]);
    expect(await runBankLink(link)).toEqual([]);
    expect([sequencer.tree.size, bank.receive()]).toEqual([size, []]);
  });

  it('sends an order to the bank once, though the gateway is killed between sending and noting it', async () => {
    const { bank, link, pass, sequencer } = await depository(fate);
    bank.creditReceipt({ asset: 'CNY', amount: 500n, custodyNumber: '9c1CNY', payer: 'x' });
    await runBankLink(link);
    const details = payee('good', '6222000100');
    await pass({ kind: 'payment', account: 'acc-c1-CNY', asset: 'CNY', amount: '100', payee: committed(details) }, [
      details,
    ]);
    const killed = {
      ...link,
      gateway: {
        ...link.gateway,
        store: {
          ...link.gateway.store,
          markSent: async () => {
            throw new Error('killed');
          },
        },
      },
    };
    await expect(runBankLink(killed)).rejects.toThrow('killed');
    expect(await runBankLink(link)).toEqual([]);
    expect(bank.balance('CNY')).toBe(400n);
    expect(booked(sequencer.books.get('account', 'cash:CNY')!)).toBe(400n);
  });

  it('admits no payment whose details are not the committed ones', async () => {
    const { pass } = await depository(fate);
    const details = payee('good', '6222000100');
    const pay: Instruction = {
      kind: 'payment',
      account: 'acc-c1-CNY',
      asset: 'CNY',
      amount: '100',
      payee: committed(details),
    };
    await expect(pass(pay, [])).rejects.toThrow('missing');
    await expect(pass(pay, [{ ...details, account: '6222000999' }])).rejects.toThrow('missing');
    const shown = { ...pay, payee: { ...pay.payee, tail: '9999' } };
    await expect(pass(shown, [details])).rejects.toThrow('last digits');
  });
});

describe('money that comes back, and money that comes late', () => {
  const pay = async ({ pass }: Awaited<ReturnType<typeof depository>>, name = 'good') => {
    const details = payee(name, '6222000100');
    const order = { kind: 'payment' as const, account: 'acc-c1-CNY', asset: 'CNY', amount: '100' };
    return pass({ ...order, payee: committed(details) }, [details]);
  };
  const opened = async (recallRefusal?: string) => {
    const office = await depository(fate, recallRefusal);
    office.bank.creditReceipt({ asset: 'CNY', amount: 500n, custodyNumber: '9c1CNY', payer: 'x' });
    await runBankLink(office.link);
    return office;
  };
  const clientMoney = ({ sequencer }: Awaited<ReturnType<typeof depository>>) =>
    booked(sequencer.books.get('account', 'acc-c1-CNY')!);

  it('is got back by a recall, which the bank answers and whose return names the payment', async () => {
    const office = await opened();
    const id = await pay(office);
    await runBankLink(office.link);
    const recall = { kind: 'recall' as const, recalls: id, item: 0, code: 'DUPL' as const, reason: 'sent twice' };
    const asked = await office.pass(recall, []);
    await expect(office.pass(recall, [])).rejects.toThrow('recalled already');
    expect(await runBankLink(office.link)).toEqual([]);
    const { books } = office.sequencer;
    expect(books.get('instruction', asked)?.state).toBe('settled');
    expect(books.get('recall', `${id}|0`)).toMatchObject({ by: asked, answer: 'accepted' });
    expect(books.get('instruction', id)?.state).toBe('returned');
    expect(clientMoney(office)).toBe(500n);
  });

  it('stays where it is when the bank refuses the recall, and may be asked for again', async () => {
    const office = await opened('LEGL');
    const id = await pay(office);
    await runBankLink(office.link);
    const recall = { kind: 'recall' as const, recalls: id, item: 0, code: 'FRAD' as const, reason: 'stolen' };
    const asked = await office.pass(recall, []);
    expect(await runBankLink(office.link)).toEqual([]);
    const { books } = office.sequencer;
    expect(books.get('instruction', asked)?.state).toBe('rejected');
    expect(books.get('recall', `${id}|0`)).toMatchObject({ answer: 'refused', code: 'LEGL' });
    expect([books.get('instruction', id)?.state, clientMoney(office)]).toEqual(['settled', 400n]);
    await office.pass(recall, []);
  });

  it('waits in suspense with what it came back of, when its payment is closed, and leaves again as a sending back', async () => {
    const office = await opened();
    const id = await pay(office, 'moved');
    await runBankLink(office.link);
    expect(office.sequencer.books.get('instruction', id)?.state).toBe('returned');
    office.bank.returnAgain(bankReference(id, 0), 60n);
    expect(await runBankLink(office.link)).toEqual([]);
    const { books } = office.sequencer;
    const [late] = [...books.all('receipt')].filter(([, one]) => one.of !== null);
    expect(late?.[1]).toEqual({ asset: 'CNY', remaining: 60n, of: `${id}/0` });
    const details = payee('good', '6222000777');
    const back = { kind: 'send back' as const, receipt: late?.[0] as never, asset: 'CNY', payee: committed(details) };
    await expect(office.pass({ ...back, amount: '61' }, [details])).rejects.toThrow('is left');
    await office.pass({ ...back, amount: '60' }, [details]);
    expect(await runBankLink(office.link)).toEqual([]);
    expect(booked(books.get('account', 'suspense:CNY')!)).toBe(0n);
    expect(office.bank.balance('CNY')).toBe(booked(books.get('account', 'cash:CNY')!));
  });

  it('is recognised by its end-to-end id where the bank gives no other, unless two payments share it', async () => {
    const office = await opened();
    const [one, two] = [await pay(office, 'alone'), await pay(office, 'twin')];
    await pay(office, 'twin');
    office.bank.forgetInstructionIds();
    const refused = await runBankLink(office.link);
    const { books } = office.sequencer;
    expect([refused, books.get('instruction', one)?.state, books.get('instruction', two)?.state]).toEqual([
      [],
      'settled',
      'sent',
    ]);
  });
});
