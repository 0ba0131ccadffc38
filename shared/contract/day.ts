// What the day's screens show: statements and breaks, owed against held, money nobody has claimed, files of the bank.

import { z } from 'zod';
import { nameId } from '../ids.ts';

const text = z.string();

export const statementViewSchema = z.strictObject({
  statement: text,
  asset: text,
  pool: text,
  day: text,
  /** Signed minor units. */
  opening: text,
  closing: text,
  /** Cash by the books when it came. */
  books: text,
  lines: z.int(),
  follows: z.boolean(),
  reconciled: z.boolean(),
});
export type StatementView = z.infer<typeof statementViewSchema>;

export const breakViewSchema = z.strictObject({
  key: text,
  kind: text,
  asset: text,
  pool: text,
  /** The ledger account that a platform's file says something else of. */
  account: text.nullable(),
  /** Bank, or the platform's file, less books, signed minor units. */
  difference: text,
  since: text,
  /** Calendar days. */
  ageDays: z.int(),
  /** Business days of the calendar that governs the asset; null where none does, or it does not know these days. */
  ageBusinessDays: z.int().nullable(),
  statement: text,
  owner: nameId.nullable(),
  lines: z.array(z.strictObject({ id: text, reference: text.nullable(), amount: text, valueDate: text })),
  legs: z.array(z.strictObject({ leg: z.int(), reference: text, amount: text, valueDate: text })),
  /** A line (`statement#number`) or a leg (`leg number`) that it most likely belongs with. */
  likely: text.nullable(),
});
export type BreakView = z.infer<typeof breakViewSchema>;

export const poolDaySchema = z.strictObject({
  pool: text,
  asset: text,
  day: text,
  statement: text.nullable(),
  clients: text,
  unallocated: text,
  inTransit: text,
  owed: text,
  bank: text.nullable(),
  underWay: text,
  house: text,
  held: text.nullable(),
  shortfall: text,
  excess: text,
  tolerance: text,
  outcome: text,
  /** When the gateway stated it. */
  at: text,
});
export type PoolDayView = z.infer<typeof poolDaySchema>;

export const poolStateSchema = z.strictObject({
  pool: text,
  asset: text,
  shortfall: text,
  since: text.nullable(),
  overriddenUntil: text.nullable(),
});

export const receiptViewSchema = z.strictObject({
  receipt: text,
  asset: text,
  pool: text,
  remaining: text,
  since: text,
  /** The closed payment that it came back of. */
  of: text.nullable(),
});
export type ReceiptView = z.infer<typeof receiptViewSchema>;

export const bankFileSchema = z.strictObject({
  name: text,
  direction: z.enum(['out', 'in']),
  atMs: z.number(),
  message: text.nullable(),
  messageId: text.nullable(),
  fate: z.enum(['in out', 'fetched', 'waiting', 'taken in', 'duplicate', 'quarantined']),
  why: text.nullable(),
});
export type BankFile = z.infer<typeof bankFileSchema>;
