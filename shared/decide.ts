// THE function: (books, record) -> effects or one named refusal. Gateway, terminals and verifier all call it, so a decision
// that one of them would not have made is noticed by the others. Refusals first, in the order of the list below; no partial
// effect, ever.

import { bankAccountKey, checkFlow, houseAccountId, houseClasses } from './accounts.ts';
import { accruePayments, noteOpenings, postAccrual, undoPaymentFees } from './accrual.ts';
import { assert } from './assert.ts';
import { assetByCode } from './asset.ts';
import { type BankItem, itemOf } from './bank-item.ts';
import { claimReference, referenceKey } from './bank-reference.ts';
import {
  type Books,
  currentPolicy,
  type Effect,
  entryOf,
  head,
  type InstructionState,
  type InstructionStateWord,
  inPool,
  numberKey,
  poolOf,
  poolOfAccount,
  programmeOf,
  put,
  windowKey,
  windowSum,
} from './books.ts';
import { bytesToBase64url } from './bytes.ts';
import { expireEscrow } from './escrow-books.ts';
import { type CustosEvent, type EventOf, eventDigest } from './event.ts';
import { checkEvidence, type VerifiedKeys } from './evidence.ts';
import { confirmExchange, isExchange, rejectExchange, returnExchange } from './exchange.ts';
import type { EventId } from './ids.ts';
import { operatorRows } from './instruction/enrol.ts';
import type { Moment } from './instruction/kind.ts';
import { kindOf } from './instruction/kinds.ts';
import { checkFunds } from './instruction/refusals.ts';
import type { Instruction } from './instruction/schema.ts';
import { maxMinor } from './money.ts';
import { refuseOutgoing, stateSafeguarding } from './outgoing.ts';
import { monthEnds, noteBackValued } from './period.ts';
import { coolingOffEndsMs, evaluatePolicy, missingGroups, type PolicyFacts, type Requirement } from './policy.ts';
import type { Primitives } from './primitives.ts';
import type { LogRecord } from './record.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { completeReconciliation, noteCashLeg, receiveLines, receiveStatement } from './statement.ts';
import { type Day, dayOf, instantToMs } from './time.ts';
import { isForLater, refuseDue, refuseValueDate, requestedDay, valueDateOf } from './value-date.ts';

/** Every reason for which an event may be refused, in the order in which they are looked for. */
export const decisionRefusals = [
  'malformed',
  'clock',
  'unknown',
  'duplicate',
  'state',
  'not entitled',
  'maker is checker',
  'evidence invalid',
  'policy',
  'cooling-off',
  'typed confirmation',
  'different terminal',
  'account state',
  'segregation',
  'funds',
  'limit',
  'calendar',
  'value date',
  'period closed',
  'stopped',
  'shortfall',
] as const;
export type DecisionRefusal = Refusal<(typeof decisionRefusals)[number]>;
export type Decision = Result<readonly Effect[], DecisionRefusal>;

/** A terminal's clock may be this far ahead of the gateway's before its events are refused. */
const clockSkewMs = 5 * 60_000;

const no = (type: DecisionRefusal['type'], why: string, next: string): DecisionRefusal =>
  refuse(type, 'The event was not admitted.', why, next).refusal;

/**
 * Decides a record that parsed; shapes and canonical form were checked at the door (record.ts). Its signatures under the keys
 * `verified` were verified there as well.
 */
export function decide(books: Books, record: LogRecord, primitives: Primitives, verified: VerifiedKeys = []): Decision {
  const refusal =
    refuseBeforeEvidence(books, record) ?? checkEvidence(books, record.event, record.evidence, primitives, verified);
  return refusal === undefined ? decideByContent(books, record, primitives) : { ok: false, refusal };
}

/** An event that nobody has signed yet, as it would be admitted at that moment. */
export type UnsignedRecord = Pick<LogRecord, 'admittedAt' | 'event'>;

/** What `decide` would say if the evidence were in order: shown before anybody is asked to sign. */
export function foresee(books: Books, record: UnsignedRecord, primitives: Primitives): Decision {
  const refusal = refuseBeforeEvidence(books, record);
  return refusal === undefined ? decideByContent(books, record, primitives) : { ok: false, refusal };
}

const refuseBeforeEvidence = (books: Books, record: UnsignedRecord): DecisionRefusal | undefined =>
  refuseProgramme(books, record.event) ??
  refuseClock(books, record) ??
  refuseRepeat(books, record.event) ??
  refuseState(books, record) ??
  refuseActor(books, record.event);

function decideByContent(books: Books, record: UnsignedRecord, primitives: Primitives): Decision {
  const decided = decideByType(books, record, primitives);
  if (!decided.ok) return decided;
  const refusal = refuseOverflow(books, decided.value);
  if (refusal !== undefined) return { ok: false, refusal };
  // Nothing is refused below this line.
  const openings = noteOpenings(books, decided.value, dayOf(record.admittedAt));
  return ok([
    ...monthEnds(books, record.admittedAt, primitives.sha256),
    ...count(books, record),
    ...openings,
    ...decided.value,
    ...noteBackValued(books, record.event.id, decided.value),
  ]);
}

/** Turnover is an int64 in storage; what would not fit is refused before it is booked. */
function refuseOverflow(books: Books, effects: readonly Effect[]): DecisionRefusal | undefined {
  const debits = new Map<string, bigint>();
  const credits = new Map<string, bigint>();
  for (const effect of effects) {
    if (effect.type !== 'entry') continue;
    for (const { debit, credit, amount } of effect.entry.legs) {
      debits.set(debit, (debits.get(debit) ?? 0n) + amount);
      credits.set(credit, (credits.get(credit) ?? 0n) + amount);
    }
  }
  return refuseTurnover(books, 'debits', debits) ?? refuseTurnover(books, 'credits', credits);
}

function refuseTurnover(
  books: Books,
  column: 'debits' | 'credits',
  turnover: ReadonlyMap<string, bigint>,
): DecisionRefusal | undefined {
  for (const [id, added] of turnover)
    if ((books.get('account', id)?.[column] ?? 0n) + added > maxMinor)
      return no('limit', `The turnover of ledger account ${id} would not fit 64 bits.`, 'Use another account.');
  return undefined;
}

function refuseProgramme(books: Books, event: CustosEvent): DecisionRefusal | undefined {
  const programme = programmeOf(books);
  if (event.type === 'programme.opened')
    return programme === undefined ? undefined : no('state', 'The programme is open already.', 'Nothing is needed.');
  if (programme === undefined) return no('state', 'The programme is not open yet.', 'The bank opens it first.');
  if (programme.id !== event.programme)
    return no('malformed', 'It belongs to another programme.', 'Send it to the programme it names.');
  return undefined;
}

function refuseClock(books: Books, { admittedAt, event }: UnsignedRecord): DecisionRefusal | undefined {
  if (admittedAt < head(books).admittedAt)
    return no('clock', 'Its admission time is before that of the record before it.', 'The gateway must not go back.');
  if (instantToMs(event.at) > instantToMs(admittedAt) + clockSkewMs)
    return no('clock', "The terminal's clock is ahead of the gateway's.", 'Set the clock of the terminal.');
  return undefined;
}

function refuseRepeat(books: Books, event: CustosEvent): DecisionRefusal | undefined {
  // UUIDv7 ids grow with time, so most new ids are beyond every known one and need no look-up.
  if (event.id > head(books).greatestId) return undefined;
  if (books.get('event', event.id) === undefined) return undefined;
  return no('duplicate', `Event ${event.id} is in the log already.`, 'Make a new event.');
}

/** The instruction an event speaks of is there, is the one the signer saw, and is in a state that allows it. */
function refuseState(books: Books, { admittedAt, event }: UnsignedRecord): DecisionRefusal | undefined {
  switch (event.type) {
    case 'instruction.approved':
    case 'instruction.declined':
    case 'instruction.withdrawn': {
      const instruction = books.get('instruction', event.body.instruction);
      if (instruction === undefined) return noInstruction(event.body.instruction);
      if (instruction.digest !== event.body.digest)
        return no('malformed', 'It was signed for an instruction with other content.', 'Look at it again and sign.');
      // Its maker takes back what is approved as long as its value date has not come.
      if (instruction.state === 'scheduled' && event.type === 'instruction.withdrawn') return undefined;
      if (instruction.state !== 'waiting') return notWaiting(instruction);
      if (instruction.expiresAt <= admittedAt)
        return no('state', 'The instruction has passed its expiry time.', 'The maker makes it again.');
      return undefined;
    }
    case 'instruction.expired': {
      const instruction = books.get('instruction', event.body.instruction);
      if (instruction === undefined) return noInstruction(event.body.instruction);
      if (instruction.state !== 'waiting') return notWaiting(instruction);
      return instruction.expiresAt <= admittedAt ? undefined : no('state', 'It has not expired yet.', 'Wait.');
    }
    case 'instruction.due': {
      const instruction = books.get('instruction', event.body.instruction);
      if (instruction === undefined) return noInstruction(event.body.instruction);
      if (instruction.state !== 'scheduled')
        return no('state', `The instruction is ${instruction.state} and waits for no day.`, 'Nothing is needed.');
      return refuseDue(books, instruction.body, admittedAt);
    }
    case 'bank.acknowledged':
    case 'bank.settled':
    case 'bank.rejected':
    case 'bank.returned': {
      const instruction = books.get('instruction', event.body.instruction);
      if (instruction === undefined) return noInstruction(event.body.instruction);
      // An exchange is refused with its effects, which know its two sides.
      if (instruction.kind === 'foreign exchange' && event.type in exchangeEvents) return undefined;
      const state = instruction.items[event.body.item];
      const before: readonly InstructionStateWord[] = itemStatesBefore[event.type];
      const isPaid = event.type === 'bank.acknowledged' || itemOf(books, instruction.id, event.body.item) !== undefined;
      if (!isPaid) return no('state', `A ${instruction.kind} moves no money at the bank.`, 'Ask the bank.');
      if (state === undefined || !before.includes(state))
        return no('state', `The payment is ${state ?? 'not there'}, so ${event.type} cannot follow.`, 'Ask the bank.');
      return undefined;
    }
    case 'bank.answered': {
      const recall = books.get('instruction', event.body.recall);
      if (recall?.body.kind !== 'recall') return noInstruction(event.body.recall);
      const [state] = recall.items;
      return state === 'approved' || state === 'sent'
        ? undefined
        : no('state', `The recall is ${state}, so no answer can follow.`, 'Nothing is needed.');
    }
    default:
      return undefined;
  }
}

const exchangeEvents = { 'bank.rejected': true, 'bank.returned': true };
const itemStatesBefore = {
  'bank.acknowledged': ['approved'],
  'bank.settled': ['approved', 'sent'],
  'bank.rejected': ['approved', 'sent'],
  'bank.returned': ['settled'],
} as const satisfies Record<string, readonly InstructionStateWord[]>;

const noInstruction = (id: string) => no('unknown', `There is no instruction ${id}.`, 'Check the reference.');
const notWaiting = (instruction: InstructionState) =>
  no('state', `The instruction is ${instruction.state}, no longer waiting.`, 'Nothing is needed.');

function refuseActor(books: Books, event: CustosEvent): DecisionRefusal | undefined {
  if (!event.type.startsWith('instruction.')) return undefined;
  if (event.type === 'instruction.expired' || event.type === 'instruction.due') return undefined;
  const operator = books.get('operator', event.actor);
  if (operator === undefined) return no('not entitled', 'The operator is not enrolled.', 'An officer enrols them.');
  if (operator.revokedAt !== undefined)
    return no('not entitled', `The operator was revoked on ${operator.revokedAt}.`, 'Another operator does it.');
  const terminal = books.get('terminal', event.terminal);
  if (terminal === undefined) return no('not entitled', 'The terminal is not enrolled.', 'An officer enrols it.');
  if (terminal.revokedAt !== undefined)
    return no('not entitled', `The terminal was revoked on ${terminal.revokedAt}.`, 'Use another terminal.');
  if (event.type === 'instruction.made') {
    const { makers } = kindOf(event.body.instruction);
    if (makers.includes(operator.role)) return undefined;
    const why = `A ${operator.role} may not make a ${event.body.instruction.kind}.`;
    return no('not entitled', why, `Ask a ${makers.join(' or ')}.`);
  }
  if (!('digest' in event.body) || !('instruction' in event.body)) return undefined;
  const instruction = books.get('instruction', event.body.instruction);
  assert(instruction, 'refuseState found the instruction');
  if (event.type === 'instruction.withdrawn')
    return instruction.person === operator.person
      ? undefined
      : no('not entitled', 'Only its maker may withdraw it.', 'Decline it instead.');
  if (!instruction.requirement.groups.some((group) => group.role === operator.role))
    return no('not entitled', `This instruction does not ask for a ${operator.role}.`, 'Leave it to who is asked.');
  if (instruction.person === operator.person)
    return no('maker is checker', 'Who made an instruction may not check it.', 'Another person checks it.');
  return undefined;
}

function decideByType(books: Books, record: UnsignedRecord, primitives: Primitives): Decision {
  const { event } = record;
  const moment: Moment = {
    instruction: event.id,
    maker: event.actor,
    admittedAt: record.admittedAt,
    today: dayOf(record.admittedAt),
  };
  switch (event.type) {
    case 'programme.opened':
      return openProgramme(event, moment.today);
    case 'instruction.made':
      return make(books, event, moment, primitives);
    case 'instruction.approved':
      return approve(books, event, moment);
    case 'instruction.declined':
      return ok(close(books, event.body.instruction, 'declined'));
    case 'instruction.withdrawn':
      return ok(close(books, event.body.instruction, 'withdrawn'));
    case 'instruction.expired':
      return ok(close(books, event.body.instruction, 'expired'));
    case 'instruction.due':
      return becomeDue(books, event, moment);
    case 'bank.acknowledged':
      return ok([itemState(books, event, 'sent')]);
    case 'bank.settled':
      return settle(books, event, moment);
    case 'bank.rejected':
      return isExchange(books, event.body.instruction)
        ? rejectExchange(books, event, moment.today)
        : reject(books, event, moment);
    case 'bank.returned':
      return isExchange(books, event.body.instruction)
        ? returnExchange(books, event, moment.today)
        : takeBack(books, event, moment);
    case 'bank.credited':
      return credit(books, event, moment);
    case 'bank.late':
      return creditLate(books, event, moment);
    case 'bank.exchanged':
      return confirmExchange(books, event, moment.today);
    case 'bank.answered':
      return answerRecall(books, event);
    case 'statement.received':
      return receiveStatement(books, event);
    case 'statement.lines':
      return receiveLines(books, event);
    case 'reconciliation.completed':
      return completeReconciliation(books, event, primitives.sha256);
    case 'accrual.posted':
      return postAccrual(books, event, moment.today, primitives.sha256);
    case 'safeguarding.stated':
      return stateSafeguarding(books, event, record.admittedAt);
    case 'escrow.expired':
      return expireEscrow(books, event, moment.today);
  }
}

/** The event's place in the log: counted, and its id remembered. */
function count(books: Books, { admittedAt, event }: UnsignedRecord): Effect[] {
  const at = head(books);
  const greatestId = laterId(event.id, at.greatestId);
  const before = dayOf(at.admittedAt);
  return [
    ...(at.size > 0 && !admittedAt.startsWith(before) ? [put('dayEnd', before, { legs: at.legs })] : []),
    put('head', 'head', { ...at, size: at.size + 1, admittedAt, greatestId }),
    put('event', event.id, { sequence: at.size }),
  ];
}

function laterId(a: string, b: string): string {
  if (a > b) return a;
  return b;
}

function openProgramme(event: EventOf<'programme.opened'>, openedOn: Day): Decision {
  const { body } = event;
  const strange = body.assets.find((code) => assetByCode(code) === undefined);
  if (strange !== undefined)
    return {
      ok: false,
      refusal: no('malformed', `Asset ${strange} is not known.`, 'Name ISO 4217 or registered assets.'),
    };
  const repeated = [
    body.assets,
    body.officers.map((one) => one.id),
    body.officers.map((one) => one.person),
    body.officers.flatMap((one) => one.credentials.map((credential) => credential.id)),
    body.terminals.map((one) => one.id),
  ].some((list) => new Set(list).size !== list.length);
  if (repeated || body.officers.some((one) => one.role !== 'officer'))
    return { ok: false, refusal: no('malformed', 'Officers, terminals and assets must be distinct.', 'Correct it.') };
  return ok([
    put('programme', 'programme', { ...body, id: event.programme, openedOn }),
    ...body.officers.flatMap(operatorRows),
    ...body.terminals.map((terminal) => put('terminal', terminal.id, terminal)),
    put('enrolled', 'officer', { ids: body.officers.map((one) => one.id).sort() }),
    put('enrolled', 'terminal', { ids: body.terminals.map((one) => one.id).sort() }),
    put('policy', String(body.policy.version), body.policy),
    put('currentPolicy', 'current', { version: body.policy.version }),
    put('agreement', 'current', body.agreement),
    put('agreement', String(body.agreement.version), body.agreement),
    ...body.assets.flatMap((asset) =>
      houseClasses.map((accountClass): Effect => {
        const id = houseAccountId(accountClass, asset);
        return { type: 'open', account: { id, class: accountClass, asset, client: null, number: null } };
      }),
    ),
  ]);
}

function make(books: Books, event: EventOf<'instruction.made'>, moment: Moment, primitives: Primitives): Decision {
  const { instruction, policyVersion, expiresAt } = event.body;
  const policy = currentPolicy(books);
  if (policyVersion !== policy.version)
    return { ok: false, refusal: no('policy', `Policy ${policy.version} is in force now.`, 'Make it again under it.') };
  if (expiresAt <= moment.admittedAt)
    return { ok: false, refusal: no('state', 'It expires before it is admitted.', 'Make it again.') };
  const kind = kindOf(instruction);
  const required = evaluatePolicy(policy, policyFacts(books, event, moment));
  if (!required.ok) return required;
  const refusal =
    kind.check(instruction, books, moment) ??
    refuseValueDate(books, instruction, moment.admittedAt) ??
    fundsToHold(books, instruction) ??
    refuseOutgoing(books, instruction, moment.admittedAt);
  if (refusal !== undefined) return { ok: false, refusal };
  const operator = books.get('operator', event.actor);
  assert(operator, 'refuseActor found the operator');
  return ok([
    put('instruction', event.id, {
      id: event.id,
      kind: instruction.kind,
      digest: bytesToBase64url(eventDigest(primitives.sha256, event)),
      body: instruction,
      maker: event.actor,
      person: operator.person,
      terminal: event.terminal,
      madeAt: moment.admittedAt,
      expiresAt,
      policyVersion,
      requirement: required.value,
      state: 'waiting',
      approvals: [],
      items: Array.from({ length: kind.bankItems(instruction) }, () => 'waiting' as const),
      correctedBy: null,
    }),
    ...holdEffects(books, instruction, 1n),
    ...windowEffects(books, instruction, event.actor, moment.today, 1n),
  ]);
}

/** What the policy may know of an instruction at the moment of its making. */
export function policyFacts(books: Books, event: EventOf<'instruction.made'>, moment: Moment): PolicyFacts {
  const { instruction } = event.body;
  const facts = kindOf(instruction).facts(instruction, books);
  const { asset, amount, client } = facts;
  const who = { client: client ?? '', payee: facts.payees[0] ?? '', maker: event.actor, programme: 'all' };
  return {
    kind: instruction.kind,
    checkers: kindOf(instruction).checkers ?? [],
    typed: kindOf(instruction).isTyped === true,
    at: moment.admittedAt,
    ...(asset === undefined ? {} : { asset }),
    ...(amount === undefined ? {} : { amount }),
    newPayee: facts.payees.some((payee) => books.get('payee', `${client ?? ''}|${payee}`) === undefined),
    windowSum: (per, days) => (asset === undefined ? 0n : windowSum(books, per, who[per], asset, moment.today, days)),
  };
}

function fundsToHold(books: Books, instruction: Instruction): DecisionRefusal | undefined {
  for (const { account, amount } of kindOf(instruction).holds(instruction, books)) {
    const refusal = checkFunds(books, account, amount, 0n);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const holdEffects = (books: Books, instruction: Instruction, sign: 1n | -1n): Effect[] =>
  kindOf(instruction)
    .holds(instruction, books)
    .map(({ account, amount }) => ({ type: 'hold', account, change: sign * amount }));

/** Money on its way counts in every window from its making; what is closed without leaving no longer does. */
function windowEffects(
  books: Books,
  instruction: Instruction,
  maker: string,
  on: Moment['today'],
  sign: 1n | -1n,
): Effect[] {
  const { asset, amount, client, payees } = kindOf(instruction).facts(instruction, books);
  if (asset === undefined || amount === undefined) return [];
  const scopes: [string, string | undefined][] = [
    ['client', client],
    ['payee', payees[0]],
    ['maker', maker],
    ['programme', 'all'],
  ];
  return scopes.flatMap(([scope, who]) =>
    who === undefined ? [] : [{ type: 'window', key: windowKey(scope, who, asset, on), change: sign * amount }],
  );
}

function approve(books: Books, event: EventOf<'instruction.approved'>, moment: Moment): Decision {
  const instruction = books.get('instruction', event.body.instruction);
  const operator = books.get('operator', event.actor);
  assert(instruction && operator, 'refusals came first');
  const { requirement, body } = instruction;
  const refusal =
    refuseSecondApproval(instruction, operator.person) ??
    refuseCoolingOff(requirement, instruction, moment) ??
    refuseTyped(books, instruction, event) ??
    refuseTerminal(instruction, event);
  if (refusal !== undefined) return { ok: false, refusal };
  const approval = {
    operator: operator.id,
    person: operator.person,
    role: operator.role,
    terminal: event.terminal,
    at: moment.admittedAt,
  };
  const approvals = [...instruction.approvals, approval];
  const missing = missingGroups(
    requirement,
    approvals.map((one) => one.role),
  );
  if (missing.length > 0) return ok([put('instruction', instruction.id, { ...instruction, approvals })]);
  const refused = kindOf(body).check(body, books, momentOf(instruction, moment));
  const strange = refused ?? refuseValueDate(books, body, moment.admittedAt);
  if (strange !== undefined) return { ok: false, refusal: strange };
  const approved = { ...instruction, approvals };
  if (!isForLater(books, body, moment.admittedAt)) return takeEffect(books, approved, moment);
  // Its money stays held, and everything is asked again on its day.
  const items = instruction.items.map(() => 'scheduled' as const);
  return ok([put('instruction', instruction.id, { ...approved, state: 'scheduled', items })]);
}

/** Now, for an instruction that was made before. */
const momentOf = ({ id, maker }: InstructionState, moment: Moment): Moment => ({
  ...moment,
  instruction: id as EventId,
  maker,
});

/** The value date has come: it takes effect as if it were approved now. */
function becomeDue(books: Books, event: EventOf<'instruction.due'>, moment: Moment): Decision {
  const instruction = books.get('instruction', event.body.instruction);
  assert(instruction, 'refuseState found the instruction');
  const refusal = kindOf(instruction.body).check(instruction.body, books, momentOf(instruction, moment));
  return refusal === undefined ? takeEffect(books, instruction, moment) : { ok: false, refusal };
}

function refuseSecondApproval(instruction: InstructionState, person: string): DecisionRefusal | undefined {
  return instruction.approvals.some((approval) => approval.person === person)
    ? no('state', 'This person has approved it already.', 'Another person approves it.')
    : undefined;
}

function refuseCoolingOff(
  requirement: Requirement,
  instruction: InstructionState,
  { admittedAt }: Moment,
): DecisionRefusal | undefined {
  if (kindOf(instruction.body).coolsAfter) return undefined;
  return instantToMs(admittedAt) < coolingOffEndsMs(requirement, instruction.madeAt)
    ? no('cooling-off', 'The cooling-off time of this instruction has not passed.', 'Approve it later.')
    : undefined;
}

function refuseTyped(
  books: Books,
  instruction: InstructionState,
  event: EventOf<'instruction.approved'>,
): DecisionRefusal | undefined {
  const expected = kindOf(instruction.body).typed(instruction.body, books);
  if (!instruction.requirement.typedConfirmation || expected === undefined) return undefined;
  const { typed } = event.body;
  return typed?.tail === expected.tail && typed.amount === expected.amount
    ? undefined
    : no(
        'typed confirmation',
        'What was typed is not what was signed.',
        'Compare the payee and amount, and type them.',
      );
}

function refuseTerminal(
  instruction: InstructionState,
  event: EventOf<'instruction.approved'>,
): DecisionRefusal | undefined {
  return instruction.requirement.differentTerminals && event.terminal === instruction.terminal
    ? no('different terminal', 'It must be approved on another terminal than it was made on.', 'Use another terminal.')
    : undefined;
}

/** Nothing is left to ask but whether money may leave: the hold becomes legs, and whatever else the kind does takes effect. */
function takeEffect(books: Books, instruction: InstructionState, moment: Moment): Decision {
  const { body } = instruction;
  const kind = kindOf(body);
  const ofInstruction = momentOf(instruction, moment);
  const refusal = refuseOutgoing(books, body, moment.admittedAt);
  if (refusal !== undefined) return { ok: false, refusal };
  const legs = kind.legs(body, books);
  const toBank = kind.bankItems(body) > 0;
  const state = toBank ? 'approved' : 'settled';
  const entry: Effect[] =
    legs.length === 0
      ? []
      : [entryOf(instruction.kind, instruction.id, legs, moment.today, bookedFor(books, body, moment))];
  return ok([
    ...accruePayments(books, body, instruction.id, moment.today),
    ...kind.effects(body, books, ofInstruction),
    put('instruction', instruction.id, {
      ...instruction,
      state,
      items: instruction.items.map(() => 'approved' as const),
    }),
    ...holdEffects(books, body, -1n),
    ...entry,
  ]);
}

/** The value date of what is booked now: the chosen one, unless that has gone by. */
const bookedFor = (books: Books, body: Instruction, { admittedAt, today }: Moment): Day =>
  valueDateOf(body) === undefined ? today : requestedDay(books, body, admittedAt);

function close(books: Books, id: string, state: 'declined' | 'withdrawn' | 'expired'): Effect[] {
  const instruction = books.get('instruction', id);
  assert(instruction, 'refuseState found the instruction');
  return [
    put('instruction', id, { ...instruction, state, items: instruction.items.map(() => state) }),
    ...holdEffects(books, instruction.body, -1n),
    ...windowEffects(books, instruction.body, instruction.maker, dayOf(instruction.madeAt), -1n),
  ];
}

type ItemEvent = EventOf<'bank.acknowledged' | 'bank.settled' | 'bank.rejected' | 'bank.returned'>;

/** The item's new state; the instruction as a whole takes a state once all its items share it. */
function itemState(books: Books, event: ItemEvent, state: InstructionStateWord): Effect {
  const instruction = books.get('instruction', event.body.instruction);
  assert(instruction, 'refuseState found the instruction');
  const items = instruction.items.map((word, index) => (index === event.body.item ? state : word));
  const shared = items.every((word) => word === state) ? state : instruction.state;
  return put('instruction', instruction.id, { ...instruction, items, state: shared });
}

function paidItem(books: Books, instruction: string, item: number): BankItem {
  const found = itemOf(books, instruction, item);
  assert(found, 'refuseState found the payment');
  return found;
}

/** The key of the bank reference that an admitted event has booked, if it has booked one. */
export function referenceOf(books: Books, event: CustosEvent): string | undefined {
  switch (event.type) {
    case 'bank.credited':
      return referenceKey(bankAccountKey(event.body.asset, event.body.pool), event.body.reference);
    case 'bank.settled':
    case 'bank.returned':
    case 'bank.late':
    case 'bank.exchanged': {
      const { instruction, reference } = event.body;
      const paid = 'item' in event.body ? itemOf(books, instruction, event.body.item) : undefined;
      const exchange = paid === undefined ? books.get('exchange', instruction) : undefined;
      const asset = 'asset' in event.body ? event.body.asset : (paid?.asset ?? exchange?.asset);
      const account = paid?.account ?? (asset === exchange?.bought ? exchange?.to : exchange?.account);
      assert(asset !== undefined && account !== undefined, 'refuseState found the payment');
      return referenceKey(bankAccountKey(asset, poolOfAccount(books, account)), reference);
    }
    default:
      return undefined;
  }
}

function settle(books: Books, event: EventOf<'bank.settled'>, { today }: Moment): Decision {
  const { instruction, item, reference, valueDate } = event.body;
  const { account, asset, amount } = paidItem(books, instruction, item);
  const pool = poolOfAccount(books, account);
  const used = claimReference(books, bankAccountKey(asset, pool), reference);
  if (!used.ok) return used;
  const [debit, credit] = [houseAccountId('in-transit', asset, pool), houseAccountId('cash', asset, pool)];
  const leg = { debit, credit, asset, amount };
  return ok([
    ...used.value,
    itemState(books, event, 'settled'),
    ...noteCashLeg(books, bankAccountKey(asset, pool), {
      ...{
        leg: head(books).legs + 1,
        reference,
        item: { instruction, item },
        amount: -amount,
        valueDate,
        receipt: null,
      },
    }),
    entryOf(event.type, instruction, [leg], today, valueDate),
  ]);
}

function reject(books: Books, event: EventOf<'bank.rejected'>, { today }: Moment): Decision {
  const { instruction, item } = event.body;
  const { account, asset, amount } = paidItem(books, instruction, item);
  const debit = houseAccountId('in-transit', asset, poolOfAccount(books, account));
  const leg = { debit, credit: account, asset, amount };
  return ok([
    itemState(books, event, 'rejected'),
    ...undoPaymentFees(books, instruction, item, asset),
    ...reopenReceipt(books, instruction, amount),
    entryOf(event.type, instruction, [leg], today, today),
  ]);
}

/** What was to be sent back and did not arrive is in suspense again, and to be allocated or sent like any other receipt. */
function reopenReceipt(books: Books, instruction: string, amount: bigint): Effect[] {
  const body = books.get('instruction', instruction)?.body;
  const receipt = body?.kind === 'send back' ? books.get('receipt', body.receipt) : undefined;
  return body?.kind === 'send back' && receipt !== undefined
    ? [put('receipt', body.receipt, { ...receipt, remaining: receipt.remaining + amount })]
    : [];
}

function takeBack(books: Books, event: EventOf<'bank.returned'>, { today }: Moment): Decision {
  const { instruction, item, reference, valueDate } = event.body;
  const { account, asset, amount } = paidItem(books, instruction, item);
  const pool = poolOfAccount(books, account);
  const used = claimReference(books, bankAccountKey(asset, pool), reference);
  if (!used.ok) return used;
  const leg = { debit: houseAccountId('cash', asset, pool), credit: account, asset, amount };
  return ok([
    ...used.value,
    itemState(books, event, 'returned'),
    ...reopenReceipt(books, instruction, amount),
    ...noteCashLeg(books, bankAccountKey(asset, pool), {
      ...{ leg: head(books).legs + 1, reference, item: { instruction, item }, amount, valueDate, receipt: null },
    }),
    entryOf(event.type, instruction, [leg], today, valueDate),
  ]);
}

/** Money of a payment that is closed, or of another amount than it was: nobody's yet, with what it came back of. */
function creditLate(books: Books, event: EventOf<'bank.late'>, { today }: Moment): Decision {
  const { instruction, item, reference, asset, amount: text, valueDate } = event.body;
  const amount = BigInt(text);
  const original = itemOf(books, instruction, item);
  const exchange = original === undefined ? books.get('exchange', instruction) : undefined;
  if (![original?.asset, exchange?.asset, exchange?.bought].includes(asset))
    return { ok: false, refusal: noInstruction(instruction) };
  if (books.get('instruction', instruction)?.items[item] === 'settled' && original?.amount === amount)
    return { ok: false, refusal: no('state', 'The payment is settled: this is its return.', 'State it as a return.') };
  const account = original?.account ?? (exchange?.asset === asset ? exchange?.account : exchange?.to);
  const pool = poolOfAccount(books, account ?? '');
  const used = claimReference(books, bankAccountKey(asset, pool), reference);
  if (!used.ok) return used;
  const [debit, credited] = [houseAccountId('cash', asset, pool), houseAccountId('suspense', asset, pool)];
  const leg = { debit, credit: credited, asset, amount };
  return ok([
    ...used.value,
    put('receipt', event.id, { asset, ...inPool(pool), remaining: amount, of: `${instruction}/${item}` }),
    ...noteCashLeg(books, bankAccountKey(asset, pool), {
      ...{ leg: head(books).legs + 1, reference, item: { instruction, item }, amount, valueDate, receipt: event.id },
    }),
    entryOf(event.type, instruction, [leg], today, valueDate),
  ]);
}

function answerRecall(books: Books, event: EventOf<'bank.answered'>): Decision {
  const { recall: id, accepted, code } = event.body;
  const instruction = books.get('instruction', id);
  assert(instruction?.body.kind === 'recall', 'refuseState found the recall');
  const state = accepted ? 'settled' : 'rejected';
  const { recalls, item } = instruction.body;
  return ok([
    put('instruction', id, { ...instruction, items: [state], state }),
    put('recall', `${recalls}|${item}`, { by: id, answer: accepted ? 'accepted' : 'refused', code }),
  ]);
}

function credit(books: Books, event: EventOf<'bank.credited'>, { today }: Moment): Decision {
  const { reference, account: number, asset, amount: text, valueDate } = event.body;
  const amount = BigInt(text);
  if (!programmeOf(books)?.assets.includes(asset))
    return { ok: false, refusal: no('account state', `This programme does not keep ${asset}.`, 'Send it back.') };
  const pool = poolOf(event.body);
  const cash = houseAccountId('cash', asset, pool);
  if (event.body.pool !== undefined && books.get('account', cash) === undefined)
    return { ok: false, refusal: no('account state', `There is no pool ${pool} in ${asset}.`, 'Send it back.') };
  const used = claimReference(books, bankAccountKey(asset, pool), reference);
  if (!used.ok) return used;
  const named = number === null ? undefined : books.get('number', numberKey(number, asset))?.account;
  // Money for a client of another pool lies where it came in, and is nobody's until people have put it right.
  const known = named !== undefined && poolOfAccount(books, named) === pool ? named : undefined;
  const target = known ?? houseAccountId('suspense', asset, pool);
  const targetClass = books.get('account', target)?.class ?? 'suspense';
  const flow = checkFlow(event.type, 'cash', targetClass);
  if (flow !== undefined) return { ok: false, refusal: flow };
  const leg = { debit: cash, credit: target, asset, amount };
  const receipt =
    known === undefined ? [put('receipt', event.id, { asset, ...inPool(pool), remaining: amount, of: null })] : [];
  return ok([
    ...used.value,
    ...receipt,
    ...noteCashLeg(books, bankAccountKey(asset, pool), {
      ...{ leg: head(books).legs + 1, reference, item: null, amount, valueDate },
      receipt: known === undefined ? event.id : null,
    }),
    entryOf(event.type, null, [leg], today, valueDate),
  ]);
}
