// The keyed id of a payee: the same account gives the same id within one programme and nothing to anybody without its key.

import { bytesToBase64url, utf8 } from '../shared/bytes.ts';
import { mac } from './secret.ts';

/** HMAC-SHA-256 under the programme's payee key over the account without spaces, upper case; base64url. */
export const payeeIdUnder =
  (payeeKey: Uint8Array) =>
  (account: string): string =>
    bytesToBase64url(mac(payeeKey, utf8(account.replaceAll(/\s/g, '').toUpperCase())));
