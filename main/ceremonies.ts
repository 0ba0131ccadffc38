// Ceremonies that wait for an authenticator's answer: each has its own random challenge, is used once, and runs out.

import { random } from '../crypto/secret.ts';
import { bytesToBase64url } from '../shared/bytes.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';

/** As long as a browser waits for the authenticator. */
const lifetimeMs = 120_000;
/** More than anybody begins; the oldest goes for a new one. */
const maxOpen = 32;

export class Ceremonies<T> {
  readonly #clock: () => number;
  readonly #open = new Map<string, { readonly until: number; readonly what: T }>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  begin(what: T): string {
    const now = this.#clock();
    for (const [id, one] of this.#open) if (one.until < now) this.#open.delete(id);
    for (const id of this.#open.keys()) {
      if (this.#open.size < maxOpen) break;
      this.#open.delete(id);
    }
    const id = bytesToBase64url(random(16));
    this.#open.set(id, { until: now + lifetimeMs, what });
    return id;
  }

  /** Takes the ceremony away: an answer is looked at once. */
  take(id: string): Result<T, Refusal<'no ceremony'>> {
    const one = this.#open.get(id);
    this.#open.delete(id);
    if (one === undefined || one.until < this.#clock())
      return refuse(
        'no ceremony',
        'Nothing was signed.',
        'The request to the security key has run out or was answered already.',
        'Start again.',
      );
    return ok(one.what);
  }

  clear(): void {
    this.#open.clear();
  }
}
