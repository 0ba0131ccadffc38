// Refusals cross a contract as values: `{ ok: true, value }` or `{ ok: false, refusal }`.

import { z } from 'zod';

export const refusalSchema = z.strictObject({ type: z.string(), what: z.string(), why: z.string(), next: z.string() });

export const resultOf = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), value }),
    z.strictObject({ ok: z.literal(false), refusal: refusalSchema }),
  ]);
