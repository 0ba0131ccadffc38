import { describe, expect, it } from 'vitest';
import { signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { available, booked } from './books.ts';
import type { Calendar } from './calendar.ts';
import type { Instruction } from './instruction/schema.ts';
import type { Day } from './time.ts';
import { requestedDay } from './value-date.ts';

const days = (...texts: string[]) => texts as Day[];

/** Monday 23 November 2026, nine in the morning in China: Thursday is off, and the Sunday before it was worked. */
const chinese: Calendar = {
  ...{
    id: 'CN',
    version: 1,
    assets: ['CNY'],
    weekend: [6, 7],
    from: '2026-11-01' as Day,
    through: '2026-12-31' as Day,
  },
  holidays: days('2026-11-26'),
  workingDays: days('2026-11-22', '2026-11-28'),
  offsets: [{ from: '1970-01-01T00:00:00.000Z' as never, minutes: 480 }],
  cutOffs: [
    { kinds: [], asset: 'CNY', at: '16:30' },
    { kinds: ['batch'], asset: 'CNY', at: '15:00' },
  ],
};

function office(calendar: Calendar | null = chinese) {
  const programme = new TestProgramme().open();
  const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
  const [officer, second] = programme.officers;
  const account = programme.client('c1', 'CNY', 5000n);
  const other = programme.client('c2', 'CNY', 0n);
  if (calendar !== null) programme.pass(officer, second, { kind: 'adopt calendar', calendar });
  const payment = (valueDate: string, amount = '100'): Instruction => ({
    ...{ kind: 'payment', account, asset: 'CNY', amount, payee: payeeNamed('Wang') },
    valueDate: valueDate as Day,
  });
  const refusal = (instruction: Instruction, maker = teller) => {
    const made = programme.made(maker, instruction);
    const decision = programme.submit(made, maker.sign([made])[0] as never);
    return decision.ok ? 'taken' : `${decision.refusal.type}: ${decision.refusal.why} ${decision.refusal.next}`;
  };
  const due = (instruction: { readonly id: string }) => {
    const event = programme.event('instruction.due', { instruction: instruction.id as never }, gateway);
    const decision = programme.submit(event, signAsMachine(programme.gatewayKey, 'gateway', [event])[0] as never);
    return decision.ok ? 'due' : decision.refusal.type;
  };
  const state = (made: { readonly id: string }) => programme.books.get('instruction', made.id)?.state;
  const figures = (id: string) => {
    const one = programme.books.get('account', id);
    return one === undefined ? [] : [booked(one), one.held, available(one)].map(Number);
  };
  const untilLocal = (day: string, time: string) => {
    programme.nowMs = Date.parse(`${day}T${time}:00.000+08:00`);
  };
  return { programme, teller, supervisor, account, other, payment, refusal, due, state, figures, untilLocal };
}
const gateway = { actor: 'gateway', terminal: 'depository' };

describe('a value date', () => {
  it('is refused without a calendar: nobody guesses business days', () => {
    const { refusal, payment } = office(null);
    expect(refusal(payment('2026-11-24'))).toMatch(/^calendar: No calendar governs CNY/);
  });

  it('is a business day of the calendar in force, today or later and not too far ahead; else the next good one is named', () => {
    const { refusal, payment, untilLocal } = office();
    expect(refusal(payment('2026-11-20'))).toMatch(/^value date: Value date 2026-11-20 is over.* Choose 2026-11-23\.$/);
    expect(refusal(payment('2026-11-26'))).toMatch(/no business day of calendar CN\. Choose 2026-11-27\.$/);
    expect(refusal(payment('2026-11-29'))).toMatch(/Choose 2026-11-30\.$/);
    expect(refusal(payment('2026-12-24'))).toMatch(/too far ahead\. Choose 2026-12-23 at the latest\.$/);
    for (const good of ['2026-11-23', '2026-11-28', '2026-12-23']) expect(refusal(payment(good))).toBe('taken');
    untilLocal('2026-11-25', '16:29');
    expect(refusal(payment('2026-11-25'))).toBe('taken');
    untilLocal('2026-11-25', '16:30');
    expect(refusal(payment('2026-11-25'))).toMatch(/cut-off of 2026-11-25 was at 16:30\. Choose 2026-11-27\.$/);
  });

  it('has the cut-off of its kind, and none where the money stays inside custody', () => {
    const { refusal, payment, account, other, untilLocal } = office();
    untilLocal('2026-11-24', '15:30');
    const { kind: _, payee, ...rest } = payment('2026-11-24') as Extract<Instruction, { kind: 'payment' }>;
    const items = [{ account, amount: '100', payee }];
    const batch = { kind: 'batch', asset: 'CNY', total: '100', items, valueDate: rest.valueDate } as Instruction;
    expect(refusal(payment('2026-11-24'))).toBe('taken');
    expect(refusal(batch)).toMatch(/was at 15:00/);
    untilLocal('2026-11-24', '20:00');
    const today = '2026-11-24' as Day;
    const purpose = { asset: 'CNY', amount: '1', purpose: 'LOAN', valueDate: today };
    expect(refusal({ kind: 'book transfer', from: account, to: other, ...purpose })).toBe('taken');
  });

  it('that no year of the calendar covers is refused by name', () => {
    const { refusal, payment, untilLocal } = office();
    untilLocal('2026-12-30', '10:00');
    expect(refusal(payment('2027-01-04'))).toMatch(
      /^calendar: Calendar CN knows 2026-11-01 to 2026-12-31, and not 2027/,
    );
  });

  it('still to come keeps the approved money held; on its day it goes, with the value date on the entry', () => {
    const { programme, teller, supervisor, account, payment, due, state, figures, untilLocal } = office();
    const made = programme.pass(teller, supervisor, payment('2026-11-25'));
    expect([state(made), figures(account)]).toEqual(['scheduled', [5000, 100, 4900]]);
    expect(due(made)).toBe('value date');
    untilLocal('2026-11-24', '23:59');
    expect(due(made)).toBe('value date');
    untilLocal('2026-11-25', '00:00');
    expect(due(made)).toBe('due');
    expect([state(made), figures(account), figures('in-transit:CNY')]).toEqual([
      'approved',
      [4900, 0, 4900],
      [100, 0, 100],
    ]);
    expect(due(made)).toBe('state');
    // The bank is asked for the value date, or for the first day on which it can where that is over.
    const { body } = programme.books.get('instruction', made.id) ?? {};
    const asked = (at: string) => body && requestedDay(programme.books, body, new Date(at).toISOString() as never);
    expect(asked('2026-11-25T01:00:00Z')).toBe('2026-11-25');
    expect(asked('2026-11-25T09:00:00Z')).toBe('2026-11-27');
  });

  it('is asked everything again when it comes: a frozen account keeps its money, a stop keeps it too', () => {
    const { programme, teller, supervisor, account, payment, due, state, untilLocal } = office();
    const made = programme.pass(teller, supervisor, payment('2026-11-25'));
    programme.pass(teller, supervisor, { kind: 'freeze', account, reason: 'court order' } as never);
    untilLocal('2026-11-25', '09:00');
    expect(due(made)).toBe('account state');
    programme.pass(teller, supervisor, { kind: 'unfreeze', account, reason: 'lifted' } as never);
    programme.pass(programme.officers[0], supervisor, { kind: 'emergency stop', reason: 'stolen key' });
    expect([due(made), state(made)]).toEqual(['stopped', 'scheduled']);
  });

  it('can be given up by its maker before it comes, and by nobody else', () => {
    const { programme, teller, supervisor, account, payment, due, state, figures, untilLocal } = office();
    const made = programme.pass(teller, supervisor, payment('2026-11-25'));
    const body = { instruction: made.id, digest: programme.digestOf(made) };
    const decline = programme.event('instruction.declined', { ...body, reason: 'no' }, { actor: 'supervisor-a' });
    expect(programme.submit(decline, supervisor.sign([decline])[0] as never)).toMatchObject({ ok: false });
    const withdrawn = programme.event('instruction.withdrawn', body, { actor: teller.operator.id });
    programme.admit(withdrawn, teller.sign([withdrawn])[0]);
    expect([state(made), figures(account)]).toEqual(['withdrawn', [5000, 0, 5000]]);
    untilLocal('2026-11-25', '09:00');
    expect(due(made)).toBe('state');
  });

  it('that has passed before the last approval is refused then', () => {
    const { programme, teller, supervisor, payment, untilLocal } = office();
    const made = programme.make(teller, payment('2026-11-24'));
    untilLocal('2026-11-25', '09:00');
    const approval = programme.approval(supervisor, made);
    expect(programme.submit(approval, supervisor.sign([approval])[0] as never)).toMatchObject({
      refusal: { type: 'value date' },
    });
  });

  it('books a transfer inside custody on its day', () => {
    const { programme, teller, supervisor, account, other, due, figures, untilLocal } = office();
    const later = { asset: 'CNY', amount: '70', purpose: 'LOAN', valueDate: '2026-11-28' as Day };
    const made = programme.pass(teller, supervisor, { kind: 'book transfer', from: account, to: other, ...later });
    expect([figures(account), figures(other)]).toEqual([
      [5000, 70, 4930],
      [0, 0, 0],
    ]);
    untilLocal('2026-11-28', '08:00');
    expect(due(made)).toBe('due');
    expect([figures(account), figures(other)]).toEqual([
      [4930, 0, 4930],
      [70, 0, 70],
    ]);
  });
});

describe('a calendar', () => {
  it('governs an asset alone, version after version, and what is not its asset has no cut-off in it', () => {
    const { programme, refusal } = office();
    const [officer] = programme.officers;
    const adopt = (calendar: Partial<Calendar>) =>
      refusal({ kind: 'adopt calendar', calendar: { ...chinese, ...calendar } }, officer);
    expect(adopt({})).toMatch(/^malformed: The next version of calendar CN is 2/);
    expect(adopt({ id: 'other' })).toMatch(/^state: CNY is governed by calendar CN/);
    expect(adopt({ id: 'other', assets: ['EUR'] })).toMatch(/^malformed: A cut-off is for an asset/);
    expect(adopt({ version: 2, assets: ['CNY', 'USD'] })).toMatch(/^unknown/);
    expect(adopt({ version: 2 })).toBe('taken');
    expect(refusal({ kind: 'adopt calendar', calendar: { ...chinese, version: 2 } })).toMatch(/^not entitled/);
  });

  it('that makes the day of something approved a holiday lets it wait for the next business day', () => {
    const { programme, teller, supervisor, payment, due, untilLocal } = office();
    const made = programme.pass(teller, supervisor, payment('2026-11-25'));
    const typhoon = { ...chinese, version: 2, holidays: days('2026-11-25', '2026-11-26') };
    programme.pass(programme.officers[0], programme.officers[1], { kind: 'adopt calendar', calendar: typhoon });
    untilLocal('2026-11-25', '09:00');
    expect(due(made)).toBe('value date');
    untilLocal('2026-11-27', '09:00');
    expect(due(made)).toBe('due');
  });
});
