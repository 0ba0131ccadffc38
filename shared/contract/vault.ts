// What the terminal's contract says of the vault itself: its diary, backups, restore and recovery.

import { z } from 'zod';
import { nameId } from '../ids.ts';

export const diaryWords = ['keys changed', 'shares made', 'unlocks failed', 'attempts record lost'] as const;
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
