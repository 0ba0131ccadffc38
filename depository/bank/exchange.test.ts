import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { booked } from '../../shared/books.ts';
import { exchanged } from '../../shared/exchange-rate.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import { readPain001 } from '../../shared/iso20022/pain001.ts';
import { logKey } from '../../shared/log/checkpoint.ts';
import { msToInstant } from '../../shared/time.ts';
import { idMaker, type Person } from '../../testing/people.ts';
import { TestProgramme } from '../../testing/programme.ts';
import { openGateway } from '../gateway.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { runBankLink } from './link.ts';
import { postAccruals } from './post-accruals.ts';
import { readExchange } from './read-exchange.ts';
import { type Fate, openBankSimulator } from './simulator.ts';

type Exchange = Extract<Instruction, { kind: 'foreign exchange' }>;

async function office(fate: Fate = 'settle') {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  const programme = new TestProgramme().open();
  const [from, to] = [programme.client('mei', 'CNY', 0n), programme.client('mei', 'EUR', 0n)];
  programme.pass(programme.officers[0], programme.officers[1], {
    ...{ kind: 'adopt reference rates', source: 'central parity', until: '2026-12-01' as never },
    rates: [{ base: 'EUR', other: 'CNY', rate: '8.2', basisPoints: 200 }],
  });
  const store = openSqliteStore(join(directory, 'log.sqlite'));
  const clock = () => programme.nowMs;
  const key = logKey(
    'depository.example/p2p-demo',
    new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url')),
  );
  const gateway = await openGateway({
    ...{ store, primitives: nodePrimitives, clock, key, sign: programme.gatewayKey.sign },
    ...{ holder: 'test', leaseMs: 60_000 },
  });
  await gateway.admit(programme.records.map(({ event, evidence }) => ({ event, evidence, details: [] })));
  const orders: string[] = [];
  const bank = openBankSimulator({
    ...{ file: join(directory, 'bank.sqlite'), clock, fate: () => fate },
    accounts: { CNY: '110022', EUR: '110033' },
  });
  const link = {
    ...{ programme: programme.id, gateway, primitives: nodePrimitives, clock, newId: idMaker('bank') },
    bank: {
      ...bank,
      send: (message: { id: string; xml: string }) => {
        orders.push(message.xml);
        bank.send(message);
      },
    },
    signAs: { adapter: programme.adapterKey.sign, gateway: programme.gatewayKey.sign },
  };
  const submit = async (person: Person, event: ReturnType<TestProgramme['made']>) => {
    const [outcome] = await gateway.admit([{ event, evidence: person.sign([event])[0]!, details: [] }]);
    if (!outcome?.ok) throw new Error(outcome?.refusal.why);
  };
  const exchange = async (fixed: 'sold' | 'bought', amount: bigint, rate = '8.204') => {
    const terms = { base: 'EUR', rate };
    const other = fixed === 'sold' ? exchanged(amount, 'CNY', 'EUR', terms) : exchanged(amount, 'EUR', 'CNY', terms);
    const [sold, bought] = fixed === 'sold' ? [amount, other] : [other, amount];
    const one: Exchange = {
      ...{ kind: 'foreign exchange', account: from, asset: 'CNY', amount: String(sold), to, bought: 'EUR' },
      ...{ boughtAmount: String(bought), fixed, ...terms },
      quote: {
        ...{ source: 'the bank', reference: 'Q-77', at: msToInstant(clock()) },
        until: msToInstant(clock() + 60_000),
      },
    };
    const made = programme.made(programme.tellers[0], one);
    await submit(programme.tellers[0], made);
    await submit(programme.supervisors[0], programme.approval(programme.supervisors[0], made));
    return made.id;
  };
  bank.creditReceipt({ asset: 'CNY', amount: 5_000_000n, custodyNumber: '9meiCNY', payer: 'Mei' });
  await runBankLink(link);
  const { books } = gateway.sequencer();
  const balance = (id: string) => booked(books.get('account', id)!);
  const outcomes = () => {
    const found = new Map([...books.all('statement')].map(([, one]) => [one.asset, one.reconciled]));
    return { reconciled: found, breaks: [...books.all('break')].filter(([, one]) => one.state === 'open') };
  };
  return { programme, submit, books, bank, link, exchange, orders, balance, outcomes, from, to };
}

describe('an exchange at the bank', () => {
  it('goes out with its agreed rate, is confirmed on both accounts, and both statements reconcile', async () => {
    for (const fixed of ['sold', 'bought'] as const) {
      const { books, bank, link, exchange, orders, balance, outcomes, from, to } = await office();
      const id = await exchange(fixed, 123_457n);
      expect(await runBankLink(link)).toEqual([]);
      expect(readExchange(orders[0]!)).toMatchObject({ endToEndId: 'Q-77', creditorAccount: '9meiEUR' });
      expect(orders[0]).toContain('<XchgRate>8.204</XchgRate>');
      const one = books.get('exchange', id)!;
      expect([one.state, books.get('instruction', id)?.state]).toEqual(['settled', 'settled']);
      expect([balance(from), balance(to), balance('fx-position:CNY')]).toEqual([
        5_000_000n - BigInt(one.amount),
        BigInt(one.boughtAmount),
        0n,
      ]);
      expect([bank.balance('CNY'), bank.balance('EUR')]).toEqual([balance('cash:CNY'), balance('cash:EUR')]);
      bank.endOfDay();
      expect(await runBankLink(link)).toEqual([]);
      expect(outcomes()).toEqual({
        reconciled: new Map([
          ['CNY', true],
          ['EUR', true],
        ]),
        breaks: [],
      });
      expect([...books.all('match')].map(([, match]) => match.asset).sort()).toEqual(['CNY', 'CNY', 'EUR']);
    }
  });

  it('rejected, or taken and given back, leaves the client as before, and the day reconciles', async () => {
    for (const [fate, state] of [
      [{ reject: 'AM04' }, 'rejected'],
      [{ returned: 'NARR' }, 'returned'],
    ] as const) {
      const { books, bank, link, exchange, balance, outcomes, from, orders } = await office(fate);
      const id = await exchange('sold', 123_457n);
      expect(await runBankLink(link)).toEqual([]);
      expect([books.get('instruction', id)?.state, balance(from)]).toEqual([state, 5_000_000n]);
      expect(readPain001(orders[0]!).ok).toBe(true);
      bank.endOfDay();
      expect(await runBankLink(link)).toEqual([]);
      expect(outcomes().breaks).toEqual([]);
    }
  });

  it('confirmed at another amount credits nobody: the money waits in suspense, and the sold side is a break', async () => {
    const { books, bank, link, exchange, balance, outcomes, to } = await office({ givesLess: 1n });
    const id = await exchange('sold', 123_457n);
    expect(await runBankLink(link)).toEqual([]);
    expect([books.get('exchange', id)?.state, balance(to), balance('suspense:EUR')]).toEqual(['open', 0n, 15_047n]);
    bank.endOfDay();
    expect(await runBankLink(link)).toEqual([]);
    expect(
      outcomes()
        .breaks.map(([, one]) => [one.asset, one.kind])
        .sort(),
    ).toEqual([
      ['CNY', 'missing in books'],
      ['EUR', 'unknown payer'],
    ]);
    expect([...books.all('shortfall')].map(([key, one]) => [key, one.amount])).toEqual([['main|CNY', 123_457n]]);
  });
});

describe('the gateway at the turn of a day', () => {
  it('posts what accrued on every day that is over, also after it was away for days, and each day once', async () => {
    const { programme, submit, books, link, from } = await office();
    const [maker, checker] = programme.officers;
    const made = programme.made(maker, {
      kind: 'adopt fee schedule',
      schedule: {
        ...{ code: 'custody', version: 1, text: 'custody fee', asset: 'CNY', to: 'bank-fee', basis: 'balance' },
        ...{ dayCount: 'act/365', tiers: [{ from: '0', ppm: 3650 }], minimum: '0', maximum: '100000', accounts: [] },
        ...{ from: msToInstant(programme.nowMs).slice(0, 10) as never, until: null },
      },
    });
    await submit(maker, made);
    await submit(checker, programme.approval(checker, made));
    expect(await postAccruals(link)).toEqual([]);
    expect(books.get('accrued', `custody|${from}`)).toBeUndefined();
    programme.nowMs += 3 * 86_400_000;
    expect([await postAccruals(link), await postAccruals(link)]).toEqual([[], []]);
    // 0.00001 of CNY 50,000.00 on each of three days.
    expect(books.get('accrued', `custody|${from}`)?.units).toBe(String(3n * 50n * 1_000_000n * 1_603_080n));
  });
});
