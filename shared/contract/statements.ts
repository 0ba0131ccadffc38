// The bank's statements, between a screen and the terminal: importing a file part by part, and reading what was imported.
// Amounts are decimal text of minor units; a file may be any size, so that it never crosses in one piece.

import { z } from 'zod';
import { findingNames } from '../iso20022/finding.ts';
import { quantityText, signedText } from '../money.ts';

/** Bytes of one part before they are written as base64. */
export const statementPartBytes = 512 << 10;
export const statementPart = z.string().max(Math.ceil(statementPartBytes / 3) * 4);
export const statementImportId = z.string().min(1).max(64);

export const statementFileSchema = z.strictObject({
  number: z.int(),
  name: z.string(),
  /** Such as camt.053.001.08. */
  message: z.string(),
  messageId: z.string().nullable(),
  importedAt: z.string(),
  operator: z.string(),
  bytes: z.int(),
  lines: z.int(),
  /** What the schema of exactly this message says of it; for `unknown` the reason is among the errors. */
  verdict: z.strictObject({
    schema: z.enum(['valid', 'invalid', 'unknown']),
    errors: z.array(z.strictObject({ line: z.int().nullable(), what: z.string() })),
  }),
  /** What is odd about it, the first of them. */
  findings: z.array(z.strictObject({ name: z.enum(findingNames), line: z.int(), what: z.string() })),
});
export type StatementFileView = z.infer<typeof statementFileSchema>;

/** Every import and what became of it, also where nothing was kept. */
export const statementFateSchema = z.strictObject({
  number: z.int(),
  at: z.string(),
  operator: z.string(),
  name: z.string(),
  bytes: z.int(),
  message: z.string().nullable(),
  messageId: z.string().nullable(),
  fate: z.enum(['taken in', 'came again', 'refused', 'cancelled', 'left']),
  why: z.string().nullable(),
});
export type StatementFateView = z.infer<typeof statementFateSchema>;

const countAndSum = z.strictObject({ count: z.int(), sum: z.string() });

export const bankStatementSchema = z.strictObject({
  number: z.int(),
  file: z.int(),
  kind: z.enum(['camt.052', 'camt.053', 'camt.054']),
  id: z.string(),
  account: z.string().nullable(),
  asset: z.string().nullable(),
  opening: signedText.nullable(),
  closing: signedText.nullable(),
  closingDay: z.string().nullable(),
  /** Opening and booked entries make the closing balance; null where that cannot be said. */
  balanced: z.boolean().nullable(),
  entries: z.int(),
  /** Decimal text, in units of the asset. */
  credits: countAndSum,
  debits: countAndSum,
  /** Number of its first line, and how many there are: entries, and the transactions of those that have several. */
  firstLine: z.int(),
  lines: z.int(),
});
export type BankStatementView = z.infer<typeof bankStatementSchema>;

export const bankLineSchema = z.strictObject({
  number: z.int(),
  /** The line of the entry that this is a transaction of; its own number where it is an entry. */
  entry: z.int(),
  amount: quantityText.nullable(),
  credit: z.boolean().nullable(),
  status: z.string().nullable(),
  reversal: z.boolean(),
  bookingDay: z.string().nullable(),
  valueDay: z.string().nullable(),
  reference: z.string().nullable(),
  endToEndId: z.string().nullable(),
  instructionId: z.string().nullable(),
  transactionId: z.string().nullable(),
});
export type BankLineView = z.infer<typeof bankLineSchema>;

export const statementProgressSchema = z.strictObject({
  /** Bytes that were read, and lines that were found in them. */
  done: z.int(),
  lines: z.int(),
});
export type StatementProgress = z.infer<typeof statementProgressSchema>;

export const statementImportReportSchema = z.strictObject({
  file: statementFileSchema,
  /** The same file was imported before: nothing was stored. */
  isKnown: z.boolean(),
  statements: z.array(bankStatementSchema),
});
export type StatementImportReport = z.infer<typeof statementImportReportSchema>;
