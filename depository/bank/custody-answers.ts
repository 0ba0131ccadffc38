// What the custodian of digital assets says becomes events, as what the bank says does: withdrawals that its statement shows are
// settled, deposits are credited by their tag or address, then the statement itself is there to be reconciled.

import { type Books, inPool } from '../../shared/books.ts';
import { bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import type { CustosEvent } from '../../shared/event.ts';
import type { EventId } from '../../shared/ids.ts';
import { addressKey } from '../../shared/instruction/address.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { linesPerRow } from '../../shared/statement.ts';
import { readCustodyText, type Transaction, type WatchOnlyStatement } from '../../shared/watch-only.ts';
import type { AnswerParts } from './answers.ts';

export function custodyAnswers(parts: AnswerParts, text: string): Result<readonly CustosEvent[], Refusal> {
  const read = readCustodyText(text);
  if (!read.ok) return read;
  const message = read.value;
  if (message.kind === 'answer')
    return ok([parts.newEvent('bank.rejected', { instruction: message.order, item: 0, code: message.code })]);
  return ok(statementEvents(parts, message, text));
}

function statementEvents(parts: AnswerParts, statement: WatchOnlyStatement, text: string): CustosEvent[] {
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
  const figures = { opening: opening.toString(), closing: closing.toString(), entries: lines.length };
  const file = bytesToBase64url(parts.hash(utf8(text)));
  events.push(newEvent('statement.received', { statement: id, asset, ...pool, day, ...figures, file }));
  for (let from = 0; from < lines.length; from += linesPerRow)
    events.push(newEvent('statement.lines', { statement: id, from, lines: lines.slice(from, from + linesPerRow) }));
  return events;
}

/** Whose deposits come to this address: the number of their custody account; null where nobody's do. */
function numberOf(books: Books, asset: string, { network, address }: Transaction): string | null {
  const known = books.get('address', addressKey({ purpose: 'deposit', account: '', asset, network, address }));
  return known?.revokedBy === null ? (books.get('account', known.account)?.number ?? null) : null;
}

/** Withdrawals that wait for their transaction: by the order that the custodian names, else by an address and amount that is one's alone. */
function openWithdrawals(books: Books) {
  const open = new Map<string, string>();
  for (const [id, { body, items }] of books.all('instruction'))
    if (body.kind === 'digital withdrawal' && ['approved', 'sent'].includes(items[0] ?? ''))
      open.set(id, placeOf(body.asset, body.network, body.address, BigInt(body.amount)));
  return {
    take({ order, network, address, amount }: Transaction, asset: string): EventId | undefined {
      const place = placeOf(asset, network, address, -amount);
      const alike = [...open].filter(([, other]) => other === place).map(([id]) => id);
      const id = order === null ? (alike.length === 1 ? alike[0] : undefined) : alike.find((one) => one === order);
      if (id !== undefined) open.delete(id);
      return id as EventId | undefined;
    },
  };
}

const placeOf = (asset: string, network: string, address: string, amount: bigint): string =>
  `${asset}|${network}|${address}|${amount}`;
