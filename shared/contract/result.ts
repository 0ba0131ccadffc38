// Refusals cross a contract as values: `{ ok: true, value }` or `{ ok: false, refusal }`.

import { z } from 'zod';

/** A sentence or two; a refusal is for a person to read. */
const sentences = z.string().max(4_000);
export const refusalSchema = z.strictObject({
  type: z.string().max(200),
  what: sentences,
  why: sentences,
  next: sentences,
});

export const resultOf = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), value }),
    z.strictObject({ ok: z.literal(false), refusal: refusalSchema }),
  ]);
