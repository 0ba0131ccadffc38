import { describe, expect, it } from 'vitest';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { booked } from './books.ts';
import type { Instruction } from './instruction/schema.ts';
import { lastDayOf } from './period.ts';
import type { Day } from './time.ts';

type ClosePeriod = Extract<Instruction, { kind: 'close period' }>;

function office() {
  const programme = new TestProgramme().open();
  const [officer, second] = programme.officers;
  const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
  const account = programme.client('c1', 'CNY', 5000n);
  const other = programme.client('c2', 'CNY', 700n);
  const at = (text: string) => {
    programme.nowMs = Date.parse(text);
  };
  const transfer = (amount: string): Instruction => ({
    ...{ kind: 'book transfer', from: account, to: other, asset: 'CNY', amount, purpose: 'LOAN' },
  });
  const closing = (month: string): ClosePeriod => {
    const row = programme.books.get('monthEnd', month);
    return { kind: 'close period', month, closing: row ?? { entries: 0, legs: 0, totals: [], digest: 'A'.repeat(43) } };
  };
  const refusal = (instruction: Instruction, maker = officer) => {
    const made = programme.made(maker, instruction);
    const decision = programme.submit(made, maker.sign([made])[0] as never);
    return decision.ok ? 'taken' : `${decision.refusal.type}: ${decision.refusal.why}`;
  };
  return { programme, officer, second, teller, supervisor, account, other, at, transfer, closing, refusal };
}

const sumOf = (one: ClosePeriod, of: string) =>
  one.closing.totals.flatMap((row) => (row.class === of && row.asset === 'CNY' ? [row.debits, row.credits] : []));

describe('a month', () => {
  it('is closed with what every account had come to by its last moment, whatever was booked since', () => {
    const { programme, officer, second, teller, supervisor, at, transfer, closing } = office();
    at('2026-11-30T23:59:00.000Z');
    programme.pass(teller, supervisor, transfer('50'));
    at('2026-12-02T08:00:00.000Z');
    programme.pass(teller, supervisor, transfer('30'));
    const november = closing('2026-11');
    expect([sumOf(november, 'client'), sumOf(november, 'cash')]).toEqual([
      ['50', '5750'],
      ['5700', '0'],
    ]);
    const made = programme.make(officer, november);
    programme.pass(teller, supervisor, transfer('20'));
    const approval = programme.approval(second, made);
    programme.admit(approval, second.sign([approval])[0]);
    expect(programme.books.get('period', 'closed')).toMatchObject({ through: '2026-11-30', by: made.id });
  });

  it('is not closed with other figures, before it is over, or twice; and by officers only', () => {
    const { programme, officer, second, teller, at, closing, refusal } = office();
    expect(refusal(closing('2026-11'))).toBe('state: Month 2026-11 is not over.');
    at('2027-01-05T08:00:00.000Z');
    programme.pass(officer, programme.supervisors[0], { kind: 'freeze', account: 'acc-c1-CNY', reason: 'x' } as never);
    const november = closing('2026-11');
    const [first, ...rest] = november.closing.totals;
    const wrong = { ...first, credits: '1' } as never;
    expect(refusal({ ...november, closing: { ...november.closing, totals: [wrong, ...rest] } })).toMatch(/^malformed/);
    expect(refusal({ ...november, closing: { ...november.closing, digest: 'A'.repeat(43) } })).toMatch(/^malformed/);
    expect(refusal(closing('2026-10'))).toBe('state: The books do not know the end of 2026-10.');
    expect(refusal(november, teller)).toMatch(/^not entitled/);
    // A month without any event is closed with the figures of the one before.
    programme.pass(officer, second, closing('2026-12'));
    expect(refusal(november)).toBe('state: The books are closed through 2026-12-31.');
    expect(refusal(closing('2026-12'))).toBe('state: The books are closed through 2026-12-31.');
  });

  it('once closed takes no chosen value date; what the bank states is booked today, keeps its value date and is named', () => {
    const { programme, officer, second, account, at, closing } = office();
    at('2026-12-02T08:00:00.000Z');
    const credited = (reference: string, valueDate: string) =>
      programme.fromBank('bank.credited', {
        ...{ reference, account: '9c1CNY', asset: 'CNY', amount: '10', valueDate: valueDate as Day },
      });
    const before = credited('a', '2026-11-29');
    programme.pass(officer, second, closing('2026-11'));
    const late = credited('b', '2026-11-29');
    const current = credited('c', '2026-12-01');
    expect([before, late, current].map((one) => programme.books.get('backValued', one.id))).toEqual([
      undefined,
      {
        ...{ cause: 'bank.credited', bookingDate: '2026-12-02', valueDate: '2026-11-29' },
        amounts: [{ asset: 'CNY', amount: '10' }],
      },
      undefined,
    ]);
    const client = programme.books.get('account', account);
    expect(client && booked(client)).toBe(5030n);
  });

  it('that is closed closes value dates with it where local time is behind the booking date', () => {
    const { programme, officer, second, teller, account, at, closing, refusal } = office();
    const clock = { offsets: [{ from: '1970-01-01T00:00:00.000Z' as never, minutes: -300 }], weekend: [6, 7] };
    const days = { holidays: [], workingDays: [], from: '2026-11-01' as Day, through: '2027-01-31' as Day };
    const calendar = { id: 'NY', version: 1, assets: ['CNY'], cutOffs: [], ...clock, ...days };
    programme.pass(officer, second, { kind: 'adopt calendar', calendar });
    at('2026-12-01T01:00:00.000Z'); // eight in the evening of 30 November there
    const payment = { kind: 'payment', account, asset: 'CNY', amount: '1', payee: payeeNamed('Wang') } as const;
    expect(refusal({ ...payment, valueDate: '2026-11-30' as Day }, teller)).toBe('taken');
    programme.pass(officer, second, closing('2026-11'));
    expect(refusal({ ...payment, valueDate: '2026-11-30' as Day }, teller)).toBe(
      'period closed: The books are closed through 2026-11-30.',
    );
  });

  it('ends where calendars end it', () => {
    expect(['2026-11', '2026-12', '2027-02', '2028-02'].map(lastDayOf)).toEqual([
      '2026-11-30',
      '2026-12-31',
      '2027-02-28',
      '2028-02-29',
    ]);
  });
});
