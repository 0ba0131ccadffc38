// What the terminal's contract says of the vault itself: its diary, backups, restore and recovery.

import { z } from 'zod';
import { tableNames } from '../books.ts';
import { nameId } from '../ids.ts';
import { recordRecoverySchema } from '../instruction/record-recovery.ts';
import { retentionSchema } from '../retention.ts';

export const diaryWords = [
  'keys changed',
  'shares made',
  'recovery drill',
  'recovered',
  'backup made',
  'backup failed',
  'backup checked',
  'backup plan',
  'restored',
  'unlocks failed',
  'attempts record lost',
  'made read-only',
  'repaired',
  'rejoined',
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

export const rebuildReportSchema = z.strictObject({
  /** Of the log that the books were rebuilt from, and its root. */
  size: z.int(),
  root: z.string(),
  seconds: z.number(),
  /** None when every row of every table is what the log leads to; otherwise the first ones. */
  differences: z
    .array(
      z.strictObject({
        table: z.enum([...tableNames, 'leg', 'log']),
        key: z.string(),
        how: z.enum(['changed', 'missing', 'too many', 'refused']),
        /** For a record that would be refused. */
        why: z.string().nullable(),
      }),
    )
    .max(10),
});
export type RebuildReport = z.infer<typeof rebuildReportSchema>;

export const repairReportSchema = z.strictObject({
  /** Of the log that the books were built again from, and its root. */
  size: z.int(),
  root: z.string(),
  seconds: z.number(),
  /** Tables whose rows were not those that were last written, as people name them. */
  tables: z.array(z.string()),
  /** Rows that were not what the log leads to, and how they differed; the first thousand are in the evidence. */
  rows: z.int(),
  /** Records of the log that were not here any more and came from the gateway, each proven by its hash. */
  fetched: z.int(),
  /** Where the files of before lie, with a list of what was found. */
  evidence: z.string(),
  /** It was not the newest vault: it signs nothing until it has synchronised. */
  mustSync: z.boolean(),
});
export type RepairReport = z.infer<typeof repairReportSchema>;

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
  /** Where the vault of before lies now, if there was one. */
  kept: z.string().nullable(),
  name: z.string(),
  madeAt: z.string(),
  programme: z.string(),
  terminal: z.string(),
  size: z.int(),
  epoch: z.int(),
});
export type RestoreReport = z.infer<typeof restoreReportSchema>;

/** Cards handed in of one group; how many are needed is written on its cards, so it is known from the first one on. */
const handedIn = z.strictObject({ given: z.int(), needed: z.int().nullable() });
export const cardsSchema = z.strictObject({ officers: handedIn, custodians: handedIn, isEnough: z.boolean() });
export type CardsView = z.infer<typeof cardsSchema>;

export const drillReportSchema = z.strictObject({
  format: z.literal('custos-drill/1'),
  terminal: nameId,
  vault: z.string(),
  epoch: z.int(),
  operator: nameId,
  startedAt: z.string(),
  endedAt: z.string(),
  shares: z.strictObject({ officers: z.int(), custodians: z.int() }),
  /** How long each step took, in milliseconds: every card from the one before, joining and opening, the backup. */
  steps: z.array(z.strictObject({ step: z.enum(['card', 'opening', 'backup']), ms: z.number() })),
  outcome: z.literal('opened'),
  /** Null where none was named; `sharesOpenIt` says whether these very cards open it. */
  backup: z
    .strictObject({ name: z.string(), isSound: z.boolean(), sharesOpenIt: z.boolean(), why: z.string() })
    .nullable(),
});
export type DrillReport = z.infer<typeof drillReportSchema>;

export const drillResultSchema = z.strictObject({
  report: drillReportSchema,
  /** SHA-256 of the canonical report, and the files that it was written to. */
  digest: z.string(),
  json: z.string(),
  text: z.string(),
  /** To be made by an officer, so that the drill goes on record; null while the programme is not open here. */
  draft: recordRecoverySchema.nullable(),
});
export type DrillResult = z.infer<typeof drillResultSchema>;
