// Recognises canonical text of a known shape in one pass: a pattern made from the schema itself. Text that it matches is in
// RFC 8785 form and fits the schema, so reading it needs neither to be written out again nor to be walked through. It may
// well not match text that is in order: such text takes the long way, which also knows what to say when it is not.

import type { z } from 'zod';
import { isWellFormed } from './text.ts';

/** Only what the pattern cannot take from the schema: a language inside that of a refined string, as a source without anchors. */
export type Refined = ReadonlyMap<z.core.$ZodType, string>;

/** The source of the pattern, without anchors; undefined for a schema with something that no pattern is made for. */
export function patternOf(schema: z.core.$ZodType, refined: Refined): string | undefined {
  const known = refined.get(schema);
  if (known !== undefined) return `"${known}"`;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return def.catchall?._zod.def.type === 'never' && !def.checks?.length ? objectPattern(def, refined) : undefined;
    case 'union':
      return anyOf(def.options.map((one) => patternOf(one, refined)));
    case 'nullable':
      return anyOf(['null', patternOf(def.innerType, refined)]);
    case 'array':
      return arrayPattern(def, refined);
    case 'literal':
      return anyOf(def.values.map(literalPattern));
    case 'enum':
      return anyOf(Object.values(def.entries).map(literalPattern));
    case 'boolean':
      return '(?:true|false)';
    case 'string':
      return stringPattern(limitsOf(def.checks));
    case 'number':
      return integerPattern(limitsOf([schema as unknown as z.core.$ZodCheck, ...(def.checks ?? [])]));
    default:
      return undefined;
  }
}

/** Members in the order of RFC 8785: by UTF-16 code units, as `sort` orders. Those that may be missing bring their own comma. */
function objectPattern(def: z.core.$ZodObjectDef, refined: Refined): string | undefined {
  const keys = Object.keys(def.shape).sort();
  const first = keys.findIndex((key) => !isOptional(def.shape[key]));
  // Without a member that is always there, nothing says which of them goes without the comma.
  if (first < 0 && keys.length > 0) return undefined;
  const members = keys.map((key, at) => {
    const schema = def.shape[key] as z.core.$ZodTypes;
    const { def: its } = schema._zod;
    const value = patternOf(its.type === 'optional' ? its.innerType : schema, refined);
    if (value === undefined) return undefined;
    const member = `${literalPattern(key)}:${value}`;
    if (its.type !== 'optional') return at === first ? member : `,${member}`;
    return at < first ? `(?:${member},)?` : `(?:,${member})?`;
  });
  return members.includes(undefined) ? undefined : `\\{${members.join('')}\\}`;
}

const isOptional = (schema: z.core.$ZodType | undefined): boolean => schema?._zod.def.type === 'optional';

function arrayPattern(def: z.core.$ZodArrayDef, refined: Refined): string | undefined {
  const element = patternOf(def.element, refined);
  const limits = limitsOf(def.checks);
  if (element === undefined || limits === undefined || limits.pattern !== undefined) return undefined;
  const { least = 0, most } = limits;
  const further = `(?:,${element}){${Math.max(0, least - 1)},${most === undefined ? '' : most - 1}}`;
  if (most === 0) return '\\[\\]';
  return least === 0 ? `\\[(?:${element}${further})?\\]` : `\\[${element}${further}\\]`;
}

function stringPattern(limits: Limits | undefined): string | undefined {
  if (limits === undefined) return undefined;
  const { pattern, least, most } = limits;
  if (pattern === undefined) return `"${plain}{${least ?? 0},${most ?? ''}}"`;
  if (least !== undefined || most !== undefined || !isPlain(pattern)) return undefined;
  return `"(?:${pattern.slice(1, -1)})"`;
}

/** Whole numbers; of a range that ends on 65,535 those of four digits, so that the pattern stays short. */
function integerPattern(limits: Limits | undefined): string | undefined {
  if (limits?.isInteger !== true || limits.pattern !== undefined) return undefined;
  const { least = 0, most = 999_999_999_999_999 } = limits;
  if (least < 0 || least > 1 || most < 9) return undefined;
  const digits = String(most + 1).length - 1;
  return `(?:${least === 0 ? '0|' : ''}[1-9]\\d{0,${digits - 1}})`;
}

interface Limits {
  readonly pattern?: string;
  readonly least?: number;
  readonly most?: number;
  readonly isInteger?: boolean;
}

/** Undefined when there is a check that is not understood here. */
function limitsOf(checks: readonly z.core.$ZodCheck[] | undefined): Limits | undefined {
  let limits: Limits = {};
  for (const check of checks ?? []) {
    const def = check._zod.def as (z.core.$ZodChecks | z.core.$ZodCustom)['_zod']['def'];
    if (
      def.check === 'string_format' &&
      'pattern' in def &&
      def.pattern instanceof RegExp &&
      def.pattern.flags === ''
    ) {
      if (limits.pattern !== undefined) return undefined;
      limits = { ...limits, pattern: def.pattern.source };
    } else if (def.check === 'number_format' && def.format === 'safeint') limits = { ...limits, isInteger: true };
    else if (def.check === 'min_length') limits = { ...limits, least: def.minimum };
    else if (def.check === 'max_length') limits = { ...limits, most: def.maximum };
    else if (def.check === 'greater_than' && def.inclusive) limits = { ...limits, least: Number(def.value) };
    else if (def.check === 'less_than' && def.inclusive) limits = { ...limits, most: Number(def.value) };
    // Kept by every plain string.
    else if (def.check === 'custom' && def.fn === isWellFormed) continue;
    else return undefined;
  }
  return limits;
}

/** Choices that no pattern is made for are left out, and take the long way. */
function anyOf(patterns: readonly (string | undefined)[]): string | undefined {
  const known = patterns.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : `(?:${known.join('|')})`;
}

const literalPattern = (value: unknown): string => JSON.stringify(value).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Characters that JSON writes as themselves, in one UTF-16 unit: printable ASCII without the quote and the backslash. */
const plain = '[ !#-[\\]-~]';

/** Whether whatever a pattern matches from start to end consists of plain characters. */
function isPlain(pattern: string): boolean {
  if (!/^\^.*\$$/.test(pattern)) return false;
  const classes = pattern.match(/\[[^\]]*\]/g) ?? [];
  const outside = pattern.slice(1, -1).replace(/\[[^\]]*\]/g, '');
  return (
    /^(?:\\[d/.-]|[A-Za-z0-9:_|(){},?*+-])*$/.test(outside) &&
    classes.every((one) => !one.includes('\\') && !one.startsWith('[^') && !hasStrange(new RegExp(one)))
  );
}

const hasStrange = (one: RegExp): boolean => {
  for (let code = 0; code < 256; code++) {
    const isFine = code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c;
    if (!isFine && one.test(String.fromCharCode(code))) return true;
  }
  return one.test('\u4e00') || one.test('\ud800');
};
