// What may or must happen next to an escrow agreement, who does it, and until when: read off its terms, asked of the same machine.

import { dueOn, type Party, parties, paysOf, type Standing, type Step, type Terms, takeStep } from './escrow.ts';
import { addDays, type Day } from './time.ts';

export interface Todo {
  readonly what: 'fund' | 'fulfil' | 'release' | 'refund' | 'dispute' | 'rule' | 'expire';
  /** A party that acts or hands something in, the desk of the bank, or the depository by itself. */
  readonly who: Party | 'desk' | 'depository';
  /** A condition or a tranche; null for all that is left. */
  readonly part: string | null;
  /** Minor units that it moves, as text. */
  readonly amount: string;
  /** Days from and to which it can be done, both included. */
  readonly from: Day | null;
  readonly until: Day | null;
}

const partyOf = (step: Step): Todo['who'] =>
  step.type === 'fund' ? 'depositor' : step.type === 'dispute' ? step.by : step.type === 'rule' ? 'arbiter' : 'desk';

/** In the order in which a desk would look at them; a release that only waits for its first day is named with that day. */
export function todosOf(terms: Terms, at: Standing, today: Day): Todo[] {
  const due = dueOn(terms, at);
  const last = due === null ? null : addDays(due, -1);
  const can = (step: Step, on: Day): boolean => takeStep(terms, at, step, on).ok;
  const amountOf = (step: Step): string =>
    (step.type === 'fund'
      ? BigInt(terms.amount)
      : paysOf(terms, at, step).reduce((sum, one) => sum + one.amount, 0n)
    ).toString();
  const todo = (step: Step, part: string | null, until: Day | null, from: Day | null = null): Todo => ({
    ...{ what: step.type, who: partyOf(step), part, amount: amountOf(step), from, until },
  });
  const todos: Todo[] = [];
  if (can({ type: 'fund' }, today)) todos.push(todo({ type: 'fund' }, null, terms.fundBy));
  const releaseOn = terms.releaseFrom > today ? terms.releaseFrom : today;
  const open = terms.tranches.filter((_, place) => (at.released & (1 << place)) === 0);
  const releases = [
    ...(terms.order === 'together' ? [] : open.map((one) => one.name)),
    ...(terms.order === 'together' || open.length > 1 ? [null] : []),
  ];
  for (const tranche of releases) {
    const step: Step = { type: 'release', tranche };
    if (can(step, releaseOn)) todos.push(todo(step, tranche, last, releaseOn > today ? releaseOn : null));
  }
  if (can({ type: 'refund' }, today)) todos.push(todo({ type: 'refund' }, null, last));
  for (const { name, by } of terms.conditions)
    if (can({ type: 'fulfil', condition: name }, today))
      todos.push({ ...todo({ type: 'fulfil', condition: name }, name, last), who: by });
  for (const by of parties)
    if (can({ type: 'dispute', by }, today))
      todos.push(todo({ type: 'dispute', by }, null, terms.dispute?.until ?? null));
  if (can({ type: 'rule', beneficiary: 0n }, today)) todos.push(todo({ type: 'rule', beneficiary: 0n }, null, last));
  if (due !== null) todos.push({ ...todo({ type: 'expire' }, null, null, due), who: 'depository' });
  return todos;
}
