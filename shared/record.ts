// A log record: event, evidence and the time at which the gateway admitted them. Its canonical bytes are the leaf.

import { z } from 'zod';
import { utf8, utf8ToText } from './bytes.ts';
import { type Json, parseCanonicalText } from './canonical.ts';
import { eventSchema, rememberEventBytes } from './event.ts';
import { type Evidence, evidenceSchema } from './evidence.ts';
import { moneyPatterns } from './money.ts';
import { patternOf, type Refined } from './recognise.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { instant, timePatterns } from './time.ts';

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

export const tooLarge = malformed('It is larger than 64 KiB.');

export function parseRecord(leaf: Uint8Array): Result<LogRecord, Refusal<'malformed'>> {
  if (leaf.length > maxLeafBytes) return tooLarge;
  try {
    return parseText(utf8ToText(leaf), leaf);
  } catch {
    return malformed('Its bytes are not text in UTF-8.');
  }
}

/** As `parseRecord`, for text whose UTF-8 bytes are the leaf; their length is the caller's to check. */
export const parseRecordText = (text: string): Result<LogRecord, Refusal<'malformed'>> => parseText(text, utf8(text));

function parseText(text: string, leaf: Uint8Array): Result<LogRecord, Refusal<'malformed'>> {
  const record = isRecognised(text) ? ok(JSON.parse(text) as LogRecord) : parseSlowly(text);
  if (!record.ok) return record;
  const [from, to] = eventWithin(text);
  const isAscii = leaf.length === text.length;
  rememberEventBytes(record.value.event, isAscii ? leaf.subarray(from, to) : utf8(text.slice(from, to)));
  return record;
}

/** Keys are sorted and no value before or after can hold these, so the event's own text lies between them. */
const eventWithin = (text: string): [from: number, to: number] => [
  text.indexOf(eventStart) + eventStart.length,
  text.lastIndexOf(eventEnd),
];

/** What is needed of a record to verify its signatures. */
export interface SignedText {
  readonly actor: string;
  readonly evidence: Evidence;
  /** Where the event's own text lies. */
  readonly from: number;
  readonly to: number;
}

/** Takes and refuses what `parseRecord` takes and refuses, and reads no more than it must. */
export function parseSigned(text: string): Result<SignedText, Refusal<'malformed'>> {
  const [from, to] = eventWithin(text);
  if (!isRecognised(text)) {
    const record = parseSlowly(text);
    return record.ok ? ok({ actor: record.value.event.actor, evidence: record.value.evidence, from, to }) : record;
  }
  const actorFrom = from + actorStart.length;
  const actor = text.slice(actorFrom, text.indexOf('"', actorFrom));
  return ok({ actor, evidence: JSON.parse(text.slice(to + evidenceAt, -1)) as Evidence, from, to });
}

/** The actor is the first member of an event. */
const actorStart = '{"actor":"';

/** Text that `parseRecord` takes, as another thread of ours has found. */
export function readRecord(text: string): LogRecord {
  const record = JSON.parse(text) as LogRecord;
  // Others are not hashed again.
  if (record.evidence.kind === 'webauthn') rememberEventBytes(record.event, utf8(text.slice(...eventWithin(text))));
  return record;
}

const eventStart = '"event":';
const eventEnd = ',"evidence":{';
const evidenceAt = eventEnd.length - 1;

/** Canonical form first, then the schema, with the reason when either is not kept. */
export function parseSlowly(text: string): Result<LogRecord, Refusal<'malformed'>> {
  const json = parseCanonicalText(text);
  return json.ok ? jsonToRecord(json.value) : json;
}

const refined: Refined = new Map<z.core.$ZodType, string>([...timePatterns, ...moneyPatterns]);
/** One pattern for each event type, made when the first event of it comes; null where no pattern can be made. */
const patterns = new Map<string, RegExp | null>();

/** Most records are plain: one pass over the text shows that `parseSlowly` would find nothing wrong with it. */
export function isRecognised(text: string): boolean {
  const from = text.lastIndexOf(typeStart) + typeStart.length;
  const type = text.slice(from, text.indexOf('"', from));
  let pattern = patterns.get(type);
  if (pattern === undefined) {
    const schema = eventSchema.options.find((one) => one.shape.type.values.has(type as never));
    if (schema === undefined) return false;
    pattern = recordPattern(schema);
    patterns.set(type, pattern);
  }
  return pattern?.test(text) === true;
}

const typeStart = '"type":"';

function recordPattern(event: z.core.$ZodType): RegExp | null {
  const source = patternOf(z.strictObject({ ...recordSchema.shape, event }), refined);
  return source === undefined ? null : new RegExp(`^${source}$`);
}

export function jsonToRecord(json: Json): Result<LogRecord, Refusal<'malformed'>> {
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return malformed(`Field ${issue?.path.join('.') || 'record'}: ${issue?.message.slice(0, 200) ?? 'does not fit'}.`);
}
