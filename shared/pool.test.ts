import { describe, expect, it } from 'vitest';
import { type Person, signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { completedBody, creditLine, type Line } from '../testing/statements.ts';
import { booked, poolOfAccount, safeguardingOf } from './books.ts';
import type { EventOf } from './event.ts';
import type { Instruction } from './instruction/schema.ts';
import { poolDay, poolDayText, unstatedDays } from './outgoing.ts';
import { reconcileStatement } from './statement.ts';
import { addDays, type Day } from './time.ts';

const today = '2026-11-23' as Day;
const wages: Extract<Instruction, { kind: 'open pool' }> = {
  kind: 'open pool',
  pool: 'wages',
  accounts: [{ asset: 'CNY', number: '622200009999' }],
  purpose: 'wages of the workers of one builder',
};

/** A client in the main pool and one in a second one, each with CNY 50.00. */
function office() {
  const programme = new TestProgramme().open();
  const [first, second] = programme.officers;
  const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
  const main = programme.client('c1', 'CNY', 5000n);
  programme.pass(first, second, wages);
  const account = 'acc-c1-wages';
  const open = { client: 'c1', role: 'payer', asset: 'CNY', number: '9wages', pool: 'wages' } as const;
  programme.pass(teller, supervisor, { kind: 'open account', account, ...open });
  const credit = (reference: string, number: string | null, amount: string, pool?: string) =>
    programme.fromBank('bank.credited', {
      ...{ reference, account: number, asset: 'CNY', amount, valueDate: today },
      ...(pool === undefined ? {} : { pool }),
    });
  credit('in-wages', '9wages', '5000', 'wages');
  const balance = (id: string) => booked(programme.books.get('account', id)!);
  const pay = (from: string, amount = '10'): Instruction => ({
    ...{ kind: 'payment', account: from, asset: 'CNY', amount, payee: payeeNamed('Wang') },
  });
  const refused = (instruction: Instruction, maker: Person = teller) => {
    const made = programme.made(maker, instruction);
    const decision = programme.submit(made, maker.sign([made])[0] as never);
    return decision.ok ? undefined : decision.refusal;
  };
  const gateway = <T extends 'reconciliation.completed' | 'safeguarding.stated'>(type: T, body: EventOf<T>['body']) => {
    const event = programme.event(type, body, { actor: 'gateway', terminal: 'depository' });
    return programme.submit(event, signAsMachine(programme.gatewayKey, 'gateway', [event])[0] as never);
  };
  /** A first statement of a pool, reconciled, and owed against held stated for it. */
  const state = (statement: string, pool: string | undefined, lines: readonly Line[]) => {
    const closing = lines.reduce((sum, one) => sum + BigInt(one.amount), 0n).toString();
    programme.fromBank('statement.received', {
      ...{ statement, asset: 'CNY', day: today, opening: '0', closing, entries: lines.length, file: 'A'.repeat(43) },
      ...(pool === undefined ? {} : { pool }),
    });
    programme.fromBank('statement.lines', { statement, from: 0, lines: [...lines] });
    const found = reconcileStatement(programme.books, statement)!;
    expect(gateway('reconciliation.completed', completedBody(programme, statement, found)).ok).toBe(true);
    const body = poolDayText(poolDay(programme.books, 'CNY', statement, pool), today, statement);
    expect(gateway('safeguarding.stated', body).ok).toBe(true);
    return { body, found };
  };
  return { programme, teller, supervisor, main, account, credit, balance, pay, refused, gateway, state };
}

describe('a pool of client money', () => {
  it('has house accounts of its own, and everything of its clients moves in them alone', () => {
    const { programme, teller, supervisor, account, balance, pay } = office();
    expect(poolOfAccount(programme.books, account)).toBe('wages');
    expect([balance('cash:CNY'), balance('cash:CNY:wages')]).toEqual([5000n, 5000n]);
    const paid = programme.pass(teller, supervisor, pay(account, '700'));
    expect([balance('in-transit:CNY'), balance('in-transit:CNY:wages')]).toEqual([0n, 700n]);
    const settled = { instruction: paid.id, item: 0, reference: 's', valueDate: today };
    programme.fromBank('bank.settled', settled);
    expect([balance('cash:CNY'), balance('cash:CNY:wages')]).toEqual([5000n, 4300n]);
    programme.fromBank('bank.returned', { ...settled, reference: 't', code: 'AC04' });
    expect([balance('cash:CNY:wages'), balance(account)]).toEqual([5000n, 5000n]);
    programme.pass(teller, supervisor, {
      ...{ kind: 'fee', account, asset: 'CNY', code: 'service', base: '0', amount: '100' },
    });
    expect([balance('platform-fee:CNY'), balance('platform-fee:CNY:wages')]).toEqual([0n, 100n]);
    // The bank numbers the bookings of each of its accounts: the same reference in another account is another booking.
    const other = { reference: 's', account: '9c1CNY', asset: 'CNY', amount: '1', valueDate: today };
    programme.fromBank('bank.credited', other);
    expect(safeguardingOf(programme.books.all('account')).filter(({ asset }) => asset === 'CNY')).toEqual([
      { pool: 'main', asset: 'CNY', owed: '5001', held: '5001' },
      { pool: 'wages', asset: 'CNY', owed: '5000', held: '5000' },
    ]);
  });

  it('is never left by a booking, whatever instruction asks for it', () => {
    const { main, account, refused } = office();
    const transfer = { asset: 'CNY', amount: '5', purpose: 'LOAN' } as const;
    const item = (from: string) => ({ account: from, amount: '1', payee: payeeNamed('Wang') });
    const crossings: Instruction[] = [
      { kind: 'book transfer', from: main, to: account, ...transfer },
      { kind: 'book transfer', from: account, to: main, ...transfer },
      { kind: 'batch', asset: 'CNY', total: '2', items: [item(main), item(account)] },
    ];
    for (const crossing of crossings)
      expect(refused(crossing)).toMatchObject({ type: 'segregation', why: expect.stringContaining('pool') });
  });

  it('keeps money that came into its bank account for a client of another pool, until people have put it right', () => {
    const { programme, main, credit, balance, refused } = office();
    const strayed = credit('strayed', '9c1CNY', '30', 'wages');
    expect([balance('suspense:CNY:wages'), balance('cash:CNY:wages'), balance(main)]).toEqual([30n, 5030n, 5000n]);
    const allocation = { kind: 'receipt allocation', receipt: strayed.id, asset: 'CNY', amount: '30' } as const;
    expect(refused({ ...allocation, account: main })?.type).toBe('segregation');
    expect(refused({ ...allocation, account: 'acc-c1-wages' })).toBeUndefined();
    expect(programme.books.get('account', 'suspense:CNY:wages')?.held).toBe(30n);
    expect(programme.books.get('account', 'suspense:CNY')?.held).toBe(0n);
  });

  it('is opened once, by two officers, with a bank account that no other pool has, in assets of the programme', () => {
    const { programme, refused, teller } = office();
    const [officer] = programme.officers;
    const other = { ...wages, pool: 'other', accounts: [{ asset: 'CNY', number: '622200008888' }] };
    expect(refused(other, teller)?.type).toBe('not entitled');
    expect(refused({ ...other, pool: 'main' }, officer)?.type).toBe('duplicate');
    expect(refused({ ...other, pool: 'wages' }, officer)?.type).toBe('duplicate');
    expect(refused({ ...other, accounts: wages.accounts }, officer)?.type).toBe('duplicate');
    expect(refused({ ...other, accounts: [{ asset: 'GBP', number: '1' }] }, officer)?.type).toBe('malformed');
    expect(refused(other, officer)).toBeUndefined();
    expect(
      refused({
        ...{ kind: 'open account', account: 'x', client: 'c1', role: 'payer', asset: 'EUR', number: '9x' },
        pool: 'wages',
      })?.type,
    ).toBe('unknown');
  });

  it('that is short is found though another has as much too much, and only its own payments are closed', () => {
    const { programme, main, account, pay, refused, state } = office();
    const excess = state('D1', undefined, [creditLine('in-acc-c1-CNY', '5000'), creditLine('misdirected', '200')]);
    const short = state('W1', 'wages', [creditLine('in-wages', '5000'), creditLine('misdirected', '-200')]);
    // Together the two hold exactly what they owe.
    const sum = (name: 'owed' | 'held') => BigInt(excess.body[name] ?? '') + BigInt(short.body[name] ?? '');
    expect(sum('owed')).toBe(sum('held'));
    expect(excess.body).toMatchObject({ pool: 'main', excess: '200', shortfall: '0', outcome: 'met' });
    expect(short.body).toMatchObject({ pool: 'wages', excess: '0', shortfall: '200', outcome: 'shortfall' });
    expect(refused(pay(account))).toMatchObject({ type: 'shortfall', why: expect.stringContaining('Pool wages') });
    expect(refused(pay(main))).toBeUndefined();
    expect(programme.books.get('break', 'CNY|0')).toMatchObject({ kind: 'missing in books', difference: 200n });
    expect(programme.books.get('break', 'CNY:wages|0')).toMatchObject({ pool: 'wages', difference: -200n });
  });

  it('reconciles against its own statement alone, and people pair and resolve within it', () => {
    const { programme, teller, supervisor, refused, state } = office();
    // The line of the other pool's booking explains nothing here, though reference and amount are the same.
    const { found } = state('W1', 'wages', [creditLine('in-acc-c1-CNY', '5000')]);
    expect([...found.breaks.values()].map(({ kind }) => kind).sort()).toEqual(['missing at bank', 'missing in books']);
    const leg = programme.books.get('cashLegRow', 'CNY:wages|0')?.legs[0]?.leg as number;
    const mainLeg = programme.books.get('cashLegRow', 'CNY|0')?.legs[0]?.leg as number;
    const seen = { asset: 'CNY', lines: ['W1#0'], legs: [leg], reason: 'seen on paper' };
    const match: Extract<Instruction, { kind: 'match' }> = { kind: 'match', ...seen };
    expect(refused({ ...match, legs: [mainLeg] })?.type).toBe('unknown');
    const paired = programme.pass(teller, supervisor, match);
    expect(programme.books.get('openItems', 'CNY:wages')?.breaks).toEqual([]);
    programme.pass(teller, supervisor, { kind: 'unmatch', match: `person|${paired.id}`, reason: 'it was not' });
    const [one = ''] = programme.books.get('openItems', 'CNY:wages')?.breaks ?? [];
    programme.pass(teller, supervisor, { kind: 'resolve break', break: one, reason: 'told by the bank', by: null });
    expect(programme.books.get('break', one)?.state).toBe('resolved');
    expect(programme.books.get('openItems', 'CNY')).toBeUndefined();
  });

  it("cannot be stated by another pool's statement, and each day of it is stated for itself", () => {
    const { programme, gateway, state } = office();
    state('D1', undefined, [creditLine('in-acc-c1-CNY', '5000')]);
    const rosy = poolDayText(poolDay(programme.books, 'CNY', 'D1', 'wages'), today, 'D1');
    expect(gateway('safeguarding.stated', rosy)).toMatchObject({ refusal: { type: 'unknown' } });
    expect(unstatedDays(programme.books, 'CNY', addDays(today, 1), 'wages')).toEqual([today]);
    expect(unstatedDays(programme.books, 'CNY', addDays(today, 1))).toEqual([]);
  });
});
