import { describe, expect, it } from 'vitest';
import { sha256, signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { completedBody, creditLine, type Line, stateToday } from '../testing/statements.ts';
import { booksDigest } from './books.ts';
import type { EventOf } from './event.ts';
import type { Day } from './time.ts';

const today = '2026-11-23' as Day;
/** The bank's statement, its lines, and what the gateway makes of it. */
function state(programme: TestProgramme, statement: string, opening: string, lines: readonly Line[], day = today) {
  const { found, closing } = stateToday(programme, statement, opening, lines, day);
  return { found, body: completedBody(programme, statement, found), closing };
}

function complete(programme: TestProgramme, body: EventOf<'reconciliation.completed'>['body']) {
  const event = programme.event('reconciliation.completed', body, { actor: 'gateway', terminal: 'depository' });
  return programme.submit(event, signAsMachine(programme.gatewayKey, 'gateway', [event])[0] as never);
}

const credited = (programme: TestProgramme, reference: string, amount: string, account: string | null = null) =>
  programme.fromBank('bank.credited', { reference, account, asset: 'CNY', amount, valueDate: today });

const kindsOf = (programme: TestProgramme) =>
  [...programme.books.all('break')].filter(([, one]) => one.state === 'open').map(([key, one]) => `${key} ${one.kind}`);

describe('a day with its statement', () => {
  it('is balanced when bank and books say the same, a settled payment found by its item included', () => {
    const programme = new TestProgramme().open();
    const account = programme.client('c1', 'CNY', 5000n);
    const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
    const payment = { kind: 'payment' as const, account, asset: 'CNY', amount: '700', payee: payeeNamed('Wang') };
    const made = programme.pass(teller, supervisor, payment);
    const item = { instruction: made.id, item: 0 };
    programme.fromBank('bank.settled', { ...item, reference: 'S1', valueDate: today });
    const { found, body } = state(programme, 'D1', '0', [
      creditLine('in-acc-c1-CNY', '5000'),
      creditLine('another name for S1', '-700', { item }),
    ]);
    expect(found.matches.map((one) => one.by)).toEqual(['reference', 'item']);
    expect(body).toMatchObject({ outcome: 'balanced', breaks: 0, bank: '4300', books: '4300' });
    expect(complete(programme, body).ok).toBe(true);
  });

  it('names what the bank has and the books have not, and the other way round; the next statement clears it', () => {
    const programme = new TestProgramme().open();
    programme.client('c1', 'CNY', 5000n);
    credited(programme, 'late', '20', '9c1CNY');
    const first = state(programme, 'D1', '0', [creditLine('in-acc-c1-CNY', '5000'), creditLine('early', '9')]);
    expect(first.body.outcome).toBe('break');
    expect(complete(programme, first.body).ok).toBe(true);
    expect(kindsOf(programme)).toEqual(['CNY|0 missing in books', 'CNY|1 missing at bank']);
    credited(programme, 'early', '9', '9c1CNY');
    const second = state(programme, 'D2', first.closing, [creditLine('late', '20')]);
    expect(second.body.outcome).toBe('balanced');
    expect(complete(programme, second.body).ok).toBe(true);
    expect(kindsOf(programme)).toEqual([]);
    expect(programme.books.get('break', 'CNY|0')?.state).toBe('cleared');
  });

  it('keeps the age of a break that stays, and shows money of unknown payers until it is allocated', () => {
    const programme = new TestProgramme().open();
    const account = programme.client('c1', 'CNY', 5000n);
    const receipt = credited(programme, 'who', '50');
    const lines = [creditLine('in-acc-c1-CNY', '5000'), creditLine('who', '50'), creditLine('stranger', '1')];
    const first = state(programme, 'D1', '0', lines);
    complete(programme, first.body);
    expect(kindsOf(programme)).toEqual(['CNY|0 unknown payer', 'CNY|1 missing in books']);
    const second = state(programme, 'D2', first.closing, [], '2026-11-24' as Day);
    complete(programme, second.body);
    expect(programme.books.get('break', 'CNY|1')).toMatchObject({ since: today, statement: 'D1', state: 'open' });
    const allocation = {
      kind: 'receipt allocation' as const,
      receipt: receipt.id,
      account,
      asset: 'CNY',
      amount: '50',
    };
    programme.pass(programme.tellers[0], programme.supervisors[0], allocation);
    const third = state(programme, 'D3', second.closing, []);
    complete(programme, third.body);
    expect(kindsOf(programme)).toEqual(['CNY|1 missing in books']);
  });

  it('a booking that the bank says twice stays a break until somebody ends it, and is paired with nothing', () => {
    const programme = new TestProgramme().open();
    programme.client('c1', 'CNY', 5000n);
    const line = creditLine('in-acc-c1-CNY', '5000');
    const first = state(programme, 'D1', '0', [line, line]);
    complete(programme, first.body);
    const twice = { kind: 'duplicate', lines: ['D1#1'], legs: [1], difference: 5000n, state: 'open', since: today };
    expect(programme.books.get('break', 'CNY|0')).toMatchObject(twice);
    const second = state(programme, 'D2', first.closing, [creditLine('taken back', '-5000')], '2026-11-24' as Day);
    expect(second.found.matches).toEqual([]);
    complete(programme, second.body);
    expect(programme.books.get('break', 'CNY|0')).toMatchObject(twice);
    const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
    const lines = ['D1#1', 'D2#0'];
    programme.pass(teller, supervisor, { kind: 'match', asset: 'CNY', lines, legs: [], reason: 'taken back' });
    expect(kindsOf(programme)).toEqual([]);
    expect(state(programme, 'D3', second.closing, []).body.outcome).toBe('balanced');
  });

  it('is not balanced when a statement is missing in between', () => {
    const programme = new TestProgramme().open();
    programme.client('c1', 'CNY', 5000n);
    const first = state(programme, 'D1', '0', [creditLine('in-acc-c1-CNY', '5000')]);
    complete(programme, first.body);
    expect(state(programme, 'D3', '5001', [creditLine(null, '-1')]).body.outcome).toBe('break');
  });

  it('imports nothing twice, and no line out of order', () => {
    const programme = new TestProgramme().open();
    programme.client('c1', 'CNY', 5000n);
    const { body } = state(programme, 'D1', '0', [creditLine('in-acc-c1-CNY', '5000')]);
    complete(programme, body);
    const before = booksDigest(sha256, (table) => programme.books.all(table));
    const again = () => state(programme, 'D1', '0', [creditLine('in-acc-c1-CNY', '5000')]);
    expect(again).toThrow('duplicate');
    expect(() =>
      programme.fromBank('statement.lines', { statement: 'D1', from: 0, lines: [creditLine('x', '1')] }),
    ).toThrow('state');
    expect(complete(programme, body)).toMatchObject({ ok: false, refusal: { type: 'duplicate' } });
    expect(booksDigest(sha256, (table) => programme.books.all(table))).toBe(before);
  });

  it('refuses a rosy reconciliation, and one whose lines are not all there', () => {
    const programme = new TestProgramme().open();
    programme.client('c1', 'CNY', 5000n);
    const { body } = state(programme, 'D1', '0', [creditLine('in-acc-c1-CNY', '4999')]);
    expect(body.outcome).toBe('break');
    for (const rosy of [{ outcome: 'balanced' as const }, { breaks: 0 }, { matched: 1 }, { digest: 'B'.repeat(43) }])
      expect(complete(programme, { ...body, ...rosy })).toMatchObject({ ok: false, refusal: { type: 'malformed' } });
    const lines = Array.from({ length: 201 }, (_, i) => creditLine(`L${i}`, '1'));
    const figures = { statement: 'D2', asset: 'CNY', day: today, opening: '0', closing: '201', file: 'A'.repeat(43) };
    programme.fromBank('statement.received', { ...figures, entries: 201 });
    programme.fromBank('statement.lines', { statement: 'D2', from: 0, lines: lines.slice(0, 200) });
    expect(complete(programme, { ...body, statement: 'D2' })).toMatchObject({ ok: false, refusal: { type: 'state' } });
  });
});

describe('what people do about breaks', () => {
  const opened = () => {
    const programme = new TestProgramme().open();
    programme.client('c1', 'CNY', 5000n);
    const day = state(programme, 'D1', '0', [creditLine('other name', '5000'), creditLine('fee of the bank', '-3')]);
    complete(programme, day.body);
    const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
    const pass = (instruction: Parameters<TestProgramme['pass']>[2]) => programme.pass(teller, supervisor, instruction);
    const refused = (instruction: Parameters<TestProgramme['pass']>[2]) => {
      const made = programme.made(teller, instruction);
      const decision = programme.submit(made, teller.sign([made])[0] as never);
      return decision.ok ? undefined : decision.refusal.type;
    };
    return { programme, pass, refused, closing: day.closing };
  };

  it('proposes what most likely belongs together, and a person with a checker pairs it', () => {
    const { programme, pass } = opened();
    expect(programme.books.get('break', 'CNY|0')).toMatchObject({ kind: 'missing in books', likely: 'leg 1' });
    const made = pass({ kind: 'match', asset: 'CNY', lines: ['D1#0'], legs: [1], reason: 'same payer' });
    expect(kindsOf(programme)).toEqual(['CNY|1 missing in books']);
    expect(programme.books.get('match', `person|${made.id}`)).toMatchObject({ by: 'person', undone: null });
  });

  it('pairs only what is open and equal', () => {
    const { pass, refused } = opened();
    const match = { kind: 'match' as const, asset: 'CNY', reason: 'x' };
    expect(refused({ ...match, lines: ['D1#0', 'D1#1'], legs: [1] })).toBe('limit');
    expect(refused({ ...match, lines: ['D1#7'], legs: [1] })).toBe('unknown');
    expect(refused({ ...match, lines: ['D1#0'], legs: [9] })).toBe('unknown');
    pass({ ...match, lines: ['D1#0'], legs: [1] });
    expect(refused({ ...match, lines: ['D1#0'], legs: [1] })).toBe('unknown');
  });

  it('pairs lines with which the bank undoes what it did, without any booking', () => {
    const { programme, pass, refused, closing } = opened();
    const second = state(programme, 'D2', closing, [creditLine('fee given back', '3')]);
    complete(programme, second.body);
    const match = { kind: 'match' as const, asset: 'CNY', legs: [], reason: 'given back' };
    expect(refused({ ...match, lines: ['D1#1'] })).toBe('malformed');
    pass({ ...match, lines: ['D1#1', 'D2#0'] });
    expect(kindsOf(programme)).toEqual(['CNY|0 missing in books', 'CNY|2 missing at bank']);
  });

  it('undoes a pairing once; no statement pairs it again, only a person', () => {
    const programme = new TestProgramme().open();
    programme.client('c1', 'CNY', 5000n);
    const first = state(programme, 'D1', '0', [creditLine('in-acc-c1-CNY', '5000')]);
    complete(programme, first.body);
    const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
    programme.pass(teller, supervisor, { kind: 'unmatch', match: 'D1|0', reason: 'another payer' });
    expect(kindsOf(programme)).toEqual(['CNY|0 missing in books', 'CNY|1 missing at bank']);
    const second = state(programme, 'D2', first.closing, []);
    expect(second.found.matches).toEqual([]);
    complete(programme, second.body);
    expect(kindsOf(programme)).toEqual(['CNY|0 missing in books', 'CNY|1 missing at bank']);
    const again = programme.made(teller, { kind: 'unmatch', match: 'D1|0', reason: 'x' });
    expect(programme.submit(again, teller.sign([again])[0] as never)).toMatchObject({ refusal: { type: 'state' } });
    programme.pass(teller, supervisor, {
      kind: 'match',
      asset: 'CNY',
      lines: ['D1#0'],
      legs: [1],
      reason: 'right after all',
    });
    expect(kindsOf(programme)).toEqual([]);
    const third = state(programme, 'D3', second.closing, []);
    expect(third.body.outcome).toBe('balanced');
  });

  it('undoing a pairing of lines that undid one another opens one break, with no empty one beside it', () => {
    const { programme, pass, closing } = opened();
    const second = state(programme, 'D2', closing, [creditLine('fee given back', '3')]);
    complete(programme, second.body);
    const lines = ['D1#1', 'D2#0'];
    const made = pass({ kind: 'match', asset: 'CNY', legs: [], lines, reason: 'given back' });
    pass({ kind: 'unmatch', match: `person|${made.id}`, reason: 'another fee' });
    expect(kindsOf(programme)).toEqual(['CNY|0 missing in books', 'CNY|2 missing at bank', 'CNY|4 missing in books']);
    expect(programme.books.get('break', 'CNY|4')).toMatchObject({ lines, difference: 0n, statement: 'D1' });
  });

  it('a break of which something was paired says what is left of it, and lives until nothing is', () => {
    const { programme, pass, closing } = opened();
    const second = state(programme, 'D2', closing, [creditLine('fee given back', '3'), creditLine('fee again', '-3')]);
    complete(programme, second.body);
    const both = { kind: 'match' as const, asset: 'CNY', legs: [], reason: 'given back' };
    const made = pass({ ...both, lines: ['D2#0', 'D2#1'] });
    pass({ kind: 'unmatch', match: `person|${made.id}`, reason: 'it was the first fee' });
    pass({ ...both, lines: ['D1#1', 'D2#0'] });
    const left = { lines: ['D2#1'], legs: [], difference: -3n, state: 'open' };
    expect(programme.books.get('break', 'CNY|5')).toMatchObject(left);
    const third = state(programme, 'D3', second.closing, []);
    expect(third.body.outcome).toBe('break');
    complete(programme, third.body);
    expect(programme.books.get('break', 'CNY|5')).toMatchObject(left);
  });

  it('ending the question of a payer takes nothing away that bank and books still differ in', () => {
    const programme = new TestProgramme().open();
    credited(programme, 'who', '50');
    const first = state(programme, 'D1', '0', [creditLine('who', '50')]);
    complete(programme, first.body);
    const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
    programme.pass(teller, supervisor, { kind: 'unmatch', match: 'D1|0', reason: 'another payer' });
    programme.pass(teller, supervisor, { kind: 'resolve break', break: 'CNY|0', reason: 'known', by: null });
    expect(kindsOf(programme)).toEqual(['CNY|1 missing in books', 'CNY|2 missing at bank']);
    const second = state(programme, 'D2', first.closing, []);
    complete(programme, second.body);
    expect(kindsOf(programme)).toEqual(['CNY|1 missing in books', 'CNY|2 missing at bank']);
  });

  it('nobody takes on a break who was revoked', () => {
    const { programme, refused } = opened();
    const [officer, other] = programme.officers;
    programme.pass(officer, other, { kind: 'revoke operator', operator: 'teller-b', reason: 'left' });
    expect(refused({ kind: 'assign break', break: 'CNY|1', owner: 'teller-b' })).toBe('state');
  });

  it('gives a break an owner and an end, with its reason on record', () => {
    const { programme, pass, refused, closing } = opened();
    pass({ kind: 'assign break', break: 'CNY|1', owner: 'teller-b' });
    expect(programme.books.get('break', 'CNY|1')?.owner).toBe('teller-b');
    expect(refused({ kind: 'assign break', break: 'CNY|9', owner: 'teller-b' })).toBe('unknown');
    expect(refused({ kind: 'resolve break', break: 'CNY|1', reason: 'x', by: programme.newId(1) })).toBe('unknown');
    pass({ kind: 'resolve break', break: 'CNY|1', reason: 'the bank gives it back', by: null });
    expect(programme.books.get('break', 'CNY|1')).toMatchObject({ state: 'resolved', owner: 'teller-b' });
    expect(refused({ kind: 'resolve break', break: 'CNY|1', reason: 'x', by: null })).toBe('state');
    const second = state(programme, 'D2', closing, []);
    complete(programme, second.body);
    expect(kindsOf(programme)).toEqual(['CNY|0 missing in books', 'CNY|2 missing at bank']);
  });
});
