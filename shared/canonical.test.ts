import { readdirSync } from 'node:fs';
import serialize from 'canonicalize';
import fc from 'fast-check';
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

const keys = fc.constantFrom(
  'a',
  'b',
  'B',
  'é',
  '\u{1f600}',
  '\ufb33',
  '1',
  '10',
  '9',
  '0a',
  '',
  '__proto__',
  'toJSON',
  '"',
  '\\ud',
  'ab',
);
const strings = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\\ud800', '\u2028', '\u007f', '\\', '"'));
const { anything } = fc.letrec((tie) => ({
  anything: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    strings,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.array(tie('anything'), { maxLength: 4 }),
    fc.dictionary(keys, tie('anything'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

it('every value is written as the library for RFC 8785 writes it, and what it refuses is refused', () => {
  fc.assert(
    fc.property(anything, (value) => {
      expect(canonicalText(value)).toBe(serialize(value));
    }),
    { numRuns: 2000 },
  );
  for (const value of ['\ud800', { a: '\udc00' }, { '\ud800': 1 }, [Number.NaN], { a: Number.POSITIVE_INFINITY }])
    expect(() => canonicalText(value), JSON.stringify(value)).toThrow();
  const inside = { b: 1, a: [{ d: 1, c: { f: undefined, e: 2 } }] };
  expect(canonicalText(inside)).toBe(serialize(inside));
  expect(inside).toEqual({ b: 1, a: [{ d: 1, c: { f: undefined, e: 2 } }] });
});
