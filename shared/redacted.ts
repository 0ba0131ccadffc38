// Wraps a secret so that logs, errors and JSON show a placeholder; the bytes are zeroed when it is disposed of.

export class Redacted {
  #bytes: Uint8Array | undefined;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  /** The secret itself. Throws once disposed: using a key after lock is a bug. */
  reveal(): Uint8Array {
    if (this.#bytes === undefined) throw new Error('secret was disposed of');
    return this.#bytes;
  }
  dispose(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }
  toString(): string {
    return '[redacted]';
  }
  toJSON(): string {
    return '[redacted]';
  }
}
