// What may happen next: people work at their terminals, the bank answers, time passes, and things go wrong. Each step returns
// one line for the trace, made of what was decided and never of keys or salts.

import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openBankKeys } from '../../depository/keys.ts';
import { base64urlToBytes, utf8ToText } from '../../shared/bytes.ts';
import type { Draft, Signing, Verdict } from '../../shared/contract/terminal.ts';
import { faultPoints } from '../../shared/fault.ts';
import type { Result } from '../../shared/result.ts';
import { type Colleague, type Desk, finished } from '../desk.ts';
import { lyingGateway } from '../lying-gateway.ts';
import { insiderSubmission, nextPolicy } from './insiders.ts';
import {
  Disagreement,
  type LineFault,
  type Station,
  simulatedAgreement,
  simulatedPolicy,
  type World,
} from './world.ts';

export const stepWeights = {
  make: 16,
  check: 14,
  withdraw: 1,
  sync: 26,
  bank: 10,
  receipt: 7,
  'end of day': 1,
  'time passes': 6,
  insider: 14,
  'another person': 2,
  'kill a process': 8,
  'disk full': 4,
  'faulty line': 8,
  'cut off': 2,
  'clock jumps': 2,
  'lying gateway': 3,
  'old vault': 2,
} as const;
export type StepName = keyof typeof stepWeights;

const said = (outcome: Result<unknown> | string): string =>
  typeof outcome === 'string' ? outcome : outcome.ok ? 'ok' : outcome.refusal.type;

export async function takeStep(world: World, name: StepName): Promise<string> {
  const { chance } = world;
  const station = chance.pick(world.stations);
  switch (name) {
    case 'make':
      return world.at(station, (desk) => sign(station, desk.client.make({ drafts: drafts(world, station) })));
    case 'check':
      return world.at(station, async (desk) => check(world, station, desk));
    case 'withdraw':
      return world.at(station, async (desk) => {
        const mine = [...world.clerk.instructions].filter(([, one]) => one.event.actor === desk.person.id);
        if (mine.length === 0) return 'nothing';
        return sign(station, desk.client.withdraw({ instructions: [chance.pick(mine)[0] as never] }));
      });
    case 'sync':
      return world.at(station, (desk) => sync(station, desk));
    case 'bank':
      return `${(await quietly(() => world.depository.run()))?.map((one) => one.refusal.type).join(' ') ?? 'failed'}`;
    case 'receipt': {
      const numbers = [...world.clerk.accounts.values()].flatMap(({ number }) => (number === null ? [] : [number]));
      const custodyNumber =
        numbers.length === 0 || chance.once(4) ? chance.pick([null, 'unknown']) : chance.pick(numbers);
      const reference = `P${chance.below(200)}`;
      const amount = BigInt(chance.between(1, 60_000));
      world.depository.bank.creditReceipt({ asset: 'CNY', amount, custodyNumber, payer: 'Payer', reference });
      return `${custodyNumber} ${amount} ${reference}`;
    }
    case 'end of day':
      world.depository.bank.endOfDay();
      return '';
    case 'time passes': {
      const ms = chance.pick([1000, 60_000, 600_000, 3_600_000, 26 * 3_600_000, 80 * 3_600_000]);
      world.nowMs += ms;
      return String(ms);
    }
    case 'insider':
      return insider(world);
    case 'another person':
      return world.at(station, async (desk) => {
        const others = station.people.filter((one) => one.id !== desk.person.id);
        if (others.length === 0) return 'nobody else';
        const person: Colleague = chance.pick(others);
        return `${person.id} ${said(await desk.tryUnlock(person))}`;
      });
    case 'kill a process':
      return strikeDuring(world, station, 'kill');
    case 'disk full':
      return strikeDuring(world, station, 'disk full');
    case 'faulty line': {
      const kinds: LineFault[] = ['request lost', 'answer lost', 'request repeated', 'request delayed'];
      station.lineFaults = Array.from({ length: chance.between(1, 3) }, () => chance.pick(kinds));
      const outcome = await world.at(station, (desk) => sync(station, desk));
      station.lineFaults = [];
      return outcome;
    }
    case 'cut off':
      station.cutOff = chance.between(3, 25);
      world.count('terminal cut off');
      return `${station.name} ${station.cutOff}`;
    case 'clock jumps': {
      const ms = chance.pick([-7_200_000, -30_000, 0, 0, 30_000, 7_200_000]);
      world.count('clock jumps');
      if (chance.once(3)) world.gatewayClockOff = ms;
      else station.clockOff = ms;
      return String(ms);
    }
    case 'lying gateway':
      return lie(world, station);
    case 'old vault':
      return putBack(world, station);
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

async function sign(station: Station, asked: Promise<Result<Signing>>): Promise<string> {
  const outcome = await quietly(() => asked);
  if (outcome === undefined) return 'failed';
  if (!outcome.ok) return said(outcome);
  const refused = outcome.value.refused.map((one) => one.refusal.type).join(' ');
  const queued = await quietly(() => station.desk.touch(outcome.value));
  for (const event of queued ?? []) station.acknowledged.add(event);
  return `${outcome.value.events.map((one) => one.type).join(' ')} ${queued?.length ?? 'failed'} ${refused}`;
}

function drafts(world: World, station: Station): { draft: Draft; source: null }[] {
  const count = world.chance.once(4) ? world.chance.between(2, 6) : 1;
  return Array.from({ length: count }, () => ({ draft: draft(world, station.desk.person), source: null }));
}

function draft(world: World, person: Colleague): Draft {
  const { chance, clerk } = world;
  const accounts = [...clerk.accounts].filter(([, one]) => one.client !== null).map(([id]) => id);
  const account = accounts.length === 0 ? 'acc-nobody' : chance.pick(accounts);
  const amount = String(chance.once(8) ? chance.between(10_000, 120_000) : chance.between(1, 4000));
  const payee = () => ({
    ...{
      name: 'Payee',
      account: `62220000${chance.between(1000, 1020)}`,
      agent: null,
      endToEndId: 'E',
      remittance: null,
    },
  });
  const n = chance.below(10);
  const young = accounts.length < 6;
  const kind =
    person.role === 'officer'
      ? chance.weighted({ policy: 3, agreement: 3, register: 1, freeze: 1, fee: 1, correction: 1 })
      : chance.weighted({
          ...{ payment: 10, batch: 4, transfer: 4, fee: 3, freeze: 2, correction: 2, allocation: 3, own: 1, earn: 1 },
          ...{ register: young ? 8 : 1, open: young ? 10 : 1 },
        });
  switch (kind) {
    case 'payment':
      return { kind: 'payment', account, asset: 'CNY', amount, payee: payee() };
    case 'own':
      return { kind: 'payment', account: 'platform-own:CNY', asset: 'CNY', amount, payee: payee() };
    case 'earn':
      return {
        kind: 'book transfer',
        from: 'platform-fee:CNY',
        to: 'platform-own:CNY',
        asset: 'CNY',
        amount,
        purpose: 'CHAR' as never,
      };
    case 'batch':
      return {
        kind: 'batch',
        asset: 'CNY',
        items: Array.from({ length: chance.between(1, 5) }, () => ({
          account: accounts.length === 0 ? 'acc-nobody' : chance.pick(accounts),
          amount: String(chance.between(1, 3000)),
          payee: payee(),
        })),
      } as Draft;
    case 'transfer':
      return {
        kind: 'book transfer',
        from: account,
        to: chance.pick([...accounts, 'acc-nobody']),
        asset: 'CNY',
        amount,
        purpose: 'LOAN',
      };
    case 'fee':
      return { kind: 'fee', account, asset: 'CNY', code: 'service', base: '0', amount: String(clerk.fee) };
    case 'freeze':
      return { kind: clerk.accounts.get(account)?.frozen ? 'unfreeze' : 'freeze', account, reason: 'order' };
    case 'correction': {
      const done = [...clerk.instructions].filter(([, one]) => one.state === 'done').map(([id]) => id);
      const corrects = done.length === 0 ? world.newId(world.nowMs) : chance.pick(done);
      return { kind: 'correction', corrects: corrects as never, reason: 'mistake' };
    }
    case 'allocation': {
      const open = [...clerk.receipts].filter(([, one]) => one.left > 0n);
      const [receipt, { left }] = open.length === 0 ? [world.newId(0), { left: 1n }] : chance.pick(open);
      const part = chance.once(3) ? left : 1n + BigInt(chance.below(Number(left > 5000n ? 5000n : left)));
      return { kind: 'receipt allocation', receipt: receipt as never, account, asset: 'CNY', amount: String(part) };
    }
    case 'register':
      return { kind: 'register client', client: `client-${n}`, identity: { client: `Holder ${n}` } };
    case 'open':
      return {
        kind: 'open account',
        account: `acc-${n}`,
        client: `client-${n}`,
        role: 'lender',
        asset: 'CNY',
        number: `9${n}`,
      };
    case 'policy':
      return { kind: 'adopt policy', policy: simulatedPolicy(nextPolicy(world)) };
    case 'agreement':
      return {
        kind: 'adopt agreement',
        agreement: simulatedAgreement(clerk.agreementVersion + 1, BigInt(chance.between(1, 300))),
      };
  }
}

async function check(world: World, station: Station, desk: Desk): Promise<string> {
  const { chance } = world;
  const listed = await quietly(() => desk.client.instructions({ states: ['waiting'], after: '', limit: 50 }));
  if (!listed?.ok || listed.value.instructions.length === 0) return 'nothing waits';
  const some = listed.value.instructions.filter(() => !chance.once(3)).slice(0, 8);
  const verdicts = some.map(({ id }): Verdict => {
    if (chance.once(8)) return { verdict: 'decline', instruction: id, reason: 'no' };
    const body = world.clerk.instructions.get(id)?.body;
    const typed =
      body?.kind === 'payment'
        ? { tail: body.payee.tail, amount: body.amount }
        : body?.kind === 'batch'
          ? { tail: body.items[0]?.payee.tail ?? '', amount: body.total }
          : null;
    return { verdict: 'approve', instruction: id, typed: chance.once(15) ? null : typed };
  });
  return verdicts.length === 0 ? 'nothing chosen' : sign(station, desk.client.check({ verdicts }));
}

async function sync(station: Station, desk: Desk): Promise<string> {
  const result = await quietly(() => finished(desk.client.sync({})));
  if (result === undefined) return 'failed';
  if (!result.ok) {
    if (['fork', 'rollback', 'disagreement', 'bad checkpoint', 'read only'].includes(result.refusal.type))
      throw new Disagreement(`${station.name} does not believe an honest gateway: ${result.refusal.why}`);
    return result.refusal.type;
  }
  const { pushed, pulled, refused } = result.value;
  return `${station.name} ${pushed} up, ${pulled} down, ${refused.map((one) => one.refusal.type).join(' ')}`;
}

async function insider(world: World): Promise<string> {
  const submissions = Array.from({ length: world.chance.between(1, 3) }, () => insiderSubmission(world));
  if (world.chance.once(6)) world.killAfterAnswer = true;
  const answer = await quietly(() => world.insiderLine().submit({ programme: 'simulated', submissions }));
  return answer === undefined ? 'no answer' : answer.outcomes.map(said).join(' ');
}

/** Something that would be written to disk, and in its middle the process is killed or the disk is full. */
async function strikeDuring(world: World, station: Station, fault: 'kill' | 'disk full'): Promise<string> {
  const { chance } = world;
  const point = chance.pick(faultPoints.filter((one) => /^(vault|gateway|bank)/.test(one)));
  world.arm(point, fault);
  const outcome = await world.at(station, async (desk) => {
    if (point.startsWith('vault'))
      return chance.once(2) ? sync(station, desk) : sign(station, desk.client.make({ drafts: drafts(world, station) }));
    if (point.startsWith('bank')) return String((await quietly(() => world.depository.run()))?.length ?? 'failed');
    return chance.once(2) ? insider(world) : sync(station, desk);
  });
  world.disarm();
  return `${point}: ${outcome}`;
}

/** The gateway shows this terminal a log that is not the one it had, signed with its own key. */
async function lie(world: World, station: Station): Promise<string> {
  const { chance } = world;
  const before = await station.desk.client.status({});
  const size = world.depository.gateway.sequencer().size();
  const known = before.log.size;
  if (known < 4) return 'too young';
  const records = (await world.depository.gateway.store.leaves(0, size)).map(utf8ToText);
  const kind = chance.pick(['dropped', 'rewritten', 'swapped', 'shorter', 'made up']);
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
  world.count(`gateway lies: ${kind}`);
  const safe = world.copyVault(station);
  const keys = openBankKeys(join(world.directory, 'depository', 'bank-keys.json'));
  const publicKey = base64urlToBytes(keys.gateway.publicKey) ?? new Uint8Array();
  station.liar = lyingGateway({ origin: 'depository.example/simulated', publicKey, sign: keys.gateway.sign }, told);
  const result = await quietly(() => finished(station.desk.client.sync({})));
  station.liar = undefined;
  const after = await station.desk.client.status({});
  if (result?.ok !== false || after.readOnly === null || after.log.size !== known)
    throw new Disagreement(
      `${station.name} believed a log that was ${kind}: ${known} records became ${after.log.size}`,
    );
  await world.startAgain(station, safe);
  return `${kind}: ${result.refusal.type}`;
}

/** Yesterday's files under today's terminal: alone the database is noticed; all together they only lack what came later. */
async function putBack(world: World, station: Station): Promise<string> {
  const { chance } = world;
  const old = world.copyVault(station);
  // Something that the terminal answers for must have happened since.
  const made = await world.at(station, (desk) => sign(station, desk.client.make({ drafts: drafts(world, station) })));
  await world.at(station, (desk) => sync(station, desk));
  const now = world.copyVault(station);
  const { person } = station.desk;
  if (chance.once(2)) {
    const mixed = world.copyVault(station);
    for (const name of readdirSync(join(mixed, 'vault')))
      if (name.startsWith('vault.db')) rmSync(join(mixed, 'vault', name));
    for (const name of readdirSync(join(old, 'vault')))
      if (name.startsWith('vault.db')) cpSync(join(old, 'vault', name), join(mixed, 'vault', name));
    const committed = headOf(old) !== headOf(now);
    world.count('old database under the newest record');
    await world.startAgain(station, mixed);
    const { readOnly } = await station.desk.client.status({});
    const noticed = readOnly?.type === 'vault rolled back';
    if (noticed !== committed)
      throw new Disagreement(`${station.name} opened an old database as if it were fine (or suspected the newest)`);
    await world.startAgain(station, now);
    return `database ${noticed ? 'noticed' : 'the same'} ${made}`;
  }
  world.count('whole old vault');
  await world.startAgain(station, old);
  rmSync(now, { recursive: true, force: true });
  // What was signed since and had not left the terminal is gone with the machine, as from a backup.
  for (const id of station.acknowledged) if (!world.clerk.events.has(id)) station.acknowledged.delete(id);
  return `whole vault of ${person.id} ${made}`;
}

/** The head record as it is on disk. */
function headOf(folder: string): string {
  const names = readdirSync(join(folder, 'vault')).filter((name) => name.startsWith('vault.head'));
  return names.map((name) => `${name} ${readFileSync(join(folder, 'vault', name), 'utf8')}`).join('\n');
}
