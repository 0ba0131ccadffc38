// The simulated world: a gateway, a bank, two to five terminals with their people, and the lines between them, all real code;
// and what can go wrong: processes killed at named moments, disks that fill up, answers that are lost, delayed or repeated,
// terminals cut off, clocks that jump. Time and chance come from the seed.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePrimitives } from '../../crypto/node.ts';
import { ed25519PublicKey, signEd25519 } from '../../crypto/secret.ts';
import type { Fate } from '../../depository/bank/simulator.ts';
import { type Depository, openDepository } from '../../depository/depository.ts';
import type { Outcome } from '../../depository/sequencer.ts';
import { openSqliteStore } from '../../depository/store/sqlite.ts';
import { connectOverHttp, type DepositoryClient } from '../../main/sync/depository.ts';
import { booksDigest } from '../../shared/books.ts';
import { bytesToBase64url } from '../../shared/bytes.ts';
import { type CustosEvent, eventDigest } from '../../shared/event.ts';
import { type FaultPoint, listenAtFaultPoints } from '../../shared/fault.ts';
import { eventIdFrom } from '../../shared/ids.ts';
import type { Policy } from '../../shared/policy.ts';
import { parseRecord } from '../../shared/record.ts';
import type { Submission } from '../../shared/submission.ts';
import { instantToMs } from '../../shared/time.ts';
import { accepted, type Colleague, type Desk, newColleague } from '../desk.ts';
import { newDesk, officeOrigin } from '../office.ts';
import { Person, sha256 } from '../people.ts';
import type { Chance } from './chance.ts';
import { Clerk, type ClerkPolicy } from './clerk.ts';

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

export type LineFault = 'request lost' | 'answer lost' | 'request repeated' | 'request delayed';
export type Fault = 'kill' | 'disk full';

export interface Station {
  readonly name: string;
  readonly people: readonly Colleague[];
  desk: Desk;
  directory: string;
  /** How far its clock is from the world's, ms. */
  clockOff: number;
  /** Steps for which nothing gets through. */
  cutOff: number;
  lineFaults: LineFault[];
  /** Events that its people were told are safe. */
  readonly acknowledged: Set<string>;
  /** A client that answers instead of the gateway. */
  liar: DepositoryClient | undefined;
}

const nobody = { differentTerminals: false, typedConfirmation: false, coolingOffSeconds: 0 };

/** The only policies that are adopted here, so that the clerk can read them without evaluating rules. */
export const simulatedPolicy = ({ version, largeFrom, dailyLimit }: ClerkPolicy): Policy => ({
  version,
  rules: [
    {
      id: 'configuration',
      text: 'Configuration needs another officer.',
      when: { kinds: ['enrol operator', 'enrol terminal', 'adopt policy', 'adopt agreement'] },
      demand: { groups: [{ role: 'officer', count: 1 }], ...nobody },
    },
    {
      id: 'daily-work',
      text: 'A supervisor checks.',
      when: {
        kinds: [
          ...['register client', 'open account', 'payment', 'batch', 'book transfer', 'receipt allocation'],
          ...['fee', 'freeze', 'unfreeze', 'correction'],
        ],
      },
      demand: { groups: [{ role: 'supervisor', count: 1 }], ...nobody },
    },
    {
      id: 'large',
      text: 'Large payments.',
      when: { kinds: ['payment', 'batch'], asset: 'CNY', amountFrom: String(largeFrom) },
      demand: {
        groups: [{ role: 'supervisor', count: 2 }],
        differentTerminals: true,
        typedConfirmation: true,
        coolingOffSeconds: 600,
      },
    },
    {
      id: 'daily-limit',
      text: 'What one client may pay in a day.',
      when: {
        kinds: ['payment', 'batch'],
        asset: 'CNY',
        window: { per: 'client', days: 1, above: String(dailyLimit) },
      },
      refuse: 'above the daily limit',
    },
  ],
});

const readPolicy = (policy: unknown): ClerkPolicy => {
  const { version, rules } = policy as Policy;
  return {
    version,
    largeFrom: BigInt(rules[2]?.when.amountFrom ?? '0'),
    dailyLimit: BigInt(rules[3]?.when.window?.above ?? '0'),
  };
};

export const simulatedAgreement = (version: number, flat: bigint) => ({
  version,
  fees: [
    {
      ...{ code: 'service', text: 'service fee', asset: 'CNY', to: 'platform-fee' as const },
      ...{ flat: String(flat), basisPoints: 0, maximum: '1000000' },
    },
  ],
});

const programme = 'simulated';
const sameAlways = 1_000_000_000;

export class World {
  readonly chance: Chance;
  readonly directory = mkdtempSync(join(tmpdir(), 'custos-simulation-'));
  readonly clerk: Clerk;
  readonly forged = new Set<string>();
  readonly stations: Station[] = [];
  readonly faults = new Map<string, number>();
  /** Insiders who hold their keys outside of any terminal and send what they like. */
  readonly insiders = {
    officer: new Person('mallory', 'officer'),
    teller: new Person('trudy', 'teller'),
    supervisor: new Person('oscar', 'supervisor'),
  };
  readonly #insiderSeed: Uint8Array;
  depository!: Depository;
  nowMs = Date.parse('2026-11-24T01:00:00.000Z');
  gatewayClockOff = 0;
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

  constructor(chance: Chance) {
    this.chance = chance;
    Disagreement.first = undefined;
    this.#insiderSeed = chance.bytes(32);
    this.clerk = new Clerk({ forged: this.forged, digestOf: (event) => digestOf(event), readPolicy });
    listenAtFaultPoints((point) => this.#strike(point));
  }

  /** UUIDv7 from the world's own chance. */
  readonly newId = (unixMs: number) => eventIdFrom(unixMs, this.chance.bytes(10));

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

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
        ...{ name, people: here, directory: this.#newFolder(name), clockOff: 0, cutOff: 0, lineFaults: [] },
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
    const { officer, teller, supervisor } = this.insiders;
    const opened = await this.depository.open({
      assets: ['CNY'],
      officers: [...all.filter((one) => one.role === 'officer'), officer.operator],
      terminals: [...first.map((one) => one.terminal), { id: 'T-66', key: ed25519PublicKey(this.#insiderSeed) }],
      policy: simulatedPolicy({ version: 1, largeFrom: 50_000n, dailyLimit: 200_000n }),
      agreement: simulatedAgreement(1, 100n),
    });
    accepted(opened);
    const [one, two] = this.stations as [Station, Station];
    await one.desk.sync();
    const newcomers = [...all.filter((each) => each.role !== 'officer'), teller.operator, supervisor.operator];
    const made = await one.desk.make(...newcomers.map((operator) => ({ kind: 'enrol operator' as const, operator })));
    await one.desk.sync();
    await two.desk.sync();
    await two.desk.approve(...made);
    for (const station of [two, ...this.stations]) await station.desk.sync();
    for (const station of this.stations) {
      const worker = station.people.find((person) => person.role !== 'officer') as Colleague;
      await station.desk.unlock(worker);
    }
    await this.agree();
  }

  close(): void {
    listenAtFaultPoints(undefined);
    rmSync(this.directory, { recursive: true, force: true });
  }

  // Clocks

  gatewayMs = (): number => this.nowMs + this.gatewayClockOff;

  // The gateway

  async #openGateway(file: string): Promise<void> {
    this.depository = await openDepository({
      directory: join(this.directory, 'depository'),
      programme,
      name: 'Simulated',
      origin: `depository.example/${programme}`,
      relyingParty: { id: 'localhost', origins: [officeOrigin] },
      pools: { CNY: '110022' },
      primitives: nodePrimitives,
      clock: this.gatewayMs,
      newId: this.newId,
      port: null,
      store: openSqliteStore(file, () => 0),
      leaseMs: sameAlways,
      fate: () => this.#fate(),
    });
    const { gateway } = this.depository;
    const admit = gateway.admit.bind(gateway);
    Object.assign(gateway, { admit: (submissions: readonly Submission[]) => this.#watched(admit, submissions) });
  }

  #fate(): Fate {
    const choice = this.chance.weighted({ settle: 6, reject: 1, return: 2 });
    if (choice === 'settle') return 'settle';
    return choice === 'reject' ? { reject: 'AC04' } : { returned: 'AC01' };
  }

  /** The clerk looks over the gateway's shoulder: what it admits must be right, and what it refuses must be wrong. */
  async #watched(
    admit: (submissions: readonly Submission[]) => Promise<readonly Outcome[]>,
    submissions: readonly Submission[],
  ): Promise<readonly Outcome[]> {
    const outcomes = await admit(submissions);
    const { books, size } = this.depository.gateway.sequencer();
    // A batch before this one may have been stored and not answered: whoever asked knows nothing, and the log has it.
    const first = Math.min(size(), ...outcomes.flatMap((one) => (one.ok ? [one.value.sequence ?? size()] : [])));
    for (let at = this.clerk.events.size; at < first; at++) this.#read(at, await this.#leaf(at));
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

  arm(point: FaultPoint, fault: Fault): void {
    this.#armed = { point, fault };
  }

  disarm(): void {
    this.#armed = undefined;
  }

  #strike(point: FaultPoint): void {
    // A killed process does nothing more, whatever its code would like to clean up.
    const whose = point.startsWith('vault') || point.startsWith('slots') ? 'terminal' : 'gateway';
    if (this.#struck === whose) throw new Killed(point);
    if (this.#armed?.point !== point) return;
    const { fault } = this.#armed;
    this.#armed = undefined;
    this.count(`${fault} at ${point}`);
    if (fault === 'disk full') throw new DiskFull(point);
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
    for (let at = this.clerk.events.size; at < size; at++) this.#read(at, await this.#leaf(at));
  }

  /** The terminal's process anew, on these files, with the same person. */
  async startAgain(station: Station, folder: string): Promise<void> {
    const { person } = station.desk;
    await station.desk.client.lock({});
    rmSync(station.directory, { recursive: true, force: true });
    station.directory = folder;
    station.desk = this.#deskOf(station);
    await station.desk.unlock(person);
  }

  // Terminals and their lines

  #deskOf(station: Station): Desk {
    const clock = () => this.nowMs + station.clockOff;
    return newDesk(
      station.directory,
      clock,
      { connect: (urls, asker) => this.#connect(station, urls, asker) },
      this.newId,
    );
  }

  #connect(station: Station, urls: readonly string[], asker: Parameters<ReturnType<typeof connectOverHttp>>[1]) {
    if (station.liar !== undefined) return station.liar;
    const clock = () => this.nowMs + station.clockOff;
    const fetch = (request: Request) => this.#send(station, request);
    return connectOverHttp({ primitives: nodePrimitives, clock, fetch })(urls, asker);
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

  /** The insiders' own line, signed with the key of a terminal that only they have. */
  insiderLine(): DepositoryClient {
    const station = { cutOff: 0, lineFaults: [] } as unknown as Station;
    const fetch = (request: Request) => this.#send(station, request);
    const asker = { terminal: 'T-66', sign: (message: Uint8Array) => signEd25519(this.#insiderSeed, message) };
    return connectOverHttp({ primitives: nodePrimitives, clock: this.gatewayMs, fetch })(['http://gateway'], asker);
  }

  /** Messages that were on their way for a while arrive. */
  async deliverDelayed(): Promise<void> {
    this.#step += 1;
    const due = this.#delayed.filter((one) => one.due <= this.#step);
    this.#delayed = this.#delayed.filter((one) => one.due > this.#step);
    for (const one of due) await one.send();
    for (const station of this.stations) if (station.cutOff > 0) station.cutOff -= 1;
  }

  /** One terminal works; faults in its code are its own. */
  async at<T>(station: Station, work: (desk: Desk) => Promise<T>): Promise<T> {
    this.#active = station;
    return work(station.desk);
  }

  get active(): Station | undefined {
    return this.#active;
  }

  // Agreement

  /** Balances by the gateway's books and by the clerk; conservation; nothing below zero; nothing acknowledged is gone. */
  async agree(): Promise<void> {
    if (Disagreement.first !== undefined) throw Disagreement.first;
    const { books } = this.depository.gateway.sequencer();
    if (this.depository.gateway.sequencer().size() !== this.clerk.events.size)
      throw new Disagreement(
        `the log has ${this.depository.gateway.sequencer().size()} records, not ${this.clerk.events.size}`,
      );
    for (const id of this.#answered)
      if (!this.clerk.events.has(id)) throw new Disagreement(`event ${id} was acknowledged and is not in the log`);
    let accounts = 0;
    for (const [id, row] of books.all('account')) {
      accounts += 1;
      const known = this.clerk.accounts.get(id);
      const booked = row.class === 'cash' ? row.debits - row.credits : row.credits - row.debits;
      const [ours, theirs] = [
        [booked, row.held, row.frozen],
        [known?.booked, this.clerk.held(id), known?.frozen],
      ];
      if (ours.some((value, i) => value !== theirs[i]))
        throw new Disagreement(`account ${id}: the books say ${ours.join(', ')}, the clerk says ${theirs.join(', ')}`);
    }
    if (accounts !== this.clerk.accounts.size) throw new Disagreement('the books have other accounts than the clerk');
    const { owed, cash, lowest } = this.clerk.balance('CNY');
    if (owed !== cash) throw new Disagreement(`owed ${owed}, cash ${cash}`);
    if (lowest < 0n) throw new Disagreement(`an account is ${-lowest} below zero`);
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
