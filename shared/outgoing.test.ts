import { describe, expect, it } from 'vitest';
import { type Person, signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { completedBody, creditLine, type Line, stateToday } from '../testing/statements.ts';
import type { EventOf } from './event.ts';
import type { Instruction } from './instruction/schema.ts';
import { poolDay, poolDayText, unstatedDays } from './outgoing.ts';
import { type Day, msToInstant } from './time.ts';

const today = '2026-11-23' as Day;

function office() {
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', 5000n);
  const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
  const payment: Instruction = { kind: 'payment', account, asset: 'CNY', amount: '10', payee: payeeNamed('Wang') };
  const refused = (maker: Person = teller, instruction: Instruction = payment) => {
    const made = programme.made(maker, instruction);
    const decision = programme.submit(made, maker.sign([made])[0] as never);
    return decision.ok ? undefined : decision.refusal.type;
  };
  let closing = '0';
  let n = 0;
  const statement = (...lines: Line[]) => {
    n += 1;
    const { found, closing: next } = stateToday(programme, `D${n}`, closing, lines);
    closing = next;
    machine(programme, 'reconciliation.completed', completedBody(programme, `D${n}`, found));
    return stating(programme, `D${n}`);
  };
  return { programme, account, teller, supervisor, payment, refused, statement };
}

function machine<T extends 'reconciliation.completed' | 'safeguarding.stated'>(
  programme: TestProgramme,
  type: T,
  body: EventOf<T>['body'],
) {
  const event = programme.event(type, body, { actor: 'gateway', terminal: 'depository' });
  return programme.submit(event, signAsMachine(programme.gatewayKey, 'gateway', [event])[0] as never);
}

function stating(programme: TestProgramme, statement: string) {
  const body = poolDayText(poolDay(programme.books, 'CNY', statement), today, statement);
  const decision = machine(programme, 'safeguarding.stated', body);
  if (!decision.ok) throw new Error(decision.refusal.why);
  return body;
}

describe('client money that is missing at the bank', () => {
  it('is stated from every client against the statement alone, and closes what leaves the pool', () => {
    const { programme, teller, supervisor, payment, refused, statement } = office();
    const waiting = programme.make(teller, payment);
    expect(statement(creditLine('in-acc-c1-CNY', '5000'))).toMatchObject({
      owed: '5000',
      held: '5000',
      outcome: 'met',
    });
    const short = statement(creditLine('a fee that nobody agreed to', '-3'));
    expect(short).toMatchObject({ owed: '5000', held: '4997', shortfall: '3', outcome: 'shortfall' });
    expect(refused()).toBe('shortfall');
    // What was made before does not leave either.
    const approval = programme.approval(supervisor, waiting);
    expect(programme.submit(approval, supervisor.sign([approval])[0] as never)).toMatchObject({
      refusal: { type: 'shortfall' },
    });
    // Money may still move between clients, and arrive.
    const other = programme.client('c2', 'CNY', 1n);
    const transfer = {
      kind: 'book transfer',
      from: payment.kind === 'payment' ? payment.account : '',
      to: other,
    } as const;
    programme.pass(teller, supervisor, { ...transfer, asset: 'CNY', amount: '5', purpose: 'LOAN' });
  });

  it('opens again once a statement shows it cured', () => {
    const { refused, statement } = office();
    statement(creditLine('in-acc-c1-CNY', '5000'), creditLine('taken', '-3'));
    expect(refused()).toBe('shortfall');
    expect(statement(creditLine('given back', '3'))).toMatchObject({ shortfall: '0', outcome: 'met' });
    expect(refused()).toBeUndefined();
  });

  it('stays closed though an older statement is sent again, and open though the same one is', () => {
    const { programme, refused, statement } = office();
    statement(creditLine('in-acc-c1-CNY', '5000'));
    const again = (id: string) => poolDayText(poolDay(programme.books, 'CNY', id), today, id);
    expect(machine(programme, 'safeguarding.stated', again('D1'))).toMatchObject({ refusal: { type: 'duplicate' } });
    statement(creditLine('taken', '-3'));
    expect(machine(programme, 'safeguarding.stated', again('D1'))).toMatchObject({ refusal: { type: 'state' } });
    expect(refused()).toBe('shortfall');
  });

  it('may be overridden for a while by two officers and another, never by fewer, and only this shortfall', () => {
    const { programme, refused, statement } = office();
    statement(creditLine('in-acc-c1-CNY', '5000'), creditLine('taken', '-3'));
    const [first, second] = programme.officers;
    const third = programme.enrolOfficer('officer-c');
    const until = msToInstant(programme.nowMs + 3_600_000);
    const override = { kind: 'override shortfall', pool: 'main', asset: 'CNY', until, reason: 'wages' } as const;
    const made = programme.make(first, override);
    const one = programme.approval(second, made);
    programme.admit(one, second.sign([one])[0]);
    expect(refused()).toBe('shortfall');
    const two = programme.approval(third, made);
    programme.admit(two, third.sign([two])[0]);
    expect(refused()).toBeUndefined();
    programme.nowMs += 3_600_000;
    expect(refused()).toBe('shortfall');
    const tooLong = { ...override, until: msToInstant(programme.nowMs + 25 * 3_600_000) };
    expect(refused(first, tooLong)).toBe('limit');
  });

  it('cannot be talked away: another figure than everybody adds up is refused', () => {
    const { programme, statement } = office();
    statement(creditLine('in-acc-c1-CNY', '5000'), creditLine('taken', '-3'));
    const body = poolDayText(poolDay(programme.books, 'CNY', 'D1'), today, 'D1');
    for (const rosy of [
      { shortfall: '0', outcome: 'met' as const },
      { bank: '5000' },
      { clients: '4997', owed: '4997' },
    ])
      expect(machine(programme, 'safeguarding.stated', { ...body, ...rosy })).toMatchObject({
        refusal: { type: 'malformed' },
      });
  });

  it('says of a day without a statement that nothing was compared, and only once the day is over', () => {
    const { programme } = office();
    const body = poolDayText(poolDay(programme.books, 'CNY', null), today, null);
    expect(body).toMatchObject({ owed: '5000', held: null, outcome: 'not performed' });
    expect(machine(programme, 'safeguarding.stated', body)).toMatchObject({ refusal: { type: 'state' } });
    programme.nowMs += 24 * 3_600_000;
    expect(machine(programme, 'safeguarding.stated', body).ok).toBe(true);
    expect(machine(programme, 'safeguarding.stated', body)).toMatchObject({ refusal: { type: 'duplicate' } });
  });

  it('counts as there what the bank cannot have yet', () => {
    const { programme, statement } = office();
    programme.fromBank('bank.credited', {
      ...{ reference: 'tomorrow', account: '9c1CNY', asset: 'CNY', amount: '7', valueDate: '2026-11-24' as Day },
    });
    expect(statement(creditLine('in-acc-c1-CNY', '5000'))).toMatchObject({
      ...{ owed: '5007', bank: '5000', underWay: '7', held: '5007', outcome: 'met' },
    });
  });
});

describe('days without a statement', () => {
  it('are every day, or the business days of the calendar in force where the agreement asks for those', () => {
    const { programme } = office();
    const [officer, second] = programme.officers;
    programme.nowMs = Date.parse('2026-11-30T03:00:00.000Z');
    const monday = '2026-11-30' as Day;
    const dates = () => unstatedDays(programme.books, 'CNY', monday).map((on) => Number(on.slice(8)));
    expect(dates()).toEqual([23, 24, 25, 26, 27, 28, 29]);
    const agreement = { version: 2, fees: [], safeguardingDays: 'business' } as const;
    programme.pass(officer, second, { kind: 'adopt agreement', agreement: { ...agreement, fees: [] } });
    // Nobody knows which are business days: none is passed over.
    expect(dates()).toEqual([23, 24, 25, 26, 27, 28, 29]);
    const calendar = {
      ...{ id: 'CN', version: 1, assets: ['CNY'], weekend: [6, 7], cutOffs: [] },
      ...{ holidays: ['2026-11-26' as Day], workingDays: ['2026-11-28' as Day] },
      offsets: [{ from: '1970-01-01T00:00:00.000Z' as never, minutes: 480 }],
      ...{ from: '2026-11-01' as Day, through: '2026-12-31' as Day },
    };
    programme.pass(officer, second, { kind: 'adopt calendar', calendar });
    expect(dates()).toEqual([23, 24, 25, 27, 28]);
    const none = (on: string) =>
      machine(programme, 'safeguarding.stated', poolDayText(poolDay(programme.books, 'CNY', null), on as Day, null));
    expect([none('2026-11-26'), none('2026-11-29')]).toMatchObject([
      { refusal: { type: 'state' } },
      { refusal: { type: 'state' } },
    ]);
    expect(none('2026-11-28').ok).toBe(true);
  });
});

describe('an emergency stop', () => {
  it('is made and approved by two people, closes everything that leaves, and is lifted by officers', () => {
    const { programme, teller, supervisor, payment, refused } = office();
    const waiting = programme.make(teller, payment);
    const [first, second] = programme.officers;
    programme.pass(first, supervisor, { kind: 'emergency stop', reason: 'stolen key' });
    expect(refused()).toBe('stopped');
    const approval = programme.approval(supervisor, waiting);
    expect(programme.submit(approval, supervisor.sign([approval])[0] as never)).toMatchObject({
      refusal: { type: 'stopped' },
    });
    programme.pass(first, second, { kind: 'resume', reason: 'key revoked' });
    expect(refused()).toBeUndefined();
  });
});
