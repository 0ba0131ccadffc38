// What the bank says becomes events: status advices, notifications, statements, answers to recalls. Our own payments are
// recognised by the InstrId that they were sent with, or by an EndToEndId that only one of them has.

import { itemOf } from '../../shared/bank-item.ts';
import { inPool } from '../../shared/books.ts';
import type { CustosEvent, EventOf, EventType } from '../../shared/event.ts';
import type { EventId } from '../../shared/ids.ts';
import type { ForeignExchange } from '../../shared/instruction/foreign-exchange.ts';
import { payeesOf } from '../../shared/instruction/kinds.ts';
import { readCamt, type Statement } from '../../shared/iso20022/camt.ts';
import { readCamt029 } from '../../shared/iso20022/camt029.ts';
import type { StatementEntry, TransactionDetails } from '../../shared/iso20022/entry.ts';
import { everyFamily } from '../../shared/iso20022/message.ts';
import { readPain002 } from '../../shared/iso20022/pain002.ts';
import { familyOf } from '../../shared/iso20022/reader.ts';
import { poolByNumber } from '../../shared/pool.ts';
import type { Hash } from '../../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import type { Day } from '../../shared/time.ts';
import { isCustodyText } from '../../shared/watch-only.ts';
import type { Sequencer } from '../sequencer.ts';
import { custodyAnswers } from './custody-answers.ts';
import { statementEvents } from './statement-events.ts';

export interface PaymentReference {
  readonly instruction: EventId;
  readonly item: number;
}

/** InstrId has 35 characters: the instruction's 32 hexadecimal digits and the item's three. */
export const bankReference = (instruction: string, item: number): string =>
  instruction.replaceAll('-', '') + String(item).padStart(3, '0');

export function parseBankReference(text: string | null): PaymentReference | undefined {
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})(\d{3})$/.exec(text ?? '');
  return parts === null ? undefined : { instruction: parts.slice(1, 6).join('-') as EventId, item: Number(parts[6]) };
}

export interface AnswerParts {
  readonly books: Sequencer['books'];
  readonly hash: Hash;
  readonly today: Day;
  /** EndToEndId of the payees of an instruction, in order; null where the details are erased. */
  readonly endToEndIds: (instruction: string) => Promise<readonly (string | null)[]>;
  /** The bank's number of the main pool's account in each asset, where it is known. */
  readonly mainAccounts?: Readonly<Record<string, string>> | undefined;
  /** Told of a statement or notification of a bank account that is of no pool: nothing of it is taken in. */
  noteForeign(refusal: Refusal): void;
  newEvent<T extends EventType>(type: T, body: EventOf<T>['body']): EventOf<T>;
}

/** How events bear the pool that a message is of; undefined, and noted, for an account of no pool. */
function poolOfMessage(parts: AnswerParts, { account, asset }: Statement): { readonly pool?: string } | undefined {
  const pool = poolByNumber(parts.books, account, asset, parts.mainAccounts?.[asset ?? '']);
  if (pool !== undefined) return inPool(pool);
  const why = `The bank account ending ${(account ?? '').slice(-4)} in ${asset} is of no pool of this programme.`;
  const next = 'Open a pool with it, or correct the number of the main pool in the configuration.';
  parts.noteForeign(refuse('unknown account', 'The statement was not taken in.', why, next).refusal);
  return undefined;
}

/** The events of one message, in its order; refused when it is of no kind that a bank sends us. It is parsed once. */
export async function readAnswer(parts: AnswerParts, xml: string): Promise<Result<readonly CustosEvent[], Refusal>> {
  if (isCustodyText(xml)) return custodyAnswers(parts, xml);
  switch (familyOf(xml, everyFamily)) {
    case 'pain.002':
      return statusAnswers(parts, xml);
    case 'camt.029': {
      const resolution = readCamt029(xml);
      return resolution.ok ? ok(recallAnswers(parts, resolution.value.resolutions)) : resolution;
    }
    default:
      return accountAnswers(parts, xml);
  }
}

function statusAnswers(parts: AnswerParts, xml: string): Result<readonly CustosEvent[], Refusal> {
  const advices = readPain002(xml);
  if (!advices.ok) return advices;
  return ok(
    advices.value.advices.flatMap(({ instructionId, status, reason }): CustosEvent[] => {
      const ours = parseBankReference(instructionId);
      if (ours === undefined) return [];
      return status === 'RJCT'
        ? [parts.newEvent('bank.rejected', { ...ours, code: reason ?? 'NARR' })]
        : [parts.newEvent('bank.acknowledged', ours)];
    }),
  );
}

async function accountAnswers(parts: AnswerParts, xml: string): Promise<Result<readonly CustosEvent[], Refusal>> {
  const camt = readCamt(xml);
  if (!camt.ok) return camt;
  const recognise = await recogniser(parts, camt.value.statements);
  return ok(
    camt.value.statements.flatMap(
      (one) =>
        camt.value.kind === 'camt.054'
          ? notified(parts, one, recognise)
          : camt.value.kind === 'camt.053'
            ? stated(parts, one, recognise, xml)
            : [], // an intraday report says nothing final
    ),
  );
}

function recallAnswers(
  { books, newEvent }: AnswerParts,
  resolutions: readonly {
    readonly level: string;
    readonly status: string | null;
    readonly statusId: string | null;
    readonly instructionId: string | null;
    readonly reasons: readonly { readonly code: string | null }[];
  }[],
): CustosEvent[] {
  return resolutions.flatMap((one): CustosEvent[] => {
    const ours = one.level === 'payment' ? parseBankReference(one.instructionId) : undefined;
    const recall = ours && books.get('recall', `${ours.instruction}|${ours.item}`)?.by;
    if (recall === undefined) return [];
    const accepted = ['ACCR', 'CNCL'].includes(one.status ?? '');
    if (!accepted && !['RJCR'].includes(one.status ?? '')) return []; // pending: another answer follows
    const code = (one.reasons[0]?.code ?? one.status ?? 'NARR').slice(0, 8);
    return [newEvent('bank.answered', { recall: recall as EventId, accepted, code })];
  });
}

type Recognise = (details: TransactionDetails | undefined) => PaymentReference | undefined;

/** By InstrId; where the bank gives none, by an EndToEndId that one payment alone has. */
async function recogniser(parts: AnswerParts, statements: readonly Statement[]): Promise<Recognise> {
  const isNameless = (one: TransactionDetails) => parseBankReference(one.instructionId) === undefined && one.endToEndId;
  const wanted = new Set(
    statements.flatMap((one) =>
      one.entries.flatMap((entry) => entry.details.filter(isNameless).map((each) => each.endToEndId)),
    ),
  );
  wanted.delete('NOTPROVIDED');
  const found = new Map<string, PaymentReference | null>();
  if (wanted.size > 0)
    for (const [id, { items, body }] of parts.books.all('instruction')) {
      if (payeesOf(body).length === 0 || !items.some((word) => ['approved', 'sent', 'settled'].includes(word)))
        continue;
      (await parts.endToEndIds(id)).forEach((endToEnd, item) => {
        if (endToEnd !== null && wanted.has(endToEnd))
          found.set(endToEnd, found.has(endToEnd) ? null : { instruction: id as EventId, item });
      });
    }
  return (details) =>
    parseBankReference(details?.instructionId ?? null) ?? found.get(details?.endToEndId ?? '') ?? undefined;
}

const isBooked = ({ status }: StatementEntry): boolean => status === null || status === 'BOOK';

/** Each payment of an entry; an entry without details is one of its own. */
function* paymentsOf(entry: StatementEntry): Generator<{
  readonly details: TransactionDetails | undefined;
  readonly amount: bigint;
  readonly reference: string;
}> {
  const { amount, reference, details } = entry;
  if (amount === null || reference === null) return;
  if (details.length < 2) return yield { details: details[0], amount, reference };
  for (const [i, one] of details.entries())
    if (one.amount?.minor != null)
      yield { details: one, amount: one.amount.minor, reference: one.bankReference ?? `${reference}/${i + 1}` };
}

function notified(parts: AnswerParts, notification: Statement, recognise: Recognise): CustosEvent[] {
  const { books, newEvent, today } = parts;
  const pool = poolOfMessage(parts, notification);
  if (pool === undefined) return [];
  const settledHere = new Set<string>();
  return notification.entries.filter(isBooked).flatMap((entry) => {
    const valueDate = (entry.valueDate ?? entry.bookingDate ?? today) as Day;
    const { asset } = entry;
    return [...paymentsOf(entry)].flatMap(({ details, amount, reference }): CustosEvent[] => {
      const ours = recognise(details);
      const code = (details?.returnReason ?? 'NARR').slice(0, 8);
      const exchange = ours && exchangeOf(books, ours.instruction);
      if (ours !== undefined && exchange !== undefined) {
        const facts = { reference, asset, amount: amount.toString(), valueDate };
        return exchangeAnswer(parts, ours, exchange, { ...facts, credit: entry.credit === true, code });
      }
      if (entry.credit !== true) {
        if (ours === undefined) return [];
        settledHere.add(`${ours.instruction}/${ours.item}`);
        return [newEvent('bank.settled', { ...ours, reference, valueDate })];
      }
      if (ours === undefined) {
        const account = details?.creditorAccount ?? null;
        return [
          newEvent('bank.credited', { reference, account, asset, amount: amount.toString(), valueDate, ...pool }),
        ];
      }
      const state = books.get('instruction', ours.instruction)?.items[ours.item];
      const isReturn = state === 'settled' || settledHere.has(`${ours.instruction}/${ours.item}`);
      if (isReturn && itemOf(books, ours.instruction, ours.item)?.amount === amount)
        return [newEvent('bank.returned', { ...ours, reference, code, valueDate })];
      return [newEvent('bank.late', { ...ours, reference, asset, amount: amount.toString(), code, valueDate })];
    });
  });
}

const exchangeOf = (books: AnswerParts['books'], id: string): ForeignExchange | undefined => {
  const body = books.get('instruction', id)?.body;
  return body?.kind === 'foreign exchange' ? body : undefined;
};

/** A side of an exchange; money of another amount than was agreed is late money, and another debit is refused by the books. */
function exchangeAnswer(
  { books, newEvent }: AnswerParts,
  ours: PaymentReference,
  { asset: sold, amount: soldAmount, bought, boughtAmount }: ForeignExchange,
  booked: { reference: string; asset: string; amount: string; valueDate: Day; credit: boolean; code: string },
): CustosEvent[] {
  const { instruction } = ours;
  const { code, credit, ...facts } = booked;
  if (!credit) return [newEvent('bank.exchanged', { instruction, side: 'sold', ...facts })];
  const { asset, amount, reference, valueDate } = facts;
  const one = books.get('exchange', instruction);
  const isOpen = one?.state === 'open' && one.boughtAs === null && one.returnedAs === null;
  if (isOpen && asset === bought && amount === boughtAmount)
    return [newEvent('bank.exchanged', { instruction, side: 'bought', ...facts })];
  if (isOpen && asset === sold && amount === soldAmount)
    return [newEvent('bank.returned', { ...ours, reference, code, valueDate })];
  return [newEvent('bank.late', { ...ours, ...facts, code })];
}

function stated(parts: AnswerParts, statement: Statement, recognise: Recognise, xml: string): CustosEvent[] {
  const { asset, opening, closing } = statement;
  if (asset === null || opening === null || closing === null) return [];
  const pool = poolOfMessage(parts, statement);
  if (pool === undefined) return [];
  // Banks number the statements of each account: the pool keeps those of two accounts apart.
  const id = pool.pool === undefined ? statement.id : `${pool.pool}:${statement.id}`.slice(0, 64);
  const day = (statement.closingDate ?? parts.today) as Day;
  // An entry without an amount that can be read stays out; the statement then does not add up, and says so.
  const lines = statement.entries.filter(isBooked).flatMap((entry) => {
    if (entry.amount === null) return [];
    const amount = (entry.credit === true ? entry.amount : -entry.amount).toString();
    const valueDate = (entry.valueDate ?? entry.bookingDate ?? day) as Day;
    const item = entry.details.length > 1 ? null : (recognise(entry.details[0]) ?? null);
    return [{ reference: entry.reference, item, amount, valueDate }];
  });
  return statementEvents(parts, { statement: id, asset, ...pool, day, opening, closing }, lines, xml);
}
