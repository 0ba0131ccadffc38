// Inputs that nobody means well with: texts, JSON and bytes, from nothing or from something genuine that is changed a little.

import fc from 'fast-check';

/** Stands for a bare word in JSON text that no JavaScript value is written as: `1e999`, `NaN`, `-0`. */
const bare = (word: string): string => `@@${word}`;
const bareWords = ['1e999', '-1e999', '-0', '1e-7', '1.0', '9007199254740993', '01', 'NaN', 'Infinity', 'undefined'];

/** JSON text of a value made here. */
export const toJsonText = (value: unknown): string => (JSON.stringify(value) ?? '').replace(/"@@([^"]*)"/g, '$1');

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...['', ' ', '\u0000', '\n', '\ud800', '\udc00x', 'a\u202eb', '\ufeff', '\u{1f600}', '資金存管', '__proto__'],
      ...[
        'constructor',
        'toString',
        'hasOwnProperty',
        '../../../etc/passwd',
        '..\\..\\x',
        '/',
        '.',
        '%00',
        '%2e%2e%2f',
      ],
      ...["'; DROP TABLE legs; --", '"', '\\', '{{1}}', '<script>', '&amp;', ']]>', '=1+1', '-1', '0', '1'],
      ...['00000000-0000-7000-8000-000000000000', '2026-99-99', '2026-02-30', '2026-11-23T25:61:61.999Z', 'NaN'],
      ...['9223372036854775807', '9223372036854775808', '99999999999999999999999999', '1e3', '１２', '1'.repeat(5000)],
      ...['A'.repeat(43), 'B'.repeat(86), 'a'.repeat(65_536), '\u0130'.repeat(300), 'http://[::1', 'x:y', 'CNY', 'XXX'],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...bareWords).map(bare) },
);

export const hostileKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toJSON',
    'then',
    'length',
    '',
    'ok',
    'kind',
    'type',
    '0',
    'k'.repeat(5000),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** Also `__proto__` becomes a key of the object's own, as it does when JSON is read. */
export function withKey(object: object, key: string, value: unknown): object {
  const copy = { ...object };
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

const hostileLeaf: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21) },
  { weight: 1, arbitrary: fc.integer() },
);

export const hostileJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: hostileLeaf },
    { weight: 1, arbitrary: fc.array(tie('node'), { maxLength: 4 }) },
    {
      weight: 2,
      arbitrary: fc
        .array(fc.tuple(hostileKey, tie('node')), { maxLength: 4 })
        .map((entries) => entries.reduce<object>((object, [key, value]) => withKey(object, key, value), {})),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map((power) => nested(10 ** power)) },
    { weight: 1, arbitrary: fc.constantFrom(300, 5000).map((count) => Array.from({ length: count }, () => ({}))) },
  ),
})).node;

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

interface Edit {
  /** Picks the place; any number will do. */
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add key' | 'repeat' | 'swap type';
  readonly key: string;
  readonly value: unknown;
}

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom<Edit['how']>('replace', 'replace', 'remove', 'add key', 'repeat', 'swap type'),
    key: hostileKey,
    value: hostileJson,
  }),
  { maxLength: 3 },
);

/** A value with up to three changes somewhere inside. */
export const changed = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, edits)
    .map(([value, changes]) => changes.reduce<unknown>((before, edit) => applyEdit(before, edit), value));

/** One of the samples with up to three changes somewhere inside. */
export const changedJson = (samples: readonly unknown[]): fc.Arbitrary<unknown> => changed(fc.constantFrom(...samples));

type Place = readonly (string | number)[];

function placesIn(value: unknown, here: Place = []): Place[] {
  if (value === null || typeof value !== 'object') return [here];
  const inner = Object.keys(value).flatMap((key) =>
    placesIn((value as Record<string, unknown>)[key], [...here, Array.isArray(value) ? Number(key) : key]),
  );
  return [here, ...inner];
}

function applyEdit(value: unknown, edit: Edit): unknown {
  const places = placesIn(value).slice(0, 500);
  return changeAt(value, places[edit.at % places.length] ?? [], edit);
}

function changeAt(value: unknown, [first, ...rest]: Place, edit: Edit): unknown {
  if (first === undefined) return changeHere(value, edit);
  if (Array.isArray(value)) {
    const copy = [...value];
    if (rest.length === 0 && edit.how === 'remove') copy.splice(Number(first), 1);
    else if (rest.length === 0 && edit.how === 'repeat') copy.splice(Number(first), 0, copy[Number(first)]);
    else copy[Number(first)] = changeAt(copy[Number(first)], rest, edit);
    return copy;
  }
  const object = value as Record<string, unknown>;
  if (rest.length === 0 && edit.how === 'remove') {
    const { [String(first)]: _, ...others } = object;
    return others;
  }
  return withKey(object, String(first), changeAt(object[String(first)], rest, edit));
}

function changeHere(value: unknown, { how, key, value: next }: Edit): unknown {
  if (how === 'add key' && value !== null && typeof value === 'object' && !Array.isArray(value))
    return withKey(value, key, next);
  if (how === 'swap type') {
    if (typeof value === 'string') return /^\d+$/.test(value) ? Number(value) : [value];
    if (typeof value === 'number') return String(value);
    if (Array.isArray(value)) return Object.fromEntries(value.map((one, i) => [String(i), one]));
    if (value !== null && typeof value === 'object') return Object.values(value);
  }
  return next;
}

interface ByteEdit {
  readonly at: number;
  readonly length: number;
  readonly how: 'flip' | 'set' | 'remove' | 'repeat' | 'insert' | 'cut' | 'move';
  readonly bytes: Uint8Array;
}

const interesting = [
  '\0',
  '\n',
  '\r\n',
  '"',
  '{',
  '[',
  '<',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '&b;',
  '&#0;',
  '&#xD800;',
];
const moreInteresting = [']]>', '<!--', '\u00ff\u00fe', '-', '.', '9'.repeat(400), '\ud83d\ude00', ' '.repeat(1000)];
const byteEdits: fc.Arbitrary<readonly ByteEdit[]> = fc.array(
  fc.record({
    at: fc.nat(),
    length: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 2000 })),
    how: fc.constantFrom<ByteEdit['how']>('flip', 'set', 'remove', 'repeat', 'insert', 'cut', 'move'),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 16 }),
      fc.constantFrom(...interesting, ...moreInteresting).map((text) => new TextEncoder().encode(text)),
    ),
  }),
  { maxLength: 4 },
);

/** One of the samples with a few bytes changed, or bytes of no sample at all. */
export const changedBytes = (samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom(...samples), byteEdits)
        .map(([sample, changes]) => changes.reduce((bytes, edit) => applyByteEdit(bytes, edit), sample)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    { weight: 1, arbitrary: hostileJson.map((value) => new TextEncoder().encode(toJsonText(value))) },
  );

function applyByteEdit(bytes: Uint8Array, { at: place, length, how, bytes: given }: ByteEdit): Uint8Array {
  if (bytes.length === 0) return given;
  const at = place % bytes.length;
  const end = Math.min(bytes.length, at + length);
  const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (how) {
    case 'flip':
      return join(before, Uint8Array.of((bytes[at] as number) ^ (1 << (length % 8))), bytes.subarray(at + 1));
    case 'set':
      return join(before, Uint8Array.of(length % 256), bytes.subarray(at + 1));
    case 'remove':
      return join(before, after);
    case 'repeat':
      return join(before, middle, middle, after);
    case 'insert':
      return join(before, given, middle, after);
    case 'cut':
      return before.slice();
    case 'move':
      return join(middle, before, after);
  }
}
