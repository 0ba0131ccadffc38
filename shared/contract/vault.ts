// What the terminal's contract says of the vault itself: its diary, backups, restore and recovery.

import { z } from 'zod';
import { nameId } from '../ids.ts';
import { retentionSchema } from '../retention.ts';

export const diaryWords = [
  'keys changed',
  'shares made',
  'backup made',
  'backup failed',
  'backup checked',
  'backup plan',
  'restored',
  'unlocks failed',
  'attempts record lost',
] as const;
export type DiaryWord = (typeof diaryWords)[number];

export const diaryEntrySchema = z.strictObject({
  number: z.int(),
  /** UTC, as everywhere. */
  at: z.string(),
  what: z.enum(diaryWords),
  /** Who was at the terminal, if anybody. */
  operator: nameId.nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type DiaryEntryView = z.infer<typeof diaryEntrySchema>;

/** Made by itself while the terminal is unlocked, and when it is locked and one is due. */
export const backupPlanSchema = retentionSchema.extend({
  folder: z.string().min(1).max(1000),
  everyHours: z.int().min(1).max(168),
});
export type BackupPlan = z.infer<typeof backupPlanSchema>;

export const backupReportSchema = z.strictObject({
  name: z.string(),
  madeAt: z.string(),
  /** Of the log in it, and the epoch of the keys that open it. */
  size: z.int(),
  epoch: z.int(),
  bytes: z.int(),
  seconds: z.number(),
  /** On the disk of the vault itself, a broken disk takes both. */
  sameDisk: z.boolean(),
  /** Older ones that the plan did not keep. */
  removed: z.int(),
});
export type BackupReport = z.infer<typeof backupReportSchema>;

export const backupViewSchema = z.strictObject({
  name: z.string(),
  path: z.string(),
  madeAt: z.string().nullable(),
  terminal: z.string().nullable(),
  size: z.int().nullable(),
  epoch: z.int().nullable(),
  bytes: z.int().nullable(),
  /**
   * `checked`: every byte was read back, when it was made or since. `genuine`: complete, and made by this vault. `foreign`: complete,
   * of another vault or changed by somebody. `damaged`: something is missing.
   */
  state: z.enum(['checked', 'genuine', 'foreign', 'damaged']),
});
export type BackupView = z.infer<typeof backupViewSchema>;

export const checkReportSchema = z.strictObject({
  name: z.string(),
  size: z.int(),
  epoch: z.int(),
  bytes: z.int(),
  seconds: z.number(),
  /** With the keys of now; one of an earlier epoch is compared byte by byte, and opens with the slots of its time only. */
  opened: z.boolean(),
});
export type CheckReport = z.infer<typeof checkReportSchema>;

export const restoreReportSchema = z.strictObject({
  name: z.string(),
  madeAt: z.string(),
  programme: z.string(),
  terminal: z.string(),
  size: z.int(),
  epoch: z.int(),
});
export type RestoreReport = z.infer<typeof restoreReportSchema>;
