// What may happen next: people work at their terminals, the bank answers, time passes, and things go wrong. Each step returns
// one line for the trace, made of what was decided and never of keys or salts.

import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bankReference } from '../../depository/bank/answers.ts';
import { openBankKeys } from '../../depository/keys.ts';
import { base64urlToBytes, utf8ToText } from '../../shared/bytes.ts';
import type { Signing, Verdict } from '../../shared/contract/terminal.ts';
import type { FaultPoint } from '../../shared/fault.ts';
import type { InstructionKind } from '../../shared/instruction/schema.ts';
import { type Role, roles } from '../../shared/operator.ts';
import type { Result } from '../../shared/result.ts';
import { type Colleague, type Desk, finished, newColleague } from '../desk.ts';
import { lyingGateway } from '../lying-gateway.ts';
import { officeOrigin } from '../office.ts';
import type { Made } from './clerk.ts';
import { bankTroubles, type LineFault, lies, lineFaults, putBackParts, strikable } from './faults.ts';
import { insiderSubmission } from './insiders.ts';
import { knownKinds } from './kinds.ts';
import { assetOfPot, coin } from './pots.ts';
import { verifyAt } from './verify-at.ts';
import { draftOf, wishedKinds, wishes } from './wishes.ts';
import { Disagreement, insiderTerminal, programme, type Station, type World } from './world.ts';

export const stepWeights = {
  make: 26,
  check: 26,
  withdraw: 2,
  sync: 14,
  bank: 14,
  receipt: 6,
  'end of day': 5,
  'nobody ordered it': 3,
  'time passes': 5,
  insider: 14,
  colleague: 1,
  audit: 1,
  'kill a process': 9,
  'disk full': 6,
  'faulty line': 6,
  'cut off': 1,
  'clock jumps': 2,
  'bank trouble': 4,
  'lying gateway': 3,
  'old vault': 2,
} as const;
export type StepName = keyof typeof stepWeights;

const said = (outcome: Result<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.type);

export async function takeStep(world: World, name: StepName): Promise<string> {
  const { chance } = world;
  if (world.stations.length === 0) return 'nobody is left';
  switch (name) {
    case 'make':
      return chance.once(3) ? seeThrough(world) : make(world);
    case 'check':
      return check(world);
    case 'withdraw':
      return withdraw(world);
    case 'sync':
      return world.at(chance.pick(world.stations), (desk, station) => sync(station, desk));
    case 'bank':
      return runBank(world);
    case 'receipt':
      return receipt(world);
    case 'end of day':
      world.depository.bank.endOfDay();
      return runBank(world);
    case 'nobody ordered it':
      return bookUnasked(world);
    case 'time passes': {
      const ms = chance.pick([1000, 60_000, 600_000, 600_000, 3_600_000, 26 * 3_600_000, 80 * 3_600_000]);
      world.nowMs += ms;
      return String(ms);
    }
    case 'insider':
      return chance.once(12) ? pretendTerminal(world) : insider(world);
    case 'colleague':
      return chance.once(3) ? recoveryShares(world) : colleague(world);
    case 'audit':
      return world.at(chance.pick(world.stations), (_, station) => verifyAt(world, station));
    case 'kill a process':
      return strikeDuring(world, 'kill');
    case 'disk full':
      return strikeDuring(world, 'disk full');
    case 'faulty line': {
      const station = chance.pick(world.stations);
      station.lineFaults = Array.from({ length: chance.between(1, 3) }, () =>
        chance.rarest(lineFaults, world.timesSoFar),
      ) as LineFault[];
      const outcome = chance.once(2)
        ? await world.at(station, (desk) => sync(station, desk))
        : await make(world, station);
      station.lineFaults = [];
      return outcome;
    }
    case 'cut off': {
      const station = chance.pick(world.stations);
      station.cutOff = chance.between(3, 25);
      world.count('terminal cut off');
      return `${station.name} ${station.cutOff}`;
    }
    case 'clock jumps':
      return jumpClock(world);
    case 'bank trouble': {
      world.bankTrouble = chance.rarest(bankTroubles, (one) => world.timesSoFar(`bank: ${one}`));
      world.count(`bank: ${world.bankTrouble}`);
      const outcome = `${world.bankTrouble}: ${await runBank(world)}`;
      world.bankTrouble = undefined;
      return outcome;
    }
    case 'lying gateway':
      return world.at(chance.pick(world.stations), (_, station) => lie(world, station));
    case 'old vault':
      return putBack(world, chance.pick(world.stations));
  }
}

async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof Disagreement) throw failure;
    return undefined;
  }
}

// People

/** Somebody who will do, at a terminal where they can work: most often one where they sit already. */
async function somebody(
  world: World,
  wanted: (person: Colleague) => boolean,
  at: readonly Station[] = world.stations,
): Promise<Station | undefined> {
  const { chance, clerk } = world;
  const mayWork = ({ id }: Colleague) => clerk.operators.get(id)?.revoked === false || chance.once(30);
  const places = at.flatMap((station) =>
    station.people.filter((one) => wanted(one) && mayWork(one)).map((person) => ({ station, person })),
  );
  const seated = places.filter(({ station, person }) => station.desk.person.id === person.id);
  if (places.length === 0) return undefined;
  const { station, person } = chance.pick(seated.length > 0 && !chance.once(5) ? seated : places);
  if (station.desk.person.id === person.id) return station;
  return (await world.at(station, (desk) => quietly(() => desk.tryUnlock(person))))?.ok ? station : undefined;
}

/** What has been done least of what makes sense now. */
function rareKind(world: World): InstructionKind {
  const sensible = wishedKinds.filter((kind) => (wishes[kind]?.often(world) ?? 0) > 1);
  return world.chance.rarest(sensible, world.timesDone);
}

const someKind = (world: World): InstructionKind =>
  world.chance.once(4)
    ? rareKind(world)
    : (world.chance.weighted(
        Object.fromEntries(wishedKinds.map((one) => [one, wishes[one]?.often(world) ?? 0])),
      ) as InstructionKind);

/** Something that is not done every day is seen through to its end at once, by as many as it takes. */
async function seeThrough(world: World): Promise<string> {
  const kind = rareKind(world);
  const said = [await make(world, undefined, kind, true)];
  for (let i = 0; i < 2; i++) {
    const isLeft = [...world.clerk.instructions.values()].some(
      (one) => one.word === 'waiting' && one.body.kind === kind,
    );
    if (isLeft) said.push(await check(world, (one) => one.body.kind === kind));
  }
  return said.join('; ');
}

async function make(world: World, at?: Station, kind = someKind(world), upToDate = false): Promise<string> {
  const { chance } = world;
  const makers: readonly string[] = chance.once(30) ? roles : (knownKinds[kind]?.makers ?? []);
  const station = await somebody(world, (one) => makers.includes(one.role), at === undefined ? world.stations : [at]);
  if (station === undefined) return `${kind}: nobody`;
  const count = chance.once(4) ? chance.between(2, 6) : 1;
  const drafts = Array.from({ length: count }, () => ({ draft: draftOf(world, kind), source: null }));
  return world.at(station, async (desk) => {
    if (upToDate) await sync(station, desk);
    const made = await sign(
      station,
      quietly(() => desk.client.make({ drafts })),
    );
    const synced = upToDate || chance.once(2) ? `, ${await sync(station, desk)}` : '';
    return `${station.name} ${kind}: ${made}${synced}`;
  });
}

async function sign(station: Station, asked: Promise<Result<Signing> | undefined>): Promise<string> {
  const outcome = await asked;
  if (outcome === undefined) return 'failed';
  if (!outcome.ok) return said(outcome);
  const queued = await quietly(() => station.desk.touch(outcome.value));
  for (const event of queued ?? []) station.acknowledged.add(event);
  const refused = outcome.value.refused.map((one) => one.refusal.type);
  return [`${queued?.length ?? 'failed'} of ${outcome.value.events.length}`, ...refused].join(' ');
}

/** A checker brings their terminal up to date and decides on some of what waits for somebody like them. */
async function check(world: World, wanted: (one: Made) => boolean = () => true): Promise<string> {
  const { chance, clerk } = world;
  const waiting = [...clerk.instructions.values()].filter((one) => one.word === 'waiting' && wanted(one));
  if (waiting.length === 0) return 'nothing waits';
  const { body, event, approvedBy } = chance.rarest(waiting, (one) => world.timesDone(one.body.kind));
  const isAnybody = chance.once(20);
  const station = await somebody(world, ({ id, role }) => {
    if (isAnybody) return true;
    const hasApproved = approvedBy.some(({ person }) => person === clerk.operators.get(id)?.person);
    return role === knownKinds[body.kind]?.checker && id !== event.actor && !hasApproved;
  });
  if (station === undefined) return 'nobody';
  return world.at(station, async (desk) => {
    if (!chance.once(4)) await sync(station, desk);
    const listed = await quietly(() => desk.client.instructions({ states: ['waiting'], after: '', limit: 100 }));
    const theirs = (listed?.ok ? listed.value.instructions : []).filter(({ id }) => {
      const one = clerk.instructions.get(id);
      if (one === undefined || chance.once(20)) return true;
      return knownKinds[one.body.kind]?.checker === desk.person.role && one.event.actor !== desk.person.id;
    });
    const some = theirs.filter(() => !chance.once(3)).slice(0, 8);
    if (some.length === 0) return `${station.name} nothing waits`;
    const verdicts = some.map(({ id }): Verdict => {
      if (chance.once(10)) return { verdict: 'decline', instruction: id, reason: 'no' };
      const body = clerk.instructions.get(id)?.body;
      const typed = body === undefined || chance.once(20) ? null : clerk.typed(body);
      return { verdict: 'approve', instruction: id, typed };
    });
    const signed = await sign(
      station,
      quietly(() => desk.client.check({ verdicts })),
    );
    return `${station.name} ${signed}${chance.once(4) ? '' : `, ${await sync(station, desk)}`}`;
  });
}

async function withdraw(world: World): Promise<string> {
  const { chance, clerk } = world;
  const station = chance.pick(world.stations);
  return world.at(station, async (desk) => {
    const mine = [...clerk.instructions].filter(
      ([, one]) =>
        one.event.actor === desk.person.id && (one.word === 'waiting' || one.word === 'scheduled' || chance.once(8)),
    );
    if (mine.length === 0) return 'nothing';
    const instructions = [chance.pick(mine)[0] as never];
    return sign(
      station,
      quietly(() => desk.client.withdraw({ instructions })),
    );
  });
}

async function sync(station: Station, desk: Desk): Promise<string> {
  const result = await quietly(() => finished(desk.client.sync({})));
  if (result === undefined) return 'failed';
  if (!result.ok) {
    if (['fork', 'rollback', 'disagreement', 'bad checkpoint', 'read only'].includes(result.refusal.type))
      throw new Disagreement(`${station.name} does not believe an honest gateway: ${result.refusal.why}`);
    return `${station.name} ${result.refusal.type}`;
  }
  const { pushed, pulled, refused } = result.value;
  return [`${station.name} ${pushed} up`, `${pulled} down`, ...refused.map((one) => one.refusal.type)].join(' ');
}

/** Another person sits down at the terminal: enrolled on it now, and by two officers later. */
async function colleague(world: World): Promise<string> {
  const { chance } = world;
  const station = chance.pick(world.stations);
  const person = newColleague(
    `person-${world.nextNumber()}`,
    chance.pick(['teller', 'supervisor'] as Role[]),
    officeOrigin,
  );
  return world.at(station, async (desk) => {
    const enrolled = await quietly(() => desk.enrol(person));
    if (enrolled === undefined) return 'failed';
    station.people.push(person);
    world.candidates.push(enrolled.operator);
    return `${station.name} ${person.id} ${person.role}`;
  });
}

/** Recovery shares are made; where there were some before, the keys of the vault are changed with it. */
const recoveryShares = (world: World, times = 1): Promise<string> =>
  world.at(world.chance.pick(world.stations), async (desk, station) => {
    const made: string[] = [];
    for (let i = 0; i < times; i++) {
      const one = await quietly(() => desk.client.addRecovery({ officers: [2, 3], custodians: [2, 3] }));
      made.push(one === undefined ? 'failed' : said(one));
    }
    return `${station.name} recovery shares ${made.join(', ')}`;
  });

// The bank

const runBank = async (world: World): Promise<string> =>
  (await quietly(() => world.depository.run()))?.map((one) => one.refusal.type).join(' ') ?? 'failed';

async function receipt(world: World): Promise<string> {
  const { chance, clerk } = world;
  if (chance.once(5)) return lateMoney(world);
  const numbered = [...clerk.accounts.values()].filter((one) => one.number !== null);
  const known = numbered.length === 0 || chance.once(5) ? undefined : chance.pick(numbered);
  // Mostly into the bank account in which the money of the client lies.
  const pot = known === undefined || chance.once(15) ? chance.pick(['CNY', ...clerk.pots]) : known.pot;
  const [asset, into] = [assetOfPot(pot), world.numberAtBank(pot)];
  const deposits = [...clerk.places.keys()].flatMap((name) => name.match(/^deposit.*\|(.*)$/)?.[1] ?? []);
  const byAddress = asset === coin && deposits.length > 0 && chance.once(2);
  const custodyNumber = byAddress ? chance.pick(deposits) : (known?.number ?? chance.pick([null, 'unknown']));
  const reference = `P${chance.below(400)}`;
  const amount = BigInt(chance.between(1, 90_000));
  const receipt = { asset, amount, custodyNumber, payer: 'Payer', reference };
  world.depository.bank.creditReceipt(into === undefined ? receipt : { ...receipt, into });
  return `${pot} ${custodyNumber} ${amount} ${reference}, ${chance.once(2) ? await runBank(world) : ''}`;
}

/** A payment comes back long after it was settled, or once more; all of it, or not. */
function lateMoney(world: World): string {
  const { chance, clerk, depository } = world;
  const paid = [...clerk.instructions].flatMap(([id, one]) =>
    one.items.flatMap(({ word, account, amount }, item) =>
      account !== '' && clerk.accounts.get(account)?.asset !== coin && ['settled', 'returned'].includes(word)
        ? [{ reference: bankReference(id, item), amount }]
        : [],
    ),
  );
  if (paid.length === 0) return 'nothing was paid yet';
  const { reference, amount } = chance.pick(paid);
  const back = chance.once(2) ? amount : 1n + BigInt(chance.below(Number(amount)));
  depository.bank.returnAgain(reference, back);
  world.count('bank: late money');
  return `${back} of ${amount} comes back`;
}

/** The bank books what nobody ordered, and mostly puts it right later: only its statements say so. */
function bookUnasked(world: World): string {
  const { chance, depository } = world;
  const pot = chance.pick(['CNY', 'CNY', ...world.clerk.pots.filter((one) => one !== coin || chance.once(4))]);
  const before = world.unasked.get(pot) ?? 0n;
  const charge = BigInt(chance.between(1, 3000)) * (chance.once(2) ? 1n : -1n);
  const amount = before !== 0n && !chance.once(6) ? -before : charge;
  // Coins that come are a deposit like any other: only such as go are nobody's order.
  if (world.heldAtBank(pot) + amount < 0n || (pot === coin && amount > 0n)) return 'too little is there';
  depository.bank.bookUnasked(assetOfPot(pot), amount, world.numberAtBank(pot));
  world.unasked.set(pot, before + amount);
  world.count(amount === -before ? 'bank: puts right what nobody ordered' : 'bank: books what nobody ordered');
  return `${pot} ${amount}`;
}

// Faults

async function insider(world: World): Promise<string> {
  const submissions = Array.from({ length: world.chance.between(1, 3) }, () => insiderSubmission(world));
  if (world.chance.once(8)) world.killAfterAnswer = true;
  const answer = await quietly(() => world.insiderLine().submit({ programme, submissions }));
  return answer === undefined ? 'no answer' : answer.outcomes.map(said).join(' ');
}

/** The insiders' key under the name of another terminal: whatever is asked, nothing is answered. */
async function pretendTerminal(world: World): Promise<string> {
  world.count('request under another name');
  const submissions = [insiderSubmission(world)];
  for (const { event } of submissions) world.forged.add(event.id);
  const line = world.insiderLine('T-01');
  const answer = await quietly(() => line.submit({ programme, submissions }));
  if (answer !== undefined) throw new Disagreement(`the gateway answered ${insiderTerminal}, who said to be T-01`);
  return 'no answer';
}

function jumpClock(world: World): string {
  const { chance } = world;
  const ms = chance.pick([-7_200_000, -30_000, -30_000, 0, 30_000, 30_000, 7_200_000]);
  world.count(ms < 0 ? 'clock back' : ms > 0 ? 'clock ahead' : 'clock right again');
  // Somebody sees that a clock is wrong after a while.
  const until = chance.between(3, 25);
  if (chance.once(3)) {
    world.gatewayClock = { offMs: ms, steps: until };
    return `gateway ${ms}`;
  }
  const station = chance.pick(world.stations);
  station.clock = { offMs: ms, steps: until };
  return `${station.name} ${ms}`;
}

/** Something that would be written to disk, and in its middle the process is killed or the disk is full. */
async function strikeDuring(world: World, fault: 'kill' | 'disk full'): Promise<string> {
  const { chance } = world;
  const point = chance.rarest(strikable, (one) => world.timesSoFar(`${fault} at ${one}`));
  world.arm(point, fault);
  const outcome = await passing(world, point);
  world.disarm();
  return `${point}: ${outcome}`;
}

const goesToBank = ({ items }: Made): boolean => items.length > 0;
const isToSend = ({ items }: Made): boolean => items.some(({ word }) => word === 'approved');

/** Work in whose course the moment comes. */
async function passing(world: World, point: FaultPoint): Promise<string> {
  const { chance, clerk } = world;
  if (point.startsWith('slots')) return chance.once(2) ? recoveryShares(world) : colleague(world);
  if (point.startsWith('keys')) return recoveryShares(world, 2);
  if (point.startsWith('bank')) {
    if (point.includes('message')) await receipt(world);
    else if (![...clerk.instructions.values()].some(isToSend)) await check(world, goesToBank);
    return runBank(world);
  }
  if (point.startsWith('gateway') && chance.once(2)) return insider(world);
  return chance.once(2) ? make(world) : check(world);
}

/** The gateway shows this terminal a log that is not the one it had, signed with its own key. */
async function lie(world: World, station: Station): Promise<string> {
  const { chance } = world;
  const { client } = station.desk;
  const before = await client.status({});
  const sequencer = world.depository.gateway.sequencer();
  const known = before.log.size;
  if (known < 4) return 'too young';
  const records = (await world.depository.gateway.store.leaves(0, sequencer.size())).map(utf8ToText);
  const kind = chance.rarest(lies, (one) => world.timesSoFar(`gateway lies: ${one}`));
  const at = chance.between(1, known - 2);
  const told = [...records];
  if (kind === 'dropped') told.splice(at, 1);
  if (kind === 'rewritten') told[at] = (told[at] as string).replace('"admittedAt":"2026', '"admittedAt":"2025');
  if (kind === 'swapped') [told[at], told[at + 1]] = [told[at + 1] as string, told[at] as string];
  if (kind === 'shorter') told.length = known - 1;
  if (kind === 'made up') {
    told.length = known;
    told.push((records[known - 1] as string).replace(/"id":"[0-9a-f]{8}/, '"id":"ffffffff'));
  }
  // Signed as the whole log, and served with a record that is not under that root.
  const signed = kind === 'hidden' ? [...records, records[at] as string] : told;
  world.count(`gateway lies: ${kind}`);
  const safe = world.copyVault(station);
  const keys = openBankKeys(join(world.directory, 'depository', 'bank-keys.json'));
  const publicKey = base64urlToBytes(keys.gateway.publicKey) ?? new Uint8Array();
  const sign = kind === 'signed by another' ? keys.adapter.sign : keys.gateway.sign;
  if (kind === 'hidden') told.push((records[at] as string).replace('"admittedAt":"2026', '"admittedAt":"2027'));
  station.liar = lyingGateway({ origin: `depository.example/${programme}`, publicKey, sign }, told, signed);
  const result = await quietly(() => finished(client.sync({})));
  station.liar = undefined;
  const after = await client.status({});
  if (result?.ok !== false || after.readOnly === null || after.log.size !== known)
    throw new Disagreement(
      `${station.name} believed a log that was ${kind}: ${known} records became ${after.log.size}`,
    );
  const made = await client.make({ drafts: [{ draft: draftOf(world, 'freeze'), source: null }] });
  if (made.ok || made.refusal.type !== 'read only')
    throw new Disagreement(`${station.name} would sign after it had found a log that was ${kind}`);
  await world.startAgain(station, safe);
  return `${kind}: ${result.refusal.type}`;
}

/** Yesterday's files under today's terminal: alone the database is noticed; all together they only lack what came later. */
async function putBack(world: World, station: Station): Promise<string> {
  const { chance } = world;
  const old = world.copyVault(station);
  // Something that the terminal answers for must have happened since.
  const made = await make(world, station);
  await world.at(station, (desk) => sync(station, desk));
  const now = world.copyVault(station);
  const committed = headOf(old) !== headOf(now);
  // After a change of keys nothing of before fits to anything of after.
  const isMixable = databasesOf(old).join() === databasesOf(now).join();
  const which = isMixable ? chance.rarest(putBackParts, (one) => world.timesSoFar(`put back: ${one}`)) : 'whole vault';
  world.count(`put back: ${which}`);
  if (which === 'whole vault') {
    await world.startAgain(station, old);
    rmSync(now, { recursive: true, force: true });
    // What was signed since and had not left the terminal is gone with the machine, as from a backup.
    for (const id of station.acknowledged) if (!world.clerk.events.has(id)) station.acknowledged.delete(id);
    return `${which} of ${station.name}, ${made}`;
  }
  const mixed = world.copyVault(station);
  const isOld = (name: string) => name.startsWith(which === 'database' ? 'vault.db' : 'vault.head');
  for (const name of readdirSync(join(mixed, 'vault'))) if (isOld(name)) rmSync(join(mixed, 'vault', name));
  for (const name of readdirSync(join(old, 'vault')))
    if (isOld(name)) cpSync(join(old, 'vault', name), join(mixed, 'vault', name));
  const behind = generationOf(now) - generationOf(old);
  const { people } = station;
  const { person } = station.desk;
  await world.startAgain(station, mixed);
  if (!world.stations.includes(station)) {
    // Whoever could open it then may since have gone, and takes nothing old to be fine.
    world.stations.push(station);
    station.people = people;
    await world.startAgain(station, now, person);
    return `${which} of ${station.name}, opened by nobody, ${made}`;
  }
  const { readOnly } = await station.desk.client.status({});
  // One commit ahead of its record is what a crash leaves; anything else was put back.
  const mustNotice = which === 'database' ? committed : behind > 1;
  if ((readOnly !== null) !== mustNotice)
    throw new Disagreement(
      `${station.name} took an old ${which} to be fine, or suspected the newest: ${readOnly?.type}`,
    );
  await world.startAgain(station, now);
  return `${which} of ${station.name}, ${readOnly?.type ?? 'nothing to notice'}, ${made}`;
}

const databasesOf = (folder: string): string[] =>
  readdirSync(join(folder, 'vault')).filter((name) => /^vault\.db(\.\d+)?$/.test(name));

/** The head records as they are on disk. */
function headOf(folder: string): string {
  const names = readdirSync(join(folder, 'vault')).filter((name) => name.startsWith('vault.head'));
  return names.map((name) => `${name} ${readFileSync(join(folder, 'vault', name), 'utf8')}`).join('\n');
}
const generationOf = (folder: string): number =>
  Math.max(0, ...[...headOf(folder).matchAll(/"generation":(\d+)/g)].map(([, number]) => Number(number)));
