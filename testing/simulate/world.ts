// The simulated world: a gateway, a bank, two to five terminals with their people, and the lines between them, all real code;
// and what can go wrong: processes killed at named moments, disks that fill up, answers that are lost, delayed or repeated,
// terminals cut off, clocks that jump. Time and chance come from the seed.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../../crypto/node.ts';
import { ed25519PublicKey, signEd25519 } from '../../crypto/secret.ts';
import type { BankMessage } from '../../depository/bank/adapter.ts';
import type { Fate } from '../../depository/bank/simulator.ts';
import { type Depository, openDepository } from '../../depository/depository.ts';
import type { Outcome } from '../../depository/sequencer.ts';
import { openSqliteStore } from '../../depository/store/sqlite.ts';
import { connectOverHttp, type DepositoryClient } from '../../main/sync/depository.ts';
import { booksDigest, type TableName, type Tables } from '../../shared/books.ts';
import { bytesToBase64url } from '../../shared/bytes.ts';
import type { Draft } from '../../shared/contract/terminal.ts';
import { type CustosEvent, eventDigest } from '../../shared/event.ts';
import { type FaultPoint, listenAtFaultPoints } from '../../shared/fault.ts';
import { eventIdFrom } from '../../shared/ids.ts';
import type { Operator } from '../../shared/operator.ts';
import { parseRecord } from '../../shared/record.ts';
import type { Submission } from '../../shared/submission.ts';
import { instantToMs } from '../../shared/time.ts';
import { accepted, type Colleague, type Desk, finished, newColleague } from '../desk.ts';
import { newDesk, officeOrigin } from '../office.ts';
import { Person, sha256 } from '../people.ts';
import type { Chance } from './chance.ts';
import { Clerk } from './clerk.ts';
import type { BankTrouble, Fault, LineFault } from './faults.ts';
import { simulatedAgreement, simulatedPolicy } from './policy.ts';
import { assetOfPot, assets, poolOfPot, potOf } from './pots.ts';
import type { Sheet } from './sheet.ts';
import { accountOf } from './wishes.ts';

/** What the parts of the world say and the naive model say is not the same: the run stops here. */
export class Disagreement extends Error {
  override name = 'Disagreement';
  /** The first one of this run: the code that is simulated may catch what is thrown inside it. */
  static first: Disagreement | undefined;
  constructor(what: string) {
    super(what);
    Disagreement.first ??= this;
  }
}

/** The process was killed at this moment: nothing after it happens, and what is on disk is as it was. */
class Killed extends Error {
  override name = 'Killed';
}
class DiskFull extends Error {
  override name = 'DiskFull';
  readonly code = 'ENOSPC';
}

/** How far a clock is from the world's, and for how many steps nobody notices. */
export interface WrongClock {
  readonly offMs: number;
  readonly steps: number;
}
const rightClock: WrongClock = { offMs: 0, steps: 0 };

export interface Station {
  readonly name: string;
  people: Colleague[];
  desk: Desk;
  directory: string;
  clock: WrongClock;
  /** Steps for which nothing gets through. */
  cutOff: number;
  lineFaults: LineFault[];
  /** Events that its people were told are safe. */
  readonly acknowledged: Set<string>;
  /** A client that answers instead of the gateway. */
  liar: DepositoryClient | undefined;
}

export const programme = 'simulated';
/** Where insiders send from: its key is in their hands. */
export const insiderTerminal = 'T-66';
/** Nothing here may depend on how fast the machine is. */
const [leaseForEver, patienceMs] = [1_000_000_000, 1_000_000_000];

export class World {
  readonly chance: Chance;
  readonly directory = mkdtempSync(join(tmpdir(), 'custos-simulation-'));
  readonly clerk: Clerk;
  readonly forged = new Set<string>();
  readonly stations: Station[] = [];
  /** What has struck in this run, earlier episodes included. */
  readonly faults: Map<string, number>;
  /** Operators that wait to be enrolled by the officers. */
  readonly candidates: Operator[] = [];
  /** People who hold their keys outside of any terminal; some of them are enrolled by and by. */
  readonly #strangers = new Map<string, Person>();
  readonly #firstInsiders = [
    new Person('mallory', 'officer'),
    new Person('trudy', 'teller'),
    new Person('oscar', 'supervisor'),
  ];
  readonly insiderSeed: Uint8Array;
  depository!: Depository;
  nowMs = Date.parse('2026-11-24T01:00:00.000Z');
  gatewayClock = rightClock;
  bankTrouble: BankTrouble | undefined;
  /** What the bank has booked and nobody ordered, by pot. */
  readonly unasked = new Map<string, bigint>();
  /** Every message that the bank has sent. */
  readonly #fromBank: BankMessage[] = [];
  #stores = 0;
  #folders = 0;
  /** Next thing that happens at a fault point. */
  #armed: { readonly point: FaultPoint; readonly fault: Fault } | undefined;
  #struck: 'gateway' | 'terminal' | undefined;
  #active: Station | undefined;
  #delayed: { readonly due: number; readonly send: () => Promise<unknown> }[] = [];
  #step = 0;
  /** Events that the gateway said are in the log. */
  readonly #answered = new Set<string>();
  /** Kills the gateway right after its next answer. */
  killAfterAnswer = false;

  constructor(chance: Chance, faults: Map<string, number>, tookEffect: ReadonlyMap<string, number>) {
    this.chance = chance;
    this.faults = faults;
    this.#tookEffectBefore = tookEffect;
    Disagreement.first = undefined;
    this.insiderSeed = chance.bytes(32);
    this.clerk = new Clerk({ forged: this.forged, digestOf, numberOf: this.#numberOf });
    listenAtFaultPoints((point) => this.#strike(point));
  }

  readonly #numberOf = (pot: string, reference: string): number => {
    for (const [key, { legs }] of this.depository.gateway.sequencer().books.all('cashLegRow'))
      for (const leg of key.startsWith(`${pot}|`) ? legs : []) if (leg.reference === reference) return leg.leg;
    throw new Error(`the books have not moved ${pot} by the reference ${reference}`);
  };

  /** UUIDv7 from the world's own chance. */
  readonly newId = (unixMs: number) => eventIdFrom(unixMs, this.chance.bytes(10));

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  timesSoFar = (fault: string): number => this.faults.get(fault) ?? 0;

  /** How many instructions of the kind took effect, earlier episodes included. */
  timesDone = (kind: string): number =>
    (this.#tookEffectBefore.get(kind) ?? 0) + (this.clerk.tookEffect.get(kind) ?? 0);
  readonly #tookEffectBefore: ReadonlyMap<string, number>;

  async open(terminals: number): Promise<void> {
    await this.#openGateway(join(this.directory, 'log-0.sqlite'));
    const staff = [
      ['officer-a', 'officer', 0],
      ['officer-b', 'officer', 1],
      ['teller-a', 'teller', 0],
      ['supervisor-a', 'supervisor', 1],
      ['supervisor-b', 'supervisor', Math.min(2, terminals - 1)],
      ['teller-b', 'teller', Math.min(3, terminals - 1)],
      ['compliance-a', 'compliance', Math.min(4, terminals - 1)],
    ] as const;
    const people = staff.map(([id, role, at]) => ({ at, person: newColleague(id, role, officeOrigin) }));
    const enrolled: { operator: unknown; terminal: { id: string; key: string } }[] = [];
    const first: Awaited<ReturnType<Desk['firstRun']>>[] = [];
    for (let i = 0; i < terminals; i++) {
      const name = `T-0${i + 1}`;
      const here = people.filter(({ at }) => at === i).map(({ person }) => person);
      const station: Station = {
        ...{ name, people: here, directory: this.#newFolder(name), clock: rightClock, cutOff: 0, lineFaults: [] },
        ...{ acknowledged: new Set(), liar: undefined, desk: undefined as unknown as Desk },
      };
      station.desk = this.#deskOf(station);
      this.stations.push(station);
      for (const [n, person] of here.entries()) {
        const card =
          n === 0
            ? await station.desk.firstRun(person, this.depository.invitation, name)
            : await station.desk.enrol(person);
        if (n === 0) first.push(card);
        enrolled.push(card);
      }
    }
    const all = enrolled.map((one) => one.operator as (typeof first)[number]['operator']);
    const opened = await this.depository.open({
      assets: [...assets],
      officers: [...all, ...this.#firstInsiders.map((one) => one.operator)].filter((one) => one.role === 'officer'),
      terminals: [
        ...first.map((one) => one.terminal),
        { id: insiderTerminal, key: ed25519PublicKey(this.insiderSeed) },
      ],
      policy: simulatedPolicy({
        ...{ version: 1, largeFrom: 50_000n, dailyLimit: 300_000n, coolingOffSeconds: 600, otherTerminal: true },
      }),
      agreement: simulatedAgreement({ version: 1, flat: 100n }),
    });
    accepted(opened);
    const [one, two] = this.stations as [Station, Station];
    await one.desk.sync();
    const workers = [...all, ...this.#firstInsiders.map((each) => each.operator)].filter(
      (each) => each.role !== 'officer',
    );
    const made = await one.desk.make(...workers.map((operator) => ({ kind: 'enrol operator' as const, operator })));
    await one.desk.sync();
    await two.desk.sync();
    await two.desk.approve(...made);
    for (const station of [two, ...this.stations]) await station.desk.sync();
    for (const station of this.stations) {
      const worker = station.people.find((person) => person.role !== 'officer') as Colleague;
      await station.desk.unlock(worker);
    }
    await this.#openAccounts(one.desk, two.desk);
    await this.agree();
  }

  /** The first clients with some money, so that there is business from the first step on. */
  async #openAccounts(teller: Desk, supervisor: Desk): Promise<void> {
    // The last ones are second accounts of clients, in another asset; one of them in coins.
    const accounts = [0, 1, 2, 3, 8, 10].map(accountOf);
    const clients = [...new Set(accounts.map(({ client }) => client))];
    const steps: Draft[][] = [
      clients.map((client) => ({ kind: 'register client', client, identity: { client: `Holder of ${client}` } })),
      accounts.map((each) => ({ kind: 'open account', ...each, role: 'lender' })),
    ];
    for (const drafts of steps) {
      const made = await teller.make(...drafts);
      await teller.sync();
      await supervisor.sync();
      await supervisor.approve(...made);
      await supervisor.sync();
      await teller.sync();
    }
    for (const { asset, number } of accounts)
      this.depository.bank.creditReceipt({ asset, amount: 200_000n, custodyNumber: number, payer: 'Payer' });
    await this.depository.run();
  }

  get insiders(): Person[] {
    const enrolled = [...this.#strangers.values()].filter(({ operator }) => this.clerk.operators.has(operator.id));
    return [...this.#firstInsiders, ...enrolled];
  }

  /** Somebody who may be enrolled: a colleague at a terminal, a stranger, or who was revoked under another id. */
  someCandidate(): Operator {
    const { chance, candidates, clerk } = this;
    const waiting = candidates.filter((one) => !clerk.operators.has(one.id));
    if (waiting.length > 0 && !chance.once(3)) return chance.pick(waiting);
    const id = `new-${chance.below(20)}`;
    const role = chance.pick(['teller', 'supervisor', 'officer'] as const);
    const revoked = [...clerk.operators.values()].filter((one) => one.revoked);
    const again = revoked.length > 0 && chance.once(2) ? { person: chance.pick(revoked).person } : {};
    const person = this.#strangers.get(id) ?? new Person(id, role, again);
    this.#strangers.set(id, person);
    return person.operator;
  }

  #numbers = 0;
  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  close(): void {
    listenAtFaultPoints(undefined);
    rmSync(this.directory, { recursive: true, force: true });
  }

  // Clocks

  gatewayMs = (): number => this.nowMs + this.gatewayClock.offMs;

  // The gateway

  async #openGateway(file: string): Promise<void> {
    this.depository = await openDepository({
      directory: join(this.directory, 'depository'),
      programme,
      name: 'Simulated',
      origin: `depository.example/${programme}`,
      relyingParty: { id: 'localhost', origins: [officeOrigin] },
      pools: { CNY: '110022', USD: '110033', BTC: 'store' },
      primitives: nodePrimitives,
      clock: this.gatewayMs,
      newId: this.newId,
      port: null,
      store: openSqliteStore(file, () => 0),
      leaseMs: leaseForEver,
      // Only an exchange is to nobody; coins are, too, and are refused instead of being less.
      fate: ({ creditorName }) => this.#fate(creditorName === ''),
    });
    const { gateway } = this.depository;
    const admit = gateway.admit.bind(gateway);
    Object.assign(gateway, { admit: (submissions: readonly Submission[]) => this.#watched(admit, submissions) });
    const { bank } = this.depository;
    const [send, receive] = [bank.send.bind(bank), bank.receive.bind(bank)];
    Object.assign(bank, {
      send: (message: BankMessage) => {
        if (this.bankTrouble === 'bank cut off') throw new Error('the line to the bank is cut');
        send(message);
      },
      receive: () => this.#troubled(receive()),
    });
  }

  /** What the gateway gets of the bank's messages. */
  #troubled(messages: readonly BankMessage[]): readonly BankMessage[] {
    for (const one of messages) if (!this.#fromBank.some(({ id }) => id === one.id)) this.#fromBank.push(one);
    const old = this.#fromBank.length === 0 ? [] : [this.chance.pick(this.#fromBank)];
    switch (this.bankTrouble) {
      case 'bank cut off':
        throw new Error('the line to the bank is cut');
      case 'messages repeated':
        return [...messages, ...messages, ...old];
      case 'messages under new names':
        return [...messages, ...old.map((one) => ({ ...one, id: `${one.id}-again-${this.nextNumber()}` }))];
      case 'messages held back':
        return messages.slice(0, this.chance.below(messages.length + 1));
      case 'messages out of order':
        return [...messages].reverse();
      case undefined:
        return messages;
    }
  }

  #fate(isToNobody: boolean): Fate {
    const choice = this.chance.weighted({ settle: 6, reject: 1, return: 2, less: isToNobody ? 4 : 0 });
    if (choice === 'settle') return 'settle';
    if (choice === 'less') return { givesLess: 1n };
    return choice === 'reject' ? { reject: 'AC04' } : { returned: 'AC01' };
  }

  /** The clerk looks over the gateway's shoulder: what it admits must be right, and what it refuses must be wrong. */
  async #watched(
    admit: (submissions: readonly Submission[]) => Promise<readonly Outcome[]>,
    submissions: readonly Submission[],
  ): Promise<readonly Outcome[]> {
    let outcomes: readonly Outcome[] = [];
    try {
      outcomes = await admit(submissions);
    } finally {
      // A batch before this one may have been stored and not answered: whoever asked knows nothing, and the log has it.
      const { size } = this.depository.gateway.sequencer();
      const own = outcomes.flatMap((one) => (one.ok ? [one.value.sequence ?? size()] : []));
      if (this.#struck !== 'gateway' || own.length > 0) await this.#readUpTo(Math.min(size(), ...own));
    }
    const { books } = this.depository.gateway.sequencer();
    for (const [i, { event }] of submissions.entries()) {
      const outcome = outcomes[i] as Outcome;
      const atMs = Math.max(this.gatewayMs(), this.#lastAdmittedMs());
      if (!outcome.ok) {
        if (this.clerk.refusal(event, atMs) === undefined && this.clerk.events.get(event.id) === undefined)
          throw new Disagreement(`${event.type} was refused, and should not be: ${outcome.refusal.why}`);
        continue;
      }
      this.#answered.add(event.id);
      if (outcome.value.sequence !== null) this.#read(outcome.value.sequence, await this.#leaf(outcome.value.sequence));
      else if (books.get('event', event.id) === undefined)
        throw new Disagreement(`${event.type} is said to be in the log already, and is not`);
    }
    if (this.killAfterAnswer) {
      this.killAfterAnswer = false;
      this.count('kill at gateway: answered');
      this.#freeze('gateway');
    }
    return outcomes;
  }

  async #readUpTo(size: number): Promise<void> {
    for (let at = this.clerk.events.size; at < size; at++) this.#read(at, await this.#leaf(at));
  }

  async #leaf(sequence: number): Promise<Uint8Array | undefined> {
    return (await this.depository.gateway.store.leaves(sequence, sequence + 1))[0];
  }

  #lastAdmittedMs(): number {
    const head = this.depository.gateway.sequencer().books.get('head', 'head');
    return head === undefined ? 0 : instantToMs(head.admittedAt);
  }

  #read(sequence: number, leaf: Uint8Array | undefined): void {
    if (sequence !== this.clerk.events.size)
      throw new Disagreement(`the log has record ${sequence} next, and the clerk has read ${this.clerk.events.size}`);
    const record = leaf === undefined ? undefined : parseRecord(leaf);
    if (record?.ok !== true) {
      if (this.#struck === 'gateway') return; // killed meanwhile: the log is looked at when it is back
      throw new Disagreement(`record ${sequence} was acknowledged, and is not stored`);
    }
    try {
      this.clerk.take(record.value);
    } catch (failure) {
      throw new Disagreement(failure instanceof Error ? failure.message : String(failure));
    }
  }

  // Faults

  #diskFailed = false;

  arm(point: FaultPoint, fault: Fault): void {
    this.#diskFailed = false;
    this.#armed = { point, fault };
  }

  disarm(): void {
    this.#armed = undefined;
  }

  #strike(point: FaultPoint): void {
    // A killed process does nothing more, whatever its code would like to clean up.
    const whose = /^(gateway|bank)/.test(point) ? 'gateway' : 'terminal';
    if (this.#struck === whose) throw new Killed(point);
    if (this.#armed?.point !== point) return;
    const { fault } = this.#armed;
    this.#armed = undefined;
    this.count(`${fault} at ${point}`);
    if (fault === 'disk full') {
      // Where a commit may have been made or not, the terminal locks and looks again at the next unlocking.
      this.#diskFailed = /^(keys|slots)|^vault: (?!before)/.test(point);
      throw new DiskFull(point);
    }
    this.#freeze(whose);
    throw new Killed(point);
  }

  /** Keeps what is on disk at this moment; the process is gone, and its files are opened again by another. */
  #freeze(whose: 'gateway' | 'terminal'): void {
    this.#struck = whose;
    if (whose === 'terminal') {
      const station = this.#active;
      if (station === undefined) throw new Error('a terminal is at work');
      this.#frozenTerminal = this.copyVault(station);
      return;
    }
    const from = `log-${this.#stores}.sqlite`;
    this.#stores += 1;
    for (const name of readdirSync(this.directory))
      if (name === from || name === `${from}-wal`)
        cpSync(join(this.directory, name), join(this.directory, name.replace(from, `log-${this.#stores}.sqlite`)));
  }
  #frozenTerminal: string | undefined;

  copyVault({ directory, name }: Station): string {
    const folder = this.#newFolder(name);
    if (existsSync(join(directory, 'vault')))
      cpSync(join(directory, 'vault'), join(folder, 'vault'), {
        recursive: true,
        filter: (path) => !path.endsWith('-shm'),
      });
    return folder;
  }

  #newFolder(name: string): string {
    this.#folders += 1;
    const folder = join(this.directory, `${name}-${this.#folders}`);
    mkdirSync(folder);
    return folder;
  }

  /** After each step: whoever was killed is started again from what was on disk. */
  async restartStruck(): Promise<void> {
    const struck = this.#struck;
    this.#struck = undefined;
    this.#armed = undefined;
    this.killAfterAnswer = false;
    if (struck === 'gateway') {
      await this.depository.close();
      await this.#openGateway(join(this.directory, `log-${this.#stores}.sqlite`));
      await this.#readWhatSurvived();
    }
    if (struck === 'terminal') {
      const [station, folder] = [this.#active as Station, this.#frozenTerminal as string];
      await this.startAgain(station, folder);
    }
  }

  async #readWhatSurvived(): Promise<void> {
    const size = this.depository.gateway.sequencer().size();
    if (size < this.clerk.events.size)
      throw new Disagreement(`${this.clerk.events.size - size} acknowledged record(s) are lost`);
    await this.#readUpTo(size);
  }

  /** The terminal's process anew, on these files, with the same person. */
  async startAgain(station: Station, folder: string, person = station.desk.person): Promise<void> {
    await station.desk.client.lock({});
    rmSync(station.directory, { recursive: true, force: true });
    station.directory = folder;
    station.desk = this.#deskOf(station);
    await this.#sitDown(station, person);
  }

  /** After each step: where somebody was put out because they were revoked, another person sits down. */
  async attend(station: Station): Promise<void> {
    const { phase } = await station.desk.client.status({});
    if (phase === 'unlocked') return;
    const { person } = station.desk;
    // A disk that failed where nobody can know what it took also asks everybody to unlock again.
    if (!this.#isRevoked(person.id) && !this.#diskFailed)
      throw new Disagreement(`${station.name} put out ${person.id}, who may work`);
    this.count('put out of a terminal');
    await this.#sitDown(station, person);
  }

  #isRevoked = (id: string): boolean => this.clerk.operators.get(id)?.revoked === true;

  /** The first of the people of this terminal who can open it; a terminal that nobody can open is out of use. */
  async #sitDown(station: Station, first?: Colleague): Promise<void> {
    // An older vault may not know everybody who sat here since, and a new one no longer those who were revoked.
    const { people } = await station.desk.client.status({});
    station.people = station.people.filter((one) => people.includes(one.id));
    const others = station.people.filter((one) => one !== first);
    for (const person of first === undefined || !people.includes(first.id) ? others : [first, ...others]) {
      const unlocked = await station.desk.tryUnlock(person);
      if (unlocked.ok) return;
      if (!['revoked', 'no slot'].includes(unlocked.refusal.type) || !this.#isRevoked(person.id))
        throw new Disagreement(`${station.name} does not open for ${person.id}: ${unlocked.refusal.why}`);
    }
    this.count('terminal that nobody can open');
    this.stations.splice(this.stations.indexOf(station), 1);
    if (this.#active === station) this.#active = undefined;
  }

  /** Every fault ends, every message arrives, and every terminal takes in the whole log. */
  async makePeace(): Promise<void> {
    this.gatewayClock = rightClock;
    for (const station of this.stations) Object.assign(station, { clock: rightClock, cutOff: 0, lineFaults: [] });
    for (const one of this.#delayed) await one.send();
    this.depository.bank.endOfDay();
    for (let round = 0; round < 3; round++) {
      await this.depository.run();
      for (const station of [...this.stations]) {
        const result = await finished(station.desk.client.sync({}));
        await this.attend(station);
        if (!result.ok && result.refusal.type !== 'locked')
          throw new Disagreement(`${station.name} cannot synchronise in peace: ${result.refusal.why}`);
      }
    }
    await this.agree();
  }

  // Terminals and their lines

  #deskOf(station: Station): Desk {
    const clock = () => this.nowMs + station.clock.offMs;
    return newDesk(
      station.directory,
      clock,
      { connect: (urls, asker) => this.#connect(station, urls, asker) },
      this.newId,
    );
  }

  #connect(station: Station, urls: readonly string[], asker: Parameters<ReturnType<typeof connectOverHttp>>[1]) {
    if (station.liar !== undefined) return station.liar;
    const clock = () => this.nowMs + station.clock.offMs;
    const fetch = (request: Request) => this.#send(station, request);
    return connectOverHttp({ primitives: nodePrimitives, clock, fetch, patienceMs })(urls, asker);
  }

  #isDown = (): boolean => this.#struck === 'gateway';

  async #send(station: Station, request: Request): Promise<Response> {
    if (station.cutOff > 0) throw new TypeError('fetch failed');
    const { pathname, search } = new URL(request.url);
    const message = {
      method: request.method as 'GET' | 'POST',
      url: pathname + search,
      headers: Object.fromEntries(request.headers),
      payload: Buffer.from(await request.arrayBuffer()),
    };
    const deliver = async (): Promise<Response> => {
      if (this.#isDown()) throw new TypeError('fetch failed');
      const { rawPayload, statusCode, headers } = await this.depository.door().inject(message);
      if (this.#isDown()) throw new TypeError('fetch failed');
      const type = String(headers['content-type'] ?? 'application/json');
      return new Response(new Uint8Array(rawPayload), { status: statusCode, headers: { 'content-type': type } });
    };
    const fault = station.lineFaults.shift();
    if (fault === undefined) return deliver();
    this.count(fault);
    if (fault === 'request delayed')
      this.#delayed.push({ due: this.#step + this.chance.between(1, 8), send: () => deliver().catch(() => {}) });
    if (fault === 'request lost' || fault === 'request delayed') throw new TypeError('fetch failed');
    const answer = await deliver();
    if (fault === 'answer lost') throw new TypeError('fetch failed');
    await deliver().catch(() => {});
    return answer;
  }

  /** The insiders' own line, signed with the key of a terminal that only they have; or under another name. */
  insiderLine(terminal = insiderTerminal): DepositoryClient {
    const station = { cutOff: 0, lineFaults: [] } as unknown as Station;
    const fetch = (request: Request) => this.#send(station, request);
    const asker = { terminal, sign: (message: Uint8Array) => signEd25519(this.insiderSeed, message) };
    return connectOverHttp({ primitives: nodePrimitives, clock: this.gatewayMs, fetch, patienceMs })(
      ['http://gateway'],
      asker,
    );
  }

  /** Messages that were on their way for a while arrive. */
  async deliverDelayed(): Promise<void> {
    this.#step += 1;
    const due = this.#delayed.filter((one) => one.due <= this.#step);
    this.#delayed = this.#delayed.filter((one) => one.due > this.#step);
    for (const one of due) await one.send();
    const later = ({ offMs, steps }: WrongClock): WrongClock => (steps > 1 ? { offMs, steps: steps - 1 } : rightClock);
    this.gatewayClock = later(this.gatewayClock);
    for (const station of this.stations) {
      station.clock = later(station.clock);
      if (station.cutOff > 0) station.cutOff -= 1;
    }
  }

  /** One terminal works; faults in its code are its own. */
  async at<T>(station: Station, work: (desk: Desk, station: Station) => Promise<T>): Promise<T> {
    this.#active = station;
    return work(station.desk, station);
  }

  get active(): Station | undefined {
    return this.#active;
  }

  // Agreement

  /** The gateway's books are the clerk's; conservation; nothing below zero; nothing acknowledged is gone. */
  async agree(): Promise<void> {
    if (Disagreement.first !== undefined) throw Disagreement.first;
    const { books, size } = this.depository.gateway.sequencer();
    const { clerk } = this;
    if (size() !== clerk.events.size)
      throw new Disagreement(`the log has ${size()} records, and the clerk has read ${clerk.events.size}`);
    for (const id of this.#answered)
      if (!clerk.events.has(id)) throw new Disagreement(`event ${id} was acknowledged and is not in the log`);
    const table = <T extends TableName>(
      name: T,
      ours: ReadonlyMap<string, unknown>,
      row: (one: Tables[T]) => unknown,
    ) => {
      let rows = 0;
      for (const [id, one] of books.all(name)) {
        rows += 1;
        const [theirs, known] = [String(row(one)), String(ours.get(id))];
        if (theirs !== known) throw new Disagreement(`${name} ${id}: the books say ${theirs}, the clerk says ${known}`);
      }
      if (rows !== ours.size) throw new Disagreement(`the books have ${rows} of ${name}, the clerk ${ours.size}`);
    };
    const ours = <V>(map: ReadonlyMap<string, V>, row: (one: V, id: string) => unknown) =>
      new Map([...map].map(([id, one]) => [id, row(one, id)]));
    table(
      'account',
      ours(clerk.accounts, (one, id) => [one.booked, clerk.held(id), one.frozen]),
      (one) => [...[one.class === 'cash' ? one.debits - one.credits : one.credits - one.debits, one.held, one.frozen]],
    );
    table(
      'instruction',
      ours(clerk.instructions, (one) => [
        one.word,
        one.approvedBy.length,
        one.reversed,
        ...one.items.map(({ word }) => word),
      ]),
      (one) => [one.state, one.approvals.length, one.correctedBy !== null, ...one.items],
    );
    table(
      'receipt',
      ours(clerk.receipts, (one) => [one.pot, one.left]),
      (one) => [potOf(one.asset, one.pool), one.remaining],
    );
    table(
      'operator',
      ours(clerk.operators, (one) => [one.role, one.revoked]),
      (one) => [...[one.role, one.revokedAt !== undefined]],
    );
    table(
      'terminal',
      ours(clerk.terminals, (one) => one.revoked),
      (one) => one.revokedAt !== undefined,
    );
    table(
      'hedge',
      ours(clerk.hedges, (one) => [one.word, one.terms.reference]),
      (one) => [one.state, one.reference],
    );
    const ofSheets = <V>(rows: (sheet: Sheet) => Iterable<readonly [string, V]>) =>
      new Map([...clerk.sheets.values()].flatMap((sheet) => [...rows(sheet)]));
    table(
      'break',
      new Map<string, unknown[]>([
        ...ofSheets((sheet): [string, unknown[]][] =>
          [...sheet.breaks].map(([id, one]) => [
            id,
            [one.word, one.kind, one.lines, one.legs, sheet.difference(one), one.since, one.statement, one.owner],
          ]),
        ),
        ...[...clerk.lists.breaks].map(([id, one]): [string, unknown[]] => [
          id,
          [one.word, one.kind, [], [], one.difference, one.since, one.statement, one.owner],
        ]),
      ]),
      (one) => [one.state, one.kind, one.lines, one.legs, one.difference, one.since, one.statement, one.owner],
    );
    table(
      'platform',
      ours(clerk.lists.platforms, (one) => [one.day, [...one.open].sort(), one.next]),
      (one) => [one.day, one.open.map(({ name, key }) => [name, key]), one.next],
    );
    table(
      'match',
      ofSheets((sheet) => [...sheet.pairings].map(([id, one]) => [id, [one.lines, one.legs, one.undone]])),
      (one) => [one.lines, one.legs, one.undone !== null],
    );
    table(
      'openItems',
      ofSheets((sheet) =>
        sheet.newest === undefined
          ? []
          : [
              [
                sheet.asset,
                [
                  sheet.openLines.map(({ id }) => id),
                  sheet.openMoves.map(({ number }) => number),
                  [...sheet.apart].sort(),
                  sheet
                    .openBreaks()
                    .map(([id]) => id)
                    .sort(),
                ],
              ],
            ],
      ),
      (one) => [one.lines, one.legs.map(({ leg }) => leg), [...one.apart].sort(), [...one.breaks].sort()],
    );
    table(
      'pool',
      ours(clerk.pools, (all) => all.map(({ asset, number }) => `${asset} ${number}`)),
      (one) => one.accounts.map(({ asset, number }) => `${asset} ${number}`),
    );
    table(
      'address',
      ours(clerk.places, (one) => [one.account, one.usableFrom, one.revoked]),
      (one) => [one.account, Date.parse(one.usableFrom), one.revokedBy !== null],
    );
    for (const pot of clerk.pots) {
      const { owed, cash, lowest } = clerk.balance(pot);
      const open = [...clerk.receipts.values()].reduce((sum, one) => sum + (one.pot === pot ? one.left : 0n), 0n);
      const suspense = clerk.accounts.get(`suspense:${pot}`)?.booked ?? 0n;
      if (suspense !== open) throw new Disagreement(`${suspense} ${pot} in suspense, and receipts of ${open} are open`);
      if (owed !== cash) throw new Disagreement(`owed ${owed}, cash ${cash} in ${pot}`);
      if (lowest < 0n) throw new Disagreement(`an account is ${-lowest} ${pot} below zero`);
    }
  }

  /** When all of the bank's messages are in: what it holds is what the books say that it holds. */
  agreeWithBank(): void {
    for (const pot of this.clerk.pots) {
      const { cash } = this.clerk.balance(pot);
      const held = this.heldAtBank(pot) - (this.unasked.get(pot) ?? 0n) - this.clerk.saidOfDeals(pot);
      if (held !== cash) throw new Disagreement(`the bank holds ${held} ${pot}, and the books say ${cash}`);
    }
  }

  heldAtBank = (pot: string): bigint => this.depository.bank.balance(assetOfPot(pot), this.numberAtBank(pot));

  /** The bank's number of a pool's account; none for the main pool. */
  numberAtBank(pot: string): string | undefined {
    const all = this.clerk.pools.get(poolOfPot(pot));
    return all?.find(({ asset }) => asset === assetOfPot(pot))?.number;
  }

  /** A terminal that has the whole log has the same root and the same books as the gateway. */
  async agreeWith(station: Station): Promise<void> {
    const { log, readOnly } = await station.desk.client.status({});
    const sequencer = this.depository.gateway.sequencer();
    if (readOnly !== null) throw new Disagreement(`${station.name} went read-only: ${readOnly.why}`);
    if (log.size > sequencer.size())
      throw new Disagreement(`${station.name} has ${log.size} records and the gateway ${sequencer.size()}`);
    const root = Buffer.from(sequencer.tree.root(log.size)).toString('base64');
    if (log.size > 0 && log.root !== root) throw new Disagreement(`${station.name} has another root`);
    if (log.size !== sequencer.size()) return;
    const { digest } = accepted(await station.desk.client.booksDigest({}));
    if (digest !== booksDigest(sha256, (table) => sequencer.books.all(table)))
      throw new Disagreement(`${station.name} has other books`);
  }

  /** What a person was told is safe is in the outbox, or in the log, or shown as refused. */
  async agreeOnAcknowledged(station: Station): Promise<void> {
    const { events } = accepted(await station.desk.client.outbox({}));
    const there = new Set<string>(events.map((one) => one.event));
    for (const id of station.acknowledged)
      if (!there.has(id) && !this.clerk.events.has(id))
        throw new Disagreement(`${station.name} acknowledged event ${id}, and it is gone`);
  }
}

export const digestOf = (event: CustosEvent): string => bytesToBase64url(eventDigest(sha256, event));
