// A small programme for tests: two officers, two tellers, two supervisors, two terminals, clients with money; every event
// is signed with real keys and goes through decide.

import { nodePrimitives } from '../crypto/node.ts';
import { BooksLayer, MemoryBooks } from '../shared/books.ts';
import { bytesToBase64url } from '../shared/bytes.ts';
import { canonicalBytes } from '../shared/canonical.ts';
import { type Decision, decide } from '../shared/decide.ts';
import type { CustosEvent, EventOf, EventType } from '../shared/event.ts';
import { eventDigest } from '../shared/event.ts';
import type { Evidence } from '../shared/evidence.ts';
import type { EventId } from '../shared/ids.ts';
import type { Instruction } from '../shared/instruction/schema.ts';
import type { Policy } from '../shared/policy.ts';
import { type LogRecord, parseRecord } from '../shared/record.ts';
import { msToInstant } from '../shared/time.ts';
import { commitmentOf, idMaker, newEd25519, origin, Person, rpId, sha256, signAsMachine } from './people.ts';

const nobody = { differentTerminals: false, typedConfirmation: false, coolingOffSeconds: 0 };

const officersWork = [
  'enrol operator',
  'enrol terminal',
  'revoke operator',
  'revoke terminal',
  'record recovery',
  'adopt policy',
  'adopt agreement',
  ...['resume', 'override shortfall', 'rule on dispute', 'adopt reference rates', 'settle exchange', 'open pool'],
  'adopt calendar',
  ...['adopt fee schedule', 'waive accrued fees'],
  'close period',
];

export const testPolicy: Policy = {
  version: 1,
  rules: [
    {
      id: 'configuration',
      text: 'Configuration needs another officer.',
      when: { kinds: officersWork },
      demand: { groups: [{ role: 'officer', count: 1 }], ...nobody },
    },
    {
      id: 'daily-work',
      text: 'Everything a teller makes needs a supervisor.',
      when: {
        kinds: [
          'register client',
          'open account',
          'payment',
          'batch',
          'book transfer',
          'receipt allocation',
          'fee',
          'freeze',
          'unfreeze',
          'correction',
          ...['adopt escrow', 'fund escrow', 'fulfil condition', 'release escrow', 'refund escrow', 'raise dispute'],
          ...['match', 'unmatch', 'assign break', 'resolve break', 'emergency stop', 'recall', 'send back'],
          ...['foreign exchange', 'charge accrued fees', 'platform check'],
          ...['hedge', 'close hedge'],
          ...['digital withdrawal', 'revoke address'],
        ],
      },
      demand: { groups: [{ role: 'supervisor', count: 1 }], ...nobody },
    },
    {
      id: 'addresses',
      text: 'A new address rests a day before its first use.',
      when: { kinds: ['adopt address'] },
      demand: { groups: [{ role: 'officer', count: 1 }], ...nobody, coolingOffSeconds: 86_400 },
    },
    {
      id: 'large',
      text: 'From CNY 1,000,000.00: two supervisors, another terminal, typed confirmation, ten minutes.',
      when: { kinds: ['payment', 'batch'], asset: 'CNY', amountFrom: '100000000' },
      demand: {
        groups: [{ role: 'supervisor', count: 2 }],
        differentTerminals: true,
        typedConfirmation: true,
        coolingOffSeconds: 600,
      },
    },
    {
      id: 'daily-limit',
      text: 'One client pays at most CNY 9,000,000.00 in one day.',
      when: { kinds: ['payment', 'batch'], asset: 'CNY', window: { per: 'client', days: 1, above: '900000000' } },
      refuse: 'the client pays more than the daily limit',
    },
  ],
};

export class TestProgramme {
  readonly id = 'p2p-demo';
  readonly rootKey = newEd25519();
  readonly gatewayKey = newEd25519();
  readonly adapterKey = newEd25519();
  readonly officers = [new Person('officer-a', 'officer'), new Person('officer-b', 'officer')] as const;
  readonly tellers = [new Person('teller-a', 'teller', { credentials: 2 }), new Person('teller-b', 'teller')] as const;
  readonly supervisors = [new Person('supervisor-a', 'supervisor'), new Person('supervisor-b', 'supervisor')] as const;
  readonly books = new MemoryBooks();
  readonly records: LogRecord[] = [];
  readonly newId = idMaker('test programme');
  nowMs = Date.parse('2026-11-23T01:00:00.000Z');

  event<T extends EventType>(
    type: T,
    body: EventOf<T>['body'],
    from: { readonly actor: string; readonly terminal?: string; readonly id?: EventId },
  ): CustosEvent {
    this.nowMs += 1;
    return {
      v: 1,
      id: from.id ?? this.newId(this.nowMs),
      programme: this.id,
      type,
      at: msToInstant(this.nowMs),
      actor: from.actor,
      terminal: from.terminal ?? 'T-01',
      body,
    } as CustosEvent;
  }

  /** Decides one event through the door a gateway uses (canonical bytes, parse, decide, apply). */
  submit(event: CustosEvent, evidence: Evidence): Decision {
    const leaf = canonicalBytes({ admittedAt: msToInstant(this.nowMs), event, evidence });
    const record = parseRecord(leaf);
    if (!record.ok) return record;
    const layer = new BooksLayer(this.books);
    const decision = decide(layer, record.value, nodePrimitives);
    if (!decision.ok) return decision;
    layer.apply(decision.value);
    this.books.absorb(layer);
    this.records.push(record.value);
    return decision;
  }

  /** Submits and expects admission. */
  admit(event: CustosEvent, evidence: Evidence | undefined): CustosEvent {
    if (evidence === undefined) throw new Error('no evidence');
    const decision = this.submit(event, evidence);
    if (!decision.ok) throw new Error(`refused: ${decision.refusal.type}: ${decision.refusal.why}`);
    return event;
  }

  open(assets: string[] = ['CNY', 'EUR']): this {
    const event = this.event(
      'programme.opened',
      {
        name: 'Demonstration',
        origin: 'depository.example/p2p-demo',
        assets,
        bank: {
          rootKey: this.rootKey.publicKey,
          gatewayKey: this.gatewayKey.publicKey,
          adapterKey: this.adapterKey.publicKey,
        },
        relyingParty: { id: rpId, origins: [origin] },
        officers: this.officers.map((one) => one.operator),
        terminals: [
          { id: 'T-01', key: newEd25519().publicKey },
          { id: 'T-02', key: newEd25519().publicKey },
        ],
        policy: testPolicy,
        agreement: {
          version: 1,
          fees: [
            {
              code: 'service',
              text: 'platform service fee',
              asset: 'CNY',
              to: 'platform-fee',
              flat: '100',
              basisPoints: 20,
              maximum: '50000',
            },
          ],
        },
      },
      { actor: 'bank', terminal: 'depository' },
    );
    this.admit(event, signAsMachine(this.rootKey, 'root', [event])[0]);
    for (const person of [...this.tellers, ...this.supervisors])
      this.pass(this.officers[0], this.officers[1], { kind: 'enrol operator', operator: person.operator });
    return this;
  }

  enrolOfficer(id: string): Person {
    const person = new Person(id, 'officer');
    this.pass(this.officers[0], this.officers[1], { kind: 'enrol operator', operator: person.operator });
    return person;
  }

  made(maker: Person, instruction: Instruction, options: { readonly terminal?: string } = {}): CustosEvent {
    const version = this.books.get('currentPolicy', 'current')?.version ?? 1;
    const expiresAt = msToInstant(this.nowMs + 7 * 86_400_000);
    return this.event(
      'instruction.made',
      { instruction, policyVersion: version, expiresAt },
      { actor: maker.operator.id, ...options },
    );
  }

  make(maker: Person, instruction: Instruction, options: { readonly terminal?: string } = {}): CustosEvent {
    const event = this.made(maker, instruction, options);
    return this.admit(event, maker.sign([event])[0]);
  }

  approval(
    checker: Person,
    made: CustosEvent,
    options: { readonly typed?: { tail: string; amount: string }; readonly terminal?: string } = {},
  ): CustosEvent {
    return this.event(
      'instruction.approved',
      { instruction: made.id, digest: this.digestOf(made), typed: options.typed ?? null },
      { actor: checker.operator.id, terminal: options.terminal ?? 'T-02' },
    );
  }

  digestOf(event: CustosEvent): string {
    return bytesToBase64url(eventDigest(sha256, event));
  }

  /** Made by one and approved by another: takes effect. */
  pass(maker: Person, checker: Person, instruction: Instruction): CustosEvent {
    const made = this.make(maker, instruction);
    const approval = this.approval(checker, made);
    this.admit(approval, checker.sign([approval])[0]);
    return made;
  }

  fromBank<T extends EventType>(type: T, body: EventOf<T>['body']): CustosEvent {
    const event = this.event(type, body, { actor: 'bank', terminal: 'depository' });
    return this.admit(event, signAsMachine(this.adapterKey, 'adapter', [event])[0]);
  }

  /** Registers a client with one account and credits it. */
  client(name: string, asset: string, amountMinor: bigint): string {
    const account = `acc-${name}-${asset}`;
    const [teller] = this.tellers;
    const [supervisor] = this.supervisors;
    if (this.books.get('client', name) === undefined)
      this.pass(teller, supervisor, { kind: 'register client', client: name, identity: commitmentOf(name) });
    this.pass(teller, supervisor, {
      kind: 'open account',
      account,
      client: name,
      role: 'lender',
      asset,
      number: `9${name}${asset}`,
    });
    if (amountMinor > 0n)
      this.fromBank('bank.credited', {
        reference: `in-${account}`,
        account: `9${name}${asset}`,
        asset,
        amount: amountMinor.toString(),
        valueDate: '2026-11-23' as never,
      });
    return account;
  }
}

export const payeeNamed = (name: string) => ({
  id: commitmentOf(`payee ${name}`),
  details: commitmentOf(`details ${name}`),
  tail: name.slice(-4),
});
