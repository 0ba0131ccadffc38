// Reads a bundle line by line in blocks of one buffer, so that its size does not matter, and takes the digest of what was read
// on the way.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { HashStream } from '../shared/primitives.ts';

/** Why a file is no use, in words. */
export class Unreadable extends Error {}

/** Not a folder, nor something that never ends or never begins. */
export function regularFile(path: string) {
  const found = statSync(path);
  if (!found.isFile()) throw new Unreadable('What was named is not a file.');
  return found;
}

const blockBytes = 1 << 20;
const newline = 10;

export class BundleReader {
  readonly #file: number;
  /** What was read and not yet asked for: whole lines, and at the end the beginning of one. */
  #block = Buffer.alloc(0);
  #at = 0;
  #atEnd = false;
  /** Bytes before the block. */
  #before = 0;
  readonly #buffer = Buffer.alloc(2 * blockBytes);

  constructor(path: string) {
    regularFile(path);
    this.#file = openSync(path, 'r');
  }

  /** Bytes of the file that were given out. */
  get position(): number {
    return this.#before + this.#at;
  }

  /** Up to `limit` lines, without their newlines, valid until the next call; `digest` takes them with their newlines. */
  lines(limit: number, digest?: HashStream): Uint8Array[] {
    const from = this.#at;
    const found: Uint8Array[] = [];
    while (found.length < limit) {
      const end = this.#block.indexOf(newline, this.#at);
      if (end < 0) break;
      found.push(this.#block.subarray(this.#at, end));
      this.#at = end + 1;
    }
    if (found.length === 0 && this.#fill()) return this.lines(limit, digest);
    if (found.length === 0 && this.#at < this.#block.length) {
      found.push(this.#block.subarray(this.#at)); // a last line without its newline
      this.#at = this.#block.length;
    }
    digest?.add(this.#block.subarray(from, this.#at));
    return found;
  }

  line(digest?: HashStream): string | undefined {
    const [line] = this.lines(1, digest);
    return line === undefined ? undefined : Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8');
  }

  /** Passes over that many bytes; false when there are fewer. */
  skip(bytes: number, digest: HashStream): boolean {
    for (let left = bytes; left > 0; ) {
      if (this.#at === this.#block.length && !this.#fill()) return false;
      const end = Math.min(this.#block.length, this.#at + left);
      digest.add(this.#block.subarray(this.#at, end));
      left -= end - this.#at;
      this.#at = end;
    }
    return true;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Reads on, keeping what is left; false at the end of the file. */
  #fill(): boolean {
    if (this.#atEnd) return false;
    const left = this.#block.length - this.#at;
    if (left > blockBytes) throw new Unreadable('A line of the bundle is longer than 1 MiB.');
    this.#buffer.set(this.#block.subarray(this.#at), 0);
    const read = readSync(this.#file, this.#buffer, left, this.#buffer.length - left, null);
    this.#before += this.#at;
    this.#block = this.#buffer.subarray(0, left + read);
    this.#at = 0;
    this.#atEnd = read === 0;
    return read > 0;
  }
}
