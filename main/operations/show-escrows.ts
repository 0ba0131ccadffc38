// Show escrows: every agreement, those that still run first, each with what is next.

import type { EscrowView } from '../../shared/contract/escrow.ts';
import { dueOn } from '../../shared/escrow.ts';
import { escrowAccountId, standingOf } from '../../shared/escrow-books.ts';
import { todosOf } from '../../shared/escrow-next.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { dayOf, msToInstant } from '../../shared/time.ts';
import { type Terminal, unlocked } from '../terminal.ts';

const most = 1000;

export function showEscrows(terminal: Terminal): Result<{ escrows: EscrowView[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const today = dayOf(msToInstant(terminal.parts.clock()));
  const escrows = [...books.all('escrow')].map(([escrow, row]): EscrowView => {
    const standing = standingOf(row);
    const due = dueOn(row.terms, standing);
    const { terms, by, adoptedOn, endsBy, phase, outcome, endedOn, fulfilled, released, dispute } = row;
    return {
      ...{ escrow, terms, by, adoptedOn, endsBy, phase, outcome, endedOn },
      depositor: row.depositor.toString(),
      beneficiary: row.beneficiary.toString(),
      left: row.left.toString(),
      ...{ fulfilled: [...fulfilled], released: [...released], dispute, due },
      isOverdue: due !== null && due <= today,
      isFrozen: books.get('account', escrowAccountId(escrow))?.frozen === true,
      todos: todosOf(terms, standing, today),
    };
  });
  // What comes due first is on top; ended ones follow, the newest first.
  const runs = escrows.filter((one) => one.phase !== 'ended').sort((a, b) => ((a.due ?? '') < (b.due ?? '') ? -1 : 1));
  const ended = escrows
    .filter((one) => one.phase === 'ended')
    .sort((a, b) => ((a.endedOn ?? '') > (b.endedOn ?? '') ? -1 : 1));
  return ok({ escrows: [...runs, ...ended].slice(0, most) });
}
