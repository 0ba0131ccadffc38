import { describe, expect, it } from 'vitest';
import { Person, signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { available, booked } from './books.ts';
import type { Decision } from './decide.ts';
import type { CustosEvent } from './event.ts';
import type { Instruction } from './instruction/schema.ts';

const refusalOf = (decision: Decision): string => (decision.ok ? 'admitted' : decision.refusal.type);
const pay = (account: string, amount: string, payee = '62220001'): Instruction => ({
  kind: 'payment',
  account,
  asset: 'CNY',
  amount,
  payee: payeeNamed(payee),
});

function funded(amountMinor = 100_000_00n) {
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', amountMinor);
  const [teller, otherTeller] = programme.tellers;
  const [supervisor, otherSupervisor] = programme.supervisors;
  return { programme, account, teller, otherTeller, supervisor, otherSupervisor };
}
const accountOf = (programme: TestProgramme, id: string) => {
  const account = programme.books.get('account', id);
  if (account === undefined) throw new Error(`no account ${id}`);
  return account;
};

describe('the path of one payment', () => {
  it('holds funds when made, moves them in transit when approved, and out when settled', () => {
    const { programme, account, teller, supervisor } = funded();
    const made = programme.make(teller, pay(account, '1500000'));
    expect(accountOf(programme, account)).toMatchObject({ held: 15_000_00n });
    const approval = programme.approval(supervisor, made);
    programme.admit(approval, supervisor.sign([approval])[0]);
    expect(accountOf(programme, account)).toMatchObject({ held: 0n, debits: 15_000_00n });
    expect(booked(accountOf(programme, 'in-transit:CNY'))).toBe(15_000_00n);
    programme.fromBank('bank.settled', {
      instruction: made.id,
      item: 0,
      reference: 'S1',
      valueDate: '2026-11-23' as never,
    });
    expect(booked(accountOf(programme, 'in-transit:CNY'))).toBe(0n);
    expect(booked(accountOf(programme, 'cash:CNY'))).toBe(85_000_00n);
    expect(programme.books.get('instruction', made.id)?.state).toBe('settled');
  });

  it('gives the money back to the client when the bank rejects, and when a settled payment is returned', () => {
    const { programme, account, teller, supervisor } = funded();
    const rejected = programme.pass(teller, supervisor, pay(account, '100'));
    programme.fromBank('bank.rejected', { instruction: rejected.id, item: 0, code: 'AC04' });
    const returned = programme.pass(teller, supervisor, pay(account, '200'));
    const valueDate = '2026-11-23' as never;
    programme.fromBank('bank.settled', { instruction: returned.id, item: 0, reference: 'S1', valueDate });
    programme.fromBank('bank.returned', {
      instruction: returned.id,
      item: 0,
      reference: 'R1',
      code: 'AC01',
      valueDate,
    });
    expect(booked(accountOf(programme, account))).toBe(100_000_00n);
    expect(booked(accountOf(programme, 'cash:CNY'))).toBe(100_000_00n);
  });

  it('lets several decisions share one touch, each standing alone', () => {
    const { programme, account, teller, supervisor } = funded();
    const made = [1, 2, 3].map((n) => programme.make(teller, pay(account, String(n * 100))));
    const verdicts = made.map((one) => programme.approval(supervisor, one));
    supervisor.sign(verdicts).forEach((evidence, i) => {
      programme.admit(verdicts[i] as CustosEvent, evidence);
    });
    expect(booked(accountOf(programme, account))).toBe(100_000_00n - 600n);
  });

  it('releases the hold when an instruction is declined or withdrawn', () => {
    const { programme, account, teller, supervisor } = funded();
    const first = programme.make(teller, pay(account, '100'));
    const declined = programme.event(
      'instruction.declined',
      { instruction: first.id, digest: programme.digestOf(first), reason: 'not known to us' },
      { actor: supervisor.operator.id },
    );
    programme.admit(declined, supervisor.sign([declined])[0]);
    const second = programme.make(teller, pay(account, '100'));
    const withdrawn = programme.event(
      'instruction.withdrawn',
      { instruction: second.id, digest: programme.digestOf(second) },
      { actor: teller.operator.id },
    );
    programme.admit(withdrawn, teller.sign([withdrawn])[0]);
    expect(available(accountOf(programme, account))).toBe(100_000_00n);
  });
});

describe('cheating fails', () => {
  it('a maker cannot approve their own item, not even with a second authenticator', () => {
    const { programme, teller } = funded();
    const [officer] = programme.officers;
    const policy = {
      version: 2,
      rules: [
        {
          id: 'all',
          text: '',
          when: { kinds: [] },
          demand: {
            groups: [
              { role: 'officer' as const, count: 1 },
              { role: 'teller' as const, count: 1 },
            ],
            differentTerminals: false,
            typedConfirmation: false,
            coolingOffSeconds: 0,
          },
        },
      ],
    };
    programme.pass(officer, programme.officers[1], { kind: 'adopt policy', policy });
    const made = programme.make(teller, pay('acc-c1-CNY', '100'));
    const approval = programme.approval(teller, made);
    expect(refusalOf(programme.submit(approval, teller.sign([approval])[0]!))).toBe('maker is checker');
    const again = programme.approval(teller, made);
    expect(refusalOf(programme.submit(again, teller.sign([again], { credential: 1 })[0]!))).toBe('maker is checker');
  });

  it('one person cannot be enrolled twice under two names', () => {
    const { programme, teller } = funded();
    const twin = new Person('teller-z', 'supervisor', { person: teller.operator.person });
    const made = programme.made(programme.officers[0], { kind: 'enrol operator', operator: twin.operator });
    expect(refusalOf(programme.submit(made, programme.officers[0].sign([made])[0]!))).toBe('duplicate');
  });

  it('an approval cannot be moved to another instruction', () => {
    const { programme, account, teller, supervisor } = funded();
    const small = programme.make(teller, pay(account, '100'));
    const large = programme.make(teller, pay(account, '90000'));
    const approval = programme.approval(supervisor, small);
    const evidence = supervisor.sign([approval])[0]!;
    const moved = { ...approval, body: { ...approval.body, instruction: large.id } } as CustosEvent;
    expect(refusalOf(programme.submit(moved, evidence))).toBe('malformed');
    const redirected = programme.approval(supervisor, large);
    expect(refusalOf(programme.submit(redirected, evidence))).toBe('evidence invalid');
  });

  it('a replayed assertion and a repeated id are refused', () => {
    const { programme, account, teller, supervisor } = funded();
    const made = programme.make(teller, pay(account, '100'));
    const approval = programme.approval(supervisor, made);
    const evidence = supervisor.sign([approval])[0]!;
    programme.admit(approval, evidence);
    expect(refusalOf(programme.submit(approval, evidence))).toBe('duplicate');
    const other = { ...programme.made(teller, pay(account, '999')), id: made.id } as CustosEvent;
    expect(refusalOf(programme.submit(other, teller.sign([other])[0]!))).toBe('duplicate');
  });

  it('large payments need two supervisors, another terminal, typed confirmation and patience', () => {
    const { programme, account, teller, supervisor, otherSupervisor } = funded(500_000_000n);
    const made = programme.make(teller, pay(account, '100000000'));
    const typed = { tail: '0001', amount: '100000000' };
    const attempt = (checker: Person, options: Parameters<TestProgramme['approval']>[2]) => {
      const approval = programme.approval(checker, made, options);
      return refusalOf(programme.submit(approval, checker.sign([approval])[0]!));
    };
    expect(attempt(supervisor, { typed })).toBe('cooling-off');
    programme.nowMs += 600_000;
    expect(attempt(supervisor, {})).toBe('typed confirmation');
    expect(attempt(supervisor, { typed: { tail: '0001', amount: '10000000' } })).toBe('typed confirmation');
    expect(attempt(supervisor, { typed, terminal: 'T-01' })).toBe('different terminal');
    expect(attempt(supervisor, { typed })).toBe('admitted');
    expect(attempt(supervisor, { typed })).toBe('state');
    expect(booked(accountOf(programme, 'in-transit:CNY'))).toBe(0n);
    expect(attempt(otherSupervisor, { typed })).toBe('admitted');
    expect(booked(accountOf(programme, 'in-transit:CNY'))).toBe(100_000_000n);
  });

  it('money is never overdrawn, not by one minor unit and not by two instructions at once', () => {
    const { programme, account, teller, otherTeller } = funded(1000n);
    const tooMuch = programme.made(teller, pay(account, '1001'));
    expect(refusalOf(programme.submit(tooMuch, teller.sign([tooMuch])[0]!))).toBe('funds');
    programme.make(teller, pay(account, '600'));
    const second = programme.made(otherTeller, pay(account, '401'));
    expect(refusalOf(programme.submit(second, otherTeller.sign([second])[0]!))).toBe('funds');
  });

  it('client money reaches the platform only through a scheduled fee', () => {
    const { programme, account, teller, supervisor } = funded();
    const refused = (instruction: Instruction) => {
      const made = programme.made(teller, instruction);
      return refusalOf(programme.submit(made, teller.sign([made])[0]!));
    };
    const transfer = { kind: 'book transfer', from: account, asset: 'CNY', amount: '100', purpose: 'LOAN' } as const;
    expect(refused({ ...transfer, to: 'platform-own:CNY' })).toBe('segregation');
    expect(refused({ ...transfer, to: 'platform-fee:CNY' })).toBe('segregation');
    const fee = { kind: 'fee', account, asset: 'CNY', code: 'service', base: '100000' } as const;
    expect(refused({ ...fee, amount: '301' })).toBe('segregation');
    programme.pass(teller, supervisor, { ...fee, amount: '300' });
    expect(booked(accountOf(programme, 'platform-fee:CNY'))).toBe(300n);
  });

  it('a correction undoes a booking at most once', () => {
    const { programme, account, teller, supervisor } = funded();
    const fee = programme.pass(teller, supervisor, {
      kind: 'fee',
      account,
      asset: 'CNY',
      code: 'service',
      base: '0',
      amount: '100',
    });
    const undo: Instruction = { kind: 'correction', corrects: fee.id, reason: 'charged twice' };
    programme.pass(teller, supervisor, undo);
    expect(booked(accountOf(programme, account))).toBe(100_000_00n);
    const again = programme.made(teller, undo);
    expect(refusalOf(programme.submit(again, teller.sign([again])[0]!))).toBe('state');
  });

  it('nothing leaves a frozen account, and money still arrives', () => {
    const { programme, account, teller, supervisor } = funded();
    const waiting = programme.make(teller, pay(account, '100'));
    programme.pass(teller, supervisor, { kind: 'freeze', account, reason: 'court order' });
    const approval = programme.approval(supervisor, waiting);
    expect(refusalOf(programme.submit(approval, supervisor.sign([approval])[0]!))).toBe('account state');
    programme.fromBank('bank.credited', {
      reference: 'late',
      account: '9c1CNY',
      asset: 'CNY',
      amount: '5',
      valueDate: '2026-11-23' as never,
    });
    expect(booked(accountOf(programme, account))).toBe(100_000_05n);
  });

  it('what was made under an older policy is made again under the one in force', () => {
    const { programme, account, teller } = funded();
    const old = programme.made(teller, pay(account, '100'));
    const [officer, other] = programme.officers;
    const policy = { ...programme.books.get('policy', '1')!, version: 2 };
    programme.pass(officer, other, { kind: 'adopt policy', policy });
    expect(refusalOf(programme.submit(old, teller.sign([old])[0]!))).toBe('policy');
    const fresh = programme.made(teller, pay(account, '100'));
    expect(programme.submit(fresh, teller.sign([fresh])[0]!).ok).toBe(true);
  });

  it('a booking of the bank is booked once, whatever message and event name it', () => {
    const { programme, account, teller, supervisor } = funded();
    const bank = (type: 'bank.credited' | 'bank.settled', body: object) => {
      const event = programme.event(type, body as never, { actor: 'bank', terminal: 'depository' });
      return programme.submit(event, signAsMachine(programme.adapterKey, 'adapter', [event])[0]!);
    };
    const valueDate = '2026-11-23';
    const credit = { reference: 'R7', account: '9c1CNY', asset: 'CNY', amount: '5', valueDate };
    expect(bank('bank.credited', credit).ok).toBe(true);
    expect(refusalOf(bank('bank.credited', credit))).toBe('duplicate');
    const paid = programme.pass(teller, supervisor, pay(account, '100'));
    const settled = { instruction: paid.id, item: 0, reference: 'R7', valueDate };
    expect(refusalOf(bank('bank.settled', settled))).toBe('duplicate');
    expect(booked(accountOf(programme, 'cash:CNY'))).toBe(100_000_05n);
  });

  it('a person cannot speak for the bank, and the gateway key cannot speak for the adapter', () => {
    const { programme, teller } = funded();
    const credited = programme.event(
      'bank.credited',
      { reference: 'x', account: null, asset: 'CNY', amount: '5', valueDate: '2026-11-23' as never },
      { actor: 'bank', terminal: 'depository' },
    );
    expect(refusalOf(programme.submit(credited, teller.sign([credited])[0]!))).toBe('evidence invalid');
    expect(refusalOf(programme.submit(credited, signAsMachine(programme.gatewayKey, 'gateway', [credited])[0]!))).toBe(
      'evidence invalid',
    );
  });

  it('an assertion for another origin or without user verification is refused', () => {
    const { programme, account, teller } = funded();
    const made = programme.made(teller, pay(account, '100'));
    expect(refusalOf(programme.submit(made, teller.sign([made], { origin: 'https://evil.example' })[0]!))).toBe(
      'evidence invalid',
    );
    expect(refusalOf(programme.submit(made, teller.sign([made], { flags: 0x01 })[0]!))).toBe('evidence invalid');
  });

  it('one bit changed in any signed field is refused', () => {
    const { programme, account, teller } = funded();
    const made = programme.made(teller, pay(account, '1234'));
    const evidence = teller.sign([made])[0]!;
    const admitted: string[] = [];
    let changed = 0;
    for (const [path, other] of flips({ event: made, evidence })) {
      changed += 1;
      const { event, evidence: proof } = other as { event: CustosEvent; evidence: typeof evidence };
      if (refusalOf(programme.submit(event, proof)) === 'admitted') admitted.push(path);
    }
    expect(changed).toBeGreaterThan(300);
    expect(admitted).toEqual([]);
  });
});

/** Every copy of a value in which one character of one text, one number or one flag differs by its lowest bit. */
function* flips(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value === 'string')
    for (let i = 0; i < value.length; i++)
      yield [`${path}[${i}]`, value.slice(0, i) + String.fromCharCode(value.charCodeAt(i) ^ 1) + value.slice(i + 1)];
  else if (typeof value === 'number') yield [path, value ^ 1];
  else if (typeof value === 'boolean') yield [path, !value];
  else if (value !== null && typeof value === 'object')
    for (const [key, inner] of Object.entries(value))
      for (const [where, changed] of flips(inner, `${path}.${key}`))
        yield [
          where,
          Array.isArray(value) ? value.map((v, i) => (String(i) === key ? changed : v)) : { ...value, [key]: changed },
        ];
}
