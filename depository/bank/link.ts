// The bank link: approved instructions go out as pain.001, exactly once; what the bank answers comes back as signed events.

import { houseAccountId } from '../../shared/accounts.ts';
import { assert } from '../../shared/assert.ts';
import { assetByCode } from '../../shared/asset.ts';
import { fillBasket } from '../../shared/basket.ts';
import { booked } from '../../shared/books.ts';
import { bytesToBase64url, utf8 } from '../../shared/bytes.ts';
import { itemOf } from '../../shared/decide.ts';
import { type CustosEvent, type EventOf, type EventType, eventSchema } from '../../shared/event.ts';
import { type MachineEvidence, machineMessage } from '../../shared/evidence.ts';
import type { EventId } from '../../shared/ids.ts';
import { payeesOf } from '../../shared/instruction/kinds.ts';
import { type PayeeDetails, payeeDetailsSchema } from '../../shared/instruction/payee.ts';
import { readCamt, type Statement } from '../../shared/iso20022/camt.ts';
import { type PaymentOrder, writePain001 } from '../../shared/iso20022/pain001.ts';
import { readPain002 } from '../../shared/iso20022/pain002.ts';
import type { Primitives } from '../../shared/primitives.ts';
import type { Refusal } from '../../shared/result.ts';
import { dayOf, msToInstant } from '../../shared/time.ts';
import type { LogStore } from '../log-store.ts';
import type { Sequencer } from '../sequencer.ts';
import type { BankAdapter } from './adapter.ts';

type Sign = (message: Uint8Array) => Uint8Array;

export interface BankLinkParts {
  readonly programme: string;
  readonly store: LogStore;
  readonly sequencer: () => Sequencer;
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
export function runBankLink(parts: BankLinkParts): readonly RefusedByBooks[] {
  for (const instruction of parts.store.unsent()) {
    parts.bank.send({ id: instruction.replaceAll('-', ''), xml: writePain001(orderOf(parts, instruction)) });
    parts.store.markSent(instruction);
  }
  const refused: RefusedByBooks[] = [];
  for (const message of parts.bank.receive()) {
    if (!parts.store.hasTakenIn(message.id)) {
      refused.push(...takeIn(parts, message.id, message.xml));
      parts.store.takeIn(message.id);
    }
    parts.bank.acknowledge(message.id);
  }
  return refused;
}

function orderOf({ store, sequencer, clock }: BankLinkParts, id: string): PaymentOrder {
  const { books } = sequencer();
  const instruction = books.get('instruction', id);
  const programme = books.get('programme', 'programme');
  const body = instruction?.body;
  assert(programme && (body?.kind === 'payment' || body?.kind === 'batch'), 'only payments go to the bank');
  const payees = payeesOf(body);
  const asset = assetByCode(body.asset);
  assert(asset, 'assets of a programme are known');
  const createdAt = msToInstant(clock());
  return {
    messageId: id.replaceAll('-', ''),
    createdAt,
    executionDate: dayOf(createdAt),
    initiator: programme.name,
    debtorName: programme.name,
    debtorAgent: null,
    asset,
    transactions: payees.map((payee, item) => {
      const moved = itemOf(books, id, item);
      const details = detailsOf(store, payee.details);
      return {
        debtorAccount: books.get('account', moved.account)?.number ?? moved.account,
        instructionId: bankReference(id, item),
        endToEndId: details.endToEndId,
        amount: moved.amount,
        creditorName: details.name,
        creditorAccount: details.account,
        creditorAgent: details.agent,
        remittance: details.remittance,
      };
    }),
  };
}

function detailsOf(store: LogStore, commitment: string): PayeeDetails {
  const json = store.details(commitment);
  assert(json !== undefined, 'the details of an admitted payment are kept');
  return payeeDetailsSchema.parse(JSON.parse(json));
}

function takeIn(parts: BankLinkParts, message: string, xml: string): RefusedByBooks[] {
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
  const refused = admit(parts, 'adapter', events).map((refusal) => ({ message, refusal }));
  const statements = events.filter((event) => event.type === 'statement.received');
  return [
    ...refused,
    ...statements.flatMap((event) => reconcile(parts, event).map((refusal) => ({ message, refusal }))),
  ];
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
  const { id, asset, opening, closing, entries } = statement;
  if (asset === null || opening === null || closing === null) return [];
  const file = bytesToBase64url(parts.primitives.sha256(utf8(xml)));
  const day = dayOf(msToInstant(parts.clock()));
  return [
    newEvent(parts, 'statement.received', {
      statement: id,
      asset,
      day,
      opening: opening.toString(),
      closing: closing.toString(),
      entries: entries.length,
      file,
    }),
  ];
}

/** The gateway says what it found; everyone who replays the log recomputes it. */
function reconcile(parts: BankLinkParts, event: EventOf<'statement.received'>): Refusal[] {
  const { statement, asset, closing } = event.body;
  const cash = parts.sequencer().books.get('account', houseAccountId('cash', asset));
  const received = parts.sequencer().books.get('statement', statement);
  if (cash === undefined || received === undefined) return [];
  const books = received.books.toString();
  const owed = liabilities(parts.sequencer(), asset).toString();
  const outcome = closing === books ? 'balanced' : 'break';
  const found = newEvent(parts, 'reconciliation.completed', { statement, asset, bank: closing, books, owed, outcome });
  return admit(parts, 'gateway', [found]);
}

function liabilities(sequencer: Sequencer, asset: string): bigint {
  let sum = 0n;
  for (const [, account] of sequencer.books.all('account'))
    if (account.asset === asset && account.class !== 'cash') sum += booked(account);
  return sum;
}

function newEvent<T extends EventType>(parts: BankLinkParts, type: T, body: EventOf<T>['body']): EventOf<T> {
  const nowMs = parts.clock();
  const actor = type === 'reconciliation.completed' || type === 'instruction.expired' ? 'gateway' : 'bank';
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
function admit(parts: BankLinkParts, key: 'adapter' | 'gateway', events: readonly CustosEvent[]): Refusal[] {
  if (events.length === 0) return [];
  const { root, positions } = fillBasket(parts.primitives.sha256, events);
  const signature = bytesToBase64url(parts.signAs[key](machineMessage(root)));
  const submissions = events.map((event, i) => {
    const basket = positions[i];
    assert(basket, 'every event has a place in its basket');
    const evidence: MachineEvidence = { kind: 'ed25519', key, signature, basket };
    return { event, evidence, details: [] };
  });
  return parts
    .sequencer()
    .admit(submissions)
    .flatMap((outcome) => (outcome.ok ? [] : [outcome.refusal]));
}

/** Lets waiting instructions whose time has passed expire, each by an event of its own. */
export function expireInstructions(parts: BankLinkParts): readonly Refusal[] {
  const now = msToInstant(parts.clock());
  const due: CustosEvent[] = [];
  for (const [id, instruction] of parts.sequencer().books.all('instruction'))
    if (instruction.state === 'waiting' && instruction.expiresAt <= now)
      due.push(newEvent(parts, 'instruction.expired', { instruction: id as EventId }));
  return admit(parts, 'gateway', due);
}
