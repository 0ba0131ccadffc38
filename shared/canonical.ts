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
  const refusal = (why: string) =>
    refuse('malformed', 'The record was not read.', why, 'Ask the sender for the record in RFC 8785 form.');
  try {
    const text = utf8ToText(bytes);
    const value = JSON.parse(text) as Json;
    return canonicalText(value) === text ? ok(value) : refusal('Its bytes are not in canonical form.');
  } catch {
    return refusal('Its bytes are not JSON text in UTF-8.');
  }
}
