import { describe, expect, it } from 'vitest';
import {
  coolingOffEndsMs,
  evaluatePolicy,
  missingGroups,
  type Policy,
  type PolicyFacts,
  policySchema,
} from './policy.ts';
import type { Instant } from './time.ts';

const nothingMore = { differentTerminals: false, typedConfirmation: false, coolingOffSeconds: 0 };
const policy: Policy = {
  version: 3,
  rules: [
    {
      id: 'any',
      text: '',
      when: { kinds: ['payment'] },
      demand: { groups: [{ role: 'supervisor', count: 1 }], ...nothingMore },
    },
    {
      id: 'large',
      text: '',
      when: { kinds: ['payment'], asset: 'CNY', amountFrom: '1000' },
      demand: {
        groups: [{ role: 'supervisor', count: 2 }],
        differentTerminals: true,
        typedConfirmation: false,
        coolingOffSeconds: 60,
      },
    },
    {
      id: 'new-payee',
      text: '',
      when: { kinds: ['payment'], newPayee: true },
      demand: {
        groups: [{ role: 'risk', count: 1 }],
        differentTerminals: false,
        typedConfirmation: true,
        coolingOffSeconds: 30,
      },
    },
    {
      id: 'night',
      text: '',
      when: { kinds: ['payment'], outsideHours: { from: '09:00', to: '17:00' } },
      refuse: 'the bank is closed',
    },
    {
      id: 'week',
      text: '',
      when: { kinds: [], asset: 'CNY', window: { per: 'client', days: 7, above: '5000' } },
      refuse: 'too much in a week',
    },
  ],
};
const facts = (some: Partial<PolicyFacts> = {}): PolicyFacts => ({
  kind: 'payment',
  at: '2026-11-23T10:00:00.000Z' as Instant,
  asset: 'CNY',
  amount: 100n,
  newPayee: false,
  windowSum: () => 0n,
  ...some,
});
const evaluated = (some: Partial<PolicyFacts> = {}) => evaluatePolicy(policy, facts(some));

describe('policy', () => {
  it('merges every matching rule, and of each demand the strictest wins', () => {
    const strictest = evaluated({ amount: 1000n, newPayee: true });
    expect(strictest).toEqual({
      ok: true,
      value: {
        rules: ['any', 'large', 'new-payee'],
        groups: [
          { role: 'risk', count: 1 },
          { role: 'supervisor', count: 2 },
        ],
        differentTerminals: true,
        typedConfirmation: true,
        coolingOffSeconds: 60,
      },
    });
    expect(evaluated({ amount: 999n })).toMatchObject({ ok: true, value: { rules: ['any'] } });
  });

  it('does not depend on the order of its rules', () => {
    const turned = evaluatePolicy(
      { ...policy, rules: [...policy.rules].reverse() },
      facts({ amount: 1000n, newPayee: true }),
    );
    const value = turned.ok ? { ...turned.value, rules: [...turned.value.rules].sort() } : undefined;
    const straight = evaluated({ amount: 1000n, newPayee: true });
    expect(value).toEqual(straight.ok ? straight.value : 'refused');
  });

  it('refuses what no rule covers, and what any rule refuses', () => {
    expect(evaluated({ kind: 'freeze' }).ok).toBe(false);
    expect(evaluated({ at: '2026-11-23T17:00:00.000Z' as Instant }).ok).toBe(false);
    expect(evaluated({ at: '2026-11-23T16:59:59.999Z' as Instant }).ok).toBe(true);
  });

  it('counts what was paid before in the window, this instruction included, to the minor unit', () => {
    const asked: unknown[] = [];
    const windowSum = (...of: unknown[]) => {
      asked.push(of);
      return 4900n;
    };
    expect(evaluated({ amount: 100n, windowSum }).ok).toBe(true);
    expect(evaluated({ amount: 101n, windowSum }).ok).toBe(false);
    expect(asked[0]).toEqual(['client', 7]);
  });

  it('cannot be written so that nobody has to check, or so that an amount has no asset', () => {
    const demand = { groups: [], ...nothingMore };
    expect(
      policySchema.safeParse({ version: 1, rules: [{ id: 'a', text: '', when: { kinds: [] }, demand }] }).success,
    ).toBe(false);
    const when = { kinds: [], amountFrom: '1' };
    expect(policySchema.safeParse({ version: 1, rules: [{ id: 'a', text: '', when, refuse: 'x' }] }).success).toBe(
      false,
    );
    expect(policySchema.safeParse({ version: 1, rules: [{ id: 'a', text: '', when: { kinds: [] } }] }).success).toBe(
      false,
    );
  });

  it('says who is still missing, by role, and when the cooling-off ends', () => {
    const strictest = evaluated({ amount: 1000n, newPayee: true });
    if (!strictest.ok) throw new Error('refused');
    expect(missingGroups(strictest.value, ['supervisor'])).toEqual([
      { role: 'risk', count: 1 },
      { role: 'supervisor', count: 1 },
    ]);
    expect(missingGroups(strictest.value, ['supervisor', 'risk', 'supervisor'])).toEqual([]);
    expect(coolingOffEndsMs(strictest.value, '2026-11-23T10:00:00.000Z' as Instant)).toBe(
      Date.parse('2026-11-23T10:01:00Z'),
    );
  });
});
