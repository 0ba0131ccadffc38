import { describe, expect, it } from 'vitest';
import { dataText, describeWithData } from '../testing/data.ts';
import { assetByCode } from './asset.ts';
import { amountText, decimalToMinor, minor, minorToDecimal, quantityText, signedText } from './money.ts';

const asset = (code: string) => {
  const found = assetByCode(code);
  if (found === undefined) throw new Error(code);
  return found;
};

describe('amounts are exact', () => {
  it('reads decimal text by the scale of the asset', () => {
    expect(decimalToMinor('120000.00', asset('CNY'))).toEqual({ ok: true, value: 12000000n });
    expect(decimalToMinor('.5', asset('EUR'))).toEqual({ ok: true, value: 50n });
    expect(decimalToMinor('100', asset('JPY'))).toEqual({ ok: true, value: 100n });
    expect(decimalToMinor('0.00000001', asset('BTC'))).toEqual({ ok: true, value: 1n });
    expect(decimalToMinor('9007199254740993.01', asset('EUR'))).toEqual({ ok: true, value: 900719925474099301n });
  });

  it('refuses what it would have to round, and what is no number', () => {
    const refusal = (text: string, code: string) => {
      const read = decimalToMinor(text, asset(code));
      return read.ok ? 'read' : read.refusal.type;
    };
    expect(refusal('1.005', 'CNY')).toBe('too many decimals');
    expect(refusal('1.5', 'JPY')).toBe('too many decimals');
    expect(refusal('1e3', 'CNY')).toBe('amount malformed');
    expect(refusal('-1', 'CNY')).toBe('amount malformed');
    expect(refusal('', 'CNY')).toBe('amount malformed');
    expect(refusal('99999999999999999.99', 'CNY')).toBe('amount too large');
  });

  it('writes exactly the decimals of the asset', () => {
    expect(minorToDecimal(minor(5n), asset('CNY'))).toBe('0.05');
    expect(minorToDecimal(minor(-123456n), asset('CNY'))).toBe('-1234.56');
    expect(minorToDecimal(minor(7n), asset('JPY'))).toBe('7');
  });
});

describeWithData('ISO 4217 list one', 'reference/iso-4217-list-one.xml', () => {
  it('agrees with our scale for every currency that has one', () => {
    const xml = dataText('reference/iso-4217-list-one.xml');
    const listed = [
      ...xml.matchAll(/<Ccy>([A-Z]{3})<\/Ccy>\s*<CcyNbr>\d+<\/CcyNbr>\s*<CcyMnrUnts>(\d)<\/CcyMnrUnts>/g),
    ];
    expect(listed.length).toBeGreaterThan(150);
    const wrong = listed.filter(([, code, scale]) => assetByCode(code as string)?.scale !== Number(scale));
    expect(wrong.map(([, code, scale]) => `${code} ${scale} ${assetByCode(code as string)?.scale}`)).toEqual([]);
  });

  it('an amount in a signed record is a number of minor units that fits 64 bits; anything else is refused, never a failure', () => {
    for (const good of ['1', '9223372036854775807']) expect(amountText.safeParse(good).success).toBe(true);
    for (const bad of ['', 'abc', '1e3', '0', '-1', '1.0', '9223372036854775808', '9'.repeat(5000), '１'])
      expect([bad, amountText.safeParse(bad).success]).toEqual([bad, false]);
    expect(quantityText.safeParse('0').success).toBe(true);
    expect(quantityText.safeParse('x').success).toBe(false);
    for (const good of ['0', '-1', '-9223372036854775807']) expect(signedText.safeParse(good).success).toBe(true);
    for (const bad of [' ', 'x', '-0', '--1', '-9223372036854775808'])
      expect([bad, signedText.safeParse(bad).success]).toEqual([bad, false]);
  });
});
