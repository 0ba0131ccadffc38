// Insiders: an officer, a teller and a supervisor who hold their keys outside of any terminal and send whatever they like:
// honest work, work that is not theirs, and evidence that they have tampered with. The clerk says beforehand what must become
// of it.

import { payeeIdUnder } from '../../crypto/payee.ts';
import { base64urlToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import type { CustosEvent, EventOf, EventType } from '../../shared/event.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { commit, type PayeeDetails, tailOf } from '../../shared/instruction/payee.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import type { Submission } from '../../shared/submission.ts';
import { msToInstant } from '../../shared/time.ts';
import { commitmentOf, newEd25519, Person, sha256, signAsMachine } from '../people.ts';
import { digestOf, simulatedAgreement, simulatedPolicy, type World } from './world.ts';

const forgeries = [
  'none',
  'evidence of another event',
  'signed by another',
  'no user verification',
  'altered',
] as const;
type Forgery = (typeof forgeries)[number];

/** One submission by an insider; what the gateway must say of it is left to the clerk. */
export function insiderSubmission(world: World): Submission {
  const { chance } = world;
  const what = chance.weighted({ make: 8, approve: 10, decline: 2, withdraw: 2, machine: 2, again: 2, own: 3 });
  const who = chance.pick([world.insiders.officer, world.insiders.teller, world.insiders.supervisor]);
  switch (what) {
    case 'make':
      return make(world, chance.once(4) ? who : chance.once(3) ? world.insiders.officer : world.insiders.teller);
    case 'approve':
      return about(world, chance.once(3) ? who : world.insiders.supervisor, 'instruction.approved');
    case 'own':
      return about(world, world.insiders.officer, 'instruction.approved', 'mallory');
    case 'decline':
      return about(world, who, 'instruction.declined');
    case 'withdraw':
      return about(world, who, 'instruction.withdrawn');
    case 'machine':
      return pretendBank(world, who);
    case 'again':
      return again(world, who);
  }
}

function eventBy<T extends EventType>(world: World, type: T, actor: string, body: EventOf<T>['body']): CustosEvent {
  const { chance, nowMs } = world;
  const atMs = nowMs + (chance.once(40) ? 3_600_000 : 0);
  return {
    ...{ v: 1, id: world.newId(nowMs), programme: 'simulated', type, at: msToInstant(atMs), actor },
    ...{ terminal: chance.once(20) ? 'T-99' : chance.once(6) ? 'T-01' : 'T-66', body },
  } as CustosEvent;
}

function submit(world: World, event: CustosEvent, who: Person, details: readonly PayeeDetails[] = []): Submission {
  const forgery: Forgery = world.chance.once(5) ? world.chance.pick(forgeries) : 'none';
  if (forgery !== 'none') {
    world.forged.add(event.id);
    world.count(`evidence: ${forgery}`);
  }
  return { event, evidence: evidenceFor(world, event, who, forgery), details: [...details] };
}

function evidenceFor(world: World, event: CustosEvent, who: Person, forgery: Forgery): Evidence {
  const [right] = who.sign([event]);
  const [ofAnother] = who.sign([{ ...event, id: world.newId(world.nowMs) }]);
  if (right?.kind !== 'webauthn' || ofAnother?.kind !== 'webauthn') throw new Error('a person signs with a key');
  switch (forgery) {
    case 'evidence of another event':
      return ofAnother;
    case 'signed by another': {
      const stranger = new Person('stranger', who.operator.role);
      const [strange] = stranger.sign([event]);
      return strange?.kind === 'webauthn' ? { ...strange, credential: right.credential } : right;
    }
    case 'no user verification':
      return who.sign([event], { flags: 0x01 })[0] ?? right;
    case 'altered':
      return { ...right, seal: bytesToBase64url(new Uint8Array(64)) };
    case 'none':
      return right;
  }
}

function amount(world: World): bigint {
  const { chance } = world;
  if (chance.once(12)) return BigInt(chance.between(50_000, 250_000));
  return BigInt(chance.between(1, 3000));
}

function payee(world: World): { payee: { id: string; details: string; tail: string }; details: PayeeDetails } {
  const account = `62220000${world.chance.between(1000, 1020)}`;
  const details: PayeeDetails = {
    ...{ salt: bytesToBase64url(world.chance.bytes(16)), name: 'Payee', account, agent: null },
    ...{ endToEndId: 'E', remittance: null },
  };
  const key = base64urlToBytes(world.depository.invitation.payeeKey) ?? new Uint8Array();
  const id = payeeIdUnder(key)(account);
  return { payee: { id, details: bytesToBase64url(commit(sha256, details)), tail: tailOf(account) }, details };
}

function make(world: World, who: Person): Submission {
  const { chance, clerk } = world;
  const accounts = [...clerk.accounts].filter(([, one]) => one.client !== null).map(([id]) => id);
  const account = accounts.length === 0 || chance.once(25) ? 'acc-nobody' : chance.pick(accounts);
  const given: PayeeDetails[] = [];
  const pay = () => {
    const one = payee(world);
    given.push(one.details);
    return one.payee;
  };
  const kind = chance.weighted({
    ...{ payment: 8, batch: 3, transfer: 3, fee: 2, allocation: 2, freeze: 1, correction: 2, register: 1 },
    ...{ open: 1, operator: 2, policy: 1, agreement: 1, terminal: 1 },
  });
  const body = ((): Instruction => {
    switch (kind) {
      case 'payment':
        return { kind: 'payment', account, asset: 'CNY', amount: String(amount(world)), payee: pay() };
      case 'batch': {
        const items = Array.from({ length: chance.between(1, 4) }, () => ({
          ...{
            account: accounts.length === 0 ? 'acc-nobody' : chance.pick(accounts),
            amount: String(amount(world)),
            payee: pay(),
          },
        }));
        const total = items.reduce((sum, item) => sum + BigInt(item.amount), chance.once(10) ? 1n : 0n);
        return { kind: 'batch', asset: 'CNY', total: String(total), items };
      }
      case 'transfer':
        return {
          kind: 'book transfer',
          from: account,
          to: chance.pick([...accounts, account]),
          asset: 'CNY',
          amount: String(amount(world)),
          purpose: 'LOAN',
        };
      case 'fee':
        return {
          kind: 'fee',
          account,
          asset: 'CNY',
          code: 'service',
          base: '0',
          amount: String(clerk.fee + (chance.once(4) ? 1n : 0n)),
        };
      case 'allocation': {
        const receipts = [...clerk.receipts.keys()];
        const receipt = receipts.length === 0 ? world.newId(world.nowMs) : chance.pick(receipts);
        return {
          kind: 'receipt allocation',
          receipt: receipt as never,
          account,
          asset: 'CNY',
          amount: String(amount(world)),
        };
      }
      case 'freeze':
        return { kind: chance.once(2) ? 'freeze' : 'unfreeze', account, reason: 'order' };
      case 'correction': {
        const done = [...clerk.instructions]
          .filter(([, one]) => one.state === 'done' || chance.once(6))
          .map(([id]) => id);
        const corrects = done.length === 0 ? world.newId(world.nowMs) : chance.pick(done);
        return { kind: 'correction', corrects: corrects as never, reason: 'mistake' };
      }
      case 'register':
        return { kind: 'register client', client: `client-${chance.below(12)}`, identity: commitmentOf('x') };
      case 'open': {
        const n = chance.below(12);
        return {
          kind: 'open account',
          account: `acc-${n}`,
          client: `client-${n}`,
          role: 'lender',
          asset: 'CNY',
          number: `9${n}`,
        };
      }
      case 'operator':
        return { kind: 'enrol operator', operator: new Person(`new-${chance.below(30)}`, 'teller').operator };
      case 'policy':
        return { kind: 'adopt policy', policy: simulatedPolicy(nextPolicy(world)) };
      case 'agreement':
        return {
          kind: 'adopt agreement',
          agreement: simulatedAgreement(clerk.agreementVersion + chance.below(3), BigInt(chance.between(1, 300))),
        };
      case 'terminal':
        return { kind: 'enrol terminal', terminal: { id: `T-7${chance.below(10)}`, key: newEd25519().publicKey } };
    }
  })();
  const policyVersion = clerk.policy.version + (chance.once(20) ? 1 : 0);
  const expiresAt = msToInstant(world.nowMs + (chance.once(15) ? -1000 : chance.between(1, 72) * 3_600_000));
  const event = eventBy(world, 'instruction.made', who.operator.id, { instruction: body, policyVersion, expiresAt });
  // Details that are missing or of another payee are a forgery of their own.
  if (given.length > 0 && chance.once(12)) {
    world.forged.add(event.id);
    given.pop();
  }
  return submit(world, event, who, given);
}

/** Policies of the one form that the clerk can read. */
export function nextPolicy(world: World): { version: number; largeFrom: bigint; dailyLimit: bigint } {
  const { chance, clerk } = world;
  return {
    version: clerk.policy.version + (chance.once(6) ? 2 : 1),
    largeFrom: BigInt(chance.between(1, 8) * 10_000),
    dailyLimit: BigInt(chance.between(5, 40) * 10_000),
  };
}

function about(
  world: World,
  who: Person,
  type: 'instruction.approved' | 'instruction.declined' | 'instruction.withdrawn',
  maker?: string,
): Submission {
  const { chance, clerk } = world;
  const all = [...clerk.instructions].filter(([, one]) => maker === undefined || one.event.actor === maker);
  const waiting = all.filter(([, one]) => one.state === 'waiting');
  const some = waiting.length > 0 && !chance.once(6) ? waiting : all;
  if (some.length === 0) return make(world, who);
  const [id, one] = chance.pick(some);
  const digest = chance.once(15) ? commitmentOf('another') : digestOf(one.event);
  const instruction = id as never;
  if (type === 'instruction.declined')
    return submit(world, eventBy(world, type, who.operator.id, { instruction, digest, reason: 'no' }), who);
  if (type === 'instruction.withdrawn')
    return submit(world, eventBy(world, type, who.operator.id, { instruction, digest }), who);
  const { body } = one;
  const right =
    body.kind === 'payment'
      ? { tail: body.payee.tail, amount: body.amount }
      : body.kind === 'batch'
        ? { tail: body.items[0]?.payee.tail ?? '', amount: body.total }
        : null;
  const typed = chance.once(5) ? null : right;
  return submit(world, eventBy(world, type, who.operator.id, { instruction, digest, typed }), who);
}

/** A person, or somebody with a key of their own, says that the bank has received money. */
function pretendBank(world: World, who: Person): Submission {
  const body = { reference: `X${world.chance.below(1_000_000)}`, account: null, asset: 'CNY', amount: '100000' };
  const event = eventBy(world, 'bank.credited', 'bank', { ...body, valueDate: '2026-11-24' as never });
  world.forged.add(event.id);
  world.count('evidence: not the bank');
  const [byMachine] = signAsMachine(newEd25519(), 'adapter', [event]);
  const evidence = world.chance.once(2) ? byMachine : who.sign([event])[0];
  if (evidence === undefined) throw new Error('one event has one evidence');
  return { event, evidence, details: [] };
}

/** An event that is there already: as it was, or with other content under its id. */
function again(world: World, who: Person): Submission {
  const known = [...world.clerk.events.values()].filter((event) => event.actor === who.operator.id);
  if (known.length === 0) return make(world, who);
  const event = world.chance.pick(known);
  const changed = world.chance.once(2) ? { ...event, at: msToInstant(Date.parse(event.at) - 1) } : event;
  return { event: changed, evidence: evidenceFor(world, changed, who, 'none'), details: [] };
}
