// A log record: event, evidence and the time at which the gateway admitted them. Its canonical bytes are the leaf.

import { z } from 'zod';
import { type Json, parseCanonical } from './canonical.ts';
import { eventSchema } from './event.ts';
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
  const json = parseCanonical(leaf);
  return json.ok ? jsonToRecord(json.value) : json;
}

export function jsonToRecord(json: Json): Result<LogRecord, Refusal<'malformed'>> {
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return malformed(`Field ${issue?.path.join('.') || 'record'}: ${issue?.message ?? 'does not fit'}.`);
}
