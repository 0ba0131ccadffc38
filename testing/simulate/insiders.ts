// Insiders: people who hold their keys outside of any terminal, and a terminal's key besides, and send whatever they like: honest
// work, work that is not theirs, and evidence that they have tampered with. The clerk says what must become of it.

import { payeeIdUnder } from '../../crypto/payee.ts';
import { base64urlToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import type { Draft } from '../../shared/contract/terminal.ts';
import type { CustosEvent, EventOf, EventType } from '../../shared/event.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { commit, type EventDetails, tailOf } from '../../shared/instruction/payee.ts';
import type { Instruction, InstructionKind } from '../../shared/instruction/schema.ts';
import type { Submission } from '../../shared/submission.ts';
import { addDays, type Day, msToInstant } from '../../shared/time.ts';
import { commitmentOf, newEd25519, Person, sha256, signAsMachine } from '../people.ts';
import { forgeries } from './faults.ts';
import { knownKinds } from './kinds.ts';
import { addressesOnPaper, assets } from './pots.ts';
import { wish, wishedKinds } from './wishes.ts';
import { digestOf, insiderTerminal, programme, type World } from './world.ts';

type Forgery = (typeof forgeries)[number] | 'none';

/** One submission by an insider. */
export function insiderSubmission(world: World): Submission {
  const { chance } = world;
  const what = chance.weighted({ make: 8, approve: 10, decline: 2, withdraw: 2, machine: 2, again: 2, own: 3 });
  const who = chance.pick(world.insiders);
  switch (what) {
    case 'make':
      return make(world, who);
    case 'approve':
      return about(world, who, 'instruction.approved');
    case 'own':
      return about(world, who, 'instruction.approved', who.operator.id);
    case 'decline':
      return about(world, who, 'instruction.declined');
    case 'withdraw':
      return about(world, who, 'instruction.withdrawn', chance.once(3) ? undefined : who.operator.id);
    case 'machine':
      return pretendBank(world, who);
    case 'again':
      return again(world, who);
  }
}

function eventBy<T extends EventType>(world: World, type: T, actor: string, body: EventOf<T>['body']): CustosEvent {
  const { chance, nowMs } = world;
  const atMs = nowMs + (chance.once(40) ? 3_600_000 : 0);
  const terminal = chance.once(12) ? chance.pick(['T-99', 'T-01']) : insiderTerminal;
  const id = world.newId(nowMs);
  if (terminal !== insiderTerminal) {
    world.forged.add(id);
    world.count('event under the name of another terminal');
  }
  return { v: 1, id, programme, type, at: msToInstant(atMs), actor, terminal, body } as CustosEvent;
}

function submit(world: World, event: CustosEvent, who: Person, details: readonly EventDetails[] = []): Submission {
  const forgery: Forgery = world.chance.once(7)
    ? world.chance.rarest(forgeries, (one) => world.timesSoFar(`evidence: ${one}`))
    : 'none';
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
    case 'from another site':
      return who.sign([event], { origin: 'http://localhost:5174' })[0] ?? right;
    case 'no seal of theirs':
      return { ...right, seal: bytesToBase64url(new Uint8Array(64)) };
    case 'none':
      return right;
  }
}

/** The canonical instruction of a draft, with what travels beside it; salts come from the world's chance. */
function sealed(world: World, draft: Draft): { instruction: Instruction; details: EventDetails[] } {
  const details: EventDetails[] = [];
  const key = base64urlToBytes(world.depository.invitation.payeeKey) ?? new Uint8Array();
  const committed = <D extends EventDetails>(one: Omit<D, 'salt'>): string => {
    const whole = { salt: bytesToBase64url(world.chance.bytes(16)), ...one } as D;
    details.push(whole);
    return bytesToBase64url(commit(sha256, whole));
  };
  const payee = (one: { readonly account: string }) => ({
    ...{ id: payeeIdUnder(key)(one.account), details: committed(one), tail: tailOf(one.account) },
  });
  const instruction = ((): Instruction => {
    switch (draft.kind) {
      case 'payment':
        return { ...draft, payee: payee(draft.payee) };
      case 'send back':
        return { ...draft, payee: payee(draft.payee) };
      case 'batch': {
        const items = draft.items.map((item) => ({ ...item, payee: payee(item.payee) }));
        return { ...draft, items, total: String(items.reduce((sum, item) => sum + BigInt(item.amount), 0n)) };
      }
      case 'register client':
        return { ...draft, identity: committed(draft.identity) };
      default:
        return draft;
    }
  })();
  return { instruction, details };
}

/** The same instruction with one field that is not as it should be, or perhaps as good as before. */
function spoiled(world: World, body: Instruction): Instruction {
  const { chance, clerk } = world;
  const fields = Object.entries(body).filter(([name, value]) => name !== 'kind' && typeof value === 'string');
  // Of a platform's list everything else is read off it, or off the pages.
  if (body.kind === 'platform check') return { ...body, day: addDays(body.day, chance.pick([-1, 1])) };
  const [name, value] = (fields.length === 0 ? ['kind', body.kind] : chance.pick(fields)) as [string, string];
  const other = ((): string => {
    switch (name) {
      case 'amount':
      case 'total':
      case 'soldAmount':
        return String(BigInt(value) + 1n);
      case 'account':
      case 'from':
      case 'to':
        return chance.pick([...clerk.accounts.keys(), 'acc-nobody']);
      case 'asset':
        return chance.pick([...assets, 'EUR']);
      case 'client':
        return `client-${chance.below(20)}`;
      case 'number':
        return `9${chance.below(20)}`;
      case 'receipt':
      case 'corrects':
      case 'hedge':
        return chance.pick([...clerk.events.keys()]);
      case 'pool':
        return chance.pick(['main', 'wages', 'rent']);
      case 'purpose':
        return value === 'deposit' ? 'withdrawal' : value === 'withdrawal' ? 'deposit' : value;
      case 'address':
        return chance.once(2)
          ? chance.pick(addressesOnPaper)
          : value.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q'));
      case 'network':
        return 'tron';
      case 'operator':
        return chance.pick([...clerk.operators.keys()]);
      case 'break':
        return chance.pick([...[...clerk.sheets.values()].flatMap((one) => [...one.breaks.keys()]), 'CNY|999']);
      case 'match':
        return chance.pick([...[...clerk.sheets.values()].flatMap((one) => [...one.pairings.keys()]), 'D0|0']);
      case 'owner':
        return chance.pick([...clerk.operators.keys(), 'nobody']);
      case 'by':
        return chance.pick([...clerk.instructions.keys()]);
      case 'valueDate':
        return addDays(value as Day, chance.pick([-1, 1, 7]));
      case 'terminal':
        return chance.pick([...clerk.terminals.keys(), 'T-98']);
      default:
        return value;
    }
  })();
  return { ...body, [name]: other } as Instruction;
}

function make(world: World, who: Person): Submission {
  const { chance, clerk } = world;
  const theirs = wishedKinds.filter((kind) => knownKinds[kind]?.makers.includes(who.operator.role));
  const kinds: readonly InstructionKind[] = theirs.length === 0 || chance.once(6) ? wishedKinds : theirs;
  const { instruction, details } = sealed(world, wish(world, kinds));
  const policyVersion = clerk.policy.version + (chance.once(20) ? 1 : 0);
  const expiresAt = msToInstant(world.nowMs + (chance.once(15) ? -1000 : chance.between(1, 72) * 3_600_000));
  const body = chance.once(4) ? spoiled(world, instruction) : instruction;
  const event = eventBy(world, 'instruction.made', who.operator.id, { instruction: body, policyVersion, expiresAt });
  // Details that are missing are a forgery of their own; who a client is may stay with the bank.
  if (details.length > 0 && body.kind !== 'register client' && chance.once(4)) {
    world.forged.add(event.id);
    world.count('details left out');
    details.pop();
  }
  return submit(world, event, who, details);
}

function about(
  world: World,
  who: Person,
  type: 'instruction.approved' | 'instruction.declined' | 'instruction.withdrawn',
  maker?: string,
): Submission {
  const { chance, clerk } = world;
  const all = [...clerk.instructions].filter(([, one]) => maker === undefined || one.event.actor === maker);
  const waiting = all.filter(([, one]) => one.word === 'waiting');
  const theirs = waiting.filter(([, one]) => knownKinds[one.body.kind]?.checker === who.operator.role);
  const some = theirs.length > 0 && !chance.once(4) ? theirs : waiting.length > 0 && !chance.once(6) ? waiting : all;
  if (some.length === 0) return make(world, who);
  const [id, one] = chance.pick(some);
  const digest = chance.once(15) ? commitmentOf('another') : digestOf(one.event);
  const instruction = id as never;
  if (type === 'instruction.declined')
    return submit(world, eventBy(world, type, who.operator.id, { instruction, digest, reason: 'no' }), who);
  if (type === 'instruction.withdrawn')
    return submit(world, eventBy(world, type, who.operator.id, { instruction, digest }), who);
  const right = clerk.typed(one.body);
  const typed = chance.once(6) ? null : chance.once(12) && right !== null ? { ...right, amount: '1' } : right;
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
  const isChanged = world.chance.once(2);
  world.count(isChanged ? 'other content under a known id' : 'sent again');
  const changed = isChanged ? { ...event, at: msToInstant(Date.parse(event.at) - 1) } : event;
  return { event: changed, evidence: evidenceFor(world, changed, who, 'none'), details: [] };
}
