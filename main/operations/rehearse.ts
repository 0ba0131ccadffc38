// Rehearse: what a draft policy would have asked of every past instruction, against what the policy of its day asked.

import { windowSum } from '../../shared/books.ts';
import type { EventId } from '../../shared/ids.ts';
import { kindOf } from '../../shared/instruction/kinds.ts';
import { evaluatePolicy, type Policy, type Requirement } from '../../shared/policy.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { dayOf } from '../../shared/time.ts';
import { type Terminal, unlocked } from '../terminal.ts';

interface Rehearsal {
  rehearsed: number;
  changed: { instruction: EventId; consequence: string; before: string; after: string }[];
}

/** Windows are those of the books today: a rehearsal compares rules, it does not rewrite the day. */
export function rehearse(terminal: Terminal, { policy }: { readonly policy: Policy }): Result<Rehearsal, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const rehearsal: Rehearsal = { rehearsed: 0, changed: [] };
  for (const [, one] of books.all('instruction')) {
    const kind = kindOf(one.body);
    const { asset, amount, client, payees } = kind.facts(one.body, books);
    const who = { client: client ?? '', payee: payees[0] ?? '', maker: one.maker, programme: 'all' };
    const on = dayOf(one.madeAt);
    const verdict = evaluatePolicy(policy, {
      kind: one.kind,
      checkers: kind.checkers ?? [],
      at: one.madeAt,
      ...(asset === undefined ? {} : { asset }),
      ...(amount === undefined ? {} : { amount }),
      newPayee: payees.some(
        (payee) => (books.get('payee', `${client ?? ''}|${payee}`)?.since ?? one.madeAt) >= one.madeAt,
      ),
      windowSum: (per, days) =>
        asset === undefined ? 0n : windowSum(books, per, who[per], asset, on, days) - (amount ?? 0n),
    });
    rehearsal.rehearsed += 1;
    const before = inWords(one.requirement);
    const after = verdict.ok ? inWords(verdict.value) : `refused: ${verdict.refusal.why}`;
    if (before !== after && rehearsal.changed.length < 1000)
      rehearsal.changed.push({
        instruction: one.id as EventId,
        consequence: kind.consequence(one.body, books),
        before,
        after,
      });
  }
  return ok(rehearsal);
}

function inWords(one: Requirement): string {
  const groups = one.groups.map(({ role, count }) => `${count} × ${role}`).join(' and ');
  const more = [
    one.differentTerminals ? 'another terminal' : '',
    one.typedConfirmation ? 'typed confirmation' : '',
    one.coolingOffSeconds > 0 ? `${one.coolingOffSeconds} s cooling-off` : '',
  ].filter((text) => text !== '');
  return [groups, ...more].join(', ');
}
