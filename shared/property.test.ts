import Database from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { SqlBooks } from '../main/store/books.ts';
import { writeRecords } from '../main/store/log.ts';
import { migrations } from '../main/store/migrations/all.ts';
import { type Person, sha256, signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { verifierPrimitives } from '../verifier/primitives.ts';
import { bundleLines, type Trust, verifyBundle } from './audit.ts';
import { BooksLayer, booked, booksDigest } from './books.ts';
import { bytesToBase64, utf8ToText } from './bytes.ts';
import { canonicalBytes } from './canonical.ts';
import { type Decision, decide } from './decide.ts';
import type { CustosEvent } from './event.ts';
import type { Evidence } from './evidence.ts';
import type { Instruction } from './instruction/schema.ts';
import { formatCheckpoint, logKey } from './log/checkpoint.ts';
import { leafHash } from './log/hash.ts';
import { MerkleTree } from './log/merkle.ts';
import { formatNote, formatNoteKey, signNote } from './log/note.ts';

/** The naive model: balances and holds by account, and what became of each instruction. Nothing smarter. */
interface Model {
  readonly booked: Map<string, bigint>;
  readonly held: Map<string, bigint>;
  readonly frozen: Set<string>;
  readonly instructions: Map<string, ModelInstruction>;
  /** What is left of a receipt, and the pool whose bank account it came into. */
  readonly unallocated: Map<string, { readonly left: bigint; readonly pool: Pool }>;
}
type Pool = 'main' | 'wages';
interface ModelInstruction {
  readonly event: CustosEvent;
  readonly body: Instruction;
  readonly maker: string;
  /** What it takes from each account. */
  readonly takes: readonly (readonly [account: string, amount: bigint])[];
  state: 'waiting' | 'closed' | 'approved';
  readonly items: ('approved' | 'sent' | 'settled' | 'done')[];
}

const accounts = ['acc-c1-CNY', 'acc-c2-CNY', 'acc-c3-CNY', 'wages-1', 'wages-2'] as const;
const poolOf = (id: string): Pool => (id.startsWith('wages-') ? 'wages' : 'main');
/** The house account beside an account, in its pool. */
const house = (name: string, beside: string): string => `${name}:CNY${poolOf(beside) === 'main' ? '' : ':wages'}`;
const inPool = (name: string, pool: Pool): string => house(name, pool === 'main' ? '' : 'wages-');
const amount = fc.integer({ min: 1, max: 4000 });
const which = fc.nat({ max: 1000 });
const account = fc.constantFrom(...accounts);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('pay' as const), account, amount, by: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('batch' as const),
      account,
      other: account,
      amount,
      size: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('transfer' as const), account, other: account, amount }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fee' as const), account, amount, wrong: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('freeze' as const, 'unfreeze' as const), account }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('correct' as const), which }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('allocate' as const), which, account, amount }) },
  { weight: 12, arbitrary: fc.record({ type: fc.constant('approve' as const), which, by: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('decline' as const, 'withdraw' as const), which, by: fc.nat(1) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom('acknowledge' as const, 'settle' as const, 'reject' as const, 'return' as const),
      which,
      item: fc.nat(5),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('credit' as const),
      account: fc.option(account, { freq: 2 }),
      amount,
      again: fc.boolean(),
      isMisdirected: fc.boolean(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What was admitted and what was refused in all runs together, so that a test that tries nothing cannot pass. */
const seen = new Set<string>();
const mustBeSeen = [
  'payment: admitted',
  'payment: funds',
  'payment: account state',
  'batch: admitted',
  'batch: funds',
  'book transfer: admitted',
  'book transfer: malformed',
  'book transfer: segregation',
  'batch: segregation',
  'receipt allocation: segregation',
  'fee: admitted',
  'fee: segregation',
  'freeze: admitted',
  'unfreeze: admitted',
  'correction: admitted',
  'correction: state',
  'receipt allocation: admitted',
  'receipt allocation: limit',
  'instruction.approved: admitted',
  'instruction.approved: not entitled',
  'instruction.approved: state',
  'instruction.approved: account state',
  'instruction.declined: admitted',
  'instruction.withdrawn: admitted',
  'instruction.withdrawn: not entitled',
  'bank.acknowledged: admitted',
  'bank.settled: admitted',
  'bank.settled: state',
  'bank.rejected: admitted',
  'bank.returned: admitted',
  'bank.returned: state',
  'bank.credited: admitted',
  'bank.credited: duplicate',
];

class Run {
  readonly programme = new TestProgramme().open();
  readonly model: Model = {
    booked: new Map(),
    held: new Map(),
    frozen: new Set(),
    instructions: new Map(),
    unallocated: new Map(),
  };
  readonly people: readonly Person[] = [...this.programme.tellers, ...this.programme.supervisors];
  #references = 0;

  constructor() {
    for (const name of ['c1', 'c2', 'c3']) this.programme.client(name, 'CNY', 5000n);
    const { programme } = this;
    const [officer, colleague] = programme.officers;
    const bank = [{ asset: 'CNY', number: '622200009999' }];
    programme.pass(officer, colleague, { kind: 'open pool', pool: 'wages', accounts: bank, purpose: 'wages' });
    for (const id of ['wages-1', 'wages-2']) {
      const open = { client: 'c1', role: 'payer', asset: 'CNY', number: `9${id}`, pool: 'wages' } as const;
      programme.pass(programme.tellers[0], programme.supervisors[0], { kind: 'open account', account: id, ...open });
      const valueDate = '2026-11-23' as never;
      const money = { account: `9${id}`, asset: 'CNY', amount: '5000', valueDate, pool: 'wages' };
      programme.fromBank('bank.credited', { reference: `in-${id}`, ...money });
    }
    for (const id of accounts) {
      this.model.booked.set(id, 5000n);
      this.move(house('cash', id), 5000n);
    }
  }

  submit(event: CustosEvent, evidence: Evidence | undefined): Decision {
    if (evidence === undefined) throw new Error('a basket of one has one position');
    const decision = this.programme.submit(event, evidence);
    const what = event.type === 'instruction.made' ? event.body.instruction.kind : event.type;
    seen.add(`${what}: ${decision.ok ? 'admitted' : decision.refusal.type}`);
    return decision;
  }

  move(id: string, change: bigint): void {
    this.model.booked.set(id, (this.model.booked.get(id) ?? 0n) + change);
  }
  hold(id: string, change: bigint): void {
    this.model.held.set(id, (this.model.held.get(id) ?? 0n) + change);
  }
  available(id: string): bigint {
    return (this.model.booked.get(id) ?? 0n) - (this.model.held.get(id) ?? 0n);
  }
  pick(which: number, state?: ModelInstruction['state']): [string, ModelInstruction] | undefined {
    const some = [...this.model.instructions].filter(([, one]) => state === undefined || one.state === state);
    return some[which % Math.max(1, some.length)];
  }

  make(
    person: Person,
    body: Instruction,
    takes: ModelInstruction['takes'],
    items: number,
    allowed: boolean,
  ): undefined {
    const event = this.programme.made(person, body);
    const decision = this.submit(event, person.sign([event])[0]);
    const sums = new Map<string, bigint>();
    for (const [id, taken] of takes) sums.set(id, (sums.get(id) ?? 0n) + taken);
    const funded = [...sums].every(([id, taken]) => taken <= this.available(id) && !this.model.frozen.has(id));
    expect([body.kind, decision.ok], decision.ok ? 'admitted' : decision.refusal.why).toEqual([
      body.kind,
      funded && allowed,
    ]);
    if (!decision.ok) return;
    for (const [id, taken] of takes) this.hold(id, taken);
    this.model.instructions.set(event.id, {
      event,
      body,
      maker: person.operator.id,
      takes,
      state: 'waiting',
      items: Array.from({ length: items }, () => 'approved'),
    });
  }

  do(one: Step): undefined {
    const [teller, other] = this.programme.tellers;
    const payee = payeeNamed('62220001');
    switch (one.type) {
      case 'pay': {
        const cents = BigInt(one.amount);
        const body: Instruction = {
          kind: 'payment',
          account: one.account,
          asset: 'CNY',
          amount: String(one.amount),
          payee,
        };
        return this.make(one.by === 0 ? teller : other, body, [[one.account, cents]], 1, true);
      }
      case 'batch': {
        const items = Array.from({ length: one.size }, (_, i) => ({
          account: i % 2 === 0 ? one.account : one.other,
          amount: String(one.amount),
          payee,
        }));
        const isOne = items.every((item) => poolOf(item.account) === poolOf(one.account));
        const total = String(one.amount * one.size);
        const takes = items.map((item) => [item.account, BigInt(item.amount)] as const);
        return this.make(teller, { kind: 'batch', asset: 'CNY', total, items }, takes, items.length, isOne);
      }
      case 'transfer': {
        const body: Instruction = {
          kind: 'book transfer',
          from: one.account,
          to: one.other,
          asset: 'CNY',
          amount: String(one.amount),
          purpose: 'LOAN',
        };
        const mayMove = one.account !== one.other && poolOf(one.account) === poolOf(one.other);
        return this.make(teller, body, [[one.account, BigInt(one.amount)]], 0, mayMove);
      }
      case 'fee': {
        const due = 100 + Math.floor((one.amount * 20) / 10_000);
        const charged = one.wrong ? due + 1 : due;
        const body: Instruction = {
          kind: 'fee',
          account: one.account,
          asset: 'CNY',
          code: 'service',
          base: String(one.amount),
          amount: String(charged),
        };
        return this.make(teller, body, [[one.account, BigInt(charged)]], 0, !one.wrong);
      }
      case 'freeze':
      case 'unfreeze': {
        const isFrozen = this.model.frozen.has(one.account);
        const wantsFrozen = one.type === 'freeze';
        return this.make(
          teller,
          { kind: one.type, account: one.account, reason: 'order' },
          [],
          0,
          isFrozen !== wantsFrozen,
        );
      }
      case 'correct': {
        const original = this.pick(one.which);
        if (original === undefined) return;
        const [id, { body, state }] = original;
        const from =
          body.kind === 'book transfer' ? body.to : house('platform-fee', 'account' in body ? body.account : '');
        const amount = body.kind === 'book transfer' || body.kind === 'fee' ? BigInt(body.amount) : 0n;
        const correctable = (body.kind === 'book transfer' || body.kind === 'fee') && state === 'approved';
        const corrected = this.programme.books.get('instruction', id)?.correctedBy !== null;
        const allowed = correctable && !corrected && amount <= this.available(from);
        if (body.kind === 'receipt allocation') return;
        return this.make(teller, { kind: 'correction', corrects: id as never, reason: 'mistake' }, [], 0, allowed);
      }
      case 'allocate': {
        const receipts = [...this.model.unallocated];
        const receipt = receipts[one.which % Math.max(1, receipts.length)];
        if (receipt === undefined) return;
        const body: Instruction = {
          kind: 'receipt allocation',
          receipt: receipt[0] as never,
          account: one.account,
          asset: 'CNY',
          amount: String(one.amount),
        };
        const [, { left, pool }] = receipt;
        const mayAllocate = BigInt(one.amount) <= left && poolOf(one.account) === pool;
        return this.make(teller, body, [[inPool('suspense', pool), BigInt(one.amount)]], 0, mayAllocate);
      }
      case 'approve': {
        const picked = this.pick(one.which, one.which % 4 === 0 ? undefined : 'waiting');
        const person = this.people[one.by];
        if (picked === undefined || person === undefined) return;
        return this.approve(picked, person);
      }
      case 'decline':
      case 'withdraw': {
        const picked = this.pick(one.which);
        if (picked === undefined) return;
        const [id, instruction] = picked;
        const person = one.type === 'decline' ? this.programme.supervisors[one.by] : this.programme.tellers[one.by];
        if (person === undefined) return;
        const about = { instruction: id as never, digest: this.programme.digestOf(instruction.event) };
        const event =
          one.type === 'decline'
            ? this.programme.event('instruction.declined', { ...about, reason: 'no' }, { actor: person.operator.id })
            : this.programme.event('instruction.withdrawn', about, { actor: person.operator.id });
        const decision = this.submit(event, person.sign([event])[0]);
        const entitled = one.type === 'decline' || person.operator.id === instruction.maker;
        expect(decision.ok).toBe(instruction.state === 'waiting' && entitled);
        if (!decision.ok) return;
        instruction.state = 'closed';
        for (const [account, taken] of instruction.takes) this.hold(account, -taken);
        return;
      }
      case 'credit':
        return this.credit(one.account, one.amount, one.again, one.isMisdirected);
      default:
        return this.bank(one.type, one.which, one.item);
    }
  }

  approve([id, instruction]: [string, ModelInstruction], person: Person): undefined {
    const event = this.programme.approval(person, instruction.event);
    const decision = this.submit(event, person.sign([event])[0]);
    const { body, takes } = instruction;
    const mayApprove = person.operator.role === 'supervisor' && instruction.state === 'waiting';
    const stillFits = (() => {
      if (takes.some(([account]) => this.model.frozen.has(account))) return false;
      if (body.kind === 'freeze') return !this.model.frozen.has(body.account);
      if (body.kind === 'unfreeze') return this.model.frozen.has(body.account);
      if (body.kind === 'receipt allocation')
        return BigInt(body.amount) <= (this.model.unallocated.get(body.receipt)?.left ?? 0n);
      if (body.kind !== 'correction') return true;
      const original = this.model.instructions.get(body.corrects)?.body;
      if (original?.kind !== 'book transfer' && original?.kind !== 'fee') return false;
      const by = this.programme.books.get('instruction', body.corrects)?.correctedBy;
      const from = original.kind === 'book transfer' ? original.to : house('platform-fee', original.account);
      return decision.ok
        ? BigInt(original.amount) <= this.available(from)
        : by === null && BigInt(original.amount) <= this.available(from);
    })();
    expect([body.kind, decision.ok], decision.ok ? 'admitted' : decision.refusal.why).toEqual([
      body.kind,
      mayApprove && stillFits,
    ]);
    if (!decision.ok) return;
    instruction.state = 'approved';
    for (const [account, taken] of takes) {
      this.hold(account, -taken);
      this.move(account, -taken);
    }
    const to = (target: string, sum: bigint) => this.move(target, sum);
    if (body.kind === 'payment' || body.kind === 'batch')
      for (const [from, taken] of takes) to(house('in-transit', from), taken);
    if (body.kind === 'book transfer') to(body.to, BigInt(body.amount));
    if (body.kind === 'fee') to(house('platform-fee', body.account), BigInt(body.amount));
    if (body.kind === 'freeze') this.model.frozen.add(body.account);
    if (body.kind === 'unfreeze') this.model.frozen.delete(body.account);
    if (body.kind === 'receipt allocation') {
      to(body.account, BigInt(body.amount));
      const receipt = this.model.unallocated.get(body.receipt);
      if (receipt === undefined) throw new Error('allocated what never came');
      this.model.unallocated.set(body.receipt, { ...receipt, left: receipt.left - BigInt(body.amount) });
    }
    if (body.kind === 'correction') {
      const original = this.model.instructions.get(body.corrects)?.body;
      if (original?.kind !== 'book transfer' && original?.kind !== 'fee') throw new Error('corrected what it may not');
      const [from, back] =
        original.kind === 'book transfer'
          ? [original.to, original.from]
          : [house('platform-fee', original.account), original.account];
      this.move(from, -BigInt(original.amount));
      this.move(back, BigInt(original.amount));
    }
    expect(
      this.programme.books.get('instruction', id)?.approvals.some((one) => one.person === person.operator.person),
    ).toBe(true);
  }

  bank(type: 'acknowledge' | 'settle' | 'reject' | 'return', which: number, position: number): undefined {
    const withItems = [...this.model.instructions].filter(
      ([, one]) => one.items.length > 0 && one.state === 'approved',
    );
    const picked = withItems[which % Math.max(1, withItems.length)];
    if (picked === undefined) return;
    const [id, instruction] = picked;
    const item = position % instruction.items.length;
    const [account, taken] = instruction.takes[item] as readonly [string, bigint];
    const state = instruction.items[item];
    const about = { instruction: id as never, item };
    const reference = `ref-${this.#references++}`;
    const valueDate = '2026-11-23' as never;
    const events = {
      acknowledge: () => this.programme.event('bank.acknowledged', about, machine),
      settle: () => this.programme.event('bank.settled', { ...about, reference, valueDate }, machine),
      reject: () => this.programme.event('bank.rejected', { ...about, code: 'AC04' }, machine),
      return: () => this.programme.event('bank.returned', { ...about, reference, code: 'AC01', valueDate }, machine),
    };
    const decision = this.fromBank(events[type]());
    const onItsWay = state === 'approved' || state === 'sent';
    const allowed = {
      acknowledge: state === 'approved',
      settle: onItsWay,
      reject: onItsWay,
      return: state === 'settled',
    }[type];
    expect([type, state, decision]).toEqual([type, state, allowed]);
    if (!decision) return;
    if (type === 'acknowledge') instruction.items[item] = 'sent';
    else if (type === 'settle') {
      instruction.items[item] = 'settled';
      this.move(house('in-transit', account), -taken);
      this.move(house('cash', account), -taken);
    } else {
      instruction.items[item] = 'done';
      this.move(account, taken);
      this.move(house(type === 'reject' ? 'in-transit' : 'cash', account), type === 'reject' ? -taken : taken);
    }
  }

  /** Money for an account may come into the bank account of another pool; there it stays, and is nobody's. */
  credit(id: string | null, amount: number, again: boolean, isMisdirected: boolean): undefined {
    const home = poolOf(id ?? '');
    const pool = isMisdirected ? (home === 'main' ? 'wages' : 'main') : home;
    const reference = `in-${again ? this.#references : ++this.#references}`;
    const number = id === null ? null : `9${home === 'main' ? id.slice(4).replace('-', '') : id}`;
    const bank = pool === 'main' ? 'CNY' : 'CNY:wages';
    const isNew = this.programme.books.get('reference', `${bank}|${reference}`) === undefined;
    const money = {
      reference,
      account: number,
      asset: 'CNY',
      amount: String(amount),
      valueDate: '2026-11-23' as never,
    };
    const body = pool === 'main' ? money : { ...money, pool };
    const event = this.programme.event('bank.credited', body, machine);
    expect(this.fromBank(event)).toBe(isNew);
    if (!isNew) return;
    const known = isMisdirected ? null : id;
    this.move(inPool('cash', pool), BigInt(amount));
    this.move(known ?? inPool('suspense', pool), BigInt(amount));
    if (known === null) this.model.unallocated.set(event.id, { left: BigInt(amount), pool });
  }

  fromBank(event: CustosEvent): boolean {
    const [evidence] = signAsMachine(this.programme.adapterKey, 'adapter', [event]);
    return this.submit(event, evidence).ok;
  }

  /** After every step: the books say what the model says, money is conserved, nothing is below zero or below its holds. */
  check(): void {
    const owed = { main: 0n, wages: 0n };
    for (const [id, row] of this.programme.books.all('account')) {
      if (row.asset !== 'CNY') continue;
      expect([id, booked(row), row.held]).toEqual([id, this.model.booked.get(id) ?? 0n, this.model.held.get(id) ?? 0n]);
      expect(booked(row) >= row.held && row.held >= 0n).toBe(true);
      if (row.class !== 'cash') owed[row.pool === 'wages' ? 'wages' : 'main'] += booked(row);
    }
    for (const pool of ['main', 'wages'] as const)
      expect([pool, owed[pool]]).toEqual([pool, this.model.booked.get(inPool('cash', pool)) ?? 0n]);
  }
}

const machine = { actor: 'bank', terminal: 'depository' };

it('whatever people and the bank do: books equal the naive model, money is conserved, and all three judges agree', {
  timeout: 300_000,
}, () => {
  const seed = Number(process.env.CUSTOS_SEED ?? Date.now() % 2 ** 31);
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120, size: 'max' }), (steps) => {
      const run = new Run();
      run.check();
      for (const one of steps) {
        run.do(one);
        run.check();
      }
      agree(run.programme);
    }),
    { seed, numRuns: Number(process.env.CUSTOS_RUNS ?? 50), endOnFailure: false },
  );
  expect(mustBeSeen.filter((one) => !seen.has(one))).toEqual([]);
});

/** Gateway (in memory), terminal (SQL, in batches of seven) and verifier (from the bundle's text, its own primitives). */
function agree(programme: TestProgramme): void {
  const leaves = programme.records.map((record) => canonicalBytes(record));
  const tree = new MerkleTree(sha256);
  for (const leaf of leaves) tree.append(leafHash(sha256, leaf));
  const atGateway = booksDigest(sha256, (table) => programme.books.all(table));

  const database = new Database(':memory:');
  for (const { sql } of migrations) database.exec(sql);
  const terminal = new SqlBooks(database as never);
  for (let from = 0; from < programme.records.length; from += 7) {
    const layer = new BooksLayer(terminal);
    for (const record of programme.records.slice(from, from + 7)) {
      const decision = decide(layer, record, nodePrimitives);
      if (!decision.ok) throw new Error(`the terminal disagrees: ${decision.refusal.why}`);
      layer.apply(decision.value);
    }
    terminal.write(layer);
    const rows = leaves.slice(from, from + 7).map((bytes) => ({ count: 1, bytes }));
    writeRecords(database as never, tree, from, { count: rows.length, rows });
  }
  expect(booksDigest(sha256, (table) => terminal.all(table))).toBe(atGateway);
  database.close();

  const origin = 'depository.example/p2p-demo';
  const key = logKey(origin, new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url')));
  const text = formatCheckpoint({ origin, size: tree.size, root: tree.root() });
  const checkpoint = formatNote({ text, signatures: [signNote(sha256, text, key, programme.gatewayKey.sign)] });
  const trust: Trust = {
    format: 'custos-trust/1',
    programme: programme.id,
    rootKey: programme.rootKey.publicKey,
    logKey: formatNoteKey(sha256, key),
    witnesses: [],
    witnessQuorum: 0,
  };
  const parts = { programme: programme.id, checkpoint, size: tree.size, leaves, details: [] };
  const report = verifyBundle(bundleLines(parts, nodePrimitives, utf8ToText), trust, verifierPrimitives);
  expect([report.firstBad, report.root]).toEqual([null, bytesToBase64(tree.root())]);
}
