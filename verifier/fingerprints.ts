// Sets and tables of a million keys in flat memory: each key as 128 bits, which are an event's id itself, or the beginning of
// the key's SHA-256, which nobody can make two keys share.

import { randomBytes } from 'node:crypto';
import { verifierPrimitives } from './primitives.ts';

/** 16 bytes that stand for a text. */
export function fingerprintOf(text: string): Uint8Array {
  digestOf(text);
  return digest.slice(0, 16);
}

const digest = new Uint8Array(32);
const words = new Uint32Array(digest.buffer, 0, 4);
const keyBytes = Buffer.alloc(4096);

function digestOf(key: string): void {
  const bytes = key.length * 3 <= keyBytes.length ? keyBytes.subarray(0, keyBytes.write(key)) : Buffer.from(key);
  verifierPrimitives.sha256.into?.(bytes, digest, 0);
}

/** The 32 hexadecimal digits of a UUID; records were parsed, so that ids are in their one form. */
function idOf(id: string): void {
  let at = 0;
  for (let word = 0; word < 4; word++) {
    let value = 0;
    for (let digits = 0; digits < 8; at++) {
      const code = id.charCodeAt(at);
      if (code === dash) continue;
      value = (value << 4) | (code > nine ? code - a + 10 : code - zero);
      digits += 1;
    }
    words[word] = value;
  }
}
const [dash, zero, nine, a] = ['-', '0', '9', 'a'].map((one) => one.charCodeAt(0)) as [number, number, number, number];

/** Chosen anew in each run, so that nobody can make keys that crowd in one place. */
const factors = new Uint32Array(randomBytes(16).buffer.slice(0, 16)).map((one) => one | 1);

/** Keys with a number each, by open addressing; a key of four zero words marks an empty place. */
export class FingerprintTable {
  readonly #fingerprint: (key: string) => void;
  #places: Uint32Array;
  #values: Float64Array | undefined;
  #shift: number;
  #count = 0;

  constructor(options: { readonly of: 'event ids' | 'any text'; readonly values?: boolean; readonly count?: number }) {
    this.#fingerprint = options.of === 'event ids' ? idOf : digestOf;
    const bits = Math.max(10, Math.ceil(Math.log2((options.count ?? 0) * roominess + 1)));
    this.#shift = 32 - bits;
    this.#places = new Uint32Array(2 ** bits * 4);
    this.#values = options.values ? new Float64Array(2 ** bits) : undefined;
  }

  get count(): number {
    return this.#count;
  }

  has(key: string): boolean {
    this.#fingerprint(key);
    return this.#isAt(this.#find(words, 0));
  }

  get(key: string): number | undefined {
    this.#fingerprint(key);
    const place = this.#find(words, 0);
    return this.#isAt(place) ? this.#values?.[place] : undefined;
  }

  /** False when it was there already. */
  add(key: string, value = 0): boolean {
    this.#fingerprint(key);
    return this.#put(words, 0, value);
  }

  *values(): Generator<number> {
    for (let place = 0; place * 4 < this.#places.length; place++)
      if (this.#isAt(place)) yield this.#values?.[place] as number;
  }

  /** 16 bytes for each key, in any order; values are not among them. */
  toBytes(): Uint8Array {
    const out = new Uint32Array(this.#count * 4);
    let at = 0;
    for (let place = 0; place * 4 < this.#places.length; place++)
      if (this.#isAt(place)) {
        out.set(this.#places.subarray(place * 4, place * 4 + 4), at);
        at += 4;
      }
    return new Uint8Array(out.buffer);
  }

  addBytes(bytes: Uint8Array, values?: Float64Array): void {
    const all = new Uint32Array(new Uint8Array(bytes).buffer);
    for (let at = 0; at < all.length; at += 4) this.#put(all, at, values?.[at / 4] ?? 0);
  }

  #isAt(place: number): boolean {
    const p = this.#places;
    const at = place * 4;
    return p[at] !== 0 || p[at + 1] !== 0 || p[at + 2] !== 0 || p[at + 3] !== 0;
  }

  /** Its place, or the empty one where it belongs. */
  #find(from: Uint32Array, at: number): number {
    const places = this.#places;
    const mask = places.length / 4 - 1;
    const [one, two, three, four] = [from[at], from[at + 1], from[at + 2], from[at + 3]] as number[] as Words;
    const mixed =
      Math.imul(one, factors[0] as number) ^
      Math.imul(two, factors[1] as number) ^
      Math.imul(three, factors[2] as number) ^
      Math.imul(four, factors[3] as number);
    for (let place = mixed >>> this.#shift; ; place = (place + 1) & mask) {
      const i = place * 4;
      if (places[i] === one && places[i + 1] === two && places[i + 2] === three && places[i + 3] === four) return place;
      if (!this.#isAt(place)) return place;
    }
  }

  #put(from: Uint32Array, at: number, value: number): boolean {
    if (this.#count * roominess * 4 >= this.#places.length) this.#grow();
    const place = this.#find(from, at);
    const isNew = !this.#isAt(place);
    if (isNew) {
      for (let i = 0; i < 4; i++) this.#places[place * 4 + i] = from[at + i] as number;
      this.#count += 1;
    }
    if (this.#values !== undefined) this.#values[place] = value;
    return isNew;
  }

  #grow(): void {
    const [places, values] = [this.#places, this.#values];
    this.#places = new Uint32Array(places.length * 2);
    this.#values = values && new Float64Array(values.length * 2);
    this.#shift -= 1;
    this.#count = 0;
    for (let place = 0; place * 4 < places.length; place++) {
      const i = place * 4;
      if (places[i] !== 0 || places[i + 1] !== 0 || places[i + 2] !== 0 || places[i + 3] !== 0)
        this.#put(places, i, values?.[place] ?? 0);
    }
  }
}

type Words = [number, number, number, number];
const roominess = 1.3;
