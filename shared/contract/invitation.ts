// What a bank hands to a new terminal on paper or disk: where the programme's gateway is, and the keys by which the terminal
// will recognise it. The payee key is a secret of the programme and belongs only into vaults.

import { z } from 'zod';
import { base64url, nameId } from '../ids.ts';
import { parseJson } from '../json.ts';
import { ed25519Key } from '../operator.ts';
import { ok, type Refusal, type Result, refuse } from '../result.ts';
import { unicodeText } from '../text.ts';

export const invitationSchema = z.strictObject({
  format: z.literal('custos-invitation/1'),
  programme: nameId,
  name: unicodeText(1, 120),
  /** Base address of the depository, such as https://depository.bank.example */
  url: z.url().max(300),
  /** Further nodes of the same depository; they are asked when the first does not answer. */
  others: z.array(z.url().max(300)).max(8).optional(),
  rootKey: ed25519Key,
  /** C2SP verifier key of the log: name+hash+key. */
  logKey: unicodeText(0, 400),
  relyingParty: z.strictObject({ id: unicodeText(0, 253), origins: z.array(unicodeText(0, 300)).min(1).max(8) }),
  payeeKey: base64url(43, 43),
});
export type Invitation = z.infer<typeof invitationSchema>;

/** An invitation is a page of text; whatever is longer is none. */
const maxChars = 20_000;

export function parseInvitation(text: string): Result<Invitation, Refusal<'no invitation'>> {
  const no = (why: string) =>
    refuse('no invitation', 'The terminal was not set up.', why, 'Ask the bank for an invitation to its programme.');
  if (text.length > maxChars) return no('It is too long to be an invitation.');
  const json = parseJson(text);
  if (!json.ok) return no(json.refusal.why);
  const parsed = invitationSchema.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  return no(`Field ${parsed.error.issues[0]?.path.join('.') || 'format'} is not that of an invitation.`);
}
