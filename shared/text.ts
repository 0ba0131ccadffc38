// Text that people write and others sign. Half a surrogate pair is no Unicode text: it has no UTF-8 bytes, so nothing that
// holds one could be hashed (RFC 8785 refuses it, as RFC 7493 does).

import { z } from 'zod';

/** No half of a surrogate pair stands alone. */
export const isWellFormed = (text: string): boolean => text.isWellFormed();

/** Between `min` and `max` UTF-16 units, whole characters only. */
export const unicodeText = (min: number, max: number) =>
  z.string().min(min).max(max).refine(isWellFormed, 'is not Unicode text');
