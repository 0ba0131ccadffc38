// The address book of digital assets: who may be paid where. An address is adopted for one account and one asset, rests for the
// time that the policy names before its first use, and can be revoked at any time.

import { z } from 'zod';
import { addressText, checkAddress, isDigital, type Network, networks, networksOfAsset } from '../address.ts';
import { assetCode } from '../asset.ts';
import { type Books, put, type Tables } from '../books.ts';
import { nameId } from '../ids.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import { instantToMs, msToInstant } from '../time.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { checkAsset, duplicate, malformed, unknown } from './refusals.ts';

const place = {
  /** The client account that pays to it, or that money for it belongs to. */
  account: nameId,
  asset: assetCode,
  network: z.enum(networks),
  address: addressText,
};

export const adoptAddressSchema = z.strictObject({
  kind: z.literal('adopt address'),
  /** To pay to it, or to know whose money comes to it. */
  purpose: z.enum(['withdrawal', 'deposit']),
  ...place,
  /** What people call it; it stays in the log, so it names nobody. */
  label: unicodeText(1, 60),
});
export const revokeAddressSchema = z.strictObject({
  kind: z.literal('revoke address'),
  purpose: z.enum(['withdrawal', 'deposit']),
  ...place,
  reason: unicodeText(1, 200),
});
type AdoptAddress = z.infer<typeof adoptAddressSchema>;
type RevokeAddress = z.infer<typeof revokeAddressSchema>;

interface Place {
  readonly purpose: 'withdrawal' | 'deposit';
  readonly account: string;
  readonly asset: string;
  readonly network: Network;
  readonly address: string;
}

/** An account may pay to many addresses and several may pay to one; money that comes to an address is one account's. */
export const addressKey = ({ purpose, account, asset, network, address }: Place): string =>
  purpose === 'deposit' ? `deposit|${asset}|${network}|${address}` : `withdrawal|${account}|${network}|${address}`;

/** A digital asset and a network that it is on; the account is a client's and keeps it. */
export function checkPlace(one: Omit<Place, 'purpose'>, books: Books): InstructionRefusal | undefined {
  const { account: id, asset, network, address } = one;
  const account = books.get('account', id);
  if (account === undefined) return unknown('ledger account', id);
  if (account.class !== 'client') return malformed(`Account ${id} is not a client's.`);
  if (!isDigital(asset)) return malformed(`${asset} is not a digital asset.`);
  if (!networksOfAsset(asset).includes(network)) return malformed(`${asset} is not kept on ${network}.`);
  const wrong = checkAsset(account, asset);
  if (wrong !== undefined) return wrong;
  const checked = checkAddress(network, address);
  return checked.ok ? undefined : malformed(checked.refusal.why);
}

const shown = ({ asset, network, address }: Place): string => `${asset} address ${address} on ${network}`;

export const adoptAddress: Kind<AdoptAddress> = {
  ...movesNothing,
  makers: ['teller', 'officer'],
  coolsAfter: true,
  consequence: (one) =>
    one.purpose === 'withdrawal'
      ? `Account ${one.account} may pay to ${shown(one)}, named ${one.label}.`
      : `Whatever comes to ${shown(one)}, named ${one.label}, belongs to account ${one.account}.`,
  check(one, books) {
    const known = books.get('address', addressKey(one));
    if (known !== undefined && known.revokedBy === null) return duplicate('Address', one.address);
    return checkPlace(one, books);
  },
  effects(one, books, { instruction, admittedAt }) {
    const seconds = books.get('instruction', instruction)?.requirement.coolingOffSeconds ?? 0;
    const { purpose, account, asset, network, address, label } = one;
    const usableFrom = msToInstant(instantToMs(admittedAt) + seconds * 1000);
    const row = { purpose, account, asset, network, address, label, usableFrom };
    return [put('address', addressKey(one), { ...row, adoptedBy: instruction, revokedBy: null })];
  },
  typed: ({ address }) => ({ tail: address.slice(-4), amount: '0' }),
};

export const revokeAddress: Kind<RevokeAddress> = {
  ...movesNothing,
  makers: ['teller', 'supervisor', 'compliance', 'officer'],
  consequence: (one) => `${shown(one)} is used no more for account ${one.account}. Reason: ${one.reason}`,
  check(one, books) {
    const known = allowed(one, books);
    return known === undefined ? unknown('address of this account', one.address) : undefined;
  },
  effects(one, books, { instruction }) {
    const known = allowed(one, books);
    return known === undefined ? [] : [put('address', addressKey(one), { ...known, revokedBy: instruction })];
  },
};

/** The row of an address of this account that was not revoked. */
export function allowed(one: Place, books: Books): Tables['address'] | undefined {
  const known = books.get('address', addressKey(one));
  return known?.revokedBy === null && known.account === one.account && known.asset === one.asset ? known : undefined;
}

/** Why the account may not pay to it now. */
export function checkAllowed(
  one: Omit<Place, 'purpose'>,
  books: Books,
  admittedAt: string,
): InstructionRefusal | undefined {
  const known = allowed({ ...one, purpose: 'withdrawal' }, books);
  const what = 'The withdrawal was not admitted.';
  if (known === undefined)
    return refuse(
      'unknown',
      what,
      `Account ${one.account} may not pay to ${one.address} on ${one.network}.`,
      'Adopt the address first: another person approves it.',
    ).refusal;
  if (admittedAt < known.usableFrom)
    return refuse(
      'cooling-off',
      what,
      `The address is new and may be used from ${known.usableFrom} on.`,
      'Wait until then, or revoke it if nobody here wanted it.',
    ).refusal;
  return undefined;
}
