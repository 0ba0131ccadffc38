import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adopted, dueOn, type Party, type Standing, type Step, type Terms, takeStep, termsSchema } from './escrow.ts';
import { type Flaw, proveTerms } from './escrow-proof.ts';
import { addDays, type Day } from './time.ts';

const start = '2026-11-23' as Day;
const inDays = (days: number): Day => addDays(start, days);

/** A house is built: half when the walls stand, the rest when the buyer is content. */
const building: Terms = {
  ...{ asset: 'CNY', amount: '1000000', depositor: 'acc-buyer', beneficiary: 'acc-builder' },
  arbiter: { role: 'officer' },
  conditions: [
    { name: 'walls', text: 'Report of the surveyor', by: 'arbiter', evidence: 'document' },
    { name: 'content', text: 'The buyer has taken it over', by: 'depositor', evidence: 'approval' },
    { name: 'off', text: 'The builder gives up', by: 'beneficiary', evidence: 'approval' },
  ],
  tranches: [
    { name: 'first', to: 'acc-builder', amount: '400000', needs: ['walls'] },
    { name: 'second', to: 'acc-builder', amount: '600000', needs: ['walls', 'content'] },
  ],
  ...{ order: 'in order', fundBy: inDays(5), releaseFrom: inDays(10) },
  timeout: { on: inDays(60), otherwise: 'refund' },
  refund: { needs: ['off'] },
  dispute: { by: ['depositor', 'beneficiary'], until: inDays(50), ruling: { days: 30, otherwise: 'refund' } },
};

/** Steps on days counted from the start; the standing at their end, or why one was refused. */
function play(terms: Terms, ...steps: readonly (readonly [day: number, step: Step])[]): Standing | string {
  let at = adopted;
  for (const [day, step] of steps) {
    const moved = takeStep(terms, at, step, inDays(day));
    if (!moved.ok) return moved.refusal.why;
    at = moved.value.standing;
  }
  return at;
}
const fund = { type: 'fund' } as const;
const shown = (condition: string): Step => ({ type: 'fulfil', condition });
const paid = (tranche: string | null): Step => ({ type: 'release', tranche });

describe('an escrow agreement', () => {
  it('pays its tranches one after the other as their conditions are shown', () => {
    const first = play(building, [1, fund], [9, shown('walls')], [10, paid('first')]);
    expect(first).toMatchObject({ phase: 'funded', beneficiary: 400000n, left: 600000n });
    const both = play(building, [1, fund], [9, shown('walls')], [9, shown('content')], [12, paid(null)]);
    expect(both).toMatchObject({ phase: 'ended', beneficiary: 1000000n, depositor: 0n, left: 0n });
  });

  const refusals: [string, (readonly [number, Step])[]][] = [
    [
      'Nothing is released before 2026-12-03.',
      [
        [1, fund],
        [9, shown('walls')],
        [9, paid('first')],
      ],
    ],
    [
      'Tranche first needs condition walls.',
      [
        [1, fund],
        [12, paid('first')],
      ],
    ],
    [
      'Tranches before second are not released yet.',
      [
        [1, fund],
        [9, shown('walls')],
        [12, paid('second')],
      ],
    ],
    [
      'It is not funded yet.',
      [
        [1, shown('walls')],
        [2, paid('first')],
      ],
    ],
    ['Since 2026-11-29 its terms decide by themselves.', [[6, fund]]],
    [
      'Since 2027-01-22 its terms decide by themselves.',
      [
        [1, fund],
        [60, shown('walls')],
      ],
    ],
    [
      'That is only so from 2027-01-22 on.',
      [
        [1, fund],
        [59, { type: 'expire' }],
      ],
    ],
    [
      'A refund needs condition off.',
      [
        [1, fund],
        [2, { type: 'refund' }],
      ],
    ],
    [
      'The last day for it was 2027-01-12.',
      [
        [1, fund],
        [51, { type: 'dispute', by: 'depositor' }],
      ],
    ],
    [
      'The arbiter may not raise one.',
      [
        [1, fund],
        [5, { type: 'dispute', by: 'arbiter' }],
      ],
    ],
    [
      'It is disputed, so nothing moves.',
      [
        [1, fund],
        [9, shown('walls')],
        [11, { type: 'dispute', by: 'depositor' }],
        [12, paid('first')],
      ],
    ],
    [
      'That is more than is left.',
      [
        [1, fund],
        [11, { type: 'dispute', by: 'depositor' }],
        [12, { type: 'rule', beneficiary: 1000001n }],
      ],
    ],
    [
      'The agreement has ended.',
      [
        [1, fund],
        [2, shown('off')],
        [3, { type: 'refund' }],
        [4, shown('walls')],
      ],
    ],
  ];
  it.each(refusals)('says "%s"', (why, steps) => {
    expect(play(building, ...steps)).toBe(why);
  });

  it('ends by itself: unfunded it lapses, unreleased it goes back, and an arbiter who says nothing is not waited for', () => {
    expect(play(building, [6, { type: 'expire' }])).toMatchObject({ phase: 'ended', left: 0n, depositor: 0n });
    const late = play(building, [1, fund], [9, shown('walls')], [10, paid('first')], [60, { type: 'expire' }]);
    expect(late).toMatchObject({ phase: 'ended', beneficiary: 400000n, depositor: 600000n, left: 0n });
    const silent = play(building, [1, fund], [50, { type: 'dispute', by: 'depositor' }], [80, { type: 'expire' }]);
    expect(silent).toMatchObject({ phase: 'ended', depositor: 1000000n });
  });

  it('is split by the arbiter', () => {
    const ruled = play(
      building,
      [1, fund],
      [20, { type: 'dispute', by: 'beneficiary' }],
      [21, { type: 'rule', beneficiary: 1n }],
    );
    expect(ruled).toMatchObject({ phase: 'ended', beneficiary: 1n, depositor: 999999n, left: 0n });
  });
});

describe('the proof', () => {
  it('shows every outcome of sound terms and the day by which all paths have ended', () => {
    const proof = proveTerms(building, start);
    expect(proof.ok).toBe(true);
    if (!proof.ok) return;
    expect(proof.value.endings.map(({ outcome, by }) => `${outcome} by ${by}`).sort()).toEqual([
      'lapsed by expire',
      'refunded by expire',
      'refunded by expire',
      'refunded by refund',
      'refunded by rule',
      'released by release',
      'released by rule',
      'split by expire',
      'split by expire',
      'split by refund',
      'split by rule',
    ]);
    expect(proof.value.endsBy).toBe(inDays(50 + 30));
  });

  const spoilt: [Flaw['type'], string, Partial<Terms>, string[]][] = [
    ['no way out', 'nobody ends it when nothing happens', { timeout: null }, ['fund']],
    [
      'no way out',
      'an arbiter who never rules is waited for',
      { dispute: { by: ['depositor'], until: inDays(50), ruling: null } },
      ['fund', 'dispute'],
    ],
    [
      'left over',
      'tranches are less than the whole',
      { refund: null, dispute: null, tranches: [{ name: 'one', to: 'acc-builder', amount: '999999', needs: [] }] },
      ['fund', 'release'],
    ],
    [
      'overpaid',
      'tranches are more than the whole',
      { tranches: [{ name: 'one', to: 'acc-builder', amount: '1000001', needs: [] }] },
      ['fund', 'release'],
    ],
    [
      'stranger paid',
      'a tranche goes to somebody else',
      { tranches: [{ name: 'one', to: 'acc-else', amount: '1000000', needs: [] }] },
      ['fund', 'release'],
    ],
    ['never paid', 'a condition waits for an arbiter that nobody named', { arbiter: null, dispute: null }, []],
    [
      'never refunded',
      'a refund waits for an arbiter that nobody named',
      {
        arbiter: null,
        dispute: null,
        refund: { needs: ['walls'] },
        tranches: [{ name: 'one', to: 'acc-builder', amount: '1000000', needs: [] }],
      },
      [],
    ],
    ['no arbiter', 'a dispute has nobody to rule on it', { arbiter: null }, []],
    ['dates', 'it times out before money may be released', { releaseFrom: inDays(60) }, []],
    ['dates', 'it should have been funded before it was adopted', { fundBy: inDays(-1) }, []],
    [
      'dates',
      'a dispute could be raised after its end',
      { dispute: { by: ['depositor'], until: inDays(60), ruling: { days: 3, otherwise: 'refund' } } },
      [],
    ],
    ['parties', 'somebody pays themselves', { beneficiary: 'acc-buyer' }, []],
    ['parties', 'the arbiter is a party', { arbiter: { account: 'acc-buyer' } }, []],
    ['names', 'a tranche needs what is not listed', { refund: { needs: ['nothing'] } }, []],
  ];
  it.each(spoilt)('refuses "%s": %s', (type, _, change, path) => {
    const proof = proveTerms({ ...building, ...change }, start);
    expect(proof.ok ? null : proof.refusal.type).toBe(type);
    expect(proof.ok ? null : proof.refusal.path.map((one) => one.step.type)).toEqual(path);
  });

  it('walks even the largest agreement that may be written', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const largest: Terms = {
      ...building,
      order: 'any order',
      amount: '6',
      conditions: names.map((name) => ({ name, text: name, by: 'depositor', evidence: 'approval' })),
      tranches: names.map((name) => ({ name, to: 'acc-builder', amount: '1', needs: [] })),
      refund: { needs: ['a'] },
    };
    expect(termsSchema.safeParse(largest).success).toBe(true);
    const proof = proveTerms(largest, start);
    expect(proof.ok && proof.value.states).toBeGreaterThan(20_000);
  });
});

/**
 * The same agreement acted out day by day by somebody who knows nothing of the machine: every choice of every person on every
 * day, with a purse for each account. What is found wrong, the last day on which it ended, and how it ended.
 */
function actOut(terms: Terms): { wrong: Set<string>; lastDay: Day; ends: Set<string> } {
  const wrong = new Set<string>();
  const ends = new Set<string>();
  const earned = new Set<string>();
  let [lastDay, refunded] = [start, false];
  const dates = [terms.fundBy, terms.releaseFrom, terms.timeout?.on ?? start, terms.dispute?.until ?? start].sort();
  const horizon = addDays(dates.at(-1) as Day, (terms.dispute?.ruling?.days ?? 0) + 3);
  const whole = BigInt(terms.amount);
  interface Scene {
    day: Day;
    funded: boolean;
    shown: string[];
    paid: string[];
    purses: Record<string, string>;
    disputed: Day | null;
  }
  const been = new Set<string>();
  const out = (scene: Scene): bigint => Object.values(scene.purses).reduce((sum, one) => sum + BigInt(one), 0n);
  const give = (scene: Scene, to: string, amount: bigint): Scene => ({
    ...scene,
    purses: { ...scene.purses, [to]: String(BigInt(scene.purses[to] ?? '0') + amount) },
  });
  const end = (scene: Scene, by: string): void => {
    if (scene.day > lastDay) lastDay = scene.day;
    const [back, gone] = [scene.purses[terms.depositor] ?? '0', scene.purses[terms.beneficiary] ?? '0'];
    const how = !scene.funded ? 'lapsed' : back === '0' ? 'released' : gone === '0' ? 'refunded' : 'split';
    ends.add(`${how} by ${by}${scene.disputed !== null && by === 'expire' ? ' in dispute' : ''}`);
    if (scene.funded && out(scene) !== whole) wrong.add(out(scene) < whole ? 'left over' : 'overpaid');
  };
  const settle = (scene: Scene, beneficiary: bigint, by: string): void => {
    const rest = whole - out(scene) - beneficiary;
    const one = beneficiary > 0n ? give(scene, terms.beneficiary, beneficiary) : scene;
    end(rest > 0n ? give(one, terms.depositor, rest) : one, by);
  };
  const stage = [{ day: start, funded: false, shown: [], paid: [], purses: {}, disputed: null } as Scene];
  while (stage.length > 0) {
    const scene = stage.pop() as Scene;
    const name = JSON.stringify([scene, [...scene.shown].sort(), [...scene.paid].sort()]);
    if (been.has(name)) continue;
    been.add(name);
    const { day, funded, disputed } = scene;
    const left = whole - out(scene);
    if (day > horizon) {
      wrong.add('no way out');
      continue;
    }
    if (!funded && day > terms.fundBy) {
      end(scene, 'expire');
      continue;
    }
    if (disputed !== null) {
      const ruling = terms.dispute?.ruling;
      if (ruling != null && day >= addDays(disputed, ruling.days)) {
        settle(scene, ruling.otherwise === 'release' ? left : 0n, 'expire');
        continue;
      }
      for (const share of new Set([0n, left / 2n, left])) settle(scene, share, 'rule');
      stage.push({ ...scene, day: addDays(day, 1) });
      continue;
    }
    if (funded && terms.timeout !== null && day >= terms.timeout.on) {
      settle(scene, terms.timeout.otherwise === 'release' ? left : 0n, 'expire');
      continue;
    }
    stage.push({ ...scene, day: addDays(day, 1) });
    if (!funded) stage.push({ ...scene, funded: true });
    for (const { name: condition, by } of terms.conditions)
      if (!scene.shown.includes(condition) && (by !== 'arbiter' || terms.arbiter !== null))
        stage.push({ ...scene, shown: [...scene.shown, condition].sort() });
    if (!funded) continue;
    const may = (needs: readonly string[]): boolean => needs.every((one) => scene.shown.includes(one));
    if (day >= terms.releaseFrom) {
      const open = terms.tranches.filter((one) => !scene.paid.includes(one.name));
      const choices =
        terms.order === 'together'
          ? [open]
          : terms.order === 'in order'
            ? [open.slice(0, 1)]
            : open.map((one) => [one]);
      for (const choice of choices) {
        if (!choice.every((one) => may(one.needs))) continue;
        let next = scene;
        for (const one of choice) {
          if (one.to !== terms.depositor && one.to !== terms.beneficiary) wrong.add('stranger paid');
          earned.add(one.name);
          next = { ...give(next, one.to, BigInt(one.amount)), paid: [...next.paid, one.name].sort() };
        }
        if (out(next) > whole) wrong.add('overpaid');
        else if (next.paid.length === terms.tranches.length) end(next, 'release');
        else stage.push(next);
      }
    }
    if (terms.refund !== null && may(terms.refund.needs)) {
      refunded = true;
      settle(scene, 0n, 'refund');
    }
    if (terms.dispute !== null && day <= terms.dispute.until) stage.push({ ...scene, disputed: day });
  }
  if (terms.tranches.some((one) => !earned.has(one.name))) wrong.add('never paid');
  if (terms.refund !== null && !refunded) wrong.add('never refunded');
  return { wrong, lastDay, ends };
}

const often = <T>(usual: T, strange: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: strange });
const gap = fc.integer({ min: 0, max: 3 });
const end = fc.constantFrom('refund' as const, 'release' as const);

/** Terms that are mostly in order, and spoilt here and there. */
const someTerms: fc.Arbitrary<Terms> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    more: often(0, fc.integer({ min: -1, max: 1 })),
    gaps: fc.tuple(gap, gap, gap),
    byWhom: fc.array(fc.constantFrom<Party>('depositor', 'beneficiary', 'arbiter'), { maxLength: 2 }),
    needs: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    to: fc.array(often('B', fc.constantFrom('A', 'B', 'X')), { minLength: 3, maxLength: 3 }),
    order: fc.constantFrom('together' as const, 'in order' as const, 'any order' as const),
    timeout: often<'is' | null>('is', fc.constant(null)),
    otherwise: end,
    hasRefund: fc.boolean(),
    dispute: fc.option(
      fc.record({ days: fc.integer({ min: 1, max: 3 }), otherwise: end, gap: fc.integer({ min: 1, max: 3 }) }),
    ),
    ruling: often(true, fc.constant(false)),
    arbiter: often(true, fc.constant(false)),
  })
  .map((one): Terms => {
    const conditions = one.byWhom.map((by, i) => ({ name: `c${i}`, text: 'x', by, evidence: 'approval' as const }));
    const needed = (mask: number): string[] => conditions.flatMap(({ name }, i) => (mask & (1 << i) ? [name] : []));
    const fundBy = inDays(one.gaps[0]);
    const releaseFrom = inDays(one.gaps[1]);
    const on = addDays(inDays(Math.max(one.gaps[0], one.gaps[1])), 1 + one.gaps[2]);
    return {
      ...{ asset: 'CNY', amount: String(Math.max(1, one.sizes.reduce((sum, size) => sum + size, 0) + one.more)) },
      ...{ depositor: 'A', beneficiary: 'B', conditions, order: one.order, fundBy, releaseFrom },
      arbiter: one.arbiter ? { role: 'officer' } : null,
      tranches: one.sizes.map((size, i) => ({
        ...{ name: `t${i}`, to: one.to[i] as string, amount: String(size), needs: needed(one.needs[i] as number) },
      })),
      timeout: one.timeout === null ? null : { on, otherwise: one.otherwise },
      refund: one.hasRefund ? { needs: needed(one.needs[3] as number) } : null,
      dispute:
        one.dispute === null || !one.arbiter
          ? null
          : {
              ...{ by: ['depositor'], until: addDays(on, -one.dispute.gap) },
              ruling: one.ruling ? { days: one.dispute.days, otherwise: one.dispute.otherwise } : null,
            },
    };
  });

it('the proof agrees with acting out every day of every path, for any terms', () => {
  const met: Record<string, number> = {};
  fc.assert(
    fc.property(someTerms, (terms) => {
      const proof = proveTerms(terms, start);
      const acted = actOut(terms);
      const verdict = proof.ok ? 'sound' : proof.refusal.type;
      met[verdict] = (met[verdict] ?? 0) + 1;
      if (proof.ok) {
        expect([...acted.wrong]).toEqual([]);
        expect(proof.value.endsBy).toBe(acted.lastDay);
        const isDisputed = (path: readonly { readonly step: Step }[]): boolean =>
          path.some(({ step }) => step.type === 'dispute');
        const endings = proof.value.endings.map(
          ({ outcome, by, path }) => `${outcome} by ${by}${by === 'expire' && isDisputed(path) ? ' in dispute' : ''}`,
        );
        expect(endings.sort()).toEqual([...acted.ends].sort());
        for (const { path } of proof.value.endings)
          expect(replay(terms, path)).toMatchObject({ phase: 'ended', left: 0n });
      } else {
        expect([...acted.wrong]).toContain(proof.refusal.type);
        const at = replay(terms, proof.refusal.path);
        if (proof.refusal.type === 'no way out') expect(dueOn(terms, at)).toBe(null);
      }
    }),
    { numRuns: 600 },
  );
  // Terms of every sort were met, or this has shown nothing.
  for (const sort of ['sound', 'no way out', 'left over', 'overpaid', 'stranger paid', 'never paid'])
    expect(met[sort] ?? 0, sort).toBeGreaterThan(0);
});

/** A path that is shown is one that the machine takes. */
function replay(terms: Terms, path: readonly { readonly step: Step; readonly on: Day }[]): Standing {
  let at = adopted;
  for (const { step, on } of path) {
    const moved = takeStep(terms, at, step, on);
    expect(moved.ok).toBe(true);
    if (moved.ok) at = moved.value.standing;
  }
  return at;
}
