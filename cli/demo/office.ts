// The office of the demonstration: one depository with its simulated bank, two terminals, six people. Everything it has is in
// one folder, so that it can be stopped at any moment and opened again.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nodePrimitives } from '../../crypto/node.ts';
import type { Fate, Transfer } from '../../depository/bank/simulator.ts';
import { type Depository, type DepositoryParts, openDepository } from '../../depository/depository.ts';
import { type RunningTerminal, startTerminal } from '../../main/start-terminal.ts';
import { databasePath } from '../../main/vault/vault.ts';
import type { Role } from '../../shared/operator.ts';
import { accepted, type Colleague, Desk } from '../../testing/desk.ts';
import { SoftAuthenticator } from '../../testing/soft-authenticator.ts';
import { demoPolicy } from './policy.ts';

const origin = 'http://localhost:5173';
export const programmeId = 'p2p-demo';
const logOrigin = 'depository.example/p2p-demo';

const staff = {
  'officer-a': 'officer',
  'officer-b': 'officer',
  'teller-a': 'teller',
  'teller-b': 'teller',
  'supervisor-a': 'supervisor',
  'supervisor-b': 'supervisor',
} as const satisfies Record<string, Role>;
type StaffId = keyof typeof staff;

const keysSchema = z.record(
  z.string(),
  z.array(z.strictObject({ id: z.string(), privateKey: z.string(), prfSecret: z.string() })),
);

export interface Office {
  readonly depository: Depository;
  /** T-01, where tellers make, and T-02, where supervisors check. */
  readonly front: Desk;
  readonly back: Desk;
  readonly people: Readonly<Record<StaffId, Colleague>>;
  readonly vaults: readonly string[];
  /** Both terminals push and pull until both have the whole log. */
  syncAll(): Promise<void>;
  close(): Promise<void>;
}

export interface OfficeParts {
  readonly directory: string;
  readonly assets: readonly string[];
  readonly fate: (transfer: Transfer) => Fate;
  readonly say: (line: string) => void;
  readonly acknowledged: (events: readonly string[]) => void;
  /** Ids of the two terminals. */
  readonly terminals?: readonly [string, string];
  /** Relying party of all terminals of this programme; `localhost` unless they run in desktop windows. */
  readonly relyingParty?: string;
  /** Further addresses at which terminals of this programme run. */
  readonly origins?: readonly string[];
  readonly port?: number;
  /** The way to the bank, instead of the simulated one. */
  readonly adapter?: DepositoryParts['adapter'];
}

/** Opens the office as it was left, and does what is missing of: vaults, programme, people. */
export async function openOffice(parts: OfficeParts): Promise<Office> {
  const { directory, assets, fate, say, acknowledged } = parts;
  const relyingParty = parts.relyingParty ?? 'localhost';
  const names = parts.terminals ?? (['T-01', 'T-02'] as const);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const people = openPeople(join(directory, 'soft-authenticators.json'));
  const depository = await openDepository({
    directory: join(directory, 'depository'),
    programme: programmeId,
    name: 'Lend Together, custody programme',
    origin: logOrigin,
    relyingParty: { id: relyingParty, origins: [origin, ...(parts.origins ?? [])] },
    pools: Object.fromEntries(assets.map((asset, i) => [asset, `1100${String(i + 1).padStart(4, '0')}`])),
    primitives: nodePrimitives,
    clock: () => Date.now(),
    port: parts.port ?? 0,
    fate,
    ...(parts.adapter === undefined ? {} : { adapter: parts.adapter }),
  });
  const start = (name: string) =>
    startTerminal({
      directory: join(directory, name, 'vault'),
      exportDirectory: join(directory, 'exports'),
      schemaDirectory: null,
      relyingParty: { id: relyingParty, name: 'Custos', origins: [origin] },
      allowPassphraseOnly: false,
      depositoryUrl: depository.invitation.url,
      offer: null,
      syncEveryMs: null,
    });
  const terminals: RunningTerminal[] = names.map(start);
  const [front, back] = terminals.map((one) => new Desk(one.connect(), acknowledged)) as [Desk, Desk];
  const office: Office = {
    depository,
    front,
    back,
    people,
    vaults: names.map((name) => databasePath(join(directory, name, 'vault'), 1)),
    async syncAll() {
      for (const desk of [front, back, front, back]) await desk.sync();
    },
    async close() {
      for (const terminal of terminals) await terminal.stop();
      await depository.close();
    },
  };
  await found(office, names, assets, say);
  return office;
}

/** The authenticators' keys are kept in clear: this is a demonstration, and they protect nothing but it. */
function openPeople(file: string): Record<StaffId, Colleague> {
  const stored = existsSync(file) ? keysSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const authenticators = new Map<string, SoftAuthenticator>();
  const save = () => {
    writeFileSync(`${file}.next`, JSON.stringify(Object.fromEntries(authenticators)), { mode: 0o600, flush: true });
    renameSync(`${file}.next`, file);
  };
  const person = ([id, role]: [string, Role]): [string, Colleague] => {
    const authenticator = new SoftAuthenticator(origin, stored[id], save);
    authenticators.set(id, authenticator);
    return [id, { id, role, staffId: `staff-${id}`, passphrase: `${id}: four unrelated words`, authenticator }];
  };
  return Object.fromEntries(Object.entries(staff).map(person)) as Record<StaffId, Colleague>;
}

async function found(
  office: Office,
  names: readonly [string, string],
  assets: readonly string[],
  say: OfficeParts['say'],
): Promise<void> {
  const { depository, front, back, people } = office;
  for (const [desk, person, name] of [
    [front, people['officer-a'], names[0]],
    [back, people['officer-b'], names[1]],
  ] as const) {
    const { phase } = await desk.client.status({});
    if (phase === 'new') {
      await desk.firstRun(person, depository.invitation, name);
      say(`${name}: ${person.id} set up the vault with a passphrase and a security key`);
    } else await desk.unlock(person);
  }
  const cards = await Promise.all([front, back].map(async (desk) => accepted(await desk.client.card({}))));
  if (depository.gateway.sequencer().tree.size === 0) {
    const first = (id: string) => cards.flatMap((card) => card.operators).filter((one) => one.id === id);
    accepted(
      await depository.open({
        assets: [...assets],
        officers: [...first('officer-a'), ...first('officer-b')],
        terminals: cards.map((card) => card.terminal),
        policy: demoPolicy(assets),
        agreement: {
          version: 1,
          fees: [
            {
              code: 'service',
              text: 'platform service fee',
              asset: assets[0] as string,
              to: 'platform-fee',
              flat: '100',
              basisPoints: 20,
              maximum: '50000',
            },
          ],
        },
      }),
    );
    say(`The bank opened programme ${programmeId} in ${assets.join(', ')} with two officers and two terminals`);
  }
  await office.syncAll();
  for (const [desk, ids] of [
    [front, ['teller-a', 'teller-b']],
    [back, ['supervisor-a', 'supervisor-b']],
  ] as const) {
    const enrolled = accepted(await desk.client.card({})).operators.map((one) => one.id);
    for (const id of ids) if (!enrolled.includes(id)) await desk.enrol(people[id]);
  }
  const staffHere = (
    await Promise.all([front, back].map(async (desk) => accepted(await desk.client.card({})).operators))
  ).flat();
  const newcomers = staffHere.filter((one) => one.role !== 'officer');
  const made = await ensure(
    front,
    newcomers.map((operator) => ({ kind: 'enrol operator', operator }) as const),
  );
  if (made > 0) say('officer-a made the enrolment of two tellers and two supervisors');
  await office.syncAll();
  const approved = await approveWaiting(back, ['enrol operator']);
  if (approved > 0) say('officer-b approved them from the other terminal');
  await office.syncAll();
}

type Drafts = Parameters<Desk['make']>;

/** Makes those instructions that are not there yet, recognised by what they would do; returns how many were missing. */
export async function ensure(desk: Desk, drafts: Drafts): Promise<number> {
  const known = new Set<string>();
  for await (const one of everyInstruction(desk))
    if (!['declined', 'withdrawn', 'expired'].includes(one.state)) known.add(one.consequence);
  let made = 0;
  for (let at = 0; at < drafts.length; at += 500) {
    const chunk = drafts.slice(at, at + 500).map((draft) => ({ draft, source: null }));
    const proposed = await desk.propose(chunk);
    const missing = proposed.events.filter((event) => !known.has(event.consequence)).map((event) => event.index);
    if (missing.length === 0) continue;
    await desk.make(...missing.map((index) => (chunk[index] as (typeof chunk)[number]).draft));
    made += missing.length;
  }
  return made;
}

/** Approves, in baskets of one touch each, whatever waits of these kinds and needs nothing typed. */
export async function approveWaiting(desk: Desk, kinds: readonly string[]): Promise<number> {
  const waiting: string[] = [];
  for await (const one of everyInstruction(desk, ['waiting'])) if (kinds.includes(one.kind)) waiting.push(one.id);
  for (let at = 0; at < waiting.length; at += 500) await desk.approve(...waiting.slice(at, at + 500));
  return waiting.length;
}

export async function* everyInstruction(desk: Desk, states: string[] = []) {
  for (let after = ''; ; ) {
    const { instructions } = accepted(await desk.client.instructions({ states, after, limit: 500 }));
    yield* instructions;
    const last = instructions.at(-1);
    if (last === undefined || instructions.length < 500) return;
    after = last.id;
  }
}
