// Chance from a seed: the same seed makes the same choices in the same order.

/** sfc32, a small generator that passes PractRand; never for secrets. */
export class Chance {
  #a: number;
  #b: number;
  #c = 1;
  #d = 0x9e3779b9;

  constructor(seed: number, stream = 0) {
    this.#a = seed >>> 0;
    this.#b = (Math.floor(seed / 2 ** 32) ^ Math.imul(stream, 0x85ebca6b)) >>> 0;
    for (let i = 0; i < 15; i++) this.#next();
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#d++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A whole number from 0 up to `limit`, which is not reached. */
  below(limit: number): number {
    return this.#next() % limit;
  }

  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('there is nothing to pick from');
    return list[this.below(list.length)] as T;
  }

  /** One of what has been there least so far, more often than not: so that in the end everything has been there. */
  rarest<T>(list: readonly T[], timesSoFar: (one: T) => number): T {
    if (list.length === 0 || this.once(3)) return this.pick(list);
    const least = Math.min(...list.map(timesSoFar));
    return this.pick(list.filter((one) => timesSoFar(one) === least));
  }

  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const all = Object.entries(weights) as [T, number][];
    let left = this.below(all.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [name, weight] of all) {
      if (left < weight) return name;
      left -= weight;
    }
    throw new Error('weights are positive');
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}
