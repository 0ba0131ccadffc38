// Values that fit a schema, so that an input gets past the form and meets the rules behind it. Texts are now and then ones that
// mean something: ids and numbers that the books know.

import fc from 'fast-check';
import { z } from 'zod';

interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly additionalProperties?: Schema | boolean;
  readonly $ref?: string;
}

/** `known` are texts that mean something where the value goes. */
export function valuesOf(schema: z.ZodType, known: readonly string[]): fc.Arbitrary<unknown> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema;
  return fromSchema(json, known);
}

function fromSchema(schema: Schema, known: readonly string[]): fc.Arbitrary<unknown> {
  const inner = (one: Schema) => fromSchema(one, known);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(inner));
  switch (schema.type) {
    case 'object':
      return objects(schema, inner);
    case 'array':
      return schema.prefixItems === undefined
        ? fc.array(schema.items === undefined ? fc.anything() : inner(schema.items), {
            minLength: schema.minItems ?? 0,
            maxLength: Math.min(schema.maxItems ?? 4, Math.max(4, schema.minItems ?? 0)),
          })
        : fc.tuple(...schema.prefixItems.map(inner));
    case 'string':
      return texts(schema, known);
    case 'integer':
      return fc.oneof(
        fc.integer({ min: small(schema.minimum, -5), max: small(schema.maximum, 1000) }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? Number.MAX_SAFE_INTEGER),
      );
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.constantFrom<unknown>(null, 1, 'x', {}, []);
  }
}

const small = (bound: number | undefined, otherwise: number): number =>
  bound === undefined ? otherwise : Math.max(-1_000_000, Math.min(1_000_000, bound));

function objects(schema: Schema, inner: (one: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, inner(one)]));
  const whole = fc.record(fields, { requiredKeys: (schema.required ?? []).filter((name) => name in fields) });
  const { additionalProperties: others } = schema;
  if (others === undefined || typeof others === 'boolean' || Object.keys(fields).length > 0) return whole;
  return fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), inner(others), { maxKeys: 3 });
}

function texts({ pattern, minLength = 0, maxLength = 60 }: Schema, known: readonly string[]): fc.Arbitrary<string> {
  const form = pattern === undefined ? undefined : new RegExp(pattern);
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength && (form?.test(text) ?? true);
  const any =
    form === undefined
      ? fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 40) })
      : fc.stringMatching(form);
  const meaning = known.filter(fits);
  return meaning.length === 0
    ? any
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...meaning) }, { weight: 1, arbitrary: any });
}
