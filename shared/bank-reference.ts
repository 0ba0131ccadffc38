// A bank's reference is booked once per asset: whoever brings it a second time brings nothing new.

import { type Books, type Effect, head, put } from './books.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';

export const referenceKey = (asset: string, reference: string): string => `${asset}|${reference}`;

export function claimReference(
  books: Books,
  asset: string,
  reference: string,
): Result<readonly Effect[], Refusal<'duplicate'>> {
  const key = referenceKey(asset, reference);
  if (books.get('reference', key) !== undefined)
    return refuse(
      'duplicate',
      'The event was not admitted.',
      `The bank's reference ${reference} is booked already.`,
      'Nothing is needed.',
    );
  return ok([put('reference', key, { sequence: head(books).size })]);
}
