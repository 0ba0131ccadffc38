// RFC 8785 (JCS) canonical bytes: the one form of any value that is hashed, signed or stored.

import serialize from 'canonicalize';
import { assert } from './assert.ts';
import { utf8, utf8ToText } from './bytes.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';

/** JSON values without floating-point surprises: in our records every number is a small safe integer. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function canonicalText(value: unknown): string {
  const text = serialize(value);
  assert(text !== undefined, 'a canonical value is JSON');
  return text;
}

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
