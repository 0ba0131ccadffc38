// The bank link: approved instructions go out as pain.001, exactly once; what the bank answers comes back as signed events.

import { assert } from '../../shared/assert.ts';
import { assetByCode } from '../../shared/asset.ts';
import { itemOf } from '../../shared/bank-item.ts';
import { fillBasket } from '../../shared/basket.ts';
import { poolOf } from '../../shared/books.ts';
import { bytesToBase64url } from '../../shared/bytes.ts';
import { dueEscrows } from '../../shared/escrow-books.ts';
import { type CustosEvent, type EventOf, type EventType, eventSchema } from '../../shared/event.ts';
import { type MachineEvidence, machineActorOf, machineMessage } from '../../shared/evidence.ts';
import { faultPoint } from '../../shared/fault.ts';
import type { EventId } from '../../shared/ids.ts';
import { payeesOf } from '../../shared/instruction/kinds.ts';
import { type PayeeDetails, payeeDetailsSchema } from '../../shared/instruction/payee.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import { writeCamt056 } from '../../shared/iso20022/camt056.ts';
import { type PaymentOrder, writePain001 } from '../../shared/iso20022/pain001.ts';
import { poolDay, poolDayText, unstatedDays } from '../../shared/outgoing.ts';
import { debtorNumberOf, poolAssets } from '../../shared/pool.ts';
import type { Primitives } from '../../shared/primitives.ts';
import type { Refusal } from '../../shared/result.ts';
import { reconcileStatement, reconciliationDigest } from '../../shared/statement.ts';
import { dayOf, msToInstant } from '../../shared/time.ts';
import { refuseDue, requestedDay } from '../../shared/value-date.ts';
import { writeWithdrawal } from '../../shared/watch-only.ts';
import type { Gateway } from '../gateway.ts';
import type { LogStore } from '../store/log-store.ts';
import type { BankAdapter } from './adapter.ts';
import { bankReference, readAnswer } from './answers.ts';
import { exchangeOrder } from './exchange-order.ts';

type Sign = (message: Uint8Array) => Uint8Array;

export interface BankLinkParts {
  readonly programme: string;
  readonly gateway: Pick<Gateway, 'store' | 'sequencer' | 'admit'>;
  readonly bank: BankAdapter;
  /** The bank's number of the main pool's account in each asset. */
  readonly mainAccounts?: Readonly<Record<string, string>>;
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

/** Sends what is approved and takes in what the bank has answered. Safe to repeat at any time, also after a crash. */
export async function runBankLink(parts: BankLinkParts): Promise<readonly RefusedByBooks[]> {
  const { store } = parts.gateway;
  for (const instruction of await store.unsent()) {
    parts.bank.send({ id: instruction.replaceAll('-', ''), xml: await messageOf(parts, instruction) });
    faultPoint('bank: order sent, not noted');
    await store.markSent(instruction);
  }
  const refused: RefusedByBooks[] = [];
  for (const message of parts.bank.receive()) {
    let found: RefusedByBooks[] = [];
    if (!(await store.hasTakenIn(message.id))) {
      found = await takeIn(parts, message.id, message.xml);
      refused.push(...found);
      faultPoint('bank: message admitted, not noted');
      await store.takeIn(message.id);
    }
    parts.bank.acknowledge(
      message.id,
      found.map(({ refusal }) => refusal.why),
    );
  }
  return refused;
}

/** A digital withdrawal goes to whoever keeps the keys; a recall asks for a payment back; everything else that goes to the bank is a payment order. */
async function messageOf(parts: BankLinkParts, id: string): Promise<string> {
  const body = parts.gateway.sequencer().books.get('instruction', id)?.body;
  if (body?.kind === 'digital withdrawal')
    return writeWithdrawal({ ...body, order: id as EventId, amount: BigInt(body.amount) });
  return body?.kind === 'recall' ? recallMessage(parts, id, body) : writePain001(await orderOf(parts, id));
}

async function recallMessage(
  { gateway, clock }: BankLinkParts,
  id: string,
  { recalls, item, code, reason }: Extract<Instruction, { kind: 'recall' }>,
): Promise<string> {
  const paid = itemOf(gateway.sequencer().books, recalls, item);
  const asset = assetByCode(paid?.asset ?? '');
  assert(paid && asset, 'only payments are recalled');
  const messageId = id.replaceAll('-', '');
  return writeCamt056({
    messageId,
    createdAt: msToInstant(clock()),
    assigner: null,
    assignee: null,
    originalMessageId: recalls.replaceAll('-', ''),
    payments: [
      {
        cancellationId: messageId,
        instructionId: bankReference(recalls, item),
        endToEndId: (await endToEndIdsOf(gateway, recalls))[item] ?? null,
        ...{ asset, amount: paid.amount, date: null, reason: code, information: reason },
      },
    ],
  });
}

async function orderOf({ gateway, clock }: BankLinkParts, id: string): Promise<PaymentOrder> {
  const { books } = gateway.sequencer();
  const instruction = books.get('instruction', id);
  const programme = books.get('programme', 'programme');
  const body = instruction?.body;
  assert(programme && body && 'asset' in body && typeof body.asset === 'string', 'only payments go to the bank');
  const payees = payeesOf(body);
  const asset = assetByCode(body.asset);
  assert(asset, 'assets of a programme are known');
  const createdAt = msToInstant(clock());
  const details = await Promise.all(payees.map((payee) => detailsOf(gateway.store, payee.details)));
  return {
    messageId: id.replaceAll('-', ''),
    createdAt,
    executionDate: requestedDay(books, body, createdAt),
    initiator: programme.name,
    debtorName: programme.name,
    debtorAgent: null,
    asset,
    transactions:
      body.kind === 'foreign exchange'
        ? [exchangeOrder(books, id, body)]
        : details.map(({ endToEndId, name, account, agent, remittance }, item) => {
            const moved = itemOf(books, id, item);
            assert(moved, 'every payee is an item');
            return {
              debtorAccount: debtorNumberOf(books, moved.account),
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
  const { gateway, clock, primitives } = parts;
  const { books } = gateway.sequencer();
  const refused: RefusedByBooks[] = [];
  const answer = await readAnswer(
    {
      books,
      mainAccounts: parts.mainAccounts,
      noteForeign: (refusal) => void refused.push({ message, refusal }),
      hash: primitives.sha256,
      today: dayOf(msToInstant(clock())),
      endToEndIds: (id) => endToEndIdsOf(gateway, id),
      newEvent: (type, body) => newEvent(parts, type, body),
    },
    xml,
  );
  if (!answer.ok) return [{ message, refusal: answer.refusal }];
  const events = answer.value;
  refused.push(...(await admit(parts, 'adapter', events)).map((refusal) => ({ message, refusal })));
  for (const event of events)
    if (event.type === 'statement.received')
      for (const step of [reconcile, safeguard])
        refused.push(...(await step(parts, event)).map((refusal) => ({ message, refusal })));
  return refused;
}

async function endToEndIdsOf({ store, sequencer }: BankLinkParts['gateway'], id: string): Promise<(string | null)[]> {
  const body = sequencer().books.get('instruction', id)?.body;
  return Promise.all(
    (body === undefined ? [] : payeesOf(body)).map(async ({ details }) => {
      const [json] = await store.details([details]);
      return json === undefined ? null : payeeDetailsSchema.parse(JSON.parse(json)).endToEndId;
    }),
  );
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
  const body = poolDayText(poolDay(books, asset, statement, poolOf(event.body)), day, statement);
  return admit(parts, 'gateway', [newEvent(parts, 'safeguarding.stated', body)]);
}

/** Says of every day that went by without a statement that its comparison was not performed. Safe to repeat. */
export async function noteUnstatedDays(parts: BankLinkParts): Promise<readonly Refusal[]> {
  const { books } = parts.gateway.sequencer();
  const today = dayOf(msToInstant(parts.clock()));
  const events = [...poolAssets(books)].flatMap(({ asset, pool }) => {
    const days = unstatedDays(books, asset, today, pool);
    if (days.length === 0) return [];
    const figures = poolDay(books, asset, null, pool);
    return days.map((on) => newEvent(parts, 'safeguarding.stated', poolDayText(figures, on, null)));
  });
  return admit(parts, 'gateway', events);
}

export function newEvent<T extends EventType>(parts: BankLinkParts, type: T, body: EventOf<T>['body']): EventOf<T> {
  const nowMs = parts.clock();
  const actor = machineActorOf(type) ?? 'bank';
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
export async function admit(
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

/**
 * Lets waiting instructions whose time has passed expire, and sends those on their way whose value date has come, each by an event
 * of its own. What the books refuse, a frozen account for one, stays as it is and is said again at the next time.
 */
export function noteTime(parts: BankLinkParts): Promise<readonly Refusal[]> {
  const now = msToInstant(parts.clock());
  const due: CustosEvent[] = [];
  const { books } = parts.gateway.sequencer();
  for (const [id, instruction] of books.all('instruction'))
    if (instruction.state === 'waiting' && instruction.expiresAt <= now)
      due.push(newEvent(parts, 'instruction.expired', { instruction: id as EventId }));
    else if (instruction.state === 'scheduled' && refuseDue(books, instruction.body, now) === undefined)
      due.push(newEvent(parts, 'instruction.due', { instruction: id as EventId }));
  return admit(parts, 'gateway', due);
}

/** States the end of escrow agreements whose time is over, each by an event of its own. Safe to repeat. */
export function expireEscrows(parts: BankLinkParts): Promise<readonly Refusal[]> {
  const { books } = parts.gateway.sequencer();
  const due = dueEscrows(books, dayOf(msToInstant(parts.clock())));
  return admit(
    parts,
    'gateway',
    due.map((body) => newEvent(parts, 'escrow.expired', body)),
  );
}
