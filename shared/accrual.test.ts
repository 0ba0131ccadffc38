import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256, signAsMachine } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import { accrualText, unaccruedDays } from './accrual.ts';
import { booked } from './books.ts';
import { accrualUnit, type FeeSchedule, feeScheduleSchema } from './fee-schedule.ts';
import { addDays, type Day, dayOf, msToInstant } from './time.ts';

class Office extends TestProgramme {
  get today(): Day {
    return dayOf(msToInstant(this.nowMs));
  }

  nextDay(days = 1): void {
    this.nowMs = Date.parse(`${addDays(this.today, days)}T08:00:00.000Z`);
  }

  adopt(changes: Partial<FeeSchedule> = {}): FeeSchedule {
    const code = changes.code ?? 'custody';
    const schedule: FeeSchedule = {
      ...{ code, version: (this.books.get('feeSchedule', code)?.versions.length ?? 0) + 1 },
      ...{ text: 'custody fee', asset: 'CNY', to: 'bank-fee', basis: 'balance', dayCount: 'act/365' },
      ...{ tiers: [{ from: '0', ppm: 3650 }], minimum: '0', maximum: '1000000000', accounts: [] },
      ...{ from: this.today, until: null },
      ...changes,
    };
    this.pass(this.officers[0], this.officers[1], { kind: 'adopt fee schedule', schedule });
    return schedule;
  }

  /** As the gateway does: every day that is over, in order. */
  postAll(): void {
    for (const on of unaccruedDays(this.books, 'CNY', this.today)) this.post(on);
  }

  post(on: Day, changes: object = {}): void {
    const { body } = accrualText(this.books, 'CNY', on, sha256);
    const event = this.event('accrual.posted', { ...body, ...changes }, { actor: 'gateway', terminal: 'depository' });
    this.admit(event, signAsMachine(this.gatewayKey, 'gateway', [event])[0]);
  }

  units = (account: string, code = 'custody'): bigint =>
    BigInt(this.books.get('accrued', `${code}|${account}`)?.units ?? 0);
  balance = (id: string): bigint => booked(this.books.get('account', id)!);

  receive(account: string, amount: bigint): void {
    const number = this.books.get('account', account)?.number ?? null;
    this.fromBank('bank.credited', {
      ...{ reference: `more-${this.nowMs}`, account: number, asset: 'CNY', amount: String(amount) },
      valueDate: this.today,
    });
  }
}

const open = (): Office => new Office().open() as Office;
const whole = (minor: bigint): bigint => minor * accrualUnit;

describe('fees that accrue on balances', () => {
  it('are those of the balance at the end of each day, however late the day is posted', () => {
    const office = open();
    const mei = office.client('mei', 'CNY', 1_000_000n);
    office.adopt();
    office.nextDay();
    office.receive(mei, 500_000n);
    office.receive(mei, 500_000n);
    office.nextDay(2);
    office.receive(mei, 1_000_000n);
    // 0.365 % a year of 10,000.00 is 0.10 a day: one day of it, then two of twice as much; today is not over.
    expect(unaccruedDays(office.books, 'CNY', office.today)).toHaveLength(3);
    office.postAll();
    expect(office.units(mei)).toBe(whole(10n + 20n + 20n));
    office.nextDay();
    office.postAll();
    expect(office.units(mei)).toBe(whole(10n + 20n + 20n + 30n));
  });

  it('are posted once, in order, after the day, and at the figures that everyone gets', () => {
    const office = open();
    office.client('mei', 'CNY', 1_000_000n);
    expect(() => office.post(office.today)).toThrow('No fee accrues in CNY');
    office.adopt();
    const first = office.today;
    expect(() => office.post(first)).toThrow('is not over yet');
    office.nextDay(2);
    expect(() => office.post(addDays(first, 1))).toThrow(`Day ${first} comes next`);
    expect(() => office.post(first, { units: '1' })).toThrow('not those of schedules and balances');
    expect(() => office.post(first, { digest: 'A'.repeat(43) })).toThrow('not those of schedules and balances');
    office.post(first);
    expect(() => office.post(first)).toThrow('accrued already');
  });

  it('rest while no schedule is in force, and begin again with the next one', () => {
    const office = open();
    const mei = office.client('mei', 'CNY', 1_000_000n);
    office.adopt({ until: office.today });
    office.nextDay(3);
    office.postAll();
    expect([office.units(mei), unaccruedDays(office.books, 'CNY', office.today)]).toEqual([whole(10n), []]);
    office.adopt({ tiers: [{ from: '0', ppm: 7300 }] });
    office.nextDay();
    office.postAll();
    expect(office.units(mei)).toBe(whole(30n));
  });

  it('come, over random days, movements and schedules, to exactly what a naive sum of fractions comes to', () => {
    const step = fc.oneof(
      fc.record({ is: fc.constant('in' as const), who: fc.nat(2), amount: fc.bigInt({ min: 1n, max: 10n ** 12n }) }),
      fc.record({ is: fc.constant('move' as const), who: fc.nat(2), share: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ is: fc.constant('days' as const), days: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ is: fc.constant('post' as const) }),
    );
    const schedule = fc.record({
      dayCount: fc.constantFrom('act/365' as const, 'act/360' as const, 'actual' as const),
      ppm: fc.tuple(fc.nat(20_000), fc.nat(20_000), fc.nat(20_000)),
      edges: fc.tuple(fc.bigInt({ min: 1n, max: 10n ** 6n }), fc.bigInt({ min: 10n ** 7n, max: 10n ** 11n })),
      minimum: fc.constantFrom(0n, 3n),
      maximum: fc.constantFrom(1_000n, 10n ** 12n),
    });
    fc.assert(
      fc.property(schedule, fc.array(step, { minLength: 4, maxLength: 16 }), (wanted, steps) => {
        const office = open();
        // A year that is leap begins within the run.
        office.nowMs = Date.parse('2027-12-27T08:00:00.000Z');
        const accounts = ['a', 'b', 'c'].map((name) => office.client(name, 'CNY', 0n));
        const tiers = [0n, ...wanted.edges].map((from, i) => ({ from: String(from), ppm: wanted.ppm[i]! }));
        const { dayCount, minimum, maximum } = wanted;
        office.adopt({ dayCount, tiers, minimum: String(minimum), maximum: String(maximum) });
        const begin = office.today;
        const model = accounts.map(() => 0n);
        const ends = new Map<Day, bigint[]>();
        for (const one of steps) {
          if (one.is === 'in') {
            office.receive(accounts[one.who]!, one.amount);
            model[one.who] = model[one.who]! + one.amount;
          } else if (one.is === 'move') {
            const [from, to] = [one.who, (one.who + 1) % 3];
            const amount = (model[from]! * BigInt(one.share)) / 100n;
            if (amount === 0n) continue;
            const [teller] = office.tellers;
            office.pass(teller, office.supervisors[0], {
              ...{ kind: 'book transfer', from: accounts[from]!, to: accounts[to]!, asset: 'CNY' },
              ...{ amount: String(amount), purpose: 'LOAN' },
            });
            model[from] = model[from]! - amount;
            model[to] = model[to]! + amount;
          } else if (one.is === 'days') {
            for (let i = 0; i < one.days; i++) ends.set(addDays(office.today, i), [...model]);
            office.nextDay(one.days);
          } else office.postAll();
        }
        office.postAll();
        // Fractions by hand: each day over millionths times the days of its year, added up over one common denominator.
        accounts.forEach((account, i) => {
          let [over, under] = [0n, 1n];
          for (const [on, balances] of ends) {
            expect(on >= begin).toBe(true);
            const balance = balances[i]!;
            const year = dayCount === 'act/360' ? 360n : dayCount === 'actual' && on.startsWith('2028') ? 366n : 365n;
            let parts = 0n;
            for (const [t, { ppm }] of tiers.entries()) {
              const [low, high] = [BigInt(tiers[t]!.from), t === 2 ? balance : BigInt(tiers[t + 1]!.from)];
              const part = (balance < high ? balance : high) - low;
              if (part > 0n) parts += part * BigInt(ppm);
            }
            let [n, d] = [parts, 1_000_000n * year];
            if (balance > 0n && n < minimum * d) [n, d] = [minimum, 1n];
            if (n > maximum * d) [n, d] = [maximum, 1n];
            [over, under] = [over * d + n * under, under * d];
          }
          expect(office.units(account) * under).toBe(over * accrualUnit);
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe('fees that accrue on payments', () => {
  it('are remembered with each, and forgotten when the bank rejects it', () => {
    const office = open();
    const mei = office.client('mei', 'CNY', 1_000_000n);
    const tiers = [
      { from: '0', ppm: 1000 },
      { from: '100000', ppm: 500 },
    ];
    office.adopt({ code: 'paid', basis: 'payments', tiers, minimum: '50', maximum: '1000' });
    const pay = (amount: string) =>
      office.pass(office.tellers[0], office.supervisors[0], {
        ...{ kind: 'payment', account: mei, asset: 'CNY', amount, payee: payeeNamed('shop') },
      });
    pay('10');
    expect(office.units(mei, 'paid')).toBe(whole(50n));
    const { id } = pay('200001');
    // 0.1 % of the first 1,000.00 and 0.05 % of the rest, to the fraction.
    expect(office.units(mei, 'paid')).toBe(whole(50n + 150n) + (accrualUnit * 500n) / 1_000_000n);
    office.fromBank('bank.rejected', { instruction: id, item: 0, code: 'AC04' });
    expect(office.units(mei, 'paid')).toBe(whole(50n));
  });
});

describe('accrued fees', () => {
  const accrued = () => {
    const office = open();
    const mei = office.client('mei', 'CNY', 1_000_050n);
    office.adopt();
    office.nextDay();
    office.postAll();
    const charge = (amount: string) =>
      office.pass(office.tellers[0], office.supervisors[0], {
        ...{ kind: 'charge accrued fees', code: 'custody', asset: 'CNY', lines: [{ account: mei, amount }] },
      });
    return { office, mei, charge };
  };

  it('are charged in whole minor units, to who earns them, and the fraction stays', () => {
    const { office, mei, charge } = accrued();
    expect(() => charge('11')).toThrow('Only CNY 0.10 of custody has accrued');
    charge('10');
    expect([office.balance(mei), office.balance('bank-fee:CNY')]).toEqual([1_000_040n, 10n]);
    expect(office.units(mei)).toBe((accrualUnit * 50n * 3650n) / (1_000_000n * 365n));
    expect(office.books.get('accrued', `custody|${mei}`)).toMatchObject({ charged: '10', waived: '0' });
    expect(() => charge('1')).toThrow('Only CNY 0.00');
  });

  it('are never charged below zero: what an account does not have stays accrued', () => {
    const { office, mei, charge } = accrued();
    office.pass(office.tellers[0], office.supervisors[0], {
      ...{ kind: 'payment', account: mei, asset: 'CNY', amount: '1000044', payee: payeeNamed('shop') },
    });
    expect(() => charge('10')).toThrow('short');
    charge('6');
    expect([office.balance(mei), office.units(mei) / accrualUnit]).toEqual([0n, 4n]);
  });

  it('of a charge that is corrected are accrued again, and the money is back', () => {
    const { office, mei, charge } = accrued();
    const before = [office.balance(mei), office.units(mei)];
    const { id } = charge('10');
    const [teller] = office.tellers;
    office.pass(teller, office.supervisors[0], { kind: 'correction', corrects: id, reason: 'too early' });
    expect([office.balance(mei), office.units(mei)]).toEqual(before);
    expect(office.books.get('accrued', `custody|${mei}`)?.charged).toBe('0');
  });

  it('are waived by officers, with the reason on record', () => {
    const { office, mei } = accrued();
    const [one, two] = office.officers;
    const waive = (amount: string) =>
      office.pass(one, two, { kind: 'waive accrued fees', code: 'custody', account: mei, amount, reason: 'goodwill' });
    expect(() => waive('11')).toThrow('Only CNY 0.10');
    waive('4');
    expect([office.units(mei) / accrualUnit, office.balance(mei)]).toEqual([6n, 1_000_050n]);
  });

  it('come from schedules that say one thing: tiers that rise from zero, versions that follow, no beginning in the past', () => {
    const office = open();
    const schedule = office.adopt();
    const isRefused = (changes: Partial<FeeSchedule>) =>
      !feeScheduleSchema.safeParse({ ...schedule, ...changes }).success;
    expect([
      isRefused({ tiers: [{ from: '1', ppm: 1 }] }),
      isRefused({ tiers: [{ from: '0', ppm: 1 }, { from: '0', ppm: 2 }] }), // biome-ignore format: two tiers
      isRefused({ minimum: '2', maximum: '1' }),
      isRefused({ until: '2020-01-01' as Day }),
      isRefused({}),
    ]).toEqual([true, true, true, true, false]);
    expect(() => office.adopt({ version: 3 })).toThrow('The next version of custody is 2');
    expect(() => office.adopt({ to: 'platform-fee', from: addDays(office.today, 1) })).toThrow('stay as they are');
    expect(() => office.adopt({})).toThrow('begins no earlier');
    expect(() => office.adopt({ code: 'x', from: addDays(office.today, -1) })).toThrow('in the past');
    expect(() => office.adopt({ code: 'x', asset: 'JPY' })).toThrow('does not keep JPY');
  });
});
