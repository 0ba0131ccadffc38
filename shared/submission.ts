// What a terminal or the bank hands to the gateway: a signed event, and beside it the details that the event only commits
// to (a payee's name and account), which never enter the log and can be erased.

import { z } from 'zod';
import { bytesToBase64url } from './bytes.ts';
import { eventSchema } from './event.ts';
import { evidenceSchema } from './evidence.ts';
import { payeesOf } from './instruction/kinds.ts';
import { commit, detailsSchema, type EventDetails, tailOf } from './instruction/payee.ts';
import type { Hash } from './primitives.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';

export const submissionSchema = z.strictObject({
  event: eventSchema,
  evidence: evidenceSchema,
  details: z.array(detailsSchema).max(200),
});
export type Submission = z.infer<typeof submissionSchema>;

/** Details by their commitment, as they are kept beside the log. */
export type Details = ReadonlyMap<string, EventDetails>;

const malformed = (why: string) =>
  refuse('malformed', 'The event was not admitted.', why, 'Make the instruction again with the payee it names.');

/**
 * Every payee an instruction names is there in clear, opens its commitment and has the tail that is shown; a client's
 * identity may be. `payeeId` recomputes the keyed id where the key is known.
 */
export function checkDetails(
  hash: Hash,
  { event, details }: Submission,
  payeeId?: (account: string) => string,
): Result<Details, Refusal<'malformed'>> {
  const opened = new Map(details.map((one) => [bytesToBase64url(commit(hash, one)), one] as const));
  const needless = malformed('It carries details it does not need.');
  if (event.type !== 'instruction.made') return details.length === 0 ? ok(opened) : needless;
  const { instruction } = event.body;
  if (instruction.kind === 'register client')
    return details.length === 0 || (details.length === 1 && opened.has(instruction.identity)) ? ok(opened) : needless;
  const payees = payeesOf(instruction);
  for (const payee of payees) {
    const one = opened.get(payee.details);
    if (one === undefined || !('account' in one))
      return malformed('The details of a payee are missing or are not the committed ones.');
    if (tailOf(one.account) !== payee.tail) return malformed('The last digits shown are not those of the account.');
    if (payeeId !== undefined && payeeId(one.account) !== payee.id)
      return malformed("The payee's id is not that of the account.");
  }
  return opened.size === new Set(payees.map((payee) => payee.details)).size ? ok(opened) : needless;
}
