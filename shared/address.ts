// Addresses of digital assets: on which networks an asset lives, and whether a text is an address there, by its own checksum.
// What leaves for a wrong address is gone, so an address is taken only as its network writes it, and of the main network.

import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bech32, bech32m, createBase58check } from '@scure/base';
import { z } from 'zod';
import { ok, type Result, refuse } from './result.ts';

/** What may be an address of some network at all. */
export const addressText = z.string().regex(/^[0-9A-Za-z]{14,90}$/);

export const networks = ['bitcoin', 'ethereum', 'tron', 'e-cny'] as const;
export type Network = (typeof networks)[number];

/** Where each digital asset lives, for us: the same token on another network is not taken. */
const networksOf: Readonly<Record<string, readonly Network[]>> = {
  'E-CNY': ['e-cny'],
  BTC: ['bitcoin'],
  ETH: ['ethereum'],
  USDC: ['ethereum'],
  USDT: ['ethereum', 'tron'],
};

/** Empty for what is no digital asset. */
export const networksOfAsset = (asset: string): readonly Network[] => networksOf[asset] ?? [];

/** Kept by a custodian on a ledger of its own kind, and not by a bank: it never leaves by a payment order. */
export const isDigital = (asset: string): boolean => networksOfAsset(asset).length > 0;

/** How many confirmations make a transaction final: until then a statement may not count it. */
export const confirmationsNeeded: Readonly<Record<Network, number>> = {
  bitcoin: 6,
  ethereum: 64,
  tron: 19,
  'e-cny': 0,
};

/** The address, exactly as it is to be written; refused with the reason in words. */
export function checkAddress(network: Network, text: string): Result<string> {
  const why = whyNot[network](text);
  if (why === undefined) return ok(text);
  const other = networks.find((one) => one !== network && whyNot[one](text) === undefined);
  return refuse(
    'malformed',
    'The address was not taken.',
    other === undefined ? why : `It is an address of ${other}, not of ${network}.`,
    'Ask for it again, and compare it with the paper.',
  );
}

/** Undefined for an address as it is to be written. */
const whyNot: Readonly<Record<Network, (text: string) => string | undefined>> = {
  bitcoin(text) {
    if (/^(tb|bcrt)1|^[mn2]/i.test(text)) return 'It is an address of a test network.';
    if (!/^bc1/i.test(text)) return base58(text, [0x00, 0x05]);
    const found = decodeSegwit('bc', text);
    if (found === undefined) return 'Its checksum is not right.';
    if (text !== text.toLowerCase()) return 'It is to be written in small letters.';
    // Whatever pays to a version that nobody uses yet can be taken by anybody.
    const isKnown = found.version === 0 || (found.version === 1 && found.program.length === 32);
    return isKnown ? undefined : `Version ${found.version} of such addresses is not in use.`;
  },
  ethereum(text) {
    if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return 'It is not 0x and forty hexadecimal digits.';
    if (/^0x0+$/.test(text)) return 'Nobody has the zero address.';
    if (text === eip55(text)) return undefined;
    return text === text.toLowerCase() || text.slice(2) === text.slice(2).toUpperCase()
      ? 'It has no checksum: it is to be written in capital and small letters (EIP-55).'
      : 'Its checksum is not right.';
  },
  tron: (text) => (text.startsWith('T') ? base58(text, [0x41]) : 'It does not begin with T.'),
  // The operators of the digital yuan publish no checksum of wallet numbers.
  'e-cny': (text) => (/^\d{16}$/.test(text) ? undefined : 'A wallet number has sixteen digits.'),
};

const base58check = createBase58check(sha256);

function base58(text: string, versions: readonly number[]): string | undefined {
  try {
    const bytes = base58check.decode(text);
    const [version = -1] = bytes;
    return bytes.length === 21 && versions.includes(version) ? undefined : 'It is of another kind.';
  } catch {
    return 'Its checksum is not right.';
  }
}

/** BIP 173 and BIP 350: version 0 with the older checksum, every later version with the newer one. */
export function decodeSegwit(prefix: string, text: string): { version: number; program: Uint8Array } | undefined {
  const decoded = decodeWith(bech32, prefix, text, 0) ?? decodeWith(bech32m, prefix, text, 1);
  if (decoded === undefined) return undefined;
  const { version, program } = decoded;
  const fits = program.length >= 2 && program.length <= 40 && version <= 16;
  return fits && (version > 0 || program.length === 20 || program.length === 32) ? decoded : undefined;
}

function decodeWith(
  code: typeof bech32 | typeof bech32m,
  prefix: string,
  text: string,
  versionsFrom: 0 | 1,
): { version: number; program: Uint8Array } | undefined {
  try {
    const found = code.decode(text as `${string}1${string}`);
    const [version = -1, ...words] = found.words;
    if (found.prefix.toLowerCase() !== prefix || (versionsFrom === 0 ? version !== 0 : version < 1)) return undefined;
    return { version, program: code.fromWords(words) };
  } catch {
    return undefined;
  }
}

/** The address in the letters that carry its checksum. */
export function eip55(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const hash = keccak_256(new TextEncoder().encode(digits));
  const isHigh = (i: number): boolean => (((hash[i >> 1] as number) >> (i % 2 === 0 ? 4 : 0)) & 15) >= 8;
  return `0x${[...digits].map((one, i) => (isHigh(i) ? one.toUpperCase() : one)).join('')}`;
}
