// Show statement: the legs of one ledger account, newest first, read along the back-links of the legs themselves.

import { isDebitNormal } from '../../shared/accounts.ts';
import { assert } from '../../shared/assert.ts';
import type { StatementLine } from '../../shared/contract/terminal.ts';
import { parseRecord } from '../../shared/record.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { storedRecords } from '../store/log.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export function showStatement(
  terminal: Terminal,
  { account: id, before, limit }: { readonly account: string; readonly before: number; readonly limit: number },
): Result<{ lines: StatementLine[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books, store } = opened.value;
  const account = books.get('account', id);
  if (account === undefined)
    return refuse('unknown', 'Nothing is shown.', `There is no ledger account ${id}.`, 'Choose one of the list.');
  const lines: StatementLine[] = [];
  const following = before === 0 ? undefined : books.leg(before);
  if (following !== undefined && following.debit !== account.index && following.credit !== account.index)
    return refuse(
      'unknown',
      'Nothing is shown.',
      `Leg ${before} is not one of this account.`,
      'Begin with the newest.',
    );
  let number =
    before === 0
      ? account.lastLeg
      : following === undefined
        ? 0
        : following.debit === account.index
          ? following.previousDebit
          : following.previousCredit;
  while (number > 0 && lines.length < limit) {
    const leg = books.leg(number);
    assert(leg, 'every back-link leads to a leg');
    const isDebit = leg.debit === account.index;
    const [leaf] = storedRecords(store, leg.sequence, leg.sequence + 1);
    const record = leaf === undefined ? undefined : parseRecord(leaf);
    assert(record?.ok, 'every leg names a stored record');
    const { event, admittedAt } = record.value;
    lines.push({
      leg: number,
      sequence: leg.sequence,
      event: event.id,
      bookedAt: admittedAt,
      cause: event.type === 'instruction.made' ? event.body.instruction.kind : event.type,
      counterpart: books.accountByIndex(isDebit ? leg.credit : leg.debit)?.id ?? '',
      change: (isDebit === isDebitNormal(account.class) ? leg.amount : -leg.amount).toString(),
    });
    number = isDebit ? leg.previousDebit : leg.previousCredit;
  }
  return ok({ lines });
}
