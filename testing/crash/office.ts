// An office in one folder that can be cut off at any moment and opened again: a depository on SQLite with its simulated bank,
// T-01 where a teller makes and T-02 where a supervisor checks, all real code in one process.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodePrimitives } from '../../crypto/node.ts';
import { random } from '../../crypto/secret.ts';
import type { Fate } from '../../depository/bank/simulator.ts';
import { type Depository, openDepository } from '../../depository/depository.ts';
import { booked, booksDigest } from '../../shared/books.ts';
import type { CustosEvent } from '../../shared/event.ts';
import { eventIdFrom } from '../../shared/ids.ts';
import { parseRecord } from '../../shared/record.ts';
import type { Refusal } from '../../shared/result.ts';
import { accepted, type Colleague, Desk, newColleague } from '../desk.ts';
import { newDesk, officeOrigin, overHttp } from '../office.ts';
import { sha256 } from '../people.ts';
import { Clerk } from '../simulate/clerk.ts';
import { simulatedAgreement, simulatedPolicy } from '../simulate/policy.ts';
import { digestOf } from '../simulate/world.ts';
import { SoftAuthenticator } from '../soft-authenticator.ts';

export const terminals = ['T-01', 'T-02'] as const;
export type TerminalName = (typeof terminals)[number];
const staff = {
  'officer-a': 'officer',
  'officer-b': 'officer',
  'teller-a': 'teller',
  'supervisor-a': 'supervisor',
} as const satisfies Record<string, Colleague['role']>;
type StaffId = keyof typeof staff;

export interface CrashOffice {
  readonly directory: string;
  readonly depository: Depository;
  readonly maker: Desk;
  readonly checker: Desk;
  readonly people: Readonly<Record<StaffId, Colleague>>;
  close(): Promise<void>;
}

export const clients = ['c1', 'c2', 'c3'] as const;
export const accountOf = (client: string): string => `acc-${client}`;
export const numberOf = (client: string): string => `900${client}`;
export const vaultOf = (directory: string, terminal: TerminalName): string => join(directory, terminal, 'vault');
export const logOf = (directory: string): string => join(directory, 'depository', 'log.sqlite');

const limits = {
  ...{ version: 1, largeFrom: 50_000n, dailyLimit: 10n ** 15n, coolingOffSeconds: 600, otherTerminal: true },
};

/** The naive model of this office, which has read nothing yet. */
export function newClerk(): Clerk {
  let moves = 0;
  const numberOf = () => {
    moves += 1;
    return moves;
  };
  return new Clerk({ forged: new Set(), digestOf, numberOf });
}

/** Mostly settles; the rest is rejected or comes back, by the reference, so that it is the same after a crash. */
function fateOf(reference: string): Fate {
  const choice = (sha256(Buffer.from(reference))[0] as number) % 10;
  return choice === 0 ? { reject: 'AC04' } : choice === 1 ? { returned: 'AC01' } : 'settle';
}

function openPeople(file: string): Record<StaffId, Colleague> {
  const stored = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const authenticators: Record<string, SoftAuthenticator> = {};
  const save = () => {
    writeFileSync(`${file}.next`, JSON.stringify(authenticators), { flush: true });
    renameSync(`${file}.next`, file);
  };
  return Object.fromEntries(
    Object.entries(staff).map(([id, role]) => {
      const authenticator = new SoftAuthenticator(officeOrigin, stored[id], save);
      authenticators[id] = authenticator;
      return [id, { ...newColleague(id, role, officeOrigin), authenticator }];
    }),
  ) as Record<StaffId, Colleague>;
}

interface OfficeOptions {
  /** Called with the ids of events of which a person was told that they are safe. */
  readonly onSigned?: (terminal: TerminalName, events: readonly string[]) => void;
}

async function assemble(directory: string, { onSigned }: OfficeOptions): Promise<CrashOffice> {
  mkdirSync(directory, { recursive: true });
  const people = openPeople(join(directory, 'soft-authenticators.json'));
  const depository = await openDepository({
    directory: join(directory, 'depository'),
    programme: 'crash',
    name: 'Crash',
    origin: 'depository.example/crash',
    relyingParty: { id: 'localhost', origins: [officeOrigin] },
    pools: { CNY: '110022' },
    primitives: nodePrimitives,
    clock: Date.now,
    port: 0,
    fate: ({ instructionId }) => fateOf(instructionId),
  });
  // The port is another one after each start.
  const line = { connect: (_: readonly string[], asker: never) => overHttp([depository.invitation.url], asker) };
  const deskOf = (terminal: TerminalName): Desk => {
    const { client } = newDesk(join(directory, terminal), Date.now, line as never, (ms) => eventIdFrom(ms, random(10)));
    return new Desk(client, (events) => onSigned?.(terminal, events));
  };
  const [maker, checker] = [deskOf('T-01'), deskOf('T-02')];
  return {
    directory,
    depository,
    maker,
    checker,
    people,
    async close() {
      for (const desk of [maker, checker]) await desk.client.lock({});
      await depository.close();
    },
  };
}

/** Founds the office: vaults, programme, people, clients with money. Slow, so it is done once and copied. */
export async function prepareOffice(directory: string): Promise<void> {
  const office = await assemble(directory, {});
  const { depository, maker, checker, people } = office;
  const first = await maker.firstRun(people['officer-a'], depository.invitation, 'T-01');
  const second = await checker.firstRun(people['officer-b'], depository.invitation, 'T-02');
  const opened = await depository.open({
    assets: ['CNY'],
    officers: [first.operator, second.operator],
    terminals: [first.terminal, second.terminal],
    policy: simulatedPolicy(limits),
    agreement: simulatedAgreement({ version: 1, flat: 100n }),
  });
  accepted(opened);
  const syncAll = async () => {
    for (const desk of [maker, checker, maker]) await desk.sync();
  };
  const pass = async (...drafts: Parameters<Desk['make']>) => {
    const made = await maker.make(...drafts);
    await syncAll();
    await checker.approve(...made);
    for (const desk of [checker, maker]) await desk.sync();
  };
  await maker.sync();
  const enrolled = [await maker.enrol(people['teller-a']), await checker.enrol(people['supervisor-a'])];
  await pass(...enrolled.map(({ operator }) => ({ kind: 'enrol operator', operator }) as const));
  await maker.unlock(people['teller-a']);
  await checker.unlock(people['supervisor-a']);
  await pass(
    ...clients.map(
      (client) => ({ kind: 'register client', client, identity: { client: `Holder ${client}` } }) as const,
    ),
  );
  const account = (client: string) => ({ account: accountOf(client), number: numberOf(client), client });
  await pass(
    ...clients.map((client) => ({ kind: 'open account', role: 'lender', asset: 'CNY', ...account(client) }) as const),
  );
  for (const client of clients)
    depository.bank.creditReceipt({
      asset: 'CNY',
      amount: 10_000_000n,
      custodyNumber: numberOf(client),
      payer: client,
      reference: `first ${client}`,
    });
  await depository.run();
  await syncAll();
  await office.close();
}

/** Opens a prepared office as it lies on disk; the teller and the supervisor unlock. */
export async function openOffice(directory: string, options: OfficeOptions = {}): Promise<CrashOffice> {
  const office = await assemble(directory, options);
  try {
    await office.maker.unlock(office.people['teller-a']);
    await office.checker.unlock(office.people['supervisor-a']);
    return office;
  } catch (failure) {
    await office.close();
    throw failure;
  }
}

/** What is in one terminal: which events wait there, how much of the log it has, and whether it still signs. */
export interface TerminalState {
  readonly outbox: readonly string[];
  readonly size: number;
  readonly root: string;
  readonly books: string;
  readonly readOnly: Refusal | null;
}

export interface OfficeState {
  /** Records of the gateway's log from the asked position on, canonical. */
  readonly records: readonly string[];
  readonly size: number;
  readonly root: string;
  readonly books: string;
  readonly bank: string;
  /** Id, booked and held of every account by the gateway's books. */
  readonly accounts: readonly (readonly [string, string, string])[];
  readonly terminals: Readonly<Record<TerminalName, TerminalState>>;
}

export async function terminalState(desk: Desk): Promise<TerminalState> {
  const { log, readOnly } = await desk.client.status({});
  const { events } = accepted(await desk.client.outbox({}));
  const { digest } = accepted(await desk.client.booksDigest({}));
  return { outbox: events.map((one) => one.event), size: log.size, root: log.root, books: digest, readOnly };
}

/** What an opened office has, for comparison with what people were told. */
export async function officeState(office: CrashOffice, from = 0): Promise<OfficeState> {
  const { gateway, bank } = office.depository;
  const sequencer = gateway.sequencer();
  const size = sequencer.size();
  const leaves = await gateway.store.leaves(from, size);
  return {
    records: leaves.map((leaf) => Buffer.from(leaf).toString('utf8')),
    size,
    root: Buffer.from(sequencer.tree.root()).toString('base64'),
    books: booksDigest(sha256, (table) => sequencer.books.all(table)),
    bank: bank.balance('CNY').toString(),
    accounts: [...sequencer.books.all('account')].map(
      ([id, one]) => [id, booked(one).toString(), one.held.toString()] as const,
    ),
    terminals: { 'T-01': await terminalState(office.maker), 'T-02': await terminalState(office.checker) },
  };
}

/** Lets the clerk read further; throws when a record may not be there. */
export function readFurther(clerk: Clerk, records: readonly string[]): CustosEvent[] {
  return records.map((text) => {
    const record = parseRecord(Buffer.from(text, 'utf8'));
    if (!record.ok) throw new Error(`a record does not parse: ${record.refusal.why}`);
    clerk.take(record.value);
    return record.value.event;
  });
}
