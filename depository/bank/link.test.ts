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
import { openLogStore } from '../log-store.ts';
import { openSequencer } from '../sequencer.ts';
import { runBankLink } from './link.ts';
import { openBankSimulator, type Transfer } from './simulator.ts';

function depository(fate: (transfer: Transfer) => 'settle' | { reject: string } | { returned: string }) {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  const programme = new TestProgramme().open();
  programme.client('c1', 'CNY', 0n);
  const store = openLogStore(join(directory, 'log.sqlite'));
  const clock = () => programme.nowMs;
  const key = logKey(
    'depository.example/p2p-demo',
    new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url')),
  );
  const sequencer = openSequencer({ store, primitives: nodePrimitives, clock, key, sign: programme.gatewayKey.sign });
  sequencer.admit(programme.records.map(({ event, evidence }) => ({ event, evidence, details: [] })));
  const bank = openBankSimulator({
    file: join(directory, 'bank.sqlite'),
    clock,
    accounts: { CNY: '110022', EUR: '110033' },
    fate,
  });
  const link = {
    programme: programme.id,
    store,
    sequencer: () => sequencer,
    bank,
    primitives: nodePrimitives,
    clock,
    newId: idMaker('bank'),
    signAs: { adapter: programme.adapterKey.sign, gateway: programme.gatewayKey.sign },
  };
  const pass = (instruction: Instruction, details: PayeeDetails[]) => {
    const [maker] = programme.tellers;
    const [checker] = programme.supervisors;
    const submit = (person: Person, event: ReturnType<TestProgramme['made']>, more: PayeeDetails[]) => {
      const [outcome] = sequencer.admit([{ event, evidence: person.sign([event])[0]!, details: more }]);
      if (!outcome?.ok) throw new Error(outcome?.refusal.why);
    };
    const made = programme.made(maker, instruction);
    submit(maker, made, details);
    submit(checker, programme.approval(checker, made), []);
    return made.id;
  };
  return { programme, sequencer, bank, link, pass };
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

describe('the bank link with the simulated bank', () => {
  const fate = (transfer: Transfer) =>
    transfer.creditorName === 'closed'
      ? ({ reject: 'AC04' } as const)
      : transfer.creditorName === 'moved'
        ? ({ returned: 'AC01' } as const)
        : 'settle';

  it('settles, rejects and returns, each once, and the day reconciles', () => {
    const { sequencer, bank, link, pass } = depository(fate);
    bank.creditReceipt({ asset: 'CNY', amount: 1000_00n, custodyNumber: '9c1CNY', payer: '王芳' });
    bank.creditReceipt({ asset: 'CNY', amount: 7n, custodyNumber: 'nobody', payer: '李' });
    expect(runBankLink(link)).toEqual([]);
    const one = (name: string, amount: string): Instruction => {
      const details = payee(name, `62220001000${name.length}`);
      return { kind: 'payment', account: 'acc-c1-CNY', asset: 'CNY', amount, payee: committed(details) };
    };
    const ids = ['good', 'closed', 'moved'].map((name) =>
      pass(one(name, '100'), [payee(name, `62220001000${name.length}`)]),
    );
    const items = ['good', 'closed', 'good two'].map((name) => payee(name, `62220001000${name.length}`));
    const batch = pass(
      {
        kind: 'batch',
        asset: 'CNY',
        total: '600',
        items: items.map((details) => ({ account: 'acc-c1-CNY', amount: '200', payee: committed(details) })),
      },
      items,
    );
    expect(runBankLink(link)).toEqual([]);
    expect(ids.map((id) => sequencer.books.get('instruction', id)?.state)).toEqual(['settled', 'rejected', 'returned']);
    expect(sequencer.books.get('instruction', batch)?.items).toEqual(['settled', 'rejected', 'settled']);
    expect(runBankLink(link)).toEqual([]);
    const cash = sequencer.books.get('account', 'cash:CNY')!;
    expect(booked(cash)).toBe(1000_07n - 100n - 400n);
    expect(bank.balance('CNY')).toBe(booked(cash));
    bank.endOfDay();
    expect(runBankLink(link)).toEqual([]);
    const last = sequencer.books.get('head', 'head')!;
    expect(last.size).toBe(sequencer.tree.size);
    expect([...sequencer.books.all('statement')].length).toBe(2);
  });

  it('sends an order to the bank once, though the gateway is killed between sending and noting it', () => {
    const { bank, link, pass, sequencer } = depository(fate);
    bank.creditReceipt({ asset: 'CNY', amount: 500n, custodyNumber: '9c1CNY', payer: 'x' });
    runBankLink(link);
    const details = payee('good', '6222000100');
    pass({ kind: 'payment', account: 'acc-c1-CNY', asset: 'CNY', amount: '100', payee: committed(details) }, [details]);
    const killed = {
      ...link,
      store: {
        ...link.store,
        markSent: () => {
          throw new Error('killed');
        },
      },
    };
    expect(() => runBankLink(killed)).toThrow('killed');
    expect(runBankLink(link)).toEqual([]);
    expect(bank.balance('CNY')).toBe(400n);
    expect(booked(sequencer.books.get('account', 'cash:CNY')!)).toBe(400n);
  });

  it('admits no payment whose details are not the committed ones', () => {
    const { pass } = depository(fate);
    const details = payee('good', '6222000100');
    const pay: Instruction = {
      kind: 'payment',
      account: 'acc-c1-CNY',
      asset: 'CNY',
      amount: '100',
      payee: committed(details),
    };
    expect(() => pass(pay, [])).toThrow('missing');
    expect(() => pass(pay, [{ ...details, account: '6222000999' }])).toThrow('missing');
    const shown = { ...pay, payee: { ...pay.payee, tail: '9999' } };
    expect(() => pass(shown, [details])).toThrow('last digits');
  });
});
