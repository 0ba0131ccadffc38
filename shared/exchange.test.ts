import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestProgramme } from '../testing/programme.ts';
import { booked } from './books.ts';
import { exposures } from './exchange.ts';
import { exchanged, isWithin, rateText } from './exchange-rate.ts';
import type { Instruction } from './instruction/schema.ts';
import { poolDay } from './outgoing.ts';
import { msToInstant } from './time.ts';

type Exchange = Extract<Instruction, { kind: 'foreign exchange' }>;

const day = '2026-11-23' as never;

function office() {
  const programme = new TestProgramme().open();
  const [teller] = programme.tellers;
  const [supervisor] = programme.supervisors;
  const [from, to] = [programme.client('mei', 'CNY', 10_000_000n), programme.client('mei', 'EUR', 0n)];
  programme.pass(programme.officers[0], programme.officers[1], {
    ...{ kind: 'adopt reference rates', source: 'CFETS central parity', until: '2026-11-24' as never },
    rates: [{ base: 'EUR', other: 'CNY', rate: '8.2', basisPoints: 200 }],
  });
  const order = (changes: Partial<Exchange> = {}): Exchange => ({
    ...{ kind: 'foreign exchange', account: from, asset: 'CNY', amount: '820410', to, bought: 'EUR' },
    ...{ boughtAmount: '100001', fixed: 'sold', rate: '8.204', base: 'EUR' },
    quote: {
      ...{ source: 'the bank', reference: 'Q-1', at: msToInstant(programme.nowMs) },
      until: msToInstant(programme.nowMs + 60_000),
    },
    ...changes,
  });
  const confirm = (id: string, side: 'sold' | 'bought', changes: object = {}) =>
    programme.fromBank('bank.exchanged', {
      ...{ instruction: id as never, side, reference: `fx-${side}-${id.slice(-4)}`, valueDate: day },
      ...(side === 'sold' ? { asset: 'CNY', amount: '820410' } : { asset: 'EUR', amount: '100001' }),
      ...changes,
    });
  const balances = (...ids: string[]) => ids.map((id) => booked(programme.books.get('account', id)!));
  return { programme, teller, supervisor, from, to, order, confirm, balances };
}

describe('a rate of exchange', () => {
  it('gives the amount that long division gives, rounded half to even, in any scale and direction', () => {
    const scales = { CNY: 2, JPY: 0, KWD: 3, BTC: 8 };
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 15n }),
        fc.integer({ min: 1, max: 99_999_999_999 }),
        fc.integer({ min: 0, max: 10 }),
        fc.constantFrom('CNY' as const, 'JPY' as const, 'KWD' as const, 'BTC' as const),
        fc.boolean(),
        (amount, digits, decimals, other, isBase) => {
          const text = `${digits}`.padStart(decimals + 1, '0');
          const rate =
            decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`.replace(/\.?0+$/, '');
          fc.pre(rateText.safeParse(rate).success);
          // EUR has two decimals.
          const [over, under] = isBase
            ? [amount * BigInt(digits) * 10n ** BigInt(scales[other]), 10n ** BigInt(decimals + 2)]
            : [amount * 10n ** BigInt(decimals + scales[other]), BigInt(digits) * 100n];
          const got = exchanged(amount, 'EUR', other, { base: isBase ? 'EUR' : other, rate });
          const away = got * under - over;
          const twice = 2n * (away < 0n ? -away : away);
          expect(twice < under || (twice === under && got % 2n === 0n)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is worth the same whichever side of the pair it is quoted by, and knows yen and dinars', () => {
    expect(exchanged(100_000n, 'EUR', 'JPY', { base: 'EUR', rate: '161.255' })).toBe(161_255n);
    expect(exchanged(161_255n, 'JPY', 'EUR', { base: 'EUR', rate: '161.255' })).toBe(100_000n);
    expect(exchanged(1_000n, 'KWD', 'CNY', { base: 'KWD', rate: '23.1' })).toBe(2_310n);
    expect(exchanged(5n, 'EUR', 'JPY', { base: 'EUR', rate: '10' })).toBe(0n);
    expect(exchanged(15n, 'EUR', 'JPY', { base: 'EUR', rate: '10' })).toBe(2n);
  });

  it('is one text only, and never more than a bank message can carry', () => {
    for (const text of ['0', '1.0', '01', '.5', '1e3', '-1', '0.00000000001', '123456789012', '1.23456789012'])
      expect(rateText.safeParse(text).success).toBe(false);
    for (const text of ['1', '0.0464', '8.204', '9999999999', '1.0000000001'])
      expect(rateText.safeParse(text).success).toBe(true);
  });

  it('is bounded by the reference in both directions of quoting', () => {
    const reference = { base: 'EUR', rate: '8' };
    expect(isWithin({ base: 'EUR', rate: '8.08' }, reference, 100)).toBe(true);
    expect(isWithin({ base: 'EUR', rate: '8.0800001' }, reference, 100)).toBe(false);
    expect(isWithin({ base: 'CNY', rate: '0.125' }, reference, 1)).toBe(true);
    expect(isWithin({ base: 'CNY', rate: '8' }, reference, 2000)).toBe(false);
  });
});

describe('a foreign exchange', () => {
  it('moves nothing to the client before both sides are confirmed, in whichever order, and then both at once', () => {
    for (const order of [['sold', 'bought'] as const, ['bought', 'sold'] as const]) {
      const { programme, teller, supervisor, from, to, order: make, confirm, balances } = office();
      const { id } = programme.pass(teller, supervisor, make());
      const state = () => programme.books.get('instruction', id)?.state;
      expect(balances(from, 'fx-position:CNY', to, 'cash:EUR')).toEqual([9_179_590n, 820_410n, 0n, 0n]);
      expect(poolDay(programme.books, 'CNY', null).owed).toBe(10_000_000n);
      confirm(id, order[0]);
      expect([state(), ...balances('fx-position:CNY', to)]).toEqual(['sent', 820_410n, 0n]);
      confirm(id, order[1]);
      expect([state(), ...balances('fx-position:CNY', 'cash:CNY', to, 'cash:EUR')]).toEqual([
        ...['settled', 0n, 9_179_590n, 100_001n],
        100_001n,
      ]);
      expect(() => confirm(id, order[0])).toThrow('is settled');
    }
  });

  it('is refused at other amounts than the rate gives, at a rate away from the reference, or once the quote is over', () => {
    const { programme, teller, supervisor, order } = office();
    const refused = (changes: Partial<Exchange>, why: string) =>
      expect(() => programme.make(teller, order(changes))).toThrow(why);
    refused({ boughtAmount: '100000' }, 'The rate makes it EUR 1000.01');
    refused({ fixed: 'bought' }, 'The rate makes it CNY 8204.08');
    refused({ rate: '8.4', boughtAmount: '97668' }, 'more than 2 % away');
    refused({ base: 'CNY', boughtAmount: '6730644' }, 'more than 2 % away');
    refused({ base: 'USD' }, 'not of this pair');
    const made = programme.make(teller, order());
    programme.nowMs += 120_000;
    const late = programme.approval(supervisor, made);
    expect(() => programme.admit(late, supervisor.sign([late])[0])).toThrow('The quote stood until');
    programme.nowMs += 2 * 86_400_000;
    expect(() => programme.make(teller, order())).toThrow('The reference rate was good until 2026-11-24');
  });

  it('stays with the client: the account that gets it is of the same one', () => {
    const { programme, teller, order } = office();
    const other = programme.client('wu', 'EUR', 0n);
    expect(() => programme.make(teller, order({ to: other }))).toThrow('different clients');
    expect(() => programme.make(teller, order({ account: 'platform-own:CNY' }))).toThrow('may not move money');
  });

  it('goes back to the client when the bank rejects it, and cannot be rejected once a side is confirmed', () => {
    const { programme, teller, supervisor, from, order, confirm, balances } = office();
    const one = programme.pass(teller, supervisor, order());
    programme.fromBank('bank.rejected', { instruction: one.id, item: 0, code: 'AM04' });
    expect(balances(from, 'fx-position:CNY')).toEqual([10_000_000n, 0n]);
    const two = programme.pass(teller, supervisor, order());
    confirm(two.id, 'sold');
    const reject = () => programme.fromBank('bank.rejected', { instruction: two.id, item: 0, code: 'AM04' });
    expect(reject).toThrow('confirmed a side');
    const back = (id: string) =>
      programme.fromBank('bank.returned', {
        ...{ instruction: id as never, item: 0, reference: `back-${id}`, code: 'NARR', valueDate: day },
      });
    back(two.id);
    expect([programme.books.get('instruction', two.id)?.state, ...balances(from, 'cash:CNY')]).toEqual([
      ...['returned', 10_000_000n],
      10_000_000n,
    ]);
    expect(programme.books.get('cashLegs', 'CNY')?.count).toBe(3);
    // The bank may say so in the other order.
    const three = programme.pass(teller, supervisor, order());
    back(three.id);
    expect(() => confirm(three.id, 'bought')).toThrow('given back what was sold');
    expect(programme.books.get('instruction', three.id)?.state).toBe('sent');
    confirm(three.id, 'sold');
    expect([programme.books.get('instruction', three.id)?.state, ...balances(from, 'cash:CNY')]).toEqual([
      ...['returned', 10_000_000n],
      10_000_000n,
    ]);
  });

  it('is confirmed by the agreed amounts only, and by each reference of the bank once', () => {
    const { programme, teller, supervisor, order, confirm } = office();
    const { id } = programme.pass(teller, supervisor, order());
    expect(() => confirm(id, 'bought', { amount: '100000' })).toThrow('Agreed was EUR 1000.01, not EUR 1000.00');
    expect(() => confirm(id, 'sold', { asset: 'EUR' })).toThrow('Agreed was CNY 8204.10');
    const settled = { instruction: id, item: 0, reference: 'x', valueDate: day };
    expect(() => programme.fromBank('bank.settled', settled)).toThrow('moves no money');
    confirm(id, 'sold');
    const again = programme.pass(teller, supervisor, order());
    expect(() => confirm(again.id, 'sold', { reference: `fx-sold-${id.slice(-4)}` })).toThrow('booked already');
  });

  it('of an amount that was not agreed, money waits in suspense with what it came of', () => {
    const { programme, teller, supervisor, order, balances } = office();
    const { id } = programme.pass(teller, supervisor, order());
    const late = { reference: 'odd', asset: 'EUR', amount: '99999', code: 'NARR', valueDate: day };
    programme.fromBank('bank.late', { instruction: id, item: 0, ...late });
    expect(balances('suspense:EUR')).toEqual([99_999n]);
  });

  it('that the bank made at another amount is settled with what came, once an officer lets it stand', () => {
    const { programme, teller, supervisor, from, to, order, confirm, balances } = office();
    const [officer] = programme.officers;
    const exchange = programme.pass(teller, supervisor, order());
    const other = programme.pass(teller, supervisor, order());
    const came = programme.fromBank('bank.late', {
      ...{ instruction: exchange.id, item: 0, reference: 'odd', asset: 'EUR', amount: '99999' },
      ...{ code: 'NARR', valueDate: day },
    });
    const settle = (changes: object = {}): Instruction => ({
      ...{ kind: 'settle exchange', exchange: exchange.id, receipt: came.id, asset: 'EUR', amount: '99999' },
      reason: 'the bank kept its charge',
      ...changes,
    });
    expect(() => programme.make(teller, settle())).toThrow('has not taken what was sold');
    confirm(exchange.id, 'sold');
    confirm(other.id, 'sold');
    expect(() => programme.make(teller, settle({ exchange: other.id }))).toThrow('did not come of this exchange');
    expect(() => programme.make(teller, settle({ exchange: came.id }))).toThrow('no exchange');
    expect(() => programme.make(teller, settle({ amount: '100000' }))).toThrow('Only EUR 999.99 of it is left');
    expect(() => programme.make(teller, settle({ asset: 'CNY' }))).toThrow('no late money in CNY');
    const made = programme.make(teller, settle());
    const approve = (who: typeof officer | typeof supervisor) => {
      const approval = programme.approval(who, made);
      return programme.admit(approval, who.sign([approval])[0]);
    };
    expect(() => approve(supervisor)).toThrow('refused');
    approve(officer);
    expect(programme.books.get('instruction', exchange.id)).toMatchObject({ state: 'settled', items: ['settled'] });
    expect(programme.books.get('receipt', came.id)?.remaining).toBe(0n);
    expect(programme.books.get('account', 'suspense:EUR')?.held).toBe(0n);
    expect(balances(to, 'suspense:EUR', 'cash:EUR')).toEqual([99_999n, 0n, 99_999n]);
    // What the other one sold still waits for its end.
    expect(balances(from, 'fx-position:CNY', 'cash:CNY')).toEqual([8_359_180n, 820_410n, 9_179_590n]);
    const legs = [...programme.books.all('cashLegRow')].flatMap(([key, row]) =>
      key.startsWith('CNY|') ? row.legs : [],
    );
    const [went] = legs.filter((one) => one.reference === `fx-sold-${exchange.id.slice(-4)}`);
    expect(went).toMatchObject({ amount: '-820410', item: `${exchange.id}/0` });
    expect(programme.books.legs[(went?.leg ?? 0) - 1]).toMatchObject({
      ...{ amount: 820_410n, credit: programme.books.get('account', 'cash:CNY')?.index },
    });
    expect(() => programme.make(teller, settle())).toThrow('The exchange is settled');
    // The agreed amount, should it come after all, is nobody's until people say whose.
    expect(() => confirm(exchange.id, 'bought')).toThrow('The exchange is settled');
  });

  it('is stopped with everything else that leaves', () => {
    const { programme, teller, supervisor, order } = office();
    programme.pass(supervisor, programme.supervisors[1], { kind: 'emergency stop', reason: 'doubt' });
    expect(() => programme.make(teller, order())).toThrow('stopped');
  });
});

describe('a hedge', () => {
  it('is on record beside the exchanges it covers, is rolled or closed once, and moves no money', () => {
    const { programme, teller, supervisor, order } = office();
    const exchange = programme.pass(teller, supervisor, order());
    const forward = (changes: object = {}): Instruction => ({
      ...{ kind: 'hedge', sold: 'CNY', soldAmount: '830000', bought: 'EUR', boughtAmount: '100000' },
      ...{ base: 'EUR', rate: '8.3', settlesOn: '2027-02-23' as never, bank: 'a bank', reference: 'FWD-1' },
      ...{ exchanges: [exchange.id], rolls: null },
      ...changes,
    });
    const legs = programme.books.legs.length;
    const one = programme.pass(teller, supervisor, forward());
    expect(exposures(programme.books)).toEqual([
      { asset: 'CNY', sold: 820_410n, bought: 0n, hedgedSold: 830_000n, hedgedBought: 0n },
      { asset: 'EUR', sold: 0n, bought: 100_001n, hedgedSold: 0n, hedgedBought: 100_000n },
    ]);
    const refused = (changes: object, why: string) =>
      expect(() => programme.make(teller, forward({ reference: 'FWD-2', ...changes }))).toThrow(why);
    refused({ reference: 'FWD-1' }, 'is there already');
    refused({ boughtAmount: '100001' }, 'Neither amount follows');
    refused({ settlesOn: '2026-11-22' }, 'settles in the past');
    refused({ exchanges: [one.id] }, 'There is no exchange');
    const two = programme.pass(teller, supervisor, forward({ reference: 'FWD-2', rolls: one.id }));
    expect(programme.books.get('hedge', one.id)).toMatchObject({ state: 'rolled', by: two.id });
    const close = (id: string): Instruction => ({ kind: 'close hedge', hedge: id as never, reason: 'settled' });
    expect(() => programme.make(teller, close(one.id))).toThrow('The hedge is rolled');
    programme.pass(teller, supervisor, close(two.id));
    expect(exposures(programme.books).map((each) => each.hedgedSold)).toEqual([0n, 0n]);
    expect(programme.books.legs.length).toBe(legs);
  });
});
