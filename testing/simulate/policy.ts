// The only policies and agreements that are adopted in a simulated world, so that the clerk can read them without evaluating
// rules.

import type { Policy } from '../../shared/policy.ts';
import { kindsCheckedBy } from './kinds.ts';

export interface ClerkPolicy {
  readonly version: number;
  /** From this amount of CNY on, a payment or batch is large: two supervisors, and the payee typed. */
  readonly largeFrom: bigint;
  /** What one client may have made in one day in CNY, the payment included. */
  readonly dailyLimit: bigint;
  /** Of large payments, and of addresses that were adopted. */
  readonly coolingOffSeconds: number;
  /** Large payments are approved on another terminal than they were made on. */
  readonly otherTerminal: boolean;
}
export interface ClerkAgreement {
  readonly version: number;
  /** What the service fee is, whatever its base. */
  readonly flat: bigint;
}

const plain = { differentTerminals: false, typedConfirmation: false, coolingOffSeconds: 0 };

export const simulatedPolicy = (policy: ClerkPolicy): Policy => ({
  version: policy.version,
  rules: [
    {
      ...{ id: 'configuration', text: 'Configuration needs another officer.' },
      when: { kinds: kindsCheckedBy('officer') },
      demand: { groups: [{ role: 'officer', count: 1 }], ...plain },
    },
    {
      ...{ id: 'daily-work', text: 'A supervisor checks.' },
      when: { kinds: kindsCheckedBy('supervisor') },
      demand: { groups: [{ role: 'supervisor', count: 1 }], ...plain },
    },
    {
      ...{ id: 'large', text: 'Large payments.' },
      when: { kinds: ['payment', 'batch'], asset: 'CNY', amountFrom: String(policy.largeFrom) },
      demand: {
        groups: [{ role: 'supervisor', count: 2 }],
        differentTerminals: policy.otherTerminal,
        typedConfirmation: true,
        coolingOffSeconds: policy.coolingOffSeconds,
      },
    },
    {
      ...{ id: 'daily-limit', text: 'What one client may pay in a day.' },
      when: {
        ...{ kinds: ['payment', 'batch'], asset: 'CNY' },
        window: { per: 'client', days: 1, above: String(policy.dailyLimit) },
      },
      refuse: 'above the daily limit',
    },
    {
      ...{ id: 'new-address', text: 'Coins go to a new address after a while.' },
      when: { kinds: ['adopt address'] },
      demand: {
        ...{ groups: [{ role: 'supervisor', count: 1 }], ...plain },
        coolingOffSeconds: policy.coolingOffSeconds,
      },
    },
  ],
});

export function readPolicy({ version, rules }: Policy): ClerkPolicy {
  const [, , large, limit] = rules;
  return {
    version,
    largeFrom: BigInt(large?.when.amountFrom ?? '0'),
    dailyLimit: BigInt(limit?.when.window?.above ?? '0'),
    coolingOffSeconds: large?.demand?.coolingOffSeconds ?? 0,
    otherTerminal: large?.demand?.differentTerminals ?? false,
  };
}

export const simulatedAgreement = ({ version, flat }: ClerkAgreement) => ({
  version,
  fees: [
    {
      ...{ code: 'service', text: 'service fee', asset: 'CNY', to: 'platform-fee' as const },
      ...{ flat: String(flat), basisPoints: 0, maximum: '1000000' },
    },
  ],
});
