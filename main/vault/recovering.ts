// Recovery cards as they are handed in, one at a time: whose they are and what is still needed. They are kept as bytes that are
// overwritten at the end, whatever the end is; text that they were read from is left to the garbage collector.

import { utf8, utf8ToText } from '../../shared/bytes.ts';
import type { CardsView } from '../../shared/contract/vault.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Card, cardWords, type Mistyped, readCard } from './card.ts';
import type { RecoveryGroup } from './recovery.ts';

/** Long enough to call the next person in, short enough that nobody forgets it at lunch. */
export const recoveringMs = 30 * 60_000;

interface Held extends Omit<Card, 'share'> {
  readonly share: Uint8Array;
}

export class Recovering {
  readonly id: string;
  readonly purpose: 'drill' | 'real';
  readonly startedMs: number;
  readonly cardMs: number[] = [];
  /** Whose touch was asked for, in a real recovery. */
  asked: { readonly operator: string; readonly challenge: Uint8Array } | undefined;
  readonly #cards: Held[] = [];
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;

  constructor(id: string, purpose: 'drill' | 'real', nowMs: number) {
    this.id = id;
    this.purpose = purpose;
    this.startedMs = nowMs;
    this.#lastMs = nowMs;
    this.#timer = setTimeout(() => this.forget(), recoveringMs);
    this.#timer.unref();
  }

  hasRunOut(nowMs: number): boolean {
    return nowMs - this.startedMs > recoveringMs;
  }

  take(words: string, nowMs: number): Result<Card, Refusal> {
    const read = readCard(words);
    if ('mistyped' in read) return { ok: false, refusal: mistyped(read.mistyped) };
    const { card } = read;
    const [first] = this.#cards;
    if (first !== undefined && first.set !== card.set)
      return notTaken('other cards', 'It is of another set than the first card.', 'Bring cards of one set.');
    if (this.#cards.some((one) => one.group === card.group && one.member === card.member))
      return notTaken('card twice', 'This card was handed in already.', 'Hand in another one.');
    if (this.#of(card.group).given >= card.needed)
      return notTaken('card too many', 'Of this group there are enough.', 'Hand in a card of the other group.');
    this.#cards.push({ ...card, share: utf8(card.share) });
    this.cardMs.push(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    return ok(card);
  }

  #of(group: RecoveryGroup): { given: number; needed: number | null } {
    const cards = this.#cards.filter((one) => one.group === group);
    return { given: cards.length, needed: cards[0]?.needed ?? null };
  }

  view(): CardsView {
    const [officers, custodians] = [this.#of('officers'), this.#of('custodians')];
    return { officers, custodians, isEnough: [officers, custodians].every((one) => one.given === one.needed) };
  }

  shares(): string[] {
    return this.#cards.map((one) => utf8ToText(one.share));
  }

  forget(): void {
    clearTimeout(this.#timer);
    for (const { share } of this.#cards) share.fill(0);
    this.#cards.length = 0;
  }
}

const notTaken = (type: string, why: string, next: string) => refuse(type, 'The card was not taken.', why, next);

function mistyped(what: Mistyped): Refusal {
  const next = 'Compare with the card, and type it again.';
  const why = (): string => {
    if (what.why === 'not a word') return `Word ${what.word} is not a word of such a card.`;
    if (what.why === 'number of words') return `It has ${what.words} words, not ${cardWords}.`;
    if (what.why === 'other purpose') return 'It is no card of a vault like this.';
    return what.word === null ? 'More than one word is mistyped.' : `Word ${what.word} is mistyped.`;
  };
  return refuse('mistyped', 'The card was not taken.', why(), next).refusal;
}
