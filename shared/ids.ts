// Branded identifiers. Ids are made outside (randomness is an argument) and only checked here.

import { z } from 'zod';
import type { Brand } from './brand.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const shortName = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;

/** UUID version 7 (RFC 9562), lower case: sorts by the time of making. */
export type EventId = Brand<string, 'EventId'>;
export const eventId = z.string().regex(uuidV7) as unknown as z.ZodType<EventId, string>;

/** A short public name such as a programme, operator, terminal, client or ledger account id. */
export const nameId = z.string().regex(shortName);

/** base64url without padding of exactly `length` bytes. */
export const base64url = (minChars: number, maxChars: number) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${minChars},${maxChars}}$`));

/** SHA-256 digest or commitment, base64url of 32 bytes. */
export const digest = base64url(43, 43);

/** The 48-bit millisecond time and 74 random bits of a UUIDv7, from outside. */
export function eventIdFrom(unixMs: number, random: Uint8Array): EventId {
  const time = Math.floor(unixMs).toString(16).padStart(12, '0');
  const hex = Array.from(random.subarray(0, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = ((Number.parseInt(hex.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}` as EventId;
}
