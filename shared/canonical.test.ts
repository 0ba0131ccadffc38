import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { dataPath, dataText, describeWithData } from '../testing/data.ts';
import { bytesToHex, utf8 } from './bytes.ts';
import { canonicalBytes, canonicalText, parseCanonical } from './canonical.ts';

describeWithData('RFC 8785 public vectors', 'vectors/jcs', () => {
  const names = readdirSync(dataPath('vectors/jcs/input'));

  it.each(names)('%s has the canonical bytes of the vector', (name) => {
    const input = JSON.parse(dataText(`vectors/jcs/input/${name}`)) as unknown;
    expect(canonicalText(input)).toBe(dataText(`vectors/jcs/output/${name}`).trimEnd());
    const hex = dataText(`vectors/jcs/outhex/${name.replace(/\.json$/, '.txt')}`).replace(/\s+/g, '');
    expect(bytesToHex(canonicalBytes(input))).toBe(hex);
  });
});

it('bytes in any other form than the canonical one are refused', () => {
  for (const text of ['{"b":1,"a":2}', '{"a": 1}', '{"a":1,"a":1}', '{"a":1.0}', '[1,2]\n', '"\\u0061"', '{"a":']) {
    const parsed = parseCanonical(utf8(text));
    expect(parsed.ok ? text : parsed.refusal.type).toBe('malformed');
  }
  expect(parseCanonical(utf8('{"a":1}'))).toEqual({ ok: true, value: { a: 1 } });
});
