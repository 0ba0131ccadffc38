// The naive model: a careful clerk who reads the log one line after the other, keeps balances in a table, looks everything up
// by walking through all of it, and says of each event whether it may be there. Nothing here is shared with `decide`.

import type { CustosEvent } from '../../shared/event.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import type { LogRecord } from '../../shared/record.ts';

/** What the clerk must know of the policy in force; the simulator only adopts policies of this form. */
export interface ClerkPolicy {
  readonly version: number;
  /** From this payment amount on: two supervisors, another terminal, ten minutes, and the payee typed. */
  readonly largeFrom: bigint;
  /** What one client may have made in one day, this payment included. */
  readonly dailyLimit: bigint;
}

interface Item {
  readonly account: string;
  readonly amount: bigint;
  state: 'waiting' | 'approved' | 'sent' | 'settled' | 'rejected' | 'returned' | 'closed';
}
interface Made {
  readonly event: CustosEvent & { type: 'instruction.made' };
  readonly body: Instruction;
  readonly madeAt: number;
  readonly large: boolean;
  readonly approvedBy: { person: string; role: string }[];
  readonly items: Item[];
  state: 'waiting' | 'approved' | 'done' | 'closed';
  reversed: boolean;
}
interface Account {
  readonly client: string | null;
  readonly asset: string;
  readonly number: string | null;
  booked: bigint;
  frozen: boolean;
}

interface CashMove {
  readonly reference: string;
  readonly amount: bigint;
  readonly day: string;
  readonly receipt: string | null;
}
interface Stated {
  readonly asset: string;
  readonly closing: string;
  readonly cash: bigint;
  readonly day: string;
  readonly entries: number;
  /** Cash movements in the books when it came. */
  readonly moves: number;
  readonly lines: { readonly reference: string | null; readonly amount: string }[];
  reconciled: boolean;
  matched: string[];
}

const house = ['cash', 'platform-own', 'platform-fee', 'bank-fee', 'in-transit', 'suspense'];
const officersOnly = ['enrol operator', 'enrol terminal', 'adopt policy', 'adopt agreement'];
const outgoing = ['payment', 'batch'];
const coolingOffMs = 600_000;

export class Clerk {
  readonly accounts = new Map<string, Account>();
  readonly instructions = new Map<string, Made>();
  readonly operators = new Map<string, { role: string; person: string; credentials: readonly string[] }>();
  readonly terminals = new Set<string>();
  readonly clients = new Set<string>();
  readonly receipts = new Map<string, { asset: string; left: bigint }>();
  readonly references = new Set<string>();
  readonly statements = new Map<string, Stated>();
  readonly cash = new Map<string, CashMove[]>();
  unknownPayers: string[] = [];
  readonly statedDays = new Set<string>();
  /** Client money that the last statement lacked, by asset. */
  readonly short = new Map<string, bigint>();
  readonly events = new Map<string, CustosEvent>();
  readonly policies = new Map<number, ClerkPolicy>();
  #opened = false;
  #policy = 0;
  #agreement = { version: 0, flat: 0n };
  #lastAt = 0;
  /** Events whose evidence the simulator has broken on purpose. */
  readonly forged: ReadonlySet<string>;
  readonly #digestOf: (event: CustosEvent) => string;
  readonly #readPolicy: (policy: unknown) => ClerkPolicy;

  constructor(parts: {
    readonly forged: ReadonlySet<string>;
    readonly digestOf: (event: CustosEvent) => string;
    readonly readPolicy: (policy: unknown) => ClerkPolicy;
  }) {
    this.forged = parts.forged;
    this.#digestOf = parts.digestOf;
    this.#readPolicy = parts.readPolicy;
  }

  get policy(): ClerkPolicy {
    const found = this.policies.get(this.#policy);
    if (found === undefined) throw new Error('no policy is in force');
    return found;
  }

  get agreementVersion(): number {
    return this.#agreement.version;
  }

  /** What the fee schedule charges: a flat amount, whatever the base. */
  get fee(): bigint {
    return this.#agreement.flat;
  }

  held(account: string): bigint {
    let sum = 0n;
    for (const one of this.instructions.values())
      if (one.state === 'waiting')
        for (const [from, amount] of this.#takes(one.body)) if (from === account) sum += amount;
    return sum;
  }

  free(account: string): bigint {
    return (this.accounts.get(account)?.booked ?? 0n) - this.held(account);
  }

  #takes(body: Instruction): [string, bigint][] {
    switch (body.kind) {
      case 'payment':
      case 'fee':
        return [[body.account, BigInt(body.amount)]];
      case 'batch':
        return body.items.map((item) => [item.account, BigInt(item.amount)]);
      case 'book transfer':
        return [[body.from, BigInt(body.amount)]];
      case 'receipt allocation':
        return [[`suspense:${body.asset}`, BigInt(body.amount)]];
      default:
        return [];
    }
  }

  /** Why the event may not enter the log at this time, or undefined. */
  refusal(event: CustosEvent, atMs: number): string | undefined {
    if (this.forged.has(event.id)) return 'its evidence was forged';
    if (event.type === 'programme.opened') return this.#opened ? 'open already' : undefined;
    if (!this.#opened) return 'not open yet';
    if (atMs < this.#lastAt) return 'the log would go back in time';
    if (Date.parse(event.at) > atMs + 5 * 60_000) return 'made in the future';
    if (this.events.has(event.id)) return 'there already';
    if (event.type.startsWith('instruction.') && event.type !== 'instruction.expired') {
      if (!this.operators.has(event.actor)) return 'by a stranger';
      if (!this.terminals.has(event.terminal)) return 'from a strange terminal';
    }
    switch (event.type) {
      case 'instruction.made':
        return this.#whyNotMade(event, atMs);
      case 'instruction.approved':
        return this.#whyNotApproved(event, atMs);
      case 'instruction.declined': {
        const one = this.instructions.get(event.body.instruction);
        const who = this.operators.get(event.actor);
        if (one === undefined || event.body.digest !== this.#digestOf(one.event)) return 'of another instruction';
        if (one.state !== 'waiting' || Date.parse(one.event.body.expiresAt) <= atMs) return 'too late';
        if (who?.role !== this.#checkerRole(one.body)) return 'not theirs to decline';
        return this.#personOf(one) === who.person ? 'the maker declines' : undefined;
      }
      case 'instruction.withdrawn': {
        const one = this.instructions.get(event.body.instruction);
        if (one === undefined || event.body.digest !== this.#digestOf(one.event)) return 'of another instruction';
        if (one.state !== 'waiting' || Date.parse(one.event.body.expiresAt) <= atMs) return 'too late';
        return this.#personOf(one) === this.operators.get(event.actor)?.person ? undefined : 'another than the maker';
      }
      case 'instruction.expired': {
        const one = this.instructions.get(event.body.instruction);
        if (one === undefined || one.state !== 'waiting') return 'nothing waits';
        return Date.parse(one.event.body.expiresAt) > atMs ? 'too early' : undefined;
      }
      case 'bank.acknowledged':
        return this.#item(event.body)?.state === 'approved' ? undefined : 'the item is elsewhere';
      case 'bank.rejected':
        return ['approved', 'sent'].includes(this.#item(event.body)?.state ?? '') ? undefined : 'the item is elsewhere';
      case 'bank.settled':
      case 'bank.returned': {
        const before = event.type === 'bank.settled' ? ['approved', 'sent'] : ['settled'];
        if (!before.includes(this.#item(event.body)?.state ?? '')) return 'the item is elsewhere';
        const asset = this.#assetOf(event.body.instruction);
        return this.references.has(`${asset}|${event.body.reference}`) ? 'the reference is used' : undefined;
      }
      case 'bank.credited':
        if (!this.accounts.has(`cash:${event.body.asset}`)) return 'a strange asset';
        return this.references.has(`${event.body.asset}|${event.body.reference}`) ? 'the reference is used' : undefined;
      case 'statement.received':
        if (!this.accounts.has(`cash:${event.body.asset}`)) return 'a strange asset';
        return this.statements.has(event.body.statement) ? 'received already' : undefined;
      case 'reconciliation.completed': {
        const { statement, asset, bank, books, outcome, breaks } = event.body;
        const one = this.statements.get(statement);
        if (one === undefined || one.asset !== asset) return 'no such statement';
        if (one.reconciled || one.lines.length !== one.entries) return 'not now';
        if (bank !== one.closing || books !== String(one.cash)) return 'other figures';
        const { open, unknown } = this.#reconcile(one);
        if (breaks !== open + unknown.length) return `${open} and ${unknown.length} breaks, not ${breaks}`;
        if (outcome === 'balanced' && open > 0) return 'a break is open';
        return undefined;
      }
      case 'statement.lines': {
        const one = this.statements.get(event.body.statement);
        if (one === undefined) return 'no such statement';
        const { from, lines } = event.body;
        if (from !== one.lines.length || from + lines.length > one.entries) return 'other lines come next';
        return lines.length === 200 || from + lines.length === one.entries ? undefined : 'too few lines';
      }
      case 'safeguarding.stated':
        return this.#whyNotStated(event, atMs);
    }
  }

  /** Adds up every client once more; what the bank is short of is what the ticked-off lists show. */
  #whyNotStated({ body }: CustosEvent & { type: 'safeguarding.stated' }, atMs: number): string | undefined {
    let owed = 0n;
    for (const [id, { asset, booked, client }] of this.accounts)
      if (asset === body.asset && (client !== null || /^(suspense|in-transit):/.test(id))) owed += booked;
    if (body.owed !== String(owed)) return 'another sum is owed';
    if (body.statement === null) {
      if (body.held !== null || body.outcome !== 'not performed') return 'nothing was compared';
      if (Date.parse(`${body.day}T23:59:59.999Z`) >= atMs) return 'the day is not over';
      return this.statedDays.has(`${body.asset}|${body.day}`) ? 'stated already' : undefined;
    }
    const one = this.statements.get(body.statement);
    if (one === undefined || !one.reconciled || one.day !== body.day) return 'no such statement';
    const missing = this.#reconcile(one).missing;
    const [shortfall, excess] = missing > 0n ? [missing, 0n] : [0n, -missing];
    if (body.shortfall !== String(shortfall) || body.excess !== String(excess)) return `${missing} is missing`;
    return (body.outcome === 'shortfall') === shortfall > 0n ? undefined : 'another outcome';
  }

  /**
   * Ticks off one list of references against the other, as on paper: what is only on one of them by the end of the day is
   * open. Only for banks that name each booking once and by the reference that they notified.
   */
  #reconcile(one: Stated): { open: number; unknown: string[]; missing: bigint } {
    const seen = [...this.statements.values()].filter((each) => each === one || each.reconciled);
    const atBank = new Map<string, string>();
    for (const { asset, lines } of seen)
      if (asset === one.asset) for (const line of lines) atBank.set(line.reference ?? '', line.amount);
    const ours = (this.cash.get(one.asset) ?? []).slice(0, one.moves);
    const inBooks = new Map(ours.map((move) => [move.reference, String(move.amount)]));
    let [open, missing] = [0, 0n];
    for (const [reference, amount] of atBank)
      if (inBooks.get(reference) !== amount) {
        open += 1;
        missing -= BigInt(amount) - BigInt(inBooks.get(reference) ?? '0');
      }
    for (const { reference, day, amount } of ours)
      if (!atBank.has(reference) && day <= one.day) {
        open += 1;
        missing += amount;
      }
    const isUnknown = (receipt: string): boolean => (this.receipts.get(receipt)?.left ?? 0n) > 0n;
    const known = new Set([...this.statements.values()].flatMap((each) => (each.reconciled ? each.matched : [])));
    const matched = ours.flatMap((move) => (atBank.has(move.reference) ? [move.reference] : []));
    const fresh = ours.flatMap(({ reference, receipt }) =>
      receipt !== null && atBank.has(reference) && !known.has(reference) && isUnknown(receipt) ? [receipt] : [],
    );
    one.matched = matched;
    return { open, missing, unknown: [...this.unknownPayers.filter(isUnknown), ...fresh] };
  }

  #noteCash(asset: string, move: CashMove): void {
    const moves = this.cash.get(asset) ?? [];
    moves.push(move);
    this.cash.set(asset, moves);
  }

  #personOf = (one: Made): string | undefined => this.operators.get(one.event.actor)?.person;
  #checkerRole = (body: Instruction): string => (officersOnly.includes(body.kind) ? 'officer' : 'supervisor');

  #whyNotMade(event: CustosEvent & { type: 'instruction.made' }, atMs: number): string | undefined {
    const { instruction, policyVersion, expiresAt } = event.body;
    const role = this.operators.get(event.actor)?.role ?? '';
    if (!this.#makers(instruction.kind).includes(role)) return 'not theirs to make';
    if (policyVersion !== this.#policy) return 'under an old policy';
    if (Date.parse(expiresAt) <= atMs) return 'expired before it began';
    const { amount, client } = this.#about(instruction);
    if (outgoing.includes(instruction.kind) && this.#madeToday(client, atMs) + amount > this.policy.dailyLimit)
      return 'above the daily limit';
    return this.#whyNot(instruction) ?? this.#whyUnfunded(instruction) ?? this.#whyClosed(instruction);
  }

  #makers(kind: Instruction['kind']): readonly string[] {
    if (officersOnly.includes(kind)) return ['officer'];
    if (kind === 'freeze' || kind === 'unfreeze') return ['teller', 'supervisor', 'compliance', 'officer'];
    if (['register client', 'open account', 'fee', 'correction'].includes(kind)) return ['teller', 'officer'];
    return ['teller'];
  }

  #about(body: Instruction): { amount: bigint; client: string } {
    const of = (account: string): string => this.accounts.get(account)?.client ?? account;
    switch (body.kind) {
      case 'payment':
      case 'fee':
      case 'receipt allocation':
        return { amount: BigInt(body.amount), client: of(body.account) };
      case 'book transfer':
        return { amount: BigInt(body.amount), client: of(body.from) };
      case 'batch':
        return { amount: BigInt(body.total), client: of(body.items[0]?.account ?? '') };
      default:
        return { amount: 0n, client: '' };
    }
  }

  /** Everything of this client that was made on the day and not closed without leaving, of whatever kind. */
  #madeToday(client: string, atMs: number): bigint {
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    let sum = 0n;
    for (const one of this.instructions.values()) {
      const about = this.#about(one.body);
      if (about.client === client && day(one.madeAt) === day(atMs) && one.state !== 'closed') sum += about.amount;
    }
    return sum;
  }

  /** Whether it makes sense in itself, at its making and again when it takes effect. */
  #whyNot(body: Instruction): string | undefined {
    const account = (id: string, asset: string): string | undefined =>
      this.accounts.get(id)?.asset === asset ? undefined : 'no such account';
    const frozen = (id: string): string | undefined => (this.accounts.get(id)?.frozen ? 'frozen' : undefined);
    const clientAccount = (id: string): string | undefined =>
      this.accounts.get(id)?.client == null ? 'not an account of a client' : undefined;
    switch (body.kind) {
      case 'payment':
        if (body.account === `platform-own:${body.asset}`) return undefined;
        return account(body.account, body.asset) ?? clientAccount(body.account) ?? frozen(body.account);
      case 'batch': {
        const sum = body.items.reduce((total, item) => total + BigInt(item.amount), 0n);
        if (sum !== BigInt(body.total)) return 'a wrong total';
        for (const item of body.items) {
          const why = account(item.account, body.asset) ?? clientAccount(item.account) ?? frozen(item.account);
          if (why !== undefined) return why;
        }
        return undefined;
      }
      case 'book transfer':
        if (body.from === body.to) return 'to itself';
        if (body.from === `platform-fee:${body.asset}` && body.to === `platform-own:${body.asset}`) return undefined;
        return (
          account(body.from, body.asset) ??
          account(body.to, body.asset) ??
          clientAccount(body.from) ??
          clientAccount(body.to) ??
          frozen(body.from)
        );
      case 'fee':
        if (body.code !== 'service' || body.asset !== 'CNY' || BigInt(body.amount) !== this.#agreement.flat)
          return 'not as scheduled';
        return account(body.account, body.asset) ?? clientAccount(body.account) ?? frozen(body.account);
      case 'receipt allocation': {
        const receipt = this.receipts.get(body.receipt);
        if (receipt === undefined || receipt.asset !== body.asset) return 'no such receipt';
        if (receipt.left < BigInt(body.amount)) return 'more than is left';
        return account(body.account, body.asset) ?? clientAccount(body.account);
      }
      case 'freeze':
      case 'unfreeze': {
        const one = this.accounts.get(body.account);
        if (one === undefined || one.client === null) return 'not an account of a client';
        return one.frozen === (body.kind === 'freeze') ? 'nothing would change' : undefined;
      }
      case 'correction': {
        const original = this.instructions.get(body.corrects);
        if (original === undefined || original.state !== 'done') return 'nothing to correct';
        if (!['book transfer', 'fee', 'receipt allocation'].includes(original.body.kind)) return 'nothing to correct';
        if (original.reversed) return 'corrected already';
        const [from, , amount] = this.#moved(original.body, true);
        return this.free(from) < amount ? 'the money is gone' : undefined;
      }
      case 'register client':
        return this.clients.has(body.client) ? 'there already' : undefined;
      case 'open account': {
        if (!this.clients.has(body.client)) return 'no such client';
        if (!this.accounts.has(`cash:${body.asset}`)) return 'a strange asset';
        if (this.accounts.has(body.account)) return 'there already';
        const taken = [...this.accounts.values()].some((one) => one.number === body.number && one.asset === body.asset);
        return taken ? 'the number is taken' : undefined;
      }
      case 'enrol operator': {
        const { id, person, credentials } = body.operator;
        for (const [known, one] of this.operators)
          if (
            known === id ||
            one.person === person ||
            one.credentials.some((held) => credentials.some((given) => given.id === held))
          )
            return 'enrolled already';
        return undefined;
      }
      case 'enrol terminal':
        return this.terminals.has(body.terminal.id) ? 'enrolled already' : undefined;
      case 'adopt policy':
        return body.policy.version === this.#policy + 1 ? undefined : 'not the next version';
      case 'adopt agreement':
        return body.agreement.version === this.#agreement.version + 1 ? undefined : 'not the next version';
    }
  }

  #whyClosed(body: Instruction): string | undefined {
    if (!outgoing.includes(body.kind)) return undefined;
    return (this.short.get((body as { asset: string }).asset) ?? 0n) > 0n ? 'client money is missing' : undefined;
  }

  #whyUnfunded(body: Instruction): string | undefined {
    const needed = new Map<string, bigint>();
    for (const [account, amount] of this.#takes(body)) needed.set(account, (needed.get(account) ?? 0n) + amount);
    for (const [account, amount] of needed) if (this.free(account) < amount) return 'not enough money';
    return undefined;
  }

  #whyNotApproved(event: CustosEvent & { type: 'instruction.approved' }, atMs: number): string | undefined {
    const { instruction, digest, typed } = event.body;
    const one = this.instructions.get(instruction);
    const who = this.operators.get(event.actor);
    if (one === undefined || who === undefined) return 'no such instruction';
    if (digest !== this.#digestOf(one.event)) return 'of another instruction';
    if (one.state !== 'waiting' || Date.parse(one.event.body.expiresAt) <= atMs) return 'too late';
    if (who.role !== this.#checkerRole(one.body)) return 'not theirs to approve';
    if (this.#personOf(one) === who.person) return 'the maker approves';
    if (one.approvedBy.some((by) => by.person === who.person)) return 'approved by them already';
    if (one.large) {
      if (atMs < one.madeAt + coolingOffMs) return 'too early';
      if (event.terminal === one.event.terminal) return 'on the same terminal';
      const { tail, amount } = this.#typed(one.body);
      if (typed?.tail !== tail || typed.amount !== amount) return 'typed wrongly';
    }
    if (one.approvedBy.length + 1 < this.#needed(one)) return undefined;
    return this.#whyNot(one.body) ?? this.#whyClosed(one.body);
  }

  #needed = (one: Made): number => (one.large ? 2 : 1);

  #typed(body: Instruction): { tail: string; amount: string } {
    if (body.kind === 'payment') return { tail: body.payee.tail, amount: body.amount };
    if (body.kind === 'batch') return { tail: body.items[0]?.payee.tail ?? '', amount: body.total };
    throw new Error('only payments are large');
  }

  /** Whether the next approval of this instruction would let it take effect. */
  lacksOne(id: string): boolean {
    const one = this.instructions.get(id);
    return one !== undefined && one.approvedBy.length + 1 >= this.#needed(one);
  }

  #item({ instruction, item }: { instruction: string; item: number }): Item | undefined {
    return this.instructions.get(instruction)?.items[item];
  }

  #assetOf(id: string): string {
    const body = this.instructions.get(id)?.body;
    return body !== undefined && 'asset' in body ? body.asset : '';
  }

  /** From, to and how much; the other way round when reversed. */
  #moved(body: Instruction, reversed = false): [string, string, bigint] {
    const [from, to, amount]: [string, string, bigint] =
      body.kind === 'book transfer'
        ? [body.from, body.to, BigInt(body.amount)]
        : body.kind === 'fee'
          ? [body.account, `platform-fee:${body.asset}`, BigInt(body.amount)]
          : body.kind === 'receipt allocation'
            ? [`suspense:${body.asset}`, body.account, BigInt(body.amount)]
            : ['', '', 0n];
    return reversed ? [to, from, amount] : [from, to, amount];
  }

  #move(from: string, to: string, amount: bigint): void {
    this.#add(from, -amount);
    this.#add(to, amount);
  }

  #add(id: string, amount: bigint): void {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`the clerk has no account ${id}`);
    account.booked += amount;
  }

  /** Takes a record of the log. Throws with the reason when it should not be there. */
  take({ admittedAt, event }: LogRecord): void {
    const atMs = Date.parse(admittedAt);
    const why = this.refusal(event, atMs);
    if (why !== undefined) throw new Error(`${event.type} ${event.id} was admitted, and should not be: ${why}`);
    this.events.set(event.id, event);
    this.#lastAt = atMs;
    switch (event.type) {
      case 'programme.opened':
        this.#open(event);
        return;
      case 'instruction.made': {
        const { instruction: body } = event.body;
        const large = outgoing.includes(body.kind) && this.#about(body).amount >= this.policy.largeFrom;
        const items = outgoing.includes(body.kind)
          ? this.#takes(body).map(([account, amount]): Item => ({ account, amount, state: 'waiting' }))
          : [];
        this.instructions.set(event.id, {
          ...{ event, body, madeAt: atMs, large, approvedBy: [], items, state: 'waiting', reversed: false },
        });
        return;
      }
      case 'instruction.approved': {
        const one = this.instructions.get(event.body.instruction) as Made;
        const who = this.operators.get(event.actor) as { role: string; person: string };
        one.approvedBy.push(who);
        if (one.approvedBy.length >= this.#needed(one)) this.#takeEffect(one);
        return;
      }
      case 'instruction.declined':
      case 'instruction.withdrawn':
      case 'instruction.expired': {
        const one = this.instructions.get(event.body.instruction) as Made;
        one.state = 'closed';
        for (const item of one.items) item.state = 'closed';
        return;
      }
      case 'bank.acknowledged':
        (this.#item(event.body) as Item).state = 'sent';
        return;
      case 'bank.settled':
      case 'bank.rejected':
      case 'bank.returned': {
        const item = this.#item(event.body) as Item;
        const asset = this.#assetOf(event.body.instruction);
        item.state =
          event.type === 'bank.settled' ? 'settled' : event.type === 'bank.rejected' ? 'rejected' : 'returned';
        if ('reference' in event.body) this.references.add(`${asset}|${event.body.reference}`);
        if (event.type === 'bank.rejected') this.#move(`in-transit:${asset}`, item.account, item.amount);
        else {
          // Cash is what the bank holds: it goes down with what is owed, and up again with a return.
          const sign = event.type === 'bank.settled' ? -1n : 1n;
          this.#add(`cash:${asset}`, sign * item.amount);
          const { reference, valueDate: day } = event.body as { reference: string; valueDate: string };
          this.#noteCash(asset, { reference, amount: sign * item.amount, day, receipt: null });
          this.#add(event.type === 'bank.settled' ? `in-transit:${asset}` : item.account, sign * item.amount);
        }
        return;
      }
      case 'bank.late': {
        const { asset, reference } = event.body;
        const amount = BigInt(event.body.amount);
        this.references.add(`${asset}|${reference}`);
        this.#add(`cash:${asset}`, amount);
        this.#add(`suspense:${asset}`, amount);
        this.receipts.set(event.id, { asset, left: amount });
        this.#noteCash(asset, { reference, amount, day: event.body.valueDate, receipt: event.id });
        return;
      }
      case 'bank.credited': {
        const { asset, account: number, reference } = event.body;
        const amount = BigInt(event.body.amount);
        this.references.add(`${asset}|${reference}`);
        const known = [...this.accounts].find(
          ([, one]) => number !== null && one.number === number && one.asset === asset,
        );
        this.#add(`cash:${asset}`, amount);
        this.#add(known?.[0] ?? `suspense:${asset}`, amount);
        if (known === undefined) this.receipts.set(event.id, { asset, left: amount });
        const receipt = known === undefined ? event.id : null;
        this.#noteCash(asset, { reference, amount, day: event.body.valueDate, receipt });
        return;
      }
      case 'statement.received': {
        const { statement, asset, closing } = event.body;
        const cash = this.accounts.get(`cash:${asset}`)?.booked ?? 0n;
        const moves = this.cash.get(asset)?.length ?? 0;
        const { day, entries } = event.body;
        this.statements.set(statement, {
          ...{ asset, closing, cash, day, entries, moves, lines: [], reconciled: false, matched: [] },
        });
        return;
      }
      case 'statement.lines':
        (this.statements.get(event.body.statement) as Stated).lines.push(...event.body.lines);
        return;
      case 'reconciliation.completed': {
        const one = this.statements.get(event.body.statement) as Stated;
        this.unknownPayers = this.#reconcile(one).unknown;
        one.reconciled = true;
        return;
      }
      case 'safeguarding.stated':
        this.statedDays.add(`${event.body.asset}|${event.body.day}`);
        if (event.body.statement !== null) this.short.set(event.body.asset, BigInt(event.body.shortfall));
        return;
    }
  }

  #open({ body }: CustosEvent & { type: 'programme.opened' }): void {
    this.#opened = true;
    for (const { id, role, person, credentials } of body.officers)
      this.operators.set(id, { role, person, credentials: credentials.map((one) => one.id) });
    for (const { id } of body.terminals) this.terminals.add(id);
    for (const asset of body.assets)
      for (const name of house)
        this.accounts.set(`${name}:${asset}`, { client: null, asset, number: null, booked: 0n, frozen: false });
    this.#adopt(body.policy);
    this.#agreement = { version: body.agreement.version, flat: BigInt(body.agreement.fees[0]?.flat ?? '0') };
  }

  #adopt(policy: unknown): void {
    const read = this.#readPolicy(policy);
    this.policies.set(read.version, read);
    this.#policy = read.version;
  }

  #takeEffect(one: Made): void {
    const { body } = one;
    one.state = one.items.length > 0 ? 'approved' : 'done';
    for (const item of one.items) {
      item.state = 'approved';
      this.#move(item.account, `in-transit:${this.#assetOf(one.event.id)}`, item.amount);
    }
    switch (body.kind) {
      case 'book transfer':
      case 'fee':
        this.#move(...this.#moved(body));
        return;
      case 'receipt allocation':
        (this.receipts.get(body.receipt) as { left: bigint }).left -= BigInt(body.amount);
        this.#move(...this.#moved(body));
        return;
      case 'correction': {
        const original = this.instructions.get(body.corrects) as Made;
        original.reversed = true;
        if (original.body.kind === 'receipt allocation')
          (this.receipts.get(original.body.receipt) as { left: bigint }).left += BigInt(original.body.amount);
        this.#move(...this.#moved(original.body, true));
        return;
      }
      case 'freeze':
      case 'unfreeze':
        (this.accounts.get(body.account) as Account).frozen = body.kind === 'freeze';
        return;
      case 'register client':
        this.clients.add(body.client);
        return;
      case 'open account':
        this.accounts.set(body.account, {
          ...{ client: body.client, asset: body.asset, number: body.number, booked: 0n, frozen: false },
        });
        return;
      case 'enrol operator': {
        const { id, role, person, credentials } = body.operator;
        this.operators.set(id, { role, person, credentials: credentials.map((held) => held.id) });
        return;
      }
      case 'enrol terminal':
        this.terminals.add(body.terminal.id);
        return;
      case 'adopt policy':
        this.#adopt(body.policy);
        return;
      case 'adopt agreement':
        this.#agreement = { version: body.agreement.version, flat: BigInt(body.agreement.fees[0]?.flat ?? '0') };
        return;
      default:
        return;
    }
  }

  /** What is owed of an asset, added up, against the cash; and the smallest free balance there is. */
  balance(asset: string): { owed: bigint; cash: bigint; lowest: bigint } {
    let [owed, cash, lowest] = [0n, 0n, 0n];
    for (const [id, account] of this.accounts) {
      if (account.asset !== asset) continue;
      if (id.startsWith('cash:')) cash += account.booked;
      else owed += account.booked;
      const free = this.free(id);
      if (free < lowest) lowest = free;
    }
    return { owed, cash, lowest };
  }
}
