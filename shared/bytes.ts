// Bytes to and from the texts we put on the wire: UTF-8, base64url without padding (RFC 4648 section 5), base64, hex.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** The same bytes written into room for three of them for each UTF-16 unit; how many there are. */
export const utf8Into = (text: string, room: Uint8Array): number => encoder.encodeInto(text, room).written;

/** Throws on bytes that are not UTF-8; callers at a door catch it and refuse. */
export const utf8ToText = (bytes: Uint8Array): string => decoder.decode(bytes);

export function bytesToBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** The six bits of each character code, 255 for characters outside the alphabet. */
const sextets = (last: string): Uint8Array => {
  const table = new Uint8Array(128).fill(255);
  for (const [value, character] of [...(alphabet + last)].entries()) table[character.charCodeAt(0)] = value;
  return table;
};
const base64Sextets = sextets('+/');
const base64urlSextets = sextets('-_');

/** `chars` characters of text without padding; undefined for a foreign character or bits left over that are not zero. */
function decode(text: string, chars: number, table: Uint8Array): Uint8Array | undefined {
  if (chars % 4 === 1) return undefined;
  const bytes = new Uint8Array((chars * 3) >> 2);
  let [at, bits, held] = [0, 0, 0];
  for (let i = 0; i < chars; i++) {
    const code = text.charCodeAt(i);
    const six = code < 128 ? (table[code] as number) : 255;
    if (six === 255) return undefined;
    held = ((held << 6) | six) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

/** Undefined when the text is not the one canonical base64 of its bytes. */
export function base64ToBytes(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decode(text, text.length - padding, base64Sextets);
}

export const bytesToBase64url = (bytes: Uint8Array): string =>
  bytesToBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Undefined when the text is not the one canonical unpadded base64url of its bytes. */
export const base64urlToBytes = (text: string): Uint8Array | undefined => decode(text, text.length, base64urlSextets);

const hexDigits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
export function bytesToHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += hexDigits[byte];
  return hex;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}
