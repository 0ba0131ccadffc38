// A log record: event, evidence and the time at which the gateway admitted them. Its canonical bytes are the leaf.

import { z } from 'zod';
import { utf8ToText } from './bytes.ts';
import { type Json, parseCanonicalText } from './canonical.ts';
import { eventSchema, rememberEventText } from './event.ts';
import { evidenceSchema } from './evidence.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { instant } from './time.ts';

/**
 * `admittedAt` is the gateway's clock, never going back along the log: cooling-off, hours and windows count from it and
 * not from what a terminal claims, so that nobody gains time by setting a clock.
 */
export const recordSchema = z.strictObject({ admittedAt: instant, event: eventSchema, evidence: evidenceSchema });
export type LogRecord = z.infer<typeof recordSchema>;

/** C2SP entry bundles give each leaf a 16-bit length. */
export const maxLeafBytes = 65_535;

const malformed = (why: string) =>
  refuse('malformed', 'The event was not admitted.', why, 'Correct the event and sign it again.');

export function parseRecord(leaf: Uint8Array): Result<LogRecord, Refusal<'malformed'>> {
  if (leaf.length > maxLeafBytes) return malformed('It is larger than 64 KiB.');
  try {
    return parseRecordText(utf8ToText(leaf));
  } catch {
    return malformed('Its bytes are not text in UTF-8.');
  }
}

/** As `parseRecord`, for text whose UTF-8 bytes are the leaf; their length is the caller's to check. */
export function parseRecordText(text: string): Result<LogRecord, Refusal<'malformed'>> {
  const json = parseCanonicalText(text);
  if (!json.ok) return json;
  const record = jsonToRecord(json.value);
  if (!record.ok) return record;
  // Keys are sorted and no value before or after can hold these, so the event's own text lies between them.
  const from = text.indexOf(eventStart) + eventStart.length;
  rememberEventText(record.value.event, text.slice(from, text.lastIndexOf(eventEnd)));
  return record;
}

const eventStart = '"event":';
const eventEnd = ',"evidence":{';

export function jsonToRecord(json: Json): Result<LogRecord, Refusal<'malformed'>> {
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return malformed(`Field ${issue?.path.join('.') || 'record'}: ${issue?.message ?? 'does not fit'}.`);
}
