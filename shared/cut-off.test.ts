import { describe, expect, it } from 'vitest';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import type { InstructionState } from './books.ts';
import type { Calendar } from './calendar.ts';
import { forecastCutOffs } from './cut-off.ts';
import type { Day, Instant } from './time.ts';

const calendar: Calendar = {
  ...{
    id: 'CN',
    version: 1,
    assets: ['CNY'],
    weekend: [6, 7],
    from: '2026-11-01' as Day,
    through: '2026-12-31' as Day,
  },
  ...{ holidays: [], workingDays: [], offsets: [{ from: '1970-01-01T00:00:00.000Z' as Instant, minutes: 480 }] },
  cutOffs: [
    { kinds: [], asset: 'CNY', at: '16:30' },
    { kinds: ['batch'], asset: 'CNY', at: '15:00' },
  ],
};

function office() {
  const programme = new TestProgramme().open();
  const [teller] = programme.tellers;
  programme.pass(programme.officers[0], programme.officers[1], { kind: 'adopt calendar', calendar });
  const account = programme.client('c1', 'CNY', 900_000_000n);
  const pay = (amount: string, valueDate?: string) =>
    programme.make(teller, {
      ...{ kind: 'payment', account, asset: 'CNY', amount, payee: payeeNamed('Wang') },
      ...(valueDate === undefined ? {} : { valueDate: valueDate as Day }),
    }).id;
  const at = (local: string) => {
    programme.nowMs = Date.parse(`${local}:00.000+08:00`);
  };
  const waiting = (): InstructionState[] =>
    [...programme.books.all('instruction')].flatMap(([, one]) => (one.state === 'waiting' ? [one] : []));
  const [a, b] = programme.supervisors.map(({ operator }) => ({ person: operator.person, role: operator.role }));
  const forecast = (...present: { person: string; role: string }[]) =>
    forecastCutOffs(programme.books, waiting(), present, new Date(programme.nowMs).toISOString() as Instant).map(
      ({ cutOff, deadline, waiting: count, approvers, atRisk }) => [
        cutOff,
        deadline.slice(11, 16),
        count,
        approvers,
        atRisk.map((one) => [one.instruction, one.why]),
      ],
    );
  return { programme, account, pay, at, a: a as never, b: b as never, forecast };
}

describe('the forecast of a cut-off', () => {
  it('says who is there, until when, and which items miss a person', () => {
    const { pay, at, a, b, forecast } = office();
    at('2026-11-24T13:00');
    pay('100');
    const large = pay('200000000'); // two supervisors
    expect(forecast(a, b)).toEqual([['16:30', '08:30', 2, 2, []]]);
    expect(forecast(a)).toEqual([['16:30', '08:30', 2, 1, [[large, 'quorum']]]]);
    expect(forecast()[0]?.[4]).toHaveLength(2);
    at('2026-11-24T16:05');
    expect(forecast(a, b)[0]?.[4]).toEqual([
      [expect.anything(), 'time'],
      [large, 'time'],
    ]);
  });

  it('counts a person once for an item, and neither its maker nor who has approved it', () => {
    const { programme, pay, at, a, b, forecast } = office();
    at('2026-11-24T13:00');
    const large = pay('200000000');
    expect(forecast(a, a)).toEqual([['16:30', '08:30', 1, 1, [[large, 'quorum']]]]);
    at('2026-11-24T13:20');
    const made = programme.records.findLast(({ event }) => event.id === large)?.event;
    const [supervisor] = programme.supervisors;
    const approval = programme.approval(supervisor, made as never, { typed: { tail: 'Wang', amount: '200000000' } });
    programme.admit(approval, supervisor.sign([approval])[0]);
    expect(forecast(a)).toEqual([['16:30', '08:30', 1, 0, [[large, 'quorum']]]]);
    expect(forecast(a, b)).toEqual([['16:30', '08:30', 1, 1, []]]);
  });

  it('names a cooling-off time that ends after the cut-off, and what has missed its value date', () => {
    const { pay, at, a, b, forecast } = office();
    at('2026-11-24T16:21');
    const cooling = pay('200000000', '2026-11-24');
    const plain = pay('5', '2026-11-24');
    expect(forecast(a, b)[0]?.[4]).toEqual([
      [cooling, 'cooling-off'],
      [plain, 'time'],
    ]);
    at('2026-11-24T16:31');
    expect(forecast(a, b)[0]?.[4]).toEqual([
      [cooling, 'missed'],
      [plain, 'missed'],
    ]);
    at('2026-11-25T09:00');
    expect(forecast(a, b)).toEqual([]);
  });

  it('leaves out what goes on another day, and what goes on the next one anyway', () => {
    const { pay, at, a, forecast } = office();
    at('2026-11-24T13:00');
    pay('1', '2026-11-25');
    expect(forecast(a)).toEqual([]);
    pay('2');
    expect(forecast(a)).toHaveLength(1);
    at('2026-11-24T18:00');
    expect(forecast(a)).toEqual([]);
  });

  it('keeps the cut-offs of kinds apart', () => {
    const { programme, account, pay, at, a, forecast } = office();
    at('2026-11-24T14:45');
    pay('1');
    const items = [{ account, amount: '5', payee: payeeNamed('Li') }];
    const { id } = programme.make(programme.tellers[0], { kind: 'batch', asset: 'CNY', total: '5', items });
    expect(forecast(a)).toEqual([
      ['15:00', '07:00', 1, 1, [[id, 'time']]],
      ['16:30', '08:30', 1, 1, []],
    ]);
  });
});
