import { beforeEach, describe, expect, it } from 'vitest';
import { signAsMachine } from '../testing/people.ts';
import { TestProgramme } from '../testing/programme.ts';
import { booked } from './books.ts';
import type { Decision } from './decide.ts';
import type { Terms } from './escrow.ts';
import { dueEscrows, expiryOf } from './escrow-books.ts';
import type { EventOf } from './event.ts';
import type { Instruction } from './instruction/schema.ts';
import { poolDay } from './outgoing.ts';
import type { Day } from './time.ts';

const dayMs = 86_400_000;
const document = 'A'.repeat(43);

let programme: TestProgramme;
let buyer: string;
let builder: string;
let terms: Terms;

beforeEach(() => {
  programme = new TestProgramme().open();
  buyer = programme.client('buyer', 'CNY', 1_000_000n);
  builder = programme.client('builder', 'CNY', 0n);
  terms = {
    ...{ asset: 'CNY', amount: '600000', depositor: buyer, beneficiary: builder, arbiter: { role: 'officer' } },
    conditions: [
      { name: 'walls', text: 'Report of the surveyor', by: 'beneficiary', evidence: 'document' },
      { name: 'content', text: 'The buyer has taken it over', by: 'depositor', evidence: 'approval' },
    ],
    tranches: [
      { name: 'first', to: builder, amount: '200000', needs: ['walls'] },
      { name: 'second', to: builder, amount: '400000', needs: ['walls', 'content'] },
    ],
    ...{ order: 'in order', fundBy: '2026-11-25' as Day, releaseFrom: '2026-11-24' as Day },
    timeout: { on: '2026-12-10' as Day, otherwise: 'refund' },
    refund: { needs: ['content'] },
    dispute: { by: ['depositor'], until: '2026-12-05' as Day, ruling: { days: 10, otherwise: 'release' } },
  };
});

const later = (days: number): void => {
  programme.nowMs += days * dayMs;
};
const balance = (account: string): bigint => {
  const found = programme.books.get('account', account);
  return found === undefined ? 0n : booked(found);
};
const row = () => programme.books.get('escrow', 'E-1');

const desk = (instruction: Instruction) => programme.pass(programme.tellers[0], programme.supervisors[0], instruction);
const adopt = (change: Partial<Terms> = {}) =>
  desk({ kind: 'adopt escrow', escrow: 'E-1', terms: { ...terms, ...change } });
const fund: Instruction = {
  kind: 'fund escrow',
  escrow: 'E-1',
  account: 'acc-buyer-CNY',
  asset: 'CNY',
  amount: '600000',
};
const show = (condition: string, paper: string | null = document) =>
  desk({ kind: 'fulfil condition', escrow: 'E-1', condition, document: paper });
const release = (tranche: string | null, amount: string): Instruction => ({
  ...{ kind: 'release escrow', escrow: 'E-1', tranche, asset: 'CNY', amount },
});
const dispute: Instruction = { kind: 'raise dispute', escrow: 'E-1', by: 'depositor', reason: 'cracks' };
const ruling = (depositor: string, beneficiary: string): Instruction => ({
  ...{ kind: 'rule on dispute', escrow: 'E-1', asset: 'CNY', depositor, beneficiary, document: null },
});

function expire(body: EventOf<'escrow.expired'>['body']): Decision {
  const event = programme.event('escrow.expired', body, { actor: 'gateway', terminal: 'depository' });
  const [evidence] = signAsMachine(programme.gatewayKey, 'gateway', [event]);
  if (evidence === undefined) throw new Error('no evidence');
  return programme.submit(event, evidence);
}
const today = (): Day => new Date(programme.nowMs).toISOString().slice(0, 10) as Day;

describe('money in escrow', () => {
  it('is paid in, out in part as conditions are shown, disputed, and split by the arbiter', () => {
    adopt();
    const owedBefore = poolDay(programme.books, 'CNY', null).owed;
    desk(fund);
    expect([balance(buyer), balance('escrow:E-1')]).toEqual([400_000n, 600_000n]);
    expect(poolDay(programme.books, 'CNY', null)).toMatchObject({ owed: owedBefore, clients: owedBefore });
    later(1);
    expect(() => desk(release('first', '200000'))).toThrow('needs condition walls');
    show('walls');
    expect(() => desk(release('first', '200001'))).toThrow('It comes to CNY 2000.00');
    desk(release('first', '200000'));
    expect([balance(builder), balance('escrow:E-1')]).toEqual([200_000n, 400_000n]);
    expect(() => desk(release('second', '400000'))).toThrow('needs condition content');
    desk(dispute);
    expect(() => show('content', null)).toThrow('It is disputed');
    expect(() => desk(ruling('100000', '300000'))).toThrow("The arbiter of this agreement is the bank's officer");
    programme.pass(programme.officers[0], programme.officers[1], ruling('100000', '300000'));
    expect([balance(buyer), balance(builder), balance('escrow:E-1')]).toEqual([500_000n, 500_000n, 0n]);
    expect(row()).toMatchObject({
      phase: 'ended',
      outcome: 'split',
      depositor: 100_000n,
      beneficiary: 500_000n,
      left: 0n,
    });
    expect(() => desk(fund)).toThrow('The agreement has ended');
    expect(poolDay(programme.books, 'CNY', null).owed).toBe(owedBefore);
  });

  it('goes back when the condition of a refund is shown', () => {
    adopt();
    desk(fund);
    show('content', null);
    desk({ kind: 'refund escrow', escrow: 'E-1', asset: 'CNY', amount: '600000' });
    expect([balance(buyer), row()?.outcome]).toEqual([1_000_000n, 'refunded']);
  });

  it('is not paid twice when two releases of the same part wait', () => {
    adopt();
    desk(fund);
    show('walls');
    later(1);
    const [one, two] = [1, 2].map(() => programme.make(programme.tellers[0], release('first', '200000')));
    const approve = (made: typeof one) => {
      if (made === undefined) throw new Error('not made');
      const approval = programme.approval(programme.supervisors[0], made);
      return programme.admit(approval, programme.supervisors[0].sign([approval])[0]);
    };
    approve(one);
    expect(() => approve(two)).toThrow('Tranche first is released');
    expect(balance(builder)).toBe(200_000n);
  });

  it('stays where it is while its account is frozen, whoever asks, and its end waits for that too', () => {
    adopt();
    desk(fund);
    show('walls');
    later(1);
    desk({ kind: 'freeze', account: 'escrow:E-1', reason: 'court order' });
    expect(() => desk(release('first', '200000'))).toThrow('Agreement E-1 is frozen');
    later(30);
    expect(dueEscrows(programme.books, today())).toEqual([]);
    desk({ kind: 'unfreeze', account: 'escrow:E-1', reason: 'lifted' });
    expect(dueEscrows(programme.books, today())).toHaveLength(1);
  });

  it('does not come from a frozen account, and is released inside custody although nothing may leave it', () => {
    adopt();
    desk({ kind: 'freeze', account: buyer, reason: 'court order' });
    expect(() => desk(fund)).toThrow('is frozen');
    desk({ kind: 'unfreeze', account: buyer, reason: 'lifted' });
    desk(fund);
    show('walls');
    later(1);
    const stop: Instruction = { kind: 'emergency stop', reason: 'something is wrong' };
    programme.pass(programme.supervisors[0], programme.supervisors[1], stop);
    desk(release('first', '200000'));
    expect(balance(builder)).toBe(200_000n);
  });
});

describe('an agreement', () => {
  it('is not adopted when a path of it waits for ever, and the refusal shows the path', () => {
    expect(() => adopt({ timeout: null })).toThrow(
      'The money could stay where it is for ever: from there nothing ends it. The path that shows it: paid in on 23 November 2026.',
    );
  });

  it('is not adopted between accounts of one client, between assets, or twice', () => {
    const euro = programme.client('buyer', 'EUR', 0n);
    expect(() => adopt({ beneficiary: euro })).toThrow('must be different clients');
    expect(() => adopt({ asset: 'EUR' })).toThrow('keeps CNY, not EUR');
    expect(() => adopt({ depositor: 'cash:CNY' })).toThrow('not an account of a client');
    adopt();
    expect(() => adopt()).toThrow('there already');
  });

  it('whose arbiter is an officer of the bank is not ruled on by a teller', () => {
    adopt();
    desk(fund);
    desk(dispute);
    const made = programme.made(programme.tellers[0], ruling('0', '600000'));
    const evidence = programme.tellers[0].sign([made])[0];
    if (evidence === undefined) throw new Error('no evidence');
    expect(programme.submit(made, evidence)).toMatchObject({
      refusal: { why: "The arbiter of this agreement is the bank's officer." },
    });
  });

  it('asks for the digest where a document is to be shown', () => {
    adopt();
    expect(() => show('walls', null)).toThrow('The digest of the document is missing');
  });
});

describe('the end of its time', () => {
  it('is not stated before it has come', () => {
    adopt();
    const body = {
      escrow: 'E-1',
      due: '2026-11-26' as Day,
      outcome: 'lapsed',
      depositor: '0',
      beneficiary: '0',
    } as const;
    expect(expire(body)).toMatchObject({ refusal: { type: 'state', why: 'That is only so from 2026-11-26 on.' } });
    later(3);
    expect(expire(body).ok).toBe(true);
    expect(row()).toMatchObject({ phase: 'ended', outcome: 'lapsed' });
    expect(expire(body)).toMatchObject({ refusal: { type: 'state' } });
  });

  it('comes to the same however late it is stated, and to nothing else', () => {
    adopt();
    desk(fund);
    later(20);
    expect(() => show('walls')).toThrow('Since 2026-12-10 its terms decide by themselves');
    expect(() => desk(release(null, '600000'))).toThrow('Since 2026-12-10');
    const right = expiryOf(programme.books, 'E-1', today());
    expect(right).toEqual({
      ...{ escrow: 'E-1', due: '2026-12-10', outcome: 'refunded', depositor: '600000', beneficiary: '0' },
    });
    if (right === undefined) return;
    for (const rosy of [
      { outcome: 'released' as const },
      { depositor: '0', beneficiary: '600000' },
      { due: today() },
      { escrow: 'E-2' },
    ])
      expect(expire({ ...right, ...rosy }).ok).toBe(false);
    later(100);
    expect(expire(right).ok).toBe(true);
    expect([balance(buyer), balance('escrow:E-1')]).toEqual([1_000_000n, 0n]);
  });

  it('decides in the place of an arbiter who says nothing', () => {
    adopt();
    desk(fund);
    desk(dispute);
    expect(dueEscrows(programme.books, '2026-12-02' as Day)).toEqual([]);
    later(10);
    const [body] = dueEscrows(programme.books, today());
    expect(body).toMatchObject({ due: '2026-12-03', outcome: 'released', beneficiary: '600000' });
    if (body !== undefined) expect(expire(body).ok).toBe(true);
    expect(balance(builder)).toBe(600_000n);
  });

  it('may only be stated by the gateway', () => {
    adopt();
    later(3);
    const [body] = dueEscrows(programme.books, today());
    if (body === undefined) throw new Error('nothing is due');
    const event = programme.event('escrow.expired', body, { actor: 'bank', terminal: 'depository' });
    const [evidence] = signAsMachine(programme.adapterKey, 'adapter', [event]);
    if (evidence === undefined) throw new Error('no evidence');
    expect(programme.submit(event, evidence)).toMatchObject({ refusal: { type: 'evidence invalid' } });
  });
});
