// A bank's statements for tests: their events, and what the gateway would make of them.

import type { EventOf } from '../shared/event.ts';
import { reconcileStatement, reconciliationDigest, type StatementReconciliation } from '../shared/statement.ts';
import type { Day } from '../shared/time.ts';
import { sha256 } from './people.ts';
import type { TestProgramme } from './programme.ts';

export type Line = EventOf<'statement.lines'>['body']['lines'][number];

const day = '2026-11-23' as Day;

/** A line valued on the first day of the test programme; signed minor units. */
export const creditLine = (reference: string | null, amount: string, given: Partial<Line> = {}): Line => ({
  ...{ reference, item: null, amount, valueDate: day, ...given },
});

/** The statement and its lines in the log, and the reconciliation as the gateway would find it. */
export function stateToday(
  programme: TestProgramme,
  statement: string,
  opening: string,
  lines: readonly Line[],
  on: Day = day,
): { readonly found: StatementReconciliation; readonly closing: string } {
  const closing = lines.reduce((sum, one) => sum + BigInt(one.amount), BigInt(opening)).toString();
  const figures = { opening, closing, entries: lines.length, file: 'A'.repeat(43) };
  programme.fromBank('statement.received', { statement, asset: 'CNY', day: on, ...figures });
  for (let from = 0; from < lines.length; from += 200)
    programme.fromBank('statement.lines', { statement, from, lines: lines.slice(from, from + 200) });
  const found = reconcileStatement(programme.books, statement);
  if (found === undefined) throw new Error('nothing to reconcile');
  return { found, closing };
}

export function completedBody(
  programme: TestProgramme,
  statement: string,
  found: StatementReconciliation,
): EventOf<'reconciliation.completed'>['body'] {
  const received = programme.books.get('statement', statement);
  if (received === undefined) throw new Error('no such statement');
  return {
    ...{ statement, asset: received.asset, bank: received.closing, books: received.books.toString() },
    outcome: found.balanced ? 'balanced' : 'break',
    matched: found.matches.length,
    breaks: found.breaks.size,
    digest: reconciliationDigest(sha256, found),
  };
}
