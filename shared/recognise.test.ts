import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { canonicalText, parseCanonicalText } from './canonical.ts';
import { amountText, moneyPatterns, quantityText } from './money.ts';
import { patternOf } from './recognise.ts';
import { isRecognised, parseRecordText, parseSlowly } from './record.ts';
import { day, instant, timePatterns } from './time.ts';

const refined = new Map<z.core.$ZodType, string>([...timePatterns, ...moneyPatterns]);
const matcher = (schema: z.core.$ZodType) => new RegExp(`^(?:${patternOf(schema, refined)})$`);

function business(): TestProgramme {
  const programme = new TestProgramme().open();
  const [teller] = programme.tellers;
  const [supervisor] = programme.supervisors;
  const account = programme.client('c1', 'CNY', 100_000n);
  const other = programme.client('c2', 'CNY', 50_000n);
  const payee = payeeNamed('62220001');
  const payment = { kind: 'payment', account, asset: 'CNY', amount: '700', payee } as const;
  const first = programme.pass(teller, supervisor, payment);
  const valueDate = '2026-11-23' as never;
  const money = { account: null, asset: 'CNY', amount: '77', valueDate };
  programme.fromBank('bank.acknowledged', { instruction: first.id, item: 0 });
  programme.fromBank('bank.settled', { instruction: first.id, item: 0, reference: 's', valueDate });
  programme.fromBank('bank.returned', { instruction: first.id, item: 0, reference: 't', code: 'AC04', valueDate });
  const second = programme.pass(teller, supervisor, payment);
  programme.fromBank('bank.rejected', { instruction: second.id, item: 0, code: 'AC04' });
  programme.fromBank('bank.credited', { ...money, reference: 'unknown' });
  programme.fromBank('bank.credited', { ...money, reference: '参照 "x"\\', account: '未知' });
  const items = [1, 2, 3].map((n) => ({ account, amount: String(n), payee }));
  programme.pass(teller, supervisor, { kind: 'batch', asset: 'CNY', total: '6', items });
  const purpose = { asset: 'CNY', amount: '11', purpose: 'LOAN' };
  programme.pass(teller, supervisor, { kind: 'book transfer', from: account, to: other, ...purpose });
  programme.pass(teller, supervisor, { kind: 'freeze', account, reason: 'court order' } as never);
  return programme;
}

describe('a record that is recognised at first sight', () => {
  const texts = business().records.map((record) => canonicalText(record));

  it('is read as the long way reads it', () => {
    for (const text of texts.filter(isRecognised)) expect(parseRecordText(text)).toEqual(parseSlowly(text));
  });

  it('is any that a busy day brings; text beyond plain ASCII takes the long way', () => {
    const long = texts
      .filter((text) => !isRecognised(text))
      .map((text) => /"(?:kind|type)":"(?!ed25519|webauthn)[^"]*/.exec(text)?.[0]);
    expect(new Set(long)).toEqual(
      new Set(['"type":"programme.opened', '"kind":"open account', '"type":"bank.credited']),
    );
    expect(long.filter((one) => one?.endsWith('credited'))).toHaveLength(1);
  });

  it('may lack members that need not be there, wherever they stand, and no comma is too few or too many', () => {
    const shape = z.strictObject({ b: z.literal(1).optional(), c: z.literal(2), d: z.literal(3).optional() });
    const last = z.strictObject({ a: z.literal(1).optional(), b: z.literal(2).optional(), c: z.literal(3) });
    for (const [schema, fitting] of [
      [shape, [{ c: 2 }, { b: 1, c: 2 }, { c: 2, d: 3 }, { b: 1, c: 2, d: 3 }]],
      [last, [{ c: 3 }, { a: 1, c: 3 }, { b: 2, c: 3 }, { a: 1, b: 2, c: 3 }]],
    ] as const) {
      const pattern = matcher(schema);
      for (const one of fitting) expect(pattern.test(JSON.stringify(one))).toBe(true);
      for (const wrong of ['{}', '{"b":1,}', '{,"c":2}', '{"b":1"c":2}', '{"c":2,}', '{"c":2"d":3}', '{"b":1,"d":3}'])
        expect([wrong, pattern.test(wrong)]).toEqual([wrong, false]);
    }
    expect(patternOf(z.strictObject({ a: z.literal(1).optional() }), refined)).toBeUndefined();
  });

  it('is never one that the long way refuses, whatever is done to its text', () => {
    const alphabet = [
      ...'{}[]",:\\/-_. é\u0000\ud800',
      ...'0123456789abcdefABCDEF',
      'null',
      '"a":1,',
      '\\u0061',
      '02-29',
      '99',
    ];
    let [recognised, refused] = [0, 0];
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.tuple(fc.nat(9999), fc.constantFrom(1, 1, 1, 1, 0, 2), fc.constantFrom(...alphabet)), {
          minLength: 1,
          maxLength: 3,
        }),
        (text, edits) => {
          let edited = text;
          for (const [where, length, insert] of edits) {
            const at = Math.floor((where / 10_000) * edited.length);
            edited = edited.slice(0, at) + insert + edited.slice(at + length);
          }
          if (!isRecognised(edited)) {
            refused += 1;
            return;
          }
          recognised += 1;
          expect(parseSlowly(edited)).toMatchObject({ ok: true, value: JSON.parse(edited) });
        },
      ),
      { numRuns: 20_000 },
    );
    // Both happened often: a signature with another letter is still a record, a brace is not.
    expect(recognised).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('patterns of refined strings', () => {
  it.each([
    ['instant', instant, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/],
    ['day', day, /^\d{4}-\d{2}-\d{2}$/],
    ['amount', amountText, /^\d{1,20}$/],
    ['quantity', quantityText, /^\d{1,20}$/],
  ] as const)('match of %s nothing that the schema refuses', (_, schema, shape) => {
    const pattern = matcher(schema);
    let matched = 0;
    fc.assert(
      fc.property(fc.stringMatching(shape), (text) => {
        if (!pattern.test(JSON.stringify(text))) return;
        matched += 1;
        expect(schema.safeParse(text)).toEqual({ success: true, data: text });
      }),
      { numRuns: 5000 },
    );
    expect(matched).toBeGreaterThan(0);
  });

  it('know every day of the calendar as the runtime does, leap days apart', () => {
    for (let ms = Date.UTC(1896, 0, 1); ms < Date.UTC(2104, 0, 1); ms += 86_400_000) {
      const text = new Date(ms).toISOString().slice(0, 10);
      expect(day.safeParse(text).success).toBe(true);
      expect(matcher(day).test(`"${text}"`)).toBe(!text.endsWith('-02-29'));
    }
    for (const text of [
      '2026-02-29',
      '1900-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-04-31',
      '2026-01-00',
      '2026-01-32',
    ])
      expect(day.safeParse(text).success ? text : 'refused').toBe('refused');
    expect(day.safeParse('2000-02-29').success).toBe(true);
    expect(instant.safeParse('2026-11-23T24:00:00.000Z').success).toBe(false);
  });
});

it('no pattern is made for what it could not keep', () => {
  const strange = [
    z.string().regex(/^.$/),
    z.string().regex(/^[^a]$/),
    z.string().regex(/^[!-~]$/),
    z.string().regex(/a/),
    z.string().regex(/^a|b$/i),
    z.string().regex(/^\w$/),
    z.string().refine(() => false),
    z.number(),
    z.object({ a: z.literal(1) }),
    z.strictObject({ a: z.literal(1) }).refine(() => false),
    z.strictObject({ a: z.literal(1).optional() }),
    z.strictObject({ a: z.literal(1), b: z.literal(1).default(1) }),
    z.array(z.literal(1)).refine(() => false),
    z.int().min(5).max(900),
    z.string().trim(),
    z.array(z.literal(1)).refine(() => true),
  ];
  for (const schema of strange) expect(patternOf(schema, refined)).toBeUndefined();
});

it('lengths, numbers and the order of keys are kept', () => {
  const schema = z.strictObject({
    z: z.int().min(0).max(999),
    a: z
      .array(z.literal(['x', 'y']))
      .min(1)
      .max(3),
    m: z.string().min(1).max(3).nullable(),
  });
  const pattern = matcher(schema);
  fc.assert(
    fc.property(
      fc.record({
        z: fc.oneof(fc.integer({ min: -1, max: 1001 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
        a: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 4 }),
        m: fc.option(fc.string({ maxLength: 4 })),
      }),
      (value) => {
        const text = canonicalText(value);
        if (pattern.test(text)) {
          expect(parseCanonicalText(text).ok).toBe(true);
          expect(schema.safeParse(JSON.parse(text)).success).toBe(true);
        } else if (schema.safeParse(value).success) expect(value.m ?? '').toMatch(/[^ !#-[\]-~]/);
        expect(pattern.test(JSON.stringify({ z: value.z, a: value.a, m: value.m }))).toBe(false);
      },
    ),
    { numRuns: 3000 },
  );
});

it('a member that may be missing is known with it and without it, wherever it stands, and never as nothing', () => {
  const schema = z.strictObject({
    a: z.int().min(0).max(9).optional(),
    b: z.literal('x'),
    c: z.strictObject({ d: z.boolean(), e: z.string().min(1).max(3).nullish() }).optional(),
    f: z.literal('y'),
    g: z.array(z.literal(1)).max(2).optional(),
  });
  const pattern = matcher(schema);
  const member = fc.record(
    {
      a: fc.integer({ min: 0, max: 10 }),
      b: fc.constantFrom('x', 'x', 'x', 'y'),
      c: fc.record(
        { d: fc.boolean(), e: fc.option(fc.stringMatching(/^[a-z]{0,4}$/)), z: fc.constant(1) },
        { requiredKeys: ['d'] },
      ),
      f: fc.constant('y'),
      g: fc.constantFrom([], [1], [1, 1], [1, 1, 1], null),
    },
    { requiredKeys: ['b'] },
  );
  let [recognised, refused] = [0, 0];
  fc.assert(
    fc.property(member, fc.nat(60), fc.constantFrom('', '', '', ',', '{', '"a":1,'), (value, at, insert) => {
      const whole = canonicalText(value);
      // The pattern and the schema agree on whatever is in canonical form.
      expect(pattern.test(whole)).toBe(schema.safeParse(value).success);
      const text = whole.slice(0, at) + insert + whole.slice(at);
      if (!pattern.test(text)) {
        refused += 1;
        return;
      }
      recognised += 1;
      expect(parseCanonicalText(text)).toEqual({ ok: true, value: schema.parse(JSON.parse(text)) });
    }),
    { numRuns: 5000 },
  );
  expect(recognised).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});
