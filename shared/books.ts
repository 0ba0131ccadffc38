// The books: every state derived from the log. Tables of rows by key, changed only by applying effects; one layer
// implementation serves the gateway, the terminal's replay, the overlay of unsent events and the verifier.

import type { z } from 'zod';
import type { AccountClass } from './accounts.ts';
import { bankAccountKey, checkFlow, isDebitNormal, mainPool } from './accounts.ts';
import type { Network } from './address.ts';
import type { Agreement } from './agreement.ts';
import { assert } from './assert.ts';
import { bytesToHex, utf8 } from './bytes.ts';
import type { Calendar } from './calendar.ts';
import type { Outcome, Party, Standing, Terms } from './escrow.ts';
import type { EventOf, Programme } from './event.ts';
import type { Confirmed } from './exchange.ts';
import type { FeeSchedule } from './fee-schedule.ts';
import type { EventId } from './ids.ts';
import type { closingSchema } from './instruction/close-period.ts';
import type { Instruction } from './instruction/schema.ts';
import { maxMinor } from './money.ts';
import type { Operator, Role, Terminal } from './operator.ts';
import type { PlatformBreakKind } from './platform-check.ts';
import type { Policy, Requirement } from './policy.ts';
import type { Hash } from './primitives.ts';
import type { BreakKind, MatchedBy } from './reconciliation.ts';
import { addDays, type Day, type Instant } from './time.ts';

export interface LedgerAccount {
  readonly id: string;
  /** Position in the order of opening, from 1: the integer key that legs are stored under. */
  readonly index: number;
  readonly class: AccountClass;
  readonly asset: string;
  readonly client: string | null;
  /** The pool of client money that it belongs to; absent for the main pool. */
  readonly pool?: string;
  /** The custody account number that payers quote and payment files debit. */
  readonly number: string | null;
  readonly frozen: boolean;
  /** Booked: posted debits and credits in minor units; held: reserved by waiting instructions. */
  readonly debits: bigint;
  readonly credits: bigint;
  readonly held: bigint;
  /** Number of the newest leg on this account; 0 before the first. */
  readonly lastLeg: number;
}

export type InstructionStateWord =
  | 'waiting'
  /** Approved, its money still held: it goes on its value date. */
  | 'scheduled'
  | 'approved'
  | 'sent'
  | 'settled'
  | 'rejected'
  | 'returned'
  | 'declined'
  | 'withdrawn'
  | 'expired';

export interface InstructionState {
  readonly id: string;
  readonly kind: string;
  readonly digest: string;
  readonly body: Instruction;
  readonly maker: string;
  readonly person: string;
  readonly terminal: string;
  readonly madeAt: Instant;
  readonly expiresAt: Instant;
  readonly policyVersion: number;
  readonly requirement: Requirement;
  readonly state: InstructionStateWord;
  readonly approvals: readonly {
    readonly operator: string;
    readonly person: string;
    readonly role: Role;
    readonly terminal: string;
    readonly at: Instant;
  }[];
  /** For payments: the fate of each item, a payment being one item. */
  readonly items: readonly InstructionStateWord[];
  readonly correctedBy: string | null;
}

/** A leg on cash with what a statement may name it by. */
export interface CashLeg {
  readonly leg: number;
  readonly reference: string;
  /** `instruction/item` of a payment. */
  readonly item: string | null;
  readonly instruction: string | null;
  /** Signed minor units as text. */
  readonly amount: string;
  readonly valueDate: Day;
  readonly receipt: string | null;
}

export interface Tables {
  head: {
    /** Events applied; the admission time of the newest; the greatest event id; legs and entries booked. */
    readonly size: number;
    readonly admittedAt: Instant;
    readonly greatestId: string;
    readonly accounts: number;
    readonly entries: number;
    readonly legs: number;
  };
  programme: Programme & {
    readonly id: string;
    readonly openedOn: Day;
    /** Assets in which fee schedules were adopted. */
    readonly accruing?: readonly string[];
  };
  /** With the time of revocation, once revoked; then nothing of theirs is admitted any more. */
  operator: Operator & { readonly revokedAt?: Instant };
  credential: { readonly operator: string; readonly publicKey: string };
  person: { readonly operator: string };
  terminal: Terminal & { readonly revokedAt?: Instant };
  /** Who may sign now, sorted: key is a role, or `terminal`. */
  enrolled: { readonly ids: readonly string[] };
  policy: Policy;
  currentPolicy: { readonly version: number };
  agreement: Agreement;
  client: { readonly id: string; readonly identity: string };
  /** Pools beside the main one, with the bank's number of their account in each asset. */
  pool: {
    readonly id: string;
    readonly accounts: readonly { readonly asset: string; readonly number: string }[];
    readonly purpose: string;
    readonly openedOn: Day;
  };
  account: LedgerAccount;
  /** Ledger account by custody number and asset: one number may serve several assets. Key `number|asset`. */
  number: { readonly account: string };
  instruction: InstructionState;
  /** Ids of events in the log, with their place in it, to refuse a second use. */
  event: { readonly sequence: number };
  /** Money that came without a known account, by the id of its `bank.credited`; what is not yet allocated. */
  receipt: {
    readonly asset: string;
    /** Absent for the main pool, here and in every row below. */
    readonly pool?: string;
    readonly remaining: bigint;
    /** `instruction/item` of the closed payment that the money came back of, if it did. */
    readonly of: string | null;
  };
  /** The newest recall of a payment and what the bank said to it. Key `instruction|item`. */
  recall: { readonly by: string; readonly answer: 'accepted' | 'refused' | null; readonly code: string | null };
  /** Bank references already booked, so that one receipt or settlement is booked once. */
  reference: { readonly sequence: number };
  /** Payees a client has had a payment approved to: key `client|payee`. */
  payee: { readonly since: Instant };
  /** Sums per scope, asset and day for policy windows: key `scope|who|asset|day`. */
  window: { readonly sum: bigint };
  statement: {
    readonly asset: string;
    readonly pool?: string;
    readonly day: Day;
    readonly opening: string;
    readonly closing: string;
    /** Booked cash when it came, and how many cash legs had been noted by then. */
    readonly books: bigint;
    readonly legs: number;
    readonly entries: number;
    /** Lines in the log so far. */
    readonly lines: number;
    /** Whether it opens with what the one before closed with. */
    readonly follows: boolean;
    readonly reconciled: boolean;
  };
  /** Key `statement|row`. */
  statementLines: { readonly lines: EventOf<'statement.lines'>['body']['lines'] };
  /** Legs on cash in the order of their booking: how many per bank account (`bankAccountKey`), and their rows by `account|row`. */
  cashLegs: { readonly count: number };
  cashLegRow: { readonly legs: readonly CashLeg[] };
  /** What the reconciliations so far have left, per bank account. */
  openItems: {
    readonly lines: readonly string[];
    readonly legs: readonly CashLeg[];
    /** Lines, and legs as `leg N`, whose pairing a person undid: only a person pairs them again. */
    readonly apart: readonly string[];
    readonly breaks: readonly string[];
    /** Cash legs looked at so far. */
    readonly noted: number;
    readonly nextBreak: number;
    /** The newest statement that was reconciled, and what it closed with. */
    readonly statement: string | null;
    readonly closing: string | null;
  };
  /** A pairing of lines and legs that can be undone; `made` is the instruction of a person who paired them. */
  match: {
    readonly asset: string;
    readonly pool?: string;
    readonly by: MatchedBy | 'person';
    readonly lines: readonly string[];
    readonly legs: readonly number[];
    readonly made: string | null;
    readonly undone: string | null;
  };
  /** A day of a pool as it was stated last. Key `pool|asset|day`. */
  safeguarding: EventOf<'safeguarding.stated'>['body'] & { readonly at: Instant };
  /** Client money that is missing in a pool, zero once it is cured, and since when. Key `pool|asset`. */
  shortfall: { readonly amount: bigint; readonly since: Instant };
  /** Opens a pool that is short, until then, and only for the shortfall that began at `of`. Key `pool|asset`. */
  override: { readonly until: Instant; readonly of: Instant; readonly by: string };
  /** Key `all`: nothing leaves while `since` is set. */
  stopped: { readonly since: Instant | null; readonly reason: string };
  /** Key `account|number`. */
  break: {
    readonly asset: string;
    readonly pool?: string;
    readonly kind: BreakKind | PlatformBreakKind;
    /** The ledger account that differs from the platform's file. */
    readonly account?: string;
    readonly lines: readonly string[];
    readonly legs: readonly number[];
    readonly difference: bigint;
    readonly since: Day;
    /** The statement that showed it first. */
    readonly statement: string;
    readonly receipt: string | null;
    /** A line or leg that it most likely belongs with. */
    readonly likely: string | null;
    readonly owner: string | null;
    readonly state: 'open' | 'cleared' | 'resolved';
    /** The instruction that resolved it. */
    readonly resolution: string | null;
  };
  /** An exchange since its approval, by its instruction; amounts are minor units as text. */
  exchange: {
    readonly account: string;
    readonly asset: string;
    readonly amount: string;
    readonly to: string;
    readonly bought: string;
    readonly boughtAmount: string;
    readonly state: 'open' | 'settled' | 'rejected' | 'returned';
    readonly since: Instant;
    /** Its two sides as the bank has confirmed them. */
    readonly soldAs: Confirmed | null;
    readonly boughtAs: Confirmed | null;
    /** What was sold and came back. */
    readonly returnedAs: Confirmed | null;
    /** What came instead of what was agreed, once officers have let it stand: minor units. */
    readonly instead?: { readonly receipt: string; readonly asset: string; readonly amount: string };
  };
  /** A forward on record, by the instruction that put it there. */
  hedge: {
    readonly sold: string;
    readonly soldAmount: string;
    readonly bought: string;
    readonly boughtAmount: string;
    readonly base: string;
    readonly rate: string;
    readonly settlesOn: Day;
    readonly bank: string;
    readonly reference: string;
    readonly exchanges: readonly EventId[];
    readonly rolls: EventId | null;
    readonly since: Instant;
    readonly state: 'open' | 'closed' | 'rolled';
    /** The instruction that closed or rolled it. */
    readonly by: string | null;
  };
  /** All versions of a fee schedule, by its code. */
  feeSchedule: { readonly versions: readonly FeeSchedule[] };
  /** The last day that is accrued, and the codes of all schedules, by asset. */
  accrual: { readonly through: Day; readonly codes: readonly string[] };
  /** What an account had when a day began on which it moved, for days that are not accrued yet. */
  opening: { readonly days: readonly { readonly day: Day; readonly balance: string }[] };
  /** Accrued and not settled, in accrual units (below zero after a rejected payment); charged and waived so far. Key `code|account`. */
  accrued: {
    readonly code: string;
    readonly account: string;
    readonly asset: string;
    readonly units: string;
    readonly charged: string;
    readonly waived: string;
  };
  /** What a payment has borne. Key `instruction/item`. */
  paymentFee: {
    readonly account: string;
    readonly fees: readonly { readonly code: string; readonly units: string }[];
  };
  /** What rates of a pair are held against. Key `A|B` in the order of the letters. */
  referenceRate: {
    readonly base: string;
    readonly rate: string;
    readonly basisPoints: number;
    readonly source: string;
    readonly until: Day;
    readonly since: Instant;
  };
  /** The calendar in force by its id, and every version by `id|version`. */
  calendar: Calendar;
  /** The calendar that governs an asset; null once none does any more. */
  calendarOf: { readonly calendar: string | null };
  /** An escrow agreement and where it stands; its money lies on ledger account `escrow:ID`. */
  escrow: Pick<Standing, 'phase' | 'rulesBy' | 'depositor' | 'beneficiary' | 'left'> & {
    readonly terms: Terms;
    /** The instruction that adopted it, the day of that, and the last day on which any of its paths ends. */
    readonly by: string;
    readonly adoptedOn: Day;
    readonly endsBy: Day;
    /** What was shown and what was paid, with the instruction that did it. */
    readonly fulfilled: readonly {
      readonly condition: string;
      readonly document: string | null;
      readonly on: Day;
      readonly by: string;
    }[];
    readonly released: readonly { readonly tranche: string; readonly on: Day; readonly by: string }[];
    readonly dispute: { readonly by: Party; readonly reason: string; readonly on: Day } | null;
    readonly outcome: Outcome | null;
    readonly endedOn: Day | null;
  };
  /** Key `closed`: the last day that is closed, by which instruction and with what. */
  period: { readonly through: Day; readonly by: string; readonly at: Instant; readonly digest: string };
  /** What the books had come to by the end of a month. Key `2026-11`. */
  monthEnd: z.infer<typeof closingSchema>;
  /** Bookings whose value date lies in a period that was closed by then, by their event. */
  backValued: {
    readonly cause: string;
    readonly bookingDate: Day;
    readonly valueDate: Day;
    readonly amounts: readonly { readonly asset: string; readonly amount: string }[];
  };
  /** Legs booked by the end of a day on which something happened, for what is as of the end of a day. */
  dayEnd: { readonly legs: number };
  /** Platform files that were held against the books. Key `file digest|first name of the stretch`. */
  platformCheck: { readonly platform: string; readonly day: Day; readonly instruction: string };
  /** Per platform: the day of its newest file, and the breaks that are open, by the name of the difference. */
  platform: {
    readonly day: Day;
    readonly open: readonly { readonly name: string; readonly key: string }[];
    readonly next: number;
  };
  /** The address book of digital assets; the key is that of `addressKey`. */
  address: {
    readonly purpose: 'withdrawal' | 'deposit';
    readonly account: string;
    readonly asset: string;
    readonly network: Network;
    readonly address: string;
    readonly label: string;
    /** An address rests before its first use. */
    readonly usableFrom: Instant;
    readonly adoptedBy: string;
    readonly revokedBy: string | null;
  };
  /** Uses of recovery shares that are on record, by the digest of their report. */
  recovery: { readonly purpose: 'drill' | 'real'; readonly terminal: string; readonly instruction: string };
}
export type TableName = keyof Tables;
export const tableNames: readonly TableName[] = [
  'head',
  'programme',
  'operator',
  'credential',
  'person',
  'terminal',
  'enrolled',
  'policy',
  'currentPolicy',
  'agreement',
  'client',
  'pool',
  'account',
  'number',
  'instruction',
  'event',
  'receipt',
  'reference',
  'payee',
  'window',
  'statement',
  'statementLines',
  'cashLegs',
  'cashLegRow',
  'openItems',
  'match',
  'break',
  'safeguarding',
  'shortfall',
  'override',
  'stopped',
  'recall',
  'escrow',
  'dayEnd',
  'platformCheck',
  'platform',
  'recovery',
  'exchange',
  'hedge',
  'feeSchedule',
  'accrual',
  'opening',
  'accrued',
  'paymentFee',
  'referenceRate',
  'address',
  'calendar',
  'calendarOf',
  'period',
  'monthEnd',
  'backValued',
];

export interface Leg {
  readonly debit: string;
  readonly credit: string;
  /** Minor units of `asset`, positive. */
  readonly amount: bigint;
  readonly asset: string;
}

/** One immutable, balanced booking caused by one event. */
export interface Entry {
  /** The flow-matrix cause: an instruction kind or a bank event type. */
  readonly cause: string;
  readonly instruction: string | null;
  readonly bookingDate: Day;
  readonly valueDate: Day;
  readonly legs: readonly Leg[];
}

/** A leg as stored: back-links name the previous leg of each account, so a statement needs no index. */
export interface BookedLeg {
  readonly number: number;
  readonly entry: number;
  /** Position in the log of the event that caused it. */
  readonly sequence: number;
  readonly debit: number;
  readonly credit: number;
  readonly amount: bigint;
  readonly previousDebit: number;
  readonly previousCredit: number;
}

/** What opening an account states; its index and its empty balances are given by the books. */
export type NewAccount = Pick<LedgerAccount, 'id' | 'class' | 'asset' | 'client' | 'number' | 'pool'>;

export type Effect =
  | { readonly type: 'open'; readonly account: NewAccount }
  | { readonly type: 'entry'; readonly entry: Entry }
  | { readonly type: 'hold'; readonly account: string; readonly change: bigint }
  | { readonly type: 'window'; readonly key: string; readonly change: bigint }
  | {
      [T in TableName]: { readonly type: 'put'; readonly table: T; readonly key: string; readonly row: Tables[T] };
    }[TableName];

export const put = <T extends TableName>(table: T, key: string, row: Tables[T]): Effect =>
  ({ type: 'put', table, key, row }) as Effect;

export function entryOf(
  cause: string,
  instruction: string | null,
  legs: readonly Leg[],
  bookingDate: Day,
  valueDate: Day,
): Effect {
  return { type: 'entry', entry: { cause, instruction, bookingDate, valueDate, legs } };
}

/** Read access, all that deciding needs. */
export interface Books {
  get<T extends TableName>(table: T, key: string): Tables[T] | undefined;
  /** Every row of a table, in no order: only for what is decided a few times a day. */
  all<T extends TableName>(table: T): Iterable<readonly [string, Tables[T]]>;
}

export const head = (books: Books): Tables['head'] =>
  books.get('head', 'head') ?? {
    size: 0,
    admittedAt: '1970-01-01T00:00:00.000Z' as Instant,
    greatestId: '',
    accounts: 0,
    entries: 0,
    legs: 0,
  };

export const programmeOf = (books: Books): Tables['programme'] | undefined => books.get('programme', 'programme');

export function currentPolicy(books: Books): Policy {
  const current = books.get('currentPolicy', 'current');
  const policy = current && books.get('policy', String(current.version));
  assert(policy, 'an opened programme has a policy');
  return policy;
}

export function currentAgreement(books: Books): Agreement {
  const agreement = books.get('agreement', 'current');
  assert(agreement, 'an opened programme has an agreement');
  return agreement;
}

/** Ids of those who may sign: of a role, or `terminal`. */
export const enrolledAs = (books: Books, list: string): readonly string[] => books.get('enrolled', list)?.ids ?? [];

/** Booked, in the normal direction of the account's class. */
export const booked = (account: LedgerAccount): bigint =>
  isDebitNormal(account.class) ? account.debits - account.credits : account.credits - account.debits;

export const available = (account: LedgerAccount): bigint => booked(account) - account.held;

/** Owed and held in one pool and asset, minor units as text. */
export interface Safeguarding {
  readonly pool: string;
  readonly asset: string;
  readonly owed: string;
  readonly held: string;
}

/** Cash held against everything owed, per pool and asset, in the order in which they appear; never netted. */
export function safeguardingOf(accounts: Iterable<readonly [string, LedgerAccount]>): Safeguarding[] {
  const sums = new Map<string, { pool: string; asset: string; owed: bigint; held: bigint }>();
  for (const [, account] of accounts) {
    const key = bankAccountKey(account.asset, account.pool);
    const sum = sums.get(key) ?? { pool: poolOf(account), asset: account.asset, owed: 0n, held: 0n };
    if (account.class === 'cash') sum.held += booked(account);
    else sum.owed += booked(account);
    sums.set(key, sum);
  }
  return [...sums.values()].map((one) => ({ ...one, owed: one.owed.toString(), held: one.held.toString() }));
}

/** The pool that an account, a receipt or a statement belongs to: its legs never leave it. */
export const poolOf = (row: { readonly pool?: string | undefined } | undefined): string => row?.pool ?? mainPool;

/** How rows bear their pool: not at all, if it is the main one. */
export const inPool = (pool: string | undefined): { readonly pool?: string } =>
  pool === undefined || pool === mainPool ? {} : { pool };

export const poolOfAccount = (books: Books, account: string): string => poolOf(books.get('account', account));

export const windowKey = (scope: string, who: string, asset: string, on: Day): string =>
  `${scope}|${who}|${asset}|${on}`;

export const numberKey = (number: string, asset: string): string => `${number}|${asset}`;

/** The sum over the `days` days that end with `on`. */
export function windowSum(books: Books, scope: string, who: string, asset: string, on: Day, days: number): bigint {
  let sum = 0n;
  for (let back = 0; back < days; back++)
    sum += books.get('window', windowKey(scope, who, asset, addDays(on, -back)))?.sum ?? 0n;
  return sum;
}

type Rows = { [T in TableName]: Map<string, Tables[T]> };
const emptyRows = (): Rows => Object.fromEntries(tableNames.map((name) => [name, new Map()])) as unknown as Rows;

/**
 * Changes on top of other books. Reading falls through; writing stays here until `absorb` or a store takes it. Dropping
 * a layer undoes it, so nothing is ever half applied.
 */
export class BooksLayer implements Books {
  readonly rows: Rows = emptyRows();
  readonly legs: BookedLeg[] = [];
  readonly #below: Books;

  constructor(below: Books) {
    this.#below = below;
  }

  get<T extends TableName>(table: T, key: string): Tables[T] | undefined {
    return this.rows[table].get(key) ?? this.#below.get(table, key);
  }

  *all<T extends TableName>(table: T): Generator<readonly [string, Tables[T]]> {
    const mine = this.rows[table];
    for (const row of this.#below.all(table)) if (!mine.has(row[0])) yield row;
    yield* mine;
  }

  /** Applies the effects of one decided event. Asserts every invariant of the ledger; a breach is a bug and throws. */
  apply(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'put') (this.rows[effect.table] as Map<string, unknown>).set(effect.key, effect.row);
      else if (effect.type === 'open') this.#open(effect.account);
      else if (effect.type === 'hold') this.#hold(effect.account, effect.change);
      else if (effect.type === 'window')
        this.rows.window.set(effect.key, { sum: (this.get('window', effect.key)?.sum ?? 0n) + effect.change });
      else this.#book(effect.entry);
    }
  }

  #account(id: string): LedgerAccount {
    const account = this.get('account', id);
    assert(account, `ledger account ${id} exists`);
    return account;
  }

  #open(account: NewAccount): void {
    assert(this.get('account', account.id) === undefined, 'an account is opened once');
    const at = head(this);
    const index = at.accounts + 1;
    const empty = { frozen: false, debits: 0n, credits: 0n, held: 0n, lastLeg: 0 };
    this.rows.account.set(account.id, { ...account, index, ...empty });
    if (account.number !== null)
      this.rows.number.set(numberKey(account.number, account.asset), { account: account.id });
    this.rows.head.set('head', { ...at, accounts: index });
  }

  #hold(id: string, change: bigint): void {
    const account = this.#account(id);
    const next = { ...account, held: account.held + change };
    assert(next.held >= 0n, 'holds never fall below zero');
    assert(available(next) >= 0n, 'a hold never exceeds what is booked');
    this.rows.account.set(id, next);
  }

  #book(entry: Entry): void {
    const at = head(this);
    assert(entry.legs.length > 0, 'an entry has a leg');
    let legs = at.legs;
    for (const leg of entry.legs) {
      assert(leg.amount > 0n && leg.amount <= maxMinor, 'a leg moves a positive int64 amount');
      assert(leg.debit !== leg.credit, 'a leg has two sides');
      const debit = this.#account(leg.debit);
      const credit = this.#account(leg.credit);
      assert(checkFlow(entry.cause, debit.class, credit.class) === undefined, 'the flow matrix lists every leg');
      assert(debit.asset === leg.asset && credit.asset === leg.asset, 'a leg stays in one asset');
      assert(debit.pool === credit.pool, 'a leg stays in one pool');
      legs += 1;
      this.legs.push({
        number: legs,
        entry: at.entries + 1,
        sequence: at.size - 1,
        debit: debit.index,
        credit: credit.index,
        amount: leg.amount,
        previousDebit: debit.lastLeg,
        previousCredit: credit.lastLeg,
      });
      this.#post({ ...debit, debits: debit.debits + leg.amount, lastLeg: legs });
      this.#post({ ...credit, credits: credit.credits + leg.amount, lastLeg: legs });
    }
    this.rows.head.set('head', { ...at, legs, entries: at.entries + 1 });
  }

  #post(next: LedgerAccount): void {
    assert(next.debits <= maxMinor && next.credits <= maxMinor, 'turnover fits int64');
    assert(available(next) >= 0n, 'no account falls below zero or below its holds');
    this.rows.account.set(next.id, next);
  }
}

const nothing: Books = { get: () => undefined, all: () => [] };

/** The in-memory form: gateway, verifier, tests. */
export class MemoryBooks implements Books {
  readonly #rows: Rows = emptyRows();
  readonly #keepLegs: boolean;
  readonly legs: BookedLeg[] = [];

  constructor(options: { readonly keepLegs: boolean } = { keepLegs: true }) {
    this.#keepLegs = options.keepLegs;
  }

  get<T extends TableName>(table: T, key: string): Tables[T] | undefined {
    return this.#rows[table].get(key);
  }

  all<T extends TableName>(table: T): IterableIterator<[string, Tables[T]]> {
    return this.#rows[table].entries();
  }

  /** Takes over a layer that was built on top of these books. */
  absorb(layer: BooksLayer): void {
    for (const table of tableNames)
      for (const [key, row] of layer.rows[table]) (this.#rows[table] as Map<string, unknown>).set(key, row);
    if (this.#keepLegs) this.legs.push(...layer.legs);
  }
}

export const emptyBooks = (): Books => nothing;

/**
 * A row as canonical text, amounts as decimal text, so that every form of the books has the same bytes. RFC 8785 for what
 * rows hold: strings of whole characters, whole numbers, no key that looks like an array index.
 */
export function rowToText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(rowToText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${rowToText(inner)}`;
  }
  return `{${text}}`;
}

/** Columns that are bigint in memory and text in `rowToText`. */
const amountColumns: { readonly [T in TableName]?: readonly string[] } = {
  account: ['debits', 'credits', 'held'],
  receipt: ['remaining'],
  window: ['sum'],
  statement: ['books'],
  break: ['difference'],
  shortfall: ['amount'],
  escrow: ['depositor', 'beneficiary', 'left'],
};

export function textToRow<T extends TableName>(table: T, text: string): Tables[T] {
  const row = JSON.parse(text) as Record<string, unknown>;
  for (const column of amountColumns[table] ?? []) row[column] = BigInt(row[column] as string);
  return row as unknown as Tables[T];
}

/**
 * One digest over all derived state, equal on gateway, terminal and verifier when their books agree. `rows` yields every
 * table's rows in any order.
 */
export function booksDigest(hash: Hash, rows: (table: TableName) => Iterable<readonly [string, object]>): string {
  const tables = tableNames.map((table) => {
    const lines = [...rows(table)].map(([key, row]) => `${key}\t${rowToText(row)}\n`).sort();
    return `${table}\t${bytesToHex(hash(utf8(lines.join(''))))}\n`;
  });
  return bytesToHex(hash(utf8(tables.join(''))));
}
