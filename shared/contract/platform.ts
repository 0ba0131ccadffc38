// The platform's own file, between a screen and the terminal: its first rows, the mapping, the comparison with the books, and the
// instructions that would state it. Amounts are decimal text of minor units.

import { z } from 'zod';
import { platformCheckSchema } from '../instruction/platform-check.ts';

export const platformPreviewBytes = 64 << 10;

export const platformReportSchema = z.strictObject({
  platform: z.string(),
  digest: z.string(),
  day: z.string(),
  legs: z.int(),
  rows: z.int(),
  /** The same file is on record. */
  isKnown: z.boolean(),
  /** What of the file cannot be taken as it stands, the first of them: such a file is not recorded. */
  findings: z.array(z.strictObject({ row: z.int(), what: z.string() })),
  findingCount: z.int(),
  totals: platformCheckSchema.shape.totals,
  /** The first of them, in the order of their names. */
  differences: z.array(
    z.strictObject({
      ...platformCheckSchema.shape.differences.element.shape,
      client: z.string().nullable(),
      /** What the file calls it, where the books do not know it. */
      names: z.string().nullable(),
    }),
  ),
  differenceCount: z.int(),
  /** What states it; none where it cannot be recorded. */
  drafts: z.array(platformCheckSchema),
});
export type PlatformReport = z.infer<typeof platformReportSchema>;
