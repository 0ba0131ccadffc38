// The schema's verdict over a file that was read: valid, invalid with the lines, or unknown with the reason. The checker itself
// (schema.ts) is an argument, so that whoever needs no verdict does not load it.

import { concatBytes } from '../bytes.ts';
import { decodeXml } from './decode.ts';
import type { Schemas, SchemaVerdict } from './schema.ts';

/** Larger files are not checked: the checker holds the whole document in memory. */
export const schemaCapBytes = 16_000_000;

/** Bytes of a file that is read in parts, kept until they are too many. */
export interface KeptBytes {
  add(part: Uint8Array): void;
  /** Undefined where there were too many. */
  whole(): Uint8Array | undefined;
}

export function keepForVerdict(): KeptBytes {
  let parts: Uint8Array[] = [];
  let size = 0;
  return {
    add(part) {
      size += part.length;
      if (size <= schemaCapBytes) parts.push(part);
      else parts = [];
    },
    whole() {
      return size > schemaCapBytes ? undefined : concatBytes(...parts);
    },
  };
}

/** `message` is what the reader found, such as camt.053.001.08; `schemas` are undefined where there is no folder of them. */
export function verdictOf(
  message: string,
  schemas: Pick<Schemas, 'check'> | undefined,
  bytes: Uint8Array | undefined,
): SchemaVerdict {
  if (schemas === undefined) return unknown('There is no folder of schemas.');
  if (!/\.\d{2}$/.test(message)) return unknown('It does not say which version it is, so no schema was tried.');
  if (bytes === undefined) return unknown(`It is larger than ${schemaCapBytes} bytes, so no schema was tried.`);
  const text = decodeXml(bytes);
  return text.ok ? schemas.check(text.value, message) : unknown(text.refusal.why);
}

const unknown = (what: string): SchemaVerdict => ({ schema: 'unknown', errors: [{ line: null, what }] });
