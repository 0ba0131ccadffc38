// A bank's reference is booked once per bank account: whoever brings it a second time brings nothing new.

import { type Books, type Effect, head, put } from './books.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';

/** `account` is the `bankAccountKey` that the reference is of: a bank numbers the bookings of each account. */
export const referenceKey = (account: string, reference: string): string => `${account}|${reference}`;

export function claimReference(
  books: Books,
  account: string,
  reference: string,
): Result<readonly Effect[], Refusal<'duplicate'>> {
  const key = referenceKey(account, reference);
  if (books.get('reference', key) !== undefined)
    return refuse(
      'duplicate',
      'The event was not admitted.',
      `The bank's reference ${reference} is booked already.`,
      'Nothing is needed.',
    );
  return ok([put('reference', key, { sequence: head(books).size })]);
}
