import { describe, expect, it } from 'vitest';
import { draftSchema } from './contract/terminal.ts';
import { tailOf } from './instruction/payee.ts';
import { unicodeText } from './text.ts';
import { day, instant } from './time.ts';

const payee = { name: 'A', account: '62220001', agent: null, endToEndId: 'E-1', remittance: null };
const payment = { kind: 'payment', account: 'acc-1', asset: 'CNY', amount: '100', payee };

describe('what people write', () => {
  it('is whole characters: half a pair has no bytes, so nobody could sign it', () => {
    expect(unicodeText(0, 9).safeParse('資金 \u{1f600}').success).toBe(true);
    expect(unicodeText(0, 9).safeParse('a\ud800').success).toBe(false);
    expect(draftSchema.safeParse(payment).success).toBe(true);
    expect(draftSchema.safeParse({ ...payment, payee: { ...payee, name: '\udc00' } }).success).toBe(false);
  });

  it('is shown by its last characters without cutting one in two', () => {
    expect(tailOf('62220001')).toBe('0001');
    expect(tailOf('x\u{1f600}123')).toBe('123');
  });

  it('is not a day that the calendar does not have', () => {
    expect(day.safeParse('2026-11-24').success).toBe(true);
    for (const bad of ['2026-99-99', '2026-02-30', '2026-00-10', 'today'])
      expect([bad, day.safeParse(bad).success]).toEqual([bad, false]);
    expect(instant.safeParse('2026-11-24T25:00:00.000Z').success).toBe(false);
  });
});
