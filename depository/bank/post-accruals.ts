// Says of every day that is over what fees accrued on it, one day after the other; days that were missed are caught up.

import { accrualText, unaccruedDays } from '../../shared/accrual.ts';
import { programmeOf } from '../../shared/books.ts';
import type { Refusal } from '../../shared/result.ts';
import { dayOf, msToInstant } from '../../shared/time.ts';
import { admit, type BankLinkParts, newEvent } from './link.ts';

/** Safe to repeat at any time. */
export async function postAccruals(parts: BankLinkParts): Promise<readonly Refusal[]> {
  const { books } = parts.gateway.sequencer();
  const today = dayOf(msToInstant(parts.clock()));
  for (const asset of programmeOf(books)?.accruing ?? [])
    for (const on of unaccruedDays(books, asset, today)) {
      const { body } = accrualText(books, asset, on, parts.primitives.sha256);
      const refused = await admit(parts, 'gateway', [newEvent(parts, 'accrual.posted', body)]);
      // The days after it would be out of order.
      if (refused.length > 0) return refused;
    }
  return [];
}
