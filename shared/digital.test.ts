import { describe, expect, it } from 'vitest';
import { TestProgramme } from '../testing/programme.ts';
import { available, booked } from './books.ts';
import type { Instruction } from './instruction/schema.ts';
import { msToInstant } from './time.ts';

type Adopt = Extract<Instruction, { kind: 'adopt address' }>;
type Withdrawal = Extract<Instruction, { kind: 'digital withdrawal' }>;

const address = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const other = '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa';
const dayMs = 86_400_000;
const approvedTyped = { tail: address.slice(-4), amount: '40000000' };

function office() {
  const programme = new TestProgramme().open(['CNY', 'BTC', 'ETH']);
  const [teller] = programme.tellers;
  const [supervisor] = programme.supervisors;
  const [officer] = programme.officers;
  const account = programme.client('mei', 'BTC', 100_000_000n);
  const neighbour = programme.client('bo', 'BTC', 100_000_000n);
  const adopt = (changes: Partial<Adopt> = {}): Adopt => ({
    ...{ kind: 'adopt address', purpose: 'withdrawal', account, asset: 'BTC', network: 'bitcoin', address },
    ...{ label: 'cold store 2', ...changes },
  });
  const withdraw = (changes: Partial<Withdrawal> = {}): Withdrawal => ({
    ...{ kind: 'digital withdrawal', account, asset: 'BTC', network: 'bitcoin', address, amount: '40000000' },
    ...changes,
  });
  /** Made and approved by the people whom the policy asks. */
  const adopted = (changes: Partial<Adopt> = {}) => programme.pass(teller, officer, adopt(changes));
  const refusal = (instruction: Instruction) => {
    const event = programme.made(teller, instruction);
    const decision = programme.submit(event, teller.sign([event])[0]!);
    return decision.ok ? 'admitted' : `${decision.refusal.type}: ${decision.refusal.why}`;
  };
  const wait = (ms: number) => {
    programme.nowMs += ms;
  };
  return { programme, teller, supervisor, officer, account, neighbour, adopt, adopted, withdraw, refusal, wait };
}

describe('the address book', () => {
  it('takes an address only for a digital asset, on its network, with its checksum, for the account that keeps it', () => {
    const { refusal, adopt, programme } = office();
    const money = programme.client('mei', 'CNY', 1n);
    expect(refusal(adopt({ address: `${address.slice(0, -1)}5` }))).toContain('Its checksum is not right.');
    expect(refusal(adopt({ network: 'ethereum' }))).toContain('BTC is not kept on ethereum');
    expect(refusal(adopt({ address: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed' }))).toContain('address of ethereum');
    expect(refusal(adopt({ asset: 'CNY', account: money }))).toContain('CNY is not a digital asset');
    expect(refusal(adopt({ asset: 'ETH', network: 'ethereum' }))).toContain('keeps BTC');
    expect(refusal(adopt({ account: 'suspense:BTC' }))).toContain("not a client's");
    expect(refusal(adopt())).toBe('admitted');
  });

  it('is approved at once, and the address rests for the time of the policy before anything leaves for it', () => {
    const { programme, adopted, withdraw, refusal, wait } = office();
    adopted();
    const row = programme.books.get('address', `withdrawal|acc-mei-BTC|bitcoin|${address}`);
    expect(row).toMatchObject({ label: 'cold store 2', revokedBy: null });
    expect(Date.parse(row!.usableFrom)).toBeGreaterThan(programme.nowMs + dayMs - 60_000);
    expect(refusal(withdraw())).toContain('cooling-off: The address is new and may be used from');
    wait(dayMs - 1000);
    expect(refusal(withdraw())).toContain('cooling-off');
    wait(1000);
    expect(refusal(withdraw())).toBe('admitted');
  });

  it('is each account’s own: nobody pays to an address that another client adopted, or that was not adopted', () => {
    const { adopted, withdraw, refusal, wait, neighbour } = office();
    adopted();
    wait(dayMs);
    expect(refusal(withdraw({ account: neighbour }))).toContain('unknown: Account acc-bo-BTC may not pay to');
    expect(refusal(withdraw({ address: other }))).toContain('may not pay to');
    expect(refusal(withdraw({ amount: '100000001' }))).toContain('funds');
  });

  it('does not let a revoked address be paid, not even by what was made before, and may adopt it anew', () => {
    const { programme, teller, supervisor, adopted, adopt, withdraw, refusal, wait, account } = office();
    adopted();
    wait(dayMs);
    const made = programme.make(teller, withdraw());
    const place = { purpose: 'withdrawal' as const, account, asset: 'BTC', network: 'bitcoin' as const, address };
    programme.pass(teller, supervisor, { kind: 'revoke address', ...place, reason: 'the device is lost' });
    const approval = programme.approval(supervisor, made, { typed: approvedTyped });
    expect(programme.submit(approval, supervisor.sign([approval])[0]!)).toMatchObject({ ok: false });
    expect(refusal(withdraw())).toContain('may not pay to');
    expect(refusal({ kind: 'revoke address', ...place, reason: 'again' })).toContain('unknown');
    expect(refusal(adopt())).toBe('admitted');
    adopted();
    expect(refusal(withdraw())).toContain('cooling-off');
    expect(refusal(adopt())).toContain('duplicate');
  });

  it('gives money that comes to a deposit address to one account alone', () => {
    const { programme, adopted, refusal, adopt, neighbour } = office();
    adopted({ purpose: 'deposit', address: other });
    expect(refusal(adopt({ purpose: 'deposit', address: other, account: neighbour }))).toContain('duplicate');
    expect(programme.books.get('address', `deposit|BTC|bitcoin|${other}`)?.account).toBe('acc-mei-BTC');
  });
});

describe('a digital withdrawal', () => {
  it('is held, approved with the tail and the amount typed, and settled by its transaction', () => {
    const { programme, teller, supervisor, adopted, withdraw, wait, account } = office();
    adopted();
    wait(dayMs);
    const made = programme.make(teller, withdraw());
    const held = programme.books.get('account', account)!;
    expect([booked(held), available(held)]).toEqual([100_000_000n, 60_000_000n]);
    for (const typed of [null, { ...approvedTyped, tail: 'f3t5' }, { ...approvedTyped, amount: '4000000' }]) {
      const approval = programme.approval(supervisor, made, typed === null ? {} : { typed });
      const decision = programme.submit(approval, supervisor.sign([approval])[0]!);
      expect(decision.ok ? 'approved' : decision.refusal.type).toBe('typed confirmation');
    }
    const approval = programme.approval(supervisor, made, { typed: approvedTyped });
    programme.admit(approval, supervisor.sign([approval])[0]);
    expect(programme.books.get('instruction', made.id)?.state).toBe('approved');
    const txid = 'f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16';
    const valueDate = msToInstant(programme.nowMs).slice(0, 10) as never;
    programme.fromBank('bank.settled', { instruction: made.id, item: 0, reference: txid, valueDate });
    const balance = (id: string) => booked(programme.books.get('account', id)!);
    expect(programme.books.get('instruction', made.id)?.state).toBe('settled');
    expect([balance(account), balance('in-transit:BTC'), balance('cash:BTC')]).toEqual([60_000_000n, 0n, 160_000_000n]);
  });

  it('is stopped like every payment, and digital assets go by no other way', () => {
    const { programme, officer, supervisor, adopted, withdraw, refusal, wait, account } = office();
    adopted();
    wait(dayMs);
    const payee = { id: 'A'.repeat(43), details: 'A'.repeat(43), tail: '1234' };
    expect(refusal({ kind: 'payment', account, asset: 'BTC', amount: '1', payee })).toContain('digital withdrawal');
    programme.pass(officer, supervisor, { kind: 'emergency stop', reason: 'something is wrong' });
    expect(refusal(withdraw())).toContain('stopped');
  });
});
