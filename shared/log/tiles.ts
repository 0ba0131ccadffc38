// C2SP tlog-tiles: the paths and contents under which a log is served, so that existing monitors can read it.

import { concatBytes } from '../bytes.ts';

export const tileWidth = 256;

/** `tile/<level>/<index>[.p/<width>]`; a width below 256 names a partial tile. Level `entries` names entry bundles. */
export function tilePath(level: number | 'entries', index: number, width: number = tileWidth): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
  const groups = digits.match(/\d{3}/g) ?? ['000'];
  const path = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`;
}

export interface TileName {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** Undefined for anything that is not the one canonical path of a tile. */
export function parseTilePath(path: string): TileName | undefined {
  const parts = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (parts === null) return undefined;
  const level = parts[1] === 'entries' ? 'entries' : Number(parts[1]);
  const index = Number((parts[2] as string).replaceAll(/[x/]/g, ''));
  const width = parts[3] === undefined ? tileWidth : Number(parts[3]);
  if (!Number.isSafeInteger(index) || width === 0 || (parts[3] !== undefined && width >= tileWidth)) return undefined;
  return tilePath(level, index, width) === path ? { level, index, width } : undefined;
}

/** Each leaf after its length as a big-endian 16-bit number. */
export function encodeBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...leaves.flatMap((leaf) => [Uint8Array.of(leaf.length >> 8, leaf.length & 0xff), leaf]));
}

/** Undefined when the bytes end within a leaf. */
export function decodeBundle(bytes: Uint8Array): Uint8Array[] | undefined {
  const leaves: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
    if (end > bytes.length) return undefined;
    leaves.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return leaves;
}
