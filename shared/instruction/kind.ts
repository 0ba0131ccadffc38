// What every instruction kind gives: how it reads, who may make it, what it holds, what it does, and what refuses it.

import type { Books, Effect, Leg } from '../books.ts';
import type { EventId } from '../ids.ts';
import type { Role } from '../operator.ts';
import type { Refusal } from '../result.ts';
import type { Day, Instant } from '../time.ts';

export type InstructionRefusal = Refusal<
  'unknown' | 'duplicate' | 'state' | 'cooling-off' | 'account state' | 'segregation' | 'funds' | 'limit' | 'malformed'
>;

export interface Moment {
  readonly instruction: EventId;
  /** The operator who made the instruction. */
  readonly maker: string;
  readonly admittedAt: Instant;
  readonly today: Day;
}

/** What policy rules may look at in one instruction. */
export interface KindFacts {
  readonly asset?: string;
  readonly amount?: bigint;
  readonly client?: string;
  readonly payees: readonly string[];
}

export interface Kind<I> {
  readonly makers: readonly Role[];
  /** Approvals that no policy can do without for this kind; what rules ask for beyond it is added. */
  readonly checkers?: readonly { readonly role: Role; readonly count: number }[];
  /** The cooling-off time of the policy begins when it takes effect, and does not hold up its approval. */
  readonly coolsAfter?: true;
  /** A checker types what is signed, whatever the rules ask for. */
  readonly isTyped?: true;
  /** One plain sentence of what will happen; computed from the books, never from what a maker wrote. */
  consequence(instruction: I, books: Books): string;
  facts(instruction: I, books: Books): KindFacts;
  /** Refuses what the books do not allow; asked when it is made, and again when it is to take effect. */
  check(instruction: I, books: Books, moment: Moment): InstructionRefusal | undefined;
  /** Money to hold while it waits, one line per account. */
  holds(instruction: I, books: Books): readonly { readonly account: string; readonly amount: bigint }[];
  /** Legs to book when the approval quorum is met. */
  legs(instruction: I, books: Books): readonly Leg[];
  /** Everything else that takes effect with it. */
  effects(instruction: I, books: Books, moment: Moment): readonly Effect[];
  /** False for what goes to the bank and takes no money out, so that no stop holds it up. */
  readonly isOutgoing?: false;
  /** Items that go to the bank: how many. */
  bankItems(instruction: I): number;
  /** What a checker types where the policy asks for it: the last digits and the amount in minor units. */
  typed(instruction: I, books: Books): { readonly tail: string; readonly amount: string } | undefined;
}

/** For kinds that move no money. */
export const movesNothing = {
  facts: () => ({ payees: [] }),
  holds: () => [],
  legs: () => [],
  bankItems: () => 0,
  typed: () => undefined,
};
