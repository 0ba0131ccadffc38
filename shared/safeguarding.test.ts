import { describe, expect, it } from 'vitest';
import { decimalToMinor } from './money.ts';
import { checkPlacement, compareWithPlatform, type PoolFigures, safeguard } from './safeguarding.ts';

const pool = (given: Partial<PoolFigures>): PoolFigures => ({
  ...{ pool: 'main', asset: 'CNY', clients: [], unallocated: 0n, inTransit: 0n, house: 0n },
  ...{ bank: 0n, notPlaced: 0n, cover: 0n, tolerance: 0n, ...given },
});
const yuan = (text: string): bigint => {
  const amount = decimalToMinor(text.replaceAll(',', ''), { code: 'CNY', scale: 2 });
  if (!amount.ok) throw new Error(amount.refusal.why);
  return amount.value;
};

describe('the segregation identity of a Chinese depository (CN-CALC-1)', () => {
  const clients = ['6,200,000.00', '2,300,000.00', '1,250,000.00', '200,000.00'].map(yuan);
  const figures = { clients, unallocated: yuan('50,000.00') };

  it('a: is met when the pool holds exactly what the sub-accounts add up to', () => {
    const bank = yuan('10,000,000.00');
    expect(safeguard(pool({ ...figures, bank }))).toMatchObject({ owed: bank, held: bank, outcome: 'met' });
  });

  it('b: is short by what the pool lacks', () => {
    const seen = safeguard(pool({ ...figures, bank: yuan('9,940,000.00') }));
    expect(seen).toMatchObject({ shortfall: yuan('60,000.00'), excess: 0n, outcome: 'shortfall' });
  });

  it('c: does not let two wrong clients make up for each other', () => {
    const books = new Map([
      ['L7', yuan('80,000.00')],
      ['L8', yuan('5.00')],
      ['L9', yuan('20,000.00')],
    ]);
    const platform = new Map([
      ['L9', yuan('12,000.00')],
      ['L7', yuan('88,000.00')],
      ['L8', yuan('5.00')],
    ]);
    expect(compareWithPlatform(books, platform)).toEqual([
      { account: 'L7', books: yuan('80,000.00'), platform: yuan('88,000.00') },
      { account: 'L9', books: yuan('20,000.00'), platform: yuan('12,000.00') },
    ]);
    expect(compareWithPlatform(new Map([['A', 0n]]), new Map([['B', 0n]]))).toEqual([
      { account: 'A', books: 0n, platform: null },
      { account: 'B', books: null, platform: 0n },
    ]);
  });
});

describe('the internal reconciliation of a British firm (UK-CALC-1)', () => {
  const clients = ['1,200.00', '0.00', '-15.00', '2,450.50'].map((text) =>
    text.startsWith('-') ? -yuan(text.slice(1)) : yuan(text),
  );
  const figures = { asset: 'GBP', clients, unallocated: yuan('300.00') };

  it('a: does not net a client below zero against the others', () => {
    const seen = safeguard(pool({ ...figures, bank: yuan('3,900.00'), notPlaced: yuan('20.00') }));
    expect(seen).toMatchObject({ owed: yuan('3,950.50'), held: yuan('3,920.00'), shortfall: yuan('30.50') });
  });

  it('b: is met to the penny', () => {
    expect(safeguard(pool({ ...figures, bank: yuan('3,950.50') })).outcome).toBe('met');
  });

  it('c: shows an excess and a shortfall of two pools beside each other', () => {
    const money = safeguard(pool({ pool: 'e-money', clients: [yuan('80,000.00')], bank: yuan('80,500.00') }));
    const other = safeguard(pool({ pool: 'unrelated', clients: [yuan('12,000.00')], bank: yuan('11,800.00') }));
    expect([money.excess, money.shortfall, other.excess, other.shortfall]).toEqual([yuan('500'), 0n, 0n, yuan('200')]);
  });

  it('d: is short of the D+1 requirement although the pool as a whole is met', () => {
    const whole = pool({ clients: [yuan('100,000.00')], bank: yuan('70,000.00'), notPlaced: yuan('30,000.00') });
    expect(safeguard(whole).outcome).toBe('met');
    // Of what is not placed 24,000.00 came yesterday or today, and 6,000.00 two business days ago.
    expect(checkPlacement(yuan('100,000.00'), yuan('70,000.00'), yuan('24,000.00'))).toEqual({
      required: yuan('76,000.00'),
      placed: yuan('70,000.00'),
      shortfall: yuan('6,000.00'),
    });
  });

  it('e: does not count cover that the rules exclude', () => {
    const excluded = safeguard(pool({ clients: [yuan('50,000.00')], bank: yuan('20,000.00'), cover: 0n }));
    expect(excluded.shortfall).toBe(yuan('30,000.00'));
  });
});

describe('figures that are missing or small', () => {
  it('no statement is not a zero: the comparison was not performed', () => {
    expect(safeguard(pool({ clients: [5n], bank: null }))).toMatchObject({ held: null, outcome: 'not performed' });
  });

  it("the platform's and the bank's own funds in the account safeguard nobody", () => {
    expect(safeguard(pool({ clients: [100n], house: 30n, bank: 100n })).shortfall).toBe(30n);
  });

  it('a difference within the tolerance is shown, and closes nothing', () => {
    expect(safeguard(pool({ clients: [100n], bank: 98n, tolerance: 2n }))).toMatchObject({
      shortfall: 2n,
      outcome: 'within tolerance',
    });
    expect(safeguard(pool({ clients: [100n], bank: 97n, tolerance: 2n })).outcome).toBe('shortfall');
  });

  it('digital assets are compared unit by unit (JP-CALC-4)', () => {
    const eth = safeguard(pool({ asset: 'ETH', clients: [40_000_000_000n], bank: 39_900_000_000n }));
    const btc = safeguard(pool({ asset: 'BTC', clients: [1_250_000_000n], bank: 1_250_000_000n }));
    expect([eth.shortfall, btc.outcome]).toEqual([100_000_000n, 'met']);
  });

  it('a deposit requirement is measured against what is deposited (EU-CALC-2)', () => {
    // 30 % of 10,000,000.00 of e-money token funds must lie in deposits.
    const required = (yuan('10,000,000.00') * 30n) / 100n;
    expect(checkPlacement(required, yuan('2,900,000.00'), 0n).shortfall).toBe(yuan('100,000.00'));
    expect(checkPlacement(required, yuan('3,000,000.00'), 0n).shortfall).toBe(0n);
  });
});
