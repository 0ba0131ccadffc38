// Show ledger: any window of all legs, found by their number, which is their key: the first is as near as the millionth.

import { assert } from '../../shared/assert.ts';
import { head } from '../../shared/books.ts';
import type { LedgerLine } from '../../shared/contract/terminal.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export function showLedger(
  terminal: Terminal,
  { from, limit }: { readonly from: number; readonly limit: number },
): Result<{ total: number; lines: LedgerLine[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const names = new Map<number, { readonly id: string; readonly asset: string }>();
  const account = (index: number) => {
    const known = names.get(index) ?? books.accountByIndex(index);
    assert(known, 'every leg names two accounts');
    names.set(index, known);
    return known;
  };
  const lines = books.legsFrom(from, limit).map((leg): LedgerLine => {
    const { number, entry, sequence, amount } = leg;
    const debit = account(leg.debit);
    return {
      leg: number,
      entry,
      sequence,
      debit: debit.id,
      credit: account(leg.credit).id,
      asset: debit.asset,
      amount: amount.toString(),
    };
  });
  return ok({ total: head(books).legs, lines });
}
