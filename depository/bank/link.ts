// The bank link: approved instructions go out as pain.001, exactly once; what the bank answers comes back as signed events.

import { assert } from '../../shared/assert.ts';
import { assetByCode } from '../../shared/asset.ts';
import { fillBasket } from '../../shared/basket.ts';
import { programmeOf } from '../../shared/books.ts';
import { bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import { itemOf } from '../../shared/decide.ts';
import { type CustosEvent, type EventOf, type EventType, eventSchema } from '../../shared/event.ts';
import { type MachineEvidence, machineMessage } from '../../shared/evidence.ts';
import { faultPoint } from '../../shared/fault.ts';
import type { EventId } from '../../shared/ids.ts';
import { payeesOf } from '../../shared/instruction/kinds.ts';
import { type PayeeDetails, payeeDetailsSchema } from '../../shared/instruction/payee.ts';
import { readCamt, type Statement } from '../../shared/iso20022/camt.ts';
import { type PaymentOrder, writePain001 } from '../../shared/iso20022/pain001.ts';
import { readPain002 } from '../../shared/iso20022/pain002.ts';
import { poolDay, poolDayText, unstatedDays } from '../../shared/outgoing.ts';
import type { Primitives } from '../../shared/primitives.ts';
import type { Refusal } from '../../shared/result.ts';
import { linesPerRow, reconcileStatement, reconciliationDigest } from '../../shared/statement.ts';
import { type Day, dayOf, msToInstant } from '../../shared/time.ts';
import type { Gateway } from '../gateway.ts';
import type { LogStore } from '../store/log-store.ts';
import type { BankAdapter } from './adapter.ts';

type Sign = (message: Uint8Array) => Uint8Array;

export interface BankLinkParts {
  readonly programme: string;
  readonly gateway: Pick<Gateway, 'store' | 'sequencer' | 'admit'>;
  readonly bank: BankAdapter;
  readonly primitives: Primitives;
  readonly clock: () => number;
  readonly newId: (unixMs: number) => EventId;
  readonly signAs: Readonly<Record<'adapter' | 'gateway', Sign>>;
}

/** What the bank said that the books would not take; it is shown, never dropped. */
export interface RefusedByBooks {
  readonly message: string;
  readonly refusal: Refusal;
}

/** InstrId has 35 characters: the instruction's 32 hexadecimal digits and the item's three. */
export const bankReference = (instruction: string, item: number): string =>
  instruction.replaceAll('-', '') + String(item).padStart(3, '0');

export function parseBankReference(text: string | null): { instruction: EventId; item: number } | undefined {
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})(\d{3})$/.exec(text ?? '');
  return parts === null ? undefined : { instruction: parts.slice(1, 6).join('-') as EventId, item: Number(parts[6]) };
}

/** Sends what is approved and takes in what the bank has answered. Safe to repeat at any time, also after a crash. */
export async function runBankLink(parts: BankLinkParts): Promise<readonly RefusedByBooks[]> {
  const { store } = parts.gateway;
  for (const instruction of await store.unsent()) {
    parts.bank.send({ id: instruction.replaceAll('-', ''), xml: writePain001(await orderOf(parts, instruction)) });
    faultPoint('bank: order sent, not noted');
    await store.markSent(instruction);
  }
  const refused: RefusedByBooks[] = [];
  for (const message of parts.bank.receive()) {
    if (!(await store.hasTakenIn(message.id))) {
      refused.push(...(await takeIn(parts, message.id, message.xml)));
      faultPoint('bank: message admitted, not noted');
      await store.takeIn(message.id);
    }
    parts.bank.acknowledge(message.id);
  }
  return refused;
}

async function orderOf({ gateway, clock }: BankLinkParts, id: string): Promise<PaymentOrder> {
  const { books } = gateway.sequencer();
  const instruction = books.get('instruction', id);
  const programme = books.get('programme', 'programme');
  const body = instruction?.body;
  assert(programme && (body?.kind === 'payment' || body?.kind === 'batch'), 'only payments go to the bank');
  const payees = payeesOf(body);
  const asset = assetByCode(body.asset);
  assert(asset, 'assets of a programme are known');
  const createdAt = msToInstant(clock());
  const details = await Promise.all(payees.map((payee) => detailsOf(gateway.store, payee.details)));
  return {
    messageId: id.replaceAll('-', ''),
    createdAt,
    executionDate: dayOf(createdAt),
    initiator: programme.name,
    debtorName: programme.name,
    debtorAgent: null,
    asset,
    transactions: details.map(({ endToEndId, name, account, agent, remittance }, item) => {
      const moved = itemOf(books, id, item);
      return {
        debtorAccount: books.get('account', moved.account)?.number ?? moved.account,
        instructionId: bankReference(id, item),
        endToEndId,
        amount: moved.amount,
        creditorName: name,
        creditorAccount: account,
        creditorAgent: agent,
        remittance,
      };
    }),
  };
}

async function detailsOf(store: LogStore, commitment: string): Promise<PayeeDetails> {
  const [json] = await store.details([commitment]);
  assert(json !== undefined, 'the details of an admitted payment are kept');
  return payeeDetailsSchema.parse(JSON.parse(json));
}

async function takeIn(parts: BankLinkParts, message: string, xml: string): Promise<RefusedByBooks[]> {
  const status = readPain002(xml);
  const camt = status.ok ? undefined : readCamt(xml);
  const events: CustosEvent[] = status.ok
    ? status.value.advices.flatMap((advice): CustosEvent[] => {
        const reference = parseBankReference(advice.instructionId);
        if (reference === undefined) return [];
        if (advice.status === 'RJCT')
          return [newEvent(parts, 'bank.rejected', { ...reference, code: advice.reason ?? 'NARR' })];
        return [newEvent(parts, 'bank.acknowledged', reference)];
      })
    : camt?.ok
      ? camt.value.statements.flatMap((one) =>
          camt.value.kind === 'camt.054' ? notified(parts, one) : stated(parts, one, xml),
        )
      : [];
  if (camt !== undefined && !camt.ok) return [{ message, refusal: camt.refusal }];
  const refused = (await admit(parts, 'adapter', events)).map((refusal) => ({ message, refusal }));
  for (const event of events)
    if (event.type === 'statement.received')
      for (const step of [reconcile, safeguard])
        refused.push(...(await step(parts, event)).map((refusal) => ({ message, refusal })));
  return refused;
}

function notified(parts: BankLinkParts, notification: Statement): CustosEvent[] {
  return notification.entries.flatMap((entry): CustosEvent[] => {
    const [details] = entry.details;
    const valueDate = (entry.valueDate ?? entry.bookingDate ?? dayOf(msToInstant(parts.clock()))) as never;
    if (entry.amount === null || entry.reference === null) return [];
    const { reference } = entry;
    const ours = parseBankReference(details?.instructionId ?? null);
    if (!entry.credit)
      return ours === undefined ? [] : [newEvent(parts, 'bank.settled', { ...ours, reference, valueDate })];
    if (ours !== undefined)
      return [
        newEvent(parts, 'bank.returned', { ...ours, reference, code: details?.returnReason ?? 'NARR', valueDate }),
      ];
    const { asset, amount } = entry;
    const account = details?.creditorAccount ?? null;
    return [newEvent(parts, 'bank.credited', { reference, account, asset, amount: amount.toString(), valueDate })];
  });
}

function stated(parts: BankLinkParts, statement: Statement, xml: string): CustosEvent[] {
  const { id, asset, opening, closing } = statement;
  if (asset === null || opening === null || closing === null) return [];
  const file = bytesToBase64url(parts.primitives.sha256(utf8(xml)));
  const day = (statement.closingDate ?? dayOf(msToInstant(parts.clock()))) as Day;
  // An entry without an amount that can be read stays out; the statement then does not add up, and says so.
  const lines = statement.entries.flatMap((entry) => {
    if (entry.amount === null) return [];
    const amount = (entry.credit ? entry.amount : -entry.amount).toString();
    const valueDate = (entry.valueDate ?? entry.bookingDate ?? day) as Day;
    const item = parseBankReference(entry.details[0]?.instructionId ?? null) ?? null;
    return [{ reference: entry.reference, item, amount, valueDate }];
  });
  const figures = { opening: opening.toString(), closing: closing.toString(), entries: lines.length };
  const received = newEvent(parts, 'statement.received', { statement: id, asset, day, ...figures, file });
  const events: CustosEvent[] = [received];
  for (let from = 0; from < lines.length; from += linesPerRow)
    events.push(
      newEvent(parts, 'statement.lines', { statement: id, from, lines: lines.slice(from, from + linesPerRow) }),
    );
  return events;
}

/** The gateway says what it found; everyone who replays the log recomputes it. */
async function reconcile(parts: BankLinkParts, event: EventOf<'statement.received'>): Promise<Refusal[]> {
  const { statement, asset, closing } = event.body;
  const { books } = parts.gateway.sequencer();
  const received = books.get('statement', statement);
  const found = reconcileStatement(books, statement);
  if (received === undefined || found === undefined) return [];
  const completed = newEvent(parts, 'reconciliation.completed', {
    statement,
    asset,
    bank: closing,
    books: received.books.toString(),
    outcome: found.balanced ? 'balanced' : 'break',
    matched: found.matches.length,
    breaks: found.breaks.size,
    digest: reconciliationDigest(parts.primitives.sha256, found),
  });
  return admit(parts, 'gateway', [completed]);
}

/** What is owed to clients against what the statement shows is held, stated for the day of the statement. */
async function safeguard(parts: BankLinkParts, event: EventOf<'statement.received'>): Promise<Refusal[]> {
  const { statement, asset, day } = event.body;
  const { books } = parts.gateway.sequencer();
  if (books.get('statement', statement)?.reconciled !== true) return [];
  const body = poolDayText(poolDay(books, asset, statement), day, statement);
  return admit(parts, 'gateway', [newEvent(parts, 'safeguarding.stated', body)]);
}

/** Says of every day that went by without a statement that its comparison was not performed. Safe to repeat. */
export async function noteUnstatedDays(parts: BankLinkParts): Promise<readonly Refusal[]> {
  const { books } = parts.gateway.sequencer();
  const today = dayOf(msToInstant(parts.clock()));
  const events = (programmeOf(books)?.assets ?? []).flatMap((asset) =>
    unstatedDays(books, asset, today).map((on) =>
      newEvent(parts, 'safeguarding.stated', poolDayText(poolDay(books, asset, null), on, null)),
    ),
  );
  return admit(parts, 'gateway', events);
}

function newEvent<T extends EventType>(parts: BankLinkParts, type: T, body: EventOf<T>['body']): EventOf<T> {
  const nowMs = parts.clock();
  const actor = ['reconciliation.completed', 'safeguarding.stated', 'instruction.expired'].includes(type)
    ? 'gateway'
    : 'bank';
  const event = {
    v: 1,
    id: parts.newId(nowMs),
    programme: parts.programme,
    type,
    at: msToInstant(nowMs),
    actor,
    terminal: 'depository',
    body,
  };
  return eventSchema.parse(event) as EventOf<T>;
}

/** One signature over all events of a message; each is judged for itself. */
async function admit(
  parts: BankLinkParts,
  key: 'adapter' | 'gateway',
  events: readonly CustosEvent[],
): Promise<Refusal[]> {
  if (events.length === 0) return [];
  const { root, positions } = fillBasket(parts.primitives.sha256, events);
  const signature = bytesToBase64url(parts.signAs[key](machineMessage(root)));
  const submissions = events.map((event, i) => {
    const basket = positions[i];
    assert(basket, 'every event has a place in its basket');
    const evidence: MachineEvidence = { kind: 'ed25519', key, signature, basket };
    return { event, evidence, details: [] };
  });
  const outcomes = await parts.gateway.admit(submissions);
  return outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.refusal]));
}

/** Lets waiting instructions whose time has passed expire, each by an event of its own. */
export function expireInstructions(parts: BankLinkParts): Promise<readonly Refusal[]> {
  const now = msToInstant(parts.clock());
  const due: CustosEvent[] = [];
  for (const [id, instruction] of parts.gateway.sequencer().books.all('instruction'))
    if (instruction.state === 'waiting' && instruction.expiresAt <= now)
      due.push(newEvent(parts, 'instruction.expired', { instruction: id as EventId }));
  return admit(parts, 'gateway', due);
}
