// The naive model: a careful clerk who reads the log one line after the other, keeps balances in a table, looks everything up
// by walking through all of it, and says of each event whether it may be there. Nothing here is shared with `decide`.

import type { Agreement } from '../../shared/agreement.ts';
import type { CustosEvent } from '../../shared/event.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import type { Operator } from '../../shared/operator.ts';
import type { Policy } from '../../shared/policy.ts';
import type { LogRecord } from '../../shared/record.ts';
import type { Day } from '../../shared/time.ts';
import { isForLater, onTheWall, type WallCalendar, whyNotDue, whyNotOn } from './days.ts';
import { FeeBook } from './fee-book.ts';
import type { Reference } from './fx-desk.ts';
import { known, type Move } from './kinds.ts';
import { PlatformDesk } from './platform-desk.ts';
import { type ClerkAgreement, type ClerkPolicy, readPolicy } from './policy.ts';
import { assetOfPot, poolOfPot, potOf } from './pots.ts';
import { type CashMove, Sheet, type SheetLine, type SheetStatement } from './sheet.ts';

type Word =
  | 'waiting'
  | 'scheduled'
  | 'approved'
  | 'sent'
  | 'settled'
  | 'rejected'
  | 'returned'
  | 'declined'
  | 'withdrawn'
  | 'expired';
interface Item {
  readonly account: string;
  readonly amount: bigint;
  word: Word;
}
export interface Made {
  readonly event: CustosEvent & { type: 'instruction.made' };
  readonly body: Instruction;
  readonly madeAt: number;
  /** The policy of its making, when it is large under it. */
  readonly large: ClerkPolicy | undefined;
  readonly coolingOffSeconds: number;
  readonly approvedBy: { readonly person: string; readonly role: string }[];
  readonly items: Item[];
  word: Word;
  reversed: boolean;
}
interface Account {
  readonly client: string | null;
  readonly asset: string;
  /** The bank account in which it lies. */
  readonly pot: string;
  readonly number: string | null;
  booked: bigint;
  frozen: boolean;
}
interface Stated extends SheetStatement {
  readonly pot: string;
  readonly entries: number;
  readonly lines: SheetLine[];
  reconciled: boolean;
}
export interface Escrow {
  readonly terms: Extract<Instruction, { kind: 'adopt escrow' }>['terms'];
  word: 'unfunded' | 'funded' | 'disputed' | 'ended';
  readonly shown: Set<string>;
  readonly paid: Set<string>;
  rulesBy: string;
}
export interface Hedge {
  readonly terms: Extract<Instruction, { kind: 'hedge' }>;
  readonly word: 'open' | 'rolled' | 'closed';
}
/** One side of an exchange as the bank has said it. */
interface Confirmed {
  readonly reference: string;
  readonly day: string;
}
type Of<T extends CustosEvent['type']> = Extract<CustosEvent, { type: T }>;

const house = ['cash', 'platform-own', 'platform-fee', 'bank-fee', 'in-transit', 'suspense'];
const nobody = { client: null, number: null };
const closedWords: readonly Word[] = ['declined', 'withdrawn', 'expired'];

const itemName = ({ instruction, item }: { instruction: string; item: number }): string => `${instruction}/${item}`;

export class Clerk {
  readonly accounts = new Map<string, Account>();
  readonly instructions = new Map<string, Made>();
  readonly operators = new Map<
    string,
    { readonly role: string; readonly person: string; readonly credentials: readonly string[]; revoked: boolean }
  >();
  readonly terminals = new Map<string, { revoked: boolean }>();
  readonly clients = new Set<string>();
  readonly recoveries = new Set<string>();
  readonly receipts = new Map<
    string,
    { readonly asset: string; readonly pot: string; readonly of: string | null; left: bigint }
  >();
  readonly references = new Set<string>();
  readonly fees = new FeeBook();
  /** What came of holding the platform's lists against the pages. */
  readonly lists = new PlatformDesk();
  /** Rates of the one pair of assets, and what the bank has said of which exchange. */
  reference: Reference | undefined;
  readonly deals = new Map<string, { sold?: Confirmed; bought?: Confirmed; returned?: Confirmed }>();
  /** Bank accounts of the pools beside the main one. */
  readonly pools = new Map<string, Extract<Instruction, { kind: 'open pool' }>['accounts']>();
  /** The address book of coins. */
  readonly places = new Map<
    string,
    { readonly account: string; readonly usableFrom: number; readonly revoked: boolean }
  >();
  readonly hedges = new Map<string, Hedge>();
  /** What the bank said to the recall of a payment, by instruction and item. */
  readonly recalls = new Map<string, 'asked' | 'accepted' | 'refused'>();
  readonly escrows = new Map<string, Escrow>();
  readonly statements = new Map<string, Stated>();
  /** What is ticked off of what, by asset. */
  readonly sheets = new Map<string, Sheet>();
  /** Days of which it was said what is owed and what is held, by asset. */
  readonly #stated = new Map<string, string | null>();
  /** Nothing may leave at all. */
  stopped = false;
  /** Client money that the last statement lacked, and since when, by asset. */
  readonly short = new Map<string, { readonly amount: bigint; readonly since: number }>();
  /** Until when money may leave all the same, for the shortfall of which beginning. */
  readonly overrides = new Map<string, { readonly until: number; readonly of: number }>();
  readonly events = new Map<string, CustosEvent>();
  /** What the newest reconciliation of each asset said. */
  readonly reconciled = new Map<string, string>();
  /** By the asset that it is for. */
  /** What accounts of an asset and name came to by the end of a month, credits less debits; and the newest closed month. */
  readonly monthEnds = new Map<string, ReadonlyMap<string, bigint>>();
  closedMonth = '';
  readonly calendarVersions = new Map<string, number>();
  readonly walls = new Map<string, WallCalendar>();
  /** Instructions that took effect, by kind. */
  readonly tookEffect = new Map<string, number>();
  agreement: ClerkAgreement = { version: 0, flat: 0n };
  #policy: ClerkPolicy | undefined;
  #lastAt = 0;
  /** Events whose evidence the simulator has broken on purpose. */
  readonly forged: ReadonlySet<string>;
  readonly #digestOf: (event: CustosEvent) => string;
  /** The number that the books have given a movement on cash: a name and no more, read off as from a slip. */
  readonly #numberOf: (asset: string, reference: string) => number;

  constructor(parts: {
    readonly forged: ReadonlySet<string>;
    readonly digestOf: (event: CustosEvent) => string;
    readonly numberOf: (asset: string, reference: string) => number;
  }) {
    this.forged = parts.forged;
    this.#numberOf = parts.numberOf;
    this.#digestOf = parts.digestOf;
  }

  // What the kinds ask of the clerk

  get policy(): ClerkPolicy {
    if (this.#policy === undefined) throw new Error('no policy is in force');
    return this.#policy;
  }

  account(id: string): Account {
    const found = this.accounts.get(id);
    if (found === undefined) throw new Error(`the clerk has no account ${id}`);
    return found;
  }

  made(id: string): Made {
    const found = this.instructions.get(id);
    if (found === undefined) throw new Error(`the clerk has no instruction ${id}`);
    return found;
  }

  clientOf = (account: string): string => this.accounts.get(account)?.client ?? account;
  poolOf = (account: string): string => poolOfPot(this.accounts.get(account)?.pot ?? '');
  movesOf = (body: Instruction): Move | undefined => known(body).moves?.(body, this);
  takesOf = (body: Instruction) => known(body).takes?.(body, this) ?? [];

  /** Every bank account, and every store of coins, that has a page. */
  get pots(): string[] {
    return [...this.accounts.keys()].flatMap((id) => (id.startsWith('cash:') ? [id.slice('cash:'.length)] : []));
  }

  openAccount(id: string, pot: string, of: { client: string | null; number: string | null } = nobody): void {
    if (!this.accounts.has(id))
      this.accounts.set(id, { ...of, asset: assetOfPot(pot), pot, booked: 0n, frozen: false });
  }

  openHouse(pot: string): void {
    for (const name of house) this.openAccount(`${name}:${pot}`, pot);
  }

  /** Everything that a correction turns round. */
  allMovesOf(body: Instruction): readonly Move[] | undefined {
    if (body.kind === 'charge accrued fees')
      return body.lines.map(
        ({ account, amount }) => [account, `bank-fee:${this.accounts.get(account)?.pot}`, BigInt(amount)] as const,
      );
    const one = this.movesOf(body);
    return one === undefined ? undefined : [one];
  }

  held(account: string): bigint {
    let sum = 0n;
    for (const one of this.instructions.values())
      if (one.word === 'waiting' || one.word === 'scheduled')
        for (const [from, amount] of this.takesOf(one.body)) if (from === account) sum += amount;
    return sum;
  }

  free(account: string): bigint {
    return (this.accounts.get(account)?.booked ?? 0n) - this.held(account);
  }

  move(from: string, to: string, amount: bigint): void {
    this.#add(from, -amount);
    this.#add(to, amount);
  }

  /** When the newest record was admitted. */
  get lastMs(): number {
    return this.#lastAt;
  }

  sheet(pot: string): Sheet {
    const known = this.sheets.get(pot) ?? new Sheet(pot);
    this.sheets.set(pot, known);
    return known;
  }

  /** What is open and would fit: a line and a movement of one sum, or two lines that undo each other. */
  openPairs(): { pot: string; lines: string[]; legs: number[] }[] {
    const pairs: { pot: string; lines: string[]; legs: number[] }[] = [];
    for (const [pot, { openLines, openMoves }] of this.sheets) {
      const taken = new Set<unknown>();
      for (const line of openLines) {
        const move = openMoves.find((one) => one.amount === line.amount && !taken.has(one));
        const other = openLines.find((one) => one.amount === -line.amount && !taken.has(one));
        if (taken.has(line) || (move === undefined && other === undefined)) continue;
        for (const one of [line, move ?? other]) taken.add(one);
        if (move !== undefined) pairs.push({ pot, lines: [line.id], legs: [move.number] });
        else if (other !== undefined) pairs.push({ pot, lines: [line.id, other.id], legs: [] });
      }
    }
    return pairs;
  }

  /** The sheet that has this break, or this pairing. */
  sheetOf(what: 'breaks' | 'pairings', name: string): Sheet | undefined {
    return [...this.sheets.values()].find((one) => one[what].has(name));
  }

  #add(id: string, amount: bigint): void {
    this.account(id).booked += amount;
    if (amount !== 0n) this.lists.noteMove(id);
  }

  escrow(id: string): Escrow {
    const found = this.escrows.get(id);
    if (found === undefined) throw new Error(`the clerk has no escrow agreement ${id}`);
    return found;
  }

  /** Funded, not disputed, and its time not over. */
  isRunning = ({ word, terms }: Escrow, atMs: number): boolean =>
    word === 'funded' && (terms.timeout === null || atMs < Date.parse(terms.timeout.on));

  endEscrow(id: string, beneficiary: bigint): void {
    const one = this.escrow(id);
    const { booked } = this.account(`escrow:${id}`);
    this.move(`escrow:${id}`, one.terms.beneficiary, beneficiary);
    this.move(`escrow:${id}`, one.terms.depositor, booked - beneficiary);
    one.word = 'ended';
  }

  /** What is left goes to the beneficiary by this much when its time is over; undefined while it is not. */
  #expiry(one: Escrow, atMs: number): bigint | undefined {
    const id = [...this.escrows].find(([, each]) => each === one)?.[0] ?? '';
    const { booked, frozen } = this.account(`escrow:${id}`);
    const { fundBy, timeout, dispute } = one.terms;
    const isOver = (from: string): boolean => atMs >= Date.parse(from);
    if (one.word === 'unfunded') return isOver(fundBy) && atMs >= Date.parse(fundBy) + 86_400_000 ? 0n : undefined;
    if (frozen) return undefined;
    const [from, end] =
      one.word === 'funded' ? [timeout?.on, timeout?.otherwise] : [one.rulesBy, dispute?.ruling?.otherwise];
    if (one.word === 'ended' || from === undefined || !isOver(from)) return undefined;
    return end === 'release' ? booked : 0n;
  }

  endHedge(id: string, word: Hedge['word']): void {
    const found = this.hedges.get(id);
    if (found === undefined) throw new Error(`the clerk has no hedge ${id}`);
    this.hedges.set(id, { ...found, word });
  }

  takeFromReceipt(receipt: string, amount: bigint): void {
    const one = this.receipts.get(receipt);
    if (one === undefined) throw new Error(`the clerk has no receipt ${receipt}`);
    one.left -= amount;
  }

  enrol({ id, role, person, credentials }: Operator): void {
    this.operators.set(id, { role, person, credentials: credentials.map((held) => held.id), revoked: false });
  }

  adoptPolicy(policy: Policy): void {
    this.#policy = readPolicy(policy);
  }

  adoptAgreement({ version, fees }: Agreement): void {
    this.agreement = { version, flat: BigInt(fees[0]?.flat ?? '0') };
  }

  adoptCalendar(body: Extract<Instruction, { kind: 'adopt calendar' }>): void {
    const wall = onTheWall(body.calendar);
    for (const [asset, one] of this.walls) if (one.id === wall.id) this.walls.delete(asset);
    for (const asset of wall.assets) this.walls.set(asset, wall);
    this.calendarVersions.set(wall.id, wall.version);
  }

  /** Where approved money waits for the bank. */
  #waitsIn(id: string): string {
    const { body, items } = this.made(id);
    const pot = this.account(items[0]?.account ?? '').pot;
    return `${body.kind === 'foreign exchange' ? 'fx-position' : 'in-transit'}:${pot}`;
  }

  #deal(id: string): Extract<Instruction, { kind: 'foreign exchange' }> | undefined {
    const body = this.instructions.get(id)?.body;
    return body?.kind === 'foreign exchange' ? body : undefined;
  }

  #potOfDeal = ({ account }: { account: string }, asset: string): string => potOf(asset, this.poolOf(account));

  /** What the bank says of an exchange that is with it. */
  #whyNotExchanged({ body }: Of<'bank.exchanged'>): string | undefined {
    const { instruction, side, asset, amount } = body;
    const deal = this.#deal(instruction);
    if (deal === undefined || !['approved', 'sent'].includes(this.made(instruction).word)) return 'no such exchange';
    const known = this.deals.get(instruction) ?? {};
    if (known[side] !== undefined || (side === 'bought' && known.returned !== undefined)) return 'said already';
    const agreed = side === 'sold' ? [deal.asset, deal.amount] : [deal.bought, deal.boughtAmount];
    return agreed[0] === asset && agreed[1] === amount
      ? this.#whyBooked(this.#potOfDeal(deal, asset), { body })
      : 'not as agreed';
  }

  #whyNotReturned({ body }: Of<'bank.returned'>): string | undefined {
    const deal = this.#deal(body.instruction);
    if (deal === undefined || !['approved', 'sent'].includes(this.made(body.instruction).word)) return 'nothing there';
    const { bought, returned } = this.deals.get(body.instruction) ?? {};
    return bought !== undefined || returned !== undefined
      ? 'another end'
      : this.#whyBooked(this.account(deal.account).pot, { body });
  }

  /** With both sides known, the money goes where it belongs; before, nothing moves. */
  #hear(id: string, side: 'sold' | 'bought' | 'returned', said: Confirmed): void {
    const deal = this.#deal(id) as Extract<Instruction, { kind: 'foreign exchange' }>;
    const known = { ...this.deals.get(id), [side]: said };
    this.deals.set(id, known);
    const [outOf, into] = [this.account(deal.account).pot, this.#potOfDeal(deal, deal.bought)];
    this.references.add(`${side === 'bought' ? into : outOf}|${said.reference}`);
    const { sold, bought, returned } = known;
    const end = bought ?? returned;
    if (sold === undefined || end === undefined) {
      this.#tell({ instruction: id, item: 0 }, 'sent');
      return;
    }
    const amount = BigInt(deal.amount);
    const of = { item: itemName({ instruction: id, item: 0 }), receipt: null };
    this.#moveCash(outOf, `fx-position:${outOf}`, { ...of, ...sold, amount: -amount });
    if (bought === undefined) this.#moveCash(outOf, deal.account, { ...of, ...end, amount });
    else this.#moveCash(into, deal.to, { ...of, ...end, amount: BigInt(deal.boughtAmount) });
    this.#tell({ instruction: id, item: 0 }, bought === undefined ? 'returned' : 'settled');
  }

  /** What the bank has moved for exchanges of which it has said one side only: nothing of them is booked yet. */
  saidOfDeals(pot: string): bigint {
    let moved = 0n;
    for (const [id, { sold, bought, returned }] of this.deals) {
      if (!['approved', 'sent'].includes(this.made(id).word)) continue;
      const deal = this.#deal(id) as Extract<Instruction, { kind: 'foreign exchange' }>;
      const outOf = this.account(deal.account).pot === pot;
      if (sold !== undefined && outOf) moved -= BigInt(deal.amount);
      if (returned !== undefined && outOf) moved += BigInt(deal.amount);
      if (bought !== undefined && this.#potOfDeal(deal, deal.bought) === pot) moved += BigInt(deal.boughtAmount);
    }
    return moved;
  }

  /** Why an exchange cannot be settled with what came of it at another amount; `asset` says which of its sides came. */
  whyNotSettled(id: string, asset: string, pot: string): string | undefined {
    const deal = this.#deal(id);
    if (deal === undefined || !this.deals.has(id)) return 'no such exchange';
    if (!['approved', 'sent'].includes(this.made(id).word)) return 'it has ended';
    const { sold, bought, returned } = this.deals.get(id) ?? {};
    if (sold === undefined) return 'the bank has taken nothing';
    if (bought !== undefined || returned !== undefined) return 'its other side is known';
    return this.#potOfDeal(deal, asset) === pot ? undefined : 'in another pool';
  }

  /** Officers let stand what came: what was sold leaves as the bank has it. */
  settleDeal(id: string, { asset, pot, amount }: { asset: string; pot: string; amount: bigint }): void {
    const deal = this.#deal(id) as Extract<Instruction, { kind: 'foreign exchange' }>;
    const sold = this.deals.get(id)?.sold as Confirmed;
    const outOf = this.account(deal.account).pot;
    const of = { item: itemName({ instruction: id, item: 0 }), receipt: null };
    this.#moveCash(outOf, `fx-position:${outOf}`, { ...of, ...sold, amount: -BigInt(deal.amount) });
    const isBought = asset === deal.bought;
    this.move(`suspense:${pot}`, isBought ? deal.to : deal.account, amount);
    this.#tell({ instruction: id, item: 0 }, isBought ? 'settled' : 'returned');
  }

  #wallFor = (body: Instruction): WallCalendar | undefined => this.walls.get('asset' in body ? String(body.asset) : '');

  /** What the checker types, where it is asked for. */
  typed(body: Instruction): { tail: string; amount: string } | null {
    return known(body).typed?.(body) ?? null;
  }

  needs = (one: Made): number => (one.large === undefined ? (known(one.body).checkers ?? 1) : 2);

  /** What is owed out of a pot, added up, against the cash; and the smallest free balance there is. */
  balance(pot: string): { owed: bigint; cash: bigint; lowest: bigint } {
    let [owed, cash, lowest] = [0n, 0n, 0n];
    for (const [id, account] of this.accounts) {
      if (account.pot !== pot) continue;
      if (id.startsWith('cash:')) cash += account.booked;
      else owed += account.booked;
      const free = this.free(id);
      if (free < lowest) lowest = free;
    }
    return { owed, cash, lowest };
  }

  // May it be in the log?

  /** Why the event may not enter the log at this time, or undefined. */
  refusal(event: CustosEvent, atMs: number): string | undefined {
    if (this.forged.has(event.id)) return 'its evidence was forged';
    const isOpen = this.#policy !== undefined;
    if (event.type === 'programme.opened') return isOpen ? 'open already' : undefined;
    if (!isOpen) return 'not open yet';
    if (atMs < this.#lastAt) return 'the log would go back in time';
    if (Date.parse(event.at) > atMs + 5 * 60_000) return 'made in the future';
    if (this.events.has(event.id)) return 'there already';
    switch (event.type) {
      case 'instruction.made':
        return this.#whyNobody(event) ?? this.#whyNotMade(event, atMs);
      case 'instruction.approved':
        return this.#whyNobody(event) ?? this.#whyNotAsked(event, atMs) ?? this.#whyNotApproved(event, atMs);
      case 'instruction.declined':
        return this.#whyNobody(event) ?? this.#whyNotAsked(event, atMs) ?? this.#whyNotTheirs(event);
      case 'instruction.withdrawn': {
        const why = this.#whyNobody(event) ?? this.#whyNotAsked(event, atMs);
        if (why !== undefined) return why;
        const maker = this.operators.get(this.made(event.body.instruction).event.actor);
        return maker?.person === this.operators.get(event.actor)?.person ? undefined : 'another than the maker';
      }
      case 'instruction.expired': {
        const one = this.instructions.get(event.body.instruction);
        if (one?.word !== 'waiting') return 'nothing waits';
        return Date.parse(one.event.body.expiresAt) > atMs ? 'too early' : undefined;
      }
      case 'instruction.due': {
        const one = this.instructions.get(event.body.instruction);
        if (one?.word !== 'scheduled') return 'nothing is scheduled';
        return (
          whyNotDue(this.#wallFor(one.body), one.body, atMs) ??
          known(one.body).whyNot(one.body, this, atMs) ??
          this.#whyClosed(one.body, atMs)
        );
      }
      case 'bank.acknowledged':
        return this.#whyElsewhere(event, ['approved']);
      case 'bank.exchanged':
        return this.#whyNotExchanged(event);
      case 'bank.rejected':
        if (this.deals.has(event.body.instruction)) return 'the bank has dealt';
        return this.#whyUnpaid(event) ?? this.#whyElsewhere(event, ['approved', 'sent']);
      case 'bank.settled':
        if (this.#deal(event.body.instruction) !== undefined) return 'an exchange has two sides';
        return (
          this.#whyUnpaid(event) ??
          this.#whyElsewhere(event, ['approved', 'sent']) ??
          this.#whyBooked(this.#potOf(event.body), event)
        );
      case 'bank.returned':
        if (this.#deal(event.body.instruction) !== undefined) return this.#whyNotReturned(event);
        return (
          this.#whyUnpaid(event) ??
          this.#whyElsewhere(event, ['settled']) ??
          this.#whyBooked(this.#potOf(event.body), event)
        );
      case 'bank.late': {
        const { instruction, item, asset, amount } = event.body;
        const deal = this.#deal(instruction);
        if (deal !== undefined && !['waiting', 'scheduled', ...closedWords].includes(this.made(instruction).word))
          return [deal.asset, deal.bought].includes(asset)
            ? this.#whyBooked(this.#potOfDeal(deal, asset), event)
            : 'another money';
        const paid = this.#payment(event.body);
        if (paid === undefined || this.account(paid.account).asset !== asset) return 'no such payment';
        if (paid.word === 'settled' && paid.amount === BigInt(amount)) return `item ${item} is only returned`;
        return this.#whyBooked(this.#potOf(event.body), event);
      }
      case 'bank.answered': {
        const recall = this.instructions.get(event.body.recall);
        if (recall?.body.kind !== 'recall') return 'no such recall';
        return ['approved', 'sent'].includes(recall.items[0]?.word ?? '') ? undefined : 'nothing was asked';
      }
      case 'bank.credited':
        if (!this.accounts.has(`cash:${potOf(event.body.asset, event.body.pool)}`)) return 'a strange asset';
        return this.#whyBooked(potOf(event.body.asset, event.body.pool), event);
      case 'statement.received':
        if (!this.accounts.has(`cash:${potOf(event.body.asset, event.body.pool)}`)) return 'a strange asset';
        return this.statements.has(event.body.statement) ? 'received already' : undefined;
      case 'statement.lines': {
        const one = this.statements.get(event.body.statement);
        if (one === undefined) return 'no such statement';
        const { from, lines } = event.body;
        if (from !== one.lines.length || from + lines.length > one.entries) return 'other lines come next';
        return lines.length === 200 || from + lines.length === one.entries ? undefined : 'too few lines';
      }
      case 'reconciliation.completed': {
        const { statement, asset, bank, books, outcome, matched, breaks } = event.body;
        const one = this.statements.get(statement);
        if (one === undefined || assetOfPot(one.pot) !== asset) return 'no such statement';
        if (one.reconciled || one.lines.length !== one.entries) return 'not now';
        if (bank !== one.closing || books !== String(one.cash)) return 'other figures';
        const ticked = this.sheet(one.pot).tick(one, this.#isUnknown);
        if (breaks !== ticked.breaks.size) return `${ticked.breaks.size} breaks, not ${breaks}`;
        if (matched !== ticked.pairs.length) return `${ticked.pairs.length} pairs, not ${matched}`;
        return (outcome === 'balanced') === ticked.balanced ? undefined : 'another outcome';
      }
      case 'accrual.posted': {
        const { asset, day, accounts, units } = event.body;
        // It may be the first to be admitted after midnight: the day has ended, whoever notices.
        if (this.#lastAt > 0) this.fees.endDays(this.#lastAt, atMs, this.#clientBalances());
        return asset === 'CNY' ? this.fees.whyNotPosted(day, accounts, units, atMs) : 'nothing accrues';
      }
      case 'safeguarding.stated':
        return this.#whyNotStated(event, atMs);
      case 'escrow.expired': {
        const one = this.escrows.get(event.body.escrow);
        const right = one === undefined ? undefined : this.#expiry(one, atMs);
        if (one === undefined || right === undefined) return 'its time is not over';
        const { booked } = this.account(`escrow:${event.body.escrow}`);
        const { depositor, beneficiary } = event.body;
        return beneficiary === String(right) && depositor === String(booked - right) ? undefined : 'it ends otherwise';
      }
      default:
        throw new Error(`the clerk does not know the event type "${(event as CustosEvent).type}": add it to clerk.ts`);
    }
  }

  #whyNobody({ actor, terminal }: CustosEvent): string | undefined {
    const who = this.operators.get(actor);
    const where = this.terminals.get(terminal);
    if (who === undefined || who.revoked) return 'by a stranger';
    return where === undefined || where.revoked ? 'from a strange terminal' : undefined;
  }

  #whyNotMade(event: Of<'instruction.made'>, atMs: number): string | undefined {
    const { instruction, policyVersion, expiresAt } = event.body;
    const { makers, toBank, about, whyNot } = known(instruction);
    if (!makers.includes(this.operators.get(event.actor)?.role ?? '')) return 'not theirs to make';
    if (policyVersion !== this.policy.version) return 'under an old policy';
    if (Date.parse(expiresAt) <= atMs) return 'expired before it began';
    if (toBank && about !== undefined) {
      const { client, asset, amount } = about(instruction, this);
      if (asset === 'CNY' && this.#madeToday(client, asset, atMs) + amount > this.policy.dailyLimit)
        return 'above the daily limit';
    }
    const why =
      whyNot(instruction, this, atMs) ??
      whyNotOn(this.#wallFor(instruction), instruction, atMs) ??
      this.#whyClosed(instruction, atMs);
    if (why !== undefined) return why;
    const needed = new Map<string, bigint>();
    for (const [account, amount] of this.takesOf(instruction))
      needed.set(account, (needed.get(account) ?? 0n) + amount);
    for (const [account, amount] of needed) if (this.free(account) < amount) return 'not enough money';
    return undefined;
  }

  /** Everything of this client that was made on the day and not closed without leaving, of whatever kind. */
  #madeToday(client: string, asset: string, atMs: number): bigint {
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    let sum = 0n;
    for (const one of this.instructions.values()) {
      const about = known(one.body).about?.(one.body, this);
      if (about?.client !== client || about.asset !== asset) continue;
      if (day(one.madeAt) === day(atMs) && !closedWords.includes(one.word)) sum += about.amount;
    }
    return sum;
  }

  /** A checker, or the maker again, speaks of something that waits, as it was signed. */
  #whyNotAsked(
    { type, body }: Of<'instruction.approved' | 'instruction.declined' | 'instruction.withdrawn'>,
    atMs: number,
  ): string | undefined {
    const one = this.instructions.get(body.instruction);
    if (one === undefined || body.digest !== this.#digestOf(one.event)) return 'of another instruction';
    if (one.word === 'scheduled' && type === 'instruction.withdrawn') return undefined;
    return one.word !== 'waiting' || Date.parse(one.event.body.expiresAt) <= atMs ? 'too late' : undefined;
  }

  #whyNotTheirs({ actor, body }: Of<'instruction.approved' | 'instruction.declined'>): string | undefined {
    const one = this.made(body.instruction);
    const who = this.operators.get(actor);
    if (who?.role !== known(one.body).checker) return 'not theirs to check';
    return this.operators.get(one.event.actor)?.person === who.person ? 'the maker checks' : undefined;
  }

  #whyNotApproved(event: Of<'instruction.approved'>, atMs: number): string | undefined {
    const one = this.made(event.body.instruction);
    const why = this.#whyNotTheirs(event);
    if (why !== undefined) return why;
    const person = this.operators.get(event.actor)?.person;
    if (one.approvedBy.some((by) => by.person === person)) return 'approved by them already';
    if (one.large !== undefined) {
      if (atMs < one.madeAt + one.large.coolingOffSeconds * 1000) return 'too early';
      if (one.large.otherTerminal && event.terminal === one.event.terminal) return 'on the same terminal';
    }
    if (one.large !== undefined || known(one.body).alwaysTyped) {
      const right = this.typed(one.body);
      const { typed } = event.body;
      if (typed === null || typed.tail !== right?.tail || typed.amount !== right.amount) return 'typed wrongly';
    }
    if (one.approvedBy.length + 1 < this.needs(one)) return undefined;
    const wall = this.#wallFor(one.body);
    return (
      known(one.body).whyNot(one.body, this, atMs) ??
      whyNotOn(wall, one.body, atMs) ??
      (isForLater(wall, one.body, atMs) ? undefined : this.#whyClosed(one.body, atMs))
    );
  }

  /** Whether anything may leave to the bank just now. */
  #whyClosed(body: Instruction, atMs: number): string | undefined {
    if (!known(body).toBank) return undefined;
    if (this.stopped) return 'everything is stopped';
    const pots = new Set(this.takesOf(body).map(([account]) => this.account(account).pot));
    return [...pots].every((pot) => this.#mayLeave(pot, atMs)) ? undefined : 'client money is missing';
  }

  #mayLeave(pot: string, atMs: number): boolean {
    const short = this.short.get(pot);
    if (short === undefined || short.amount === 0n) return true;
    const override = this.overrides.get(pot);
    return override !== undefined && override.of === short.since && atMs < override.until;
  }

  /** Adds up every client once more; what the bank is short of is what the ticked-off sheet shows. */
  #whyNotStated({ body }: Of<'safeguarding.stated'>, atMs: number): string | undefined {
    const page = potOf(body.asset, body.pool);
    if (!this.accounts.has(`cash:${page}`)) return 'no such pool';
    let owed = 0n;
    for (const [id, { pot, booked, client }] of this.accounts)
      if (pot === page && (client !== null || /^(suspense|in-transit|escrow|fx-position):/.test(id))) owed += booked;
    if (body.owed !== String(owed)) return 'another sum is owed';
    if (body.statement === null) {
      if (body.held !== null || body.outcome !== 'not performed') return 'nothing was compared';
      if (Date.parse(`${body.day}T23:59:59.999Z`) >= atMs) return 'the day is not over';
      return this.#stated.has(`${page}|${body.day}`) ? 'stated already' : undefined;
    }
    const one = this.statements.get(body.statement);
    if (one === undefined || one.pot !== page || !one.reconciled || one.day !== body.day) return 'no such statement';
    if (this.sheet(page).newest !== body.statement) return 'there is a newer statement';
    if (this.#stated.get(`${page}|${body.day}`) === body.statement) return 'stated already';
    const missing = this.sheet(page).missing(one);
    const [shortfall, excess] = missing > 0n ? [missing, 0n] : [0n, -missing];
    if (body.shortfall !== String(shortfall) || body.excess !== String(excess)) return `${missing} is missing`;
    return (body.outcome === 'shortfall') === shortfall > 0n ? undefined : 'another outcome';
  }

  #item({ instruction, item }: { instruction: string; item: number }): Item | undefined {
    return this.instructions.get(instruction)?.items[item];
  }

  /** An item that is a payment; a recall is at the bank as well, and moves nothing. */
  #payment(where: { instruction: string; item: number }): Item | undefined {
    const item = this.#item(where);
    return item?.account === '' ? undefined : item;
  }

  #whyUnpaid = ({ body }: { body: { instruction: string; item: number } }): string | undefined =>
    this.#payment(body) === undefined ? 'no such payment' : undefined;

  #whyElsewhere({ body }: { body: { instruction: string; item: number } }, words: Word[]): string | undefined {
    const item = this.#item(body);
    return item !== undefined && words.includes(item.word) ? undefined : 'the payment is elsewhere';
  }

  #whyBooked(pot: string, { body }: { body: { reference: string } }): string | undefined {
    return this.references.has(`${pot}|${body.reference}`) ? 'the reference is booked' : undefined;
  }

  /** Where the money of a payment lies. */
  #potOf = (where: { instruction: string; item: number }): string =>
    this.accounts.get(this.#item(where)?.account ?? '')?.pot ?? '';

  #isUnknown = (receipt: string): boolean => (this.receipts.get(receipt)?.left ?? 0n) > 0n;

  /** Money came in or went out at the bank: cash is what it holds. */
  #moveCash(pot: string, other: string, move: Omit<CashMove, 'number'>): void {
    const { amount, reference } = move;
    this.references.add(`${pot}|${reference}`);
    this.#add(`cash:${pot}`, amount);
    this.#add(other, amount);
    this.sheet(pot).moves.push({ number: this.#numberOf(pot, reference), ...move });
  }

  // Reading on

  /** Takes a record of the log. Throws with the reason when it should not be there. */
  take({ admittedAt, event }: LogRecord): void {
    const atMs = Date.parse(admittedAt);
    const why = this.refusal(event, atMs);
    if (why !== undefined) throw new Error(`${event.type} ${event.id} was admitted, and should not be: ${why}`);
    if (this.#lastAt > 0) this.#turnPages(new Date(this.#lastAt), new Date(atMs));
    if (this.#lastAt > 0) this.fees.endDays(this.#lastAt, atMs, this.#clientBalances());
    this.lists.turnTo(admittedAt.slice(0, 10) as Day);
    this.events.set(event.id, event);
    this.#lastAt = atMs;
    switch (event.type) {
      case 'programme.opened':
        this.#open(event);
        return;
      case 'instruction.made':
        this.#make(event, atMs);
        return;
      case 'instruction.approved': {
        const one = this.made(event.body.instruction);
        const { role, person } = this.operators.get(event.actor) as { role: string; person: string };
        one.approvedBy.push({ role, person });
        if (one.approvedBy.length < this.needs(one)) return;
        if (isForLater(this.#wallFor(one.body), one.body, atMs)) this.#close(event.body.instruction, 'scheduled');
        else this.#takeEffect(one, atMs);
        return;
      }
      case 'instruction.due':
        this.#takeEffect(this.made(event.body.instruction), atMs);
        return;
      case 'instruction.declined':
        this.#close(event.body.instruction, 'declined');
        return;
      case 'instruction.withdrawn':
        this.#close(event.body.instruction, 'withdrawn');
        return;
      case 'instruction.expired':
        this.#close(event.body.instruction, 'expired');
        return;
      case 'bank.acknowledged':
        this.#tell(event.body, 'sent');
        return;
      case 'bank.settled': {
        const [pot, { amount }] = [this.#potOf(event.body), this.#item(event.body) as Item];
        const { reference, valueDate: day } = event.body;
        const move = { reference, item: itemName(event.body), amount: -amount, day, receipt: null };
        this.#moveCash(pot, `in-transit:${pot}`, move);
        this.#tell(event.body, 'settled');
        return;
      }
      case 'bank.rejected': {
        const { account, amount } = this.#item(event.body) as Item;
        this.move(this.#waitsIn(event.body.instruction), account, amount);
        this.fees.forget(`${event.body.instruction}/${event.body.item}`);
        this.#giveBack(event.body.instruction, amount);
        this.#tell(event.body, 'rejected');
        return;
      }
      case 'bank.exchanged': {
        const { instruction, side, reference, valueDate } = event.body;
        this.#hear(instruction, side, { reference, day: valueDate });
        return;
      }
      case 'bank.returned': {
        if (this.#deal(event.body.instruction) !== undefined) {
          this.#hear(event.body.instruction, 'returned', {
            ...{ reference: event.body.reference, day: event.body.valueDate },
          });
          return;
        }
        const [pot, { account, amount }] = [this.#potOf(event.body), this.#item(event.body) as Item];
        const { reference, valueDate: day } = event.body;
        this.#moveCash(pot, account, { reference, item: itemName(event.body), amount, day, receipt: null });
        this.#giveBack(event.body.instruction, amount);
        this.#tell(event.body, 'returned');
        return;
      }
      case 'bank.late': {
        const { asset, reference, valueDate: day } = event.body;
        const amount = BigInt(event.body.amount);
        const pot = potOf(asset, poolOfPot(this.#potOf(event.body)));
        this.receipts.set(event.id, { asset, pot, of: itemName(event.body), left: amount });
        const move = { reference, item: itemName(event.body), amount, day, receipt: event.id };
        this.#moveCash(pot, `suspense:${pot}`, move);
        return;
      }
      case 'bank.answered': {
        const recall = this.made(event.body.recall);
        const [word, answer] = event.body.accepted
          ? (['settled', 'accepted'] as const)
          : (['rejected', 'refused'] as const);
        this.#tell({ instruction: event.body.recall, item: 0 }, word);
        if (recall.body.kind === 'recall') this.recalls.set(`${recall.body.recalls}|${recall.body.item}`, answer);
        return;
      }
      case 'bank.credited': {
        const { asset, account: number, reference } = event.body;
        const amount = BigInt(event.body.amount);
        // Money for a client that came into the bank account of another pool is nobody's, too.
        const pot = potOf(asset, event.body.pool);
        const named = [...this.accounts].find(([, one]) => number !== null && one.number === number && one.pot === pot);
        if (named === undefined) this.receipts.set(event.id, { asset, pot, of: null, left: amount });
        const receipt = named === undefined ? event.id : null;
        const move = { reference, item: null, amount, day: event.body.valueDate, receipt };
        this.#moveCash(pot, named?.[0] ?? `suspense:${pot}`, move);
        return;
      }
      case 'statement.received': {
        const { statement: id, asset, opening, closing, day, entries } = event.body;
        const pot = potOf(asset, event.body.pool);
        const sheet = this.sheet(pot);
        const then = { cash: this.account(`cash:${pot}`).booked, moves: sheet.moves.length };
        const follows = opening === (sheet.closing ?? '0');
        const fresh = { lines: [], reconciled: false };
        this.statements.set(id, { id, pot, closing, day, entries, follows, ...then, ...fresh });
        return;
      }
      case 'statement.lines': {
        const { statement, lines } = event.body;
        const known = this.statements.get(statement)?.lines ?? [];
        for (const { reference, item, amount, valueDate: day } of lines) {
          const id = `${statement}#${known.length}`;
          known.push({ id, reference, item: item === null ? null : itemName(item), amount: BigInt(amount), day });
        }
        return;
      }
      case 'reconciliation.completed': {
        const one = this.statements.get(event.body.statement) as Stated;
        const sheet = this.sheet(one.pot);
        sheet.take(one, sheet.tick(one, this.#isUnknown));
        one.reconciled = true;
        this.reconciled.set(one.pot, event.body.outcome);
        return;
      }
      case 'accrual.posted':
        this.fees.post(event.body.day);
        return;
      case 'escrow.expired':
        this.endEscrow(event.body.escrow, BigInt(event.body.beneficiary));
        return;
      case 'safeguarding.stated': {
        const { asset, pool, day, statement, shortfall } = event.body;
        const pot = potOf(asset, pool);
        this.#stated.set(`${pot}|${day}`, statement);
        if (statement === null) return;
        const [amount, before] = [BigInt(shortfall), this.short.get(pot)];
        this.short.set(pot, { amount, since: before !== undefined && before.amount > 0n ? before.since : atMs });
        return;
      }
    }
  }

  #clientBalances(): ReadonlyMap<string, bigint> {
    const clients = [...this.accounts].filter(([, { client, asset }]) => client !== null && asset === 'CNY');
    return new Map(clients.map(([id, { booked }]) => [id, booked]));
  }

  /** With a new month the old page is added up. */
  #turnPages(from: Date, to: Date): void {
    const page = (on: Date) => on.toISOString().slice(0, 7);
    if (page(from) === page(to)) return;
    const sums = new Map<string, bigint>();
    for (const [id, { client, asset, booked }] of this.accounts) {
      const name = `${asset}|${client === null ? id.split(':')[0] : 'client'}`;
      sums.set(name, (sums.get(name) ?? 0n) + (id.startsWith('cash:') ? -booked : booked));
    }
    for (const on = new Date(from); page(on) < page(to); on.setUTCMonth(on.getUTCMonth() + 1, 1))
      this.monthEnds.set(page(on), sums);
  }

  #open({ body }: Of<'programme.opened'>): void {
    for (const officer of body.officers) this.enrol(officer);
    for (const { id } of body.terminals) this.terminals.set(id, { revoked: false });
    for (const asset of body.assets) this.openHouse(asset);
    this.adoptPolicy(body.policy);
    this.adoptAgreement(body.agreement);
  }

  #make(event: Of<'instruction.made'>, madeAt: number): void {
    const body = event.body.instruction;
    const { toBank, asksBank, about } = known(body);
    const facts = about?.(body, this);
    const isLarge = ['payment', 'batch'].includes(body.kind) && facts?.asset === 'CNY';
    const large = isLarge && facts.amount >= this.policy.largeFrom ? this.policy : undefined;
    const sums = toBank ? this.takesOf(body) : asksBank ? ([['', 0n]] as const) : [];
    const items = sums.map(([account, amount]): Item => ({ account, amount, word: 'waiting' }));
    const fresh = { approvedBy: [], word: 'waiting' as const, reversed: false };
    const { coolingOffSeconds } = this.policy;
    this.instructions.set(event.id, { event, body, madeAt, large, coolingOffSeconds, items, ...fresh });
  }

  /** What could not be sent back lies in suspense again. */
  #giveBack(id: string, amount: bigint): void {
    const { body } = this.made(id);
    if (body.kind === 'send back') this.takeFromReceipt(body.receipt, -amount);
  }

  #close(id: string, word: Word): void {
    const one = this.made(id);
    one.word = word;
    for (const item of one.items) item.word = word;
  }

  /** One payment stands elsewhere; the instruction as a whole once all of its payments are alike. */
  #tell(where: { instruction: string; item: number }, word: Word): void {
    const one = this.made(where.instruction);
    (this.#item(where) as Item).word = word;
    if (one.items.every((item) => item.word === word)) one.word = word;
  }

  #takeEffect(one: Made, atMs: number): void {
    const { body, items } = one;
    this.tookEffect.set(body.kind, (this.tookEffect.get(body.kind) ?? 0) + 1);
    const { moves, effect } = known(body);
    one.word = items.length > 0 ? 'approved' : 'settled';
    if (body.kind === 'foreign exchange') {
      const { pot } = this.account(body.account);
      this.openAccount(`fx-position:${pot}`, pot);
    }
    for (const [i, item] of items.entries()) {
      item.word = 'approved';
      if (item.account === '') continue;
      const { client, asset } = this.account(item.account);
      const isClients = client !== null && asset === 'CNY';
      if ((body.kind === 'payment' || body.kind === 'batch') && isClients)
        this.fees.pay(`${one.event.id}/${i}`, item.account, item.amount, atMs);
      this.move(item.account, this.#waitsIn(one.event.id), item.amount);
    }
    const moved = moves?.(body, this);
    if (moved !== undefined) this.move(...moved);
    effect?.(body, this, one, atMs);
  }
}
