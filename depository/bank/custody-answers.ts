// What the custodian of digital assets says becomes events, as what the bank says does: withdrawals that its statement shows are
// settled, deposits are credited by their tag or address, then the statement itself is there to be reconciled.

import { type Books, inPool } from '../../shared/books.ts';
import type { CustosEvent } from '../../shared/event.ts';
import type { EventId } from '../../shared/ids.ts';
import { addressKey } from '../../shared/instruction/address.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { readCustodyText, type Transaction, type WatchOnlyStatement } from '../../shared/watch-only.ts';
import type { AnswerParts } from './answers.ts';
import { statementEvents } from './statement-events.ts';

export function custodyAnswers(parts: AnswerParts, text: string): Result<readonly CustosEvent[], Refusal> {
  const read = readCustodyText(text);
  if (!read.ok) return read;
  const message = read.value;
  if (message.kind === 'answer')
    return ok([parts.newEvent('bank.rejected', { instruction: message.order, item: 0, code: message.code })]);
  return ok(statementAnswers(parts, message, text));
}

function statementAnswers(parts: AnswerParts, statement: WatchOnlyStatement, text: string): CustosEvent[] {
  const { books, newEvent } = parts;
  const { id, asset, day, opening, closing, transactions } = statement;
  const pool = inPool(statement.pool);
  const withdrawals = openWithdrawals(books);
  const events: CustosEvent[] = [];
  const lines = transactions.map((one) => {
    const { reference, amount, day: valueDate } = one;
    const order = amount < 0n ? withdrawals.take(one, asset) : undefined;
    const item = order === undefined ? null : { instruction: order, item: 0 };
    if (item !== null) events.push(newEvent('bank.settled', { ...item, reference, valueDate }));
    else if (amount > 0n) {
      const account = one.tag ?? numberOf(books, asset, one);
      const credited = { reference, account, asset, amount: amount.toString(), valueDate, ...pool };
      events.push(newEvent('bank.credited', credited));
    }
    return { reference, item, amount: amount.toString(), valueDate };
  });
  events.push(...statementEvents(parts, { statement: id, asset, ...pool, day, opening, closing }, lines, text));
  return events;
}

/** Whose deposits come to this address: the number of their custody account; null where nobody's do. */
function numberOf(books: Books, asset: string, { network, address }: Transaction): string | null {
  const known = books.get('address', addressKey({ purpose: 'deposit', account: '', asset, network, address }));
  return known?.revokedBy === null ? (books.get('account', known.account)?.number ?? null) : null;
}

/** Withdrawals that wait for their transaction: by the order that the custodian names, else by an address and amount that is one's alone. */
function openWithdrawals(books: Books) {
  const open = new Map<string, Set<string>>();
  for (const [id, { body, items }] of books.all('instruction'))
    if (body.kind === 'digital withdrawal' && ['approved', 'sent'].includes(items[0] ?? '')) {
      const place = placeOf(body.asset, body.network, body.address, BigInt(body.amount));
      open.set(place, (open.get(place) ?? new Set()).add(id));
    }
  return {
    take({ order, network, address, amount }: Transaction, asset: string): EventId | undefined {
      const alike = open.get(placeOf(asset, network, address, -amount)) ?? new Set();
      const [only] = alike;
      const id = order === null ? (alike.size === 1 ? only : undefined) : alike.has(order) ? order : undefined;
      if (id !== undefined) alike.delete(id);
      return id as EventId | undefined;
    },
  };
}

const placeOf = (asset: string, network: string, address: string, amount: bigint): string =>
  `${asset}|${network}|${address}|${amount}`;
