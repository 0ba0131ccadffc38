import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rowToText } from './books.ts';
import { canonicalText } from './canonical.ts';

it('a row is stored as RFC 8785 writes it, amounts as decimal text', () => {
  const key = fc.stringMatching(/^[a-zA-Z$_é][a-zA-Z0-9_]{0,8}$/);
  const { row } = fc.letrec((tie) => ({
    row: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'grapheme' }),
      fc.bigInt(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('row'), { maxLength: 4 }),
      fc.dictionary(key, tie('row'), { maxKeys: 6 }),
    ),
  }));
  const inOneForm = fc.property(row, (value) => {
    expect(rowToText(value)).toBe(canonicalText(amountsToText(value)));
  });
  fc.assert(inOneForm, { numRuns: 3000 });
  expect(rowToText({ b: undefined, a: 1n })).toBe('{"a":"1"}');
});

function amountsToText(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(amountsToText);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, amountsToText(inner)]));
}
