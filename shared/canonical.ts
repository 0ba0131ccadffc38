// RFC 8785 (JCS) canonical bytes: the one form of any value that is hashed, signed or stored.

import serialize from 'canonicalize';
import { assert } from './assert.ts';
import { utf8, utf8ToText } from './bytes.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';

/** JSON values without floating-point surprises: in our records every number is a small safe integer. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function canonicalText(value: unknown): string {
  const plain = inOrder(value, 0);
  if (plain !== unusual) {
    const text = JSON.stringify(plain);
    // An escaped surrogate stands alone: the library refuses it.
    if (!text.includes('\\ud')) return text;
  }
  const text = serialize(value);
  assert(text !== undefined, 'a canonical value is JSON');
  return text;
}

const unusual = Symbol('left to the library');
const deepest = 64;

/**
 * What nearly every value is: null, booleans, strings, finite numbers, and arrays and objects of these. RFC 8785 writes it as
 * JSON.stringify does and only adds the order of keys, so this is the same value with its keys in order.
 */
function inOrder(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : unusual;
  if (typeof value !== 'object' || depth === deepest) return unusual;
  if (Array.isArray(value)) return arrayInOrder(value, depth);
  return Object.getPrototypeOf(value) === Object.prototype
    ? objectInOrder(value as Record<string, unknown>, depth)
    : unusual;
}

function arrayInOrder(values: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const one = inOrder(values[i], depth + 1);
    if (one === unusual) return unusual;
    if (copy === undefined && one !== values[i]) copy = values.slice(0, i);
    copy?.push(one);
  }
  return copy ?? values;
}

function objectInOrder(value: Readonly<Record<string, unknown>>, depth: number): unknown {
  const keys = Object.keys(value);
  let copy: Record<string, unknown> | undefined;
  for (let i = 1; i < keys.length && copy === undefined; i++)
    if ((keys[i - 1] as string) > (keys[i] as string)) copy = {};
  if (copy !== undefined) keys.sort();
  for (const [i, key] of keys.entries()) {
    const inner = inOrder(value[key], depth + 1);
    // Keys that look like numbers come first in an object whatever their order, and two names are not like others.
    if (inner === unusual || isDigit(key) || key === '__proto__' || key === 'toJSON') return unusual;
    if (copy === undefined && inner !== value[key])
      copy = Object.fromEntries(keys.slice(0, i).map((earlier) => [earlier, value[earlier]]));
    if (copy !== undefined) copy[key] = inner;
  }
  return copy ?? value;
}

const isDigit = (key: string): boolean => key >= '0' && key < ':';

export const canonicalBytes = (value: unknown): Uint8Array => utf8(canonicalText(value));

/**
 * Parses bytes that must already be in canonical form; refuses `malformed` for anything else, so that one value has
 * exactly one byte string and a changed byte is always a changed value.
 */
export function parseCanonical(bytes: Uint8Array): Result<Json, Refusal<'malformed'>> {
  try {
    return parseCanonicalText(utf8ToText(bytes));
  } catch {
    return malformed('Its bytes are not text in UTF-8.');
  }
}

export function parseCanonicalText(text: string): Result<Json, Refusal<'malformed'>> {
  try {
    const value = JSON.parse(text) as Json;
    return isCanonical(value, text) ? ok(value) : malformed('Its bytes are not in canonical form.');
  } catch {
    return malformed('Its bytes are not JSON text.');
  }
}

const malformed = (why: string) =>
  refuse('malformed', 'The record was not read.', why, 'Ask the sender for the record in RFC 8785 form.');

/**
 * RFC 8785 writes strings and numbers as JSON.stringify does and only adds the order of keys, so text that stringify gives
 * back from sorted keys is canonical. Lone surrogates, on which the two differ, and everything else go to the library.
 */
function isCanonical(value: Json, text: string): boolean {
  if (!text.includes('\\ud') && hasSortedKeys(value) && JSON.stringify(value) === text) return true;
  return canonicalText(value) === text;
}

function hasSortedKeys(value: Json): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(hasSortedKeys);
  let last: string | undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (last !== undefined && key <= last) return false;
    last = key;
    if (!hasSortedKeys(inner as Json)) return false;
  }
  return true;
}
