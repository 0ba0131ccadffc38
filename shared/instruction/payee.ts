// A payee outside custody. The log knows a keyed id, a salted commitment to name and account, and the last digits; the
// details travel beside the event, are checked against the commitment, and can be erased.

import { z } from 'zod';
import { base64urlToBytes, concatBytes } from '../bytes.ts';
import { canonicalBytes } from '../canonical.ts';
import { base64url, digest } from '../ids.ts';
import type { Hash } from '../primitives.ts';
import { unicodeText } from '../text.ts';

export const payeeSchema = z.strictObject({
  /** Keyed digest of the payee's account, so that a payee is recognised without being named. */
  id: digest,
  details: digest,
  /** Last characters of the account number, for typed confirmation and recognition. */
  tail: unicodeText(1, 4),
});

export type Payee = z.infer<typeof payeeSchema>;

export const payeeDetailsSchema = z.strictObject({
  salt: base64url(22, 43),
  name: unicodeText(0, 140),
  account: unicodeText(1, 34),
  agent: unicodeText(0, 35).nullable(),
  endToEndId: unicodeText(1, 35),
  remittance: unicodeText(0, 140).nullable(),
});
export type PayeeDetails = z.infer<typeof payeeDetailsSchema>;

/** Who a client is, behind the commitment in `register client`. */
export const clientDetailsSchema = z.strictObject({ salt: base64url(22, 43), client: unicodeText(1, 140) });
export type ClientDetails = z.infer<typeof clientDetailsSchema>;

/** Whatever travels beside an event and can be erased. */
export const detailsSchema = z.union([payeeDetailsSchema, clientDetailsSchema]);
export type EventDetails = z.infer<typeof detailsSchema>;

/** SHA-256 over the salt and the canonical details, which include it: hiding while the salt is unknown. */
export function commit(hash: Hash, details: { readonly salt: string }): Uint8Array {
  return hash(concatBytes(base64urlToBytes(details.salt) ?? new Uint8Array(), canonicalBytes(details)));
}
/** Whole characters: a pair is not cut in two. */
export const tailOf = (account: string): string => account.slice(-4).replace(/^[\uDC00-\uDFFF]/, '');
