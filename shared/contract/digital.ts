// The address book of digital assets, between a screen and the terminal.

import { z } from 'zod';
import { networks } from '../address.ts';

export const addressViewSchema = z.strictObject({
  purpose: z.enum(['withdrawal', 'deposit']),
  account: z.string(),
  asset: z.string(),
  network: z.enum(networks),
  address: z.string(),
  label: z.string(),
  usableFrom: z.string(),
  /** What stands now: resting until its first use, usable, or revoked. */
  state: z.enum(['resting', 'usable', 'revoked']),
});
export type AddressView = z.infer<typeof addressViewSchema>;
