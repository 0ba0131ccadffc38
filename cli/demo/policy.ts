// The approval matrix of the demonstration: what officers decide, daily work, and large amounts per asset.

import { assetByCode } from '../../shared/asset.ts';
import type { Policy } from '../../shared/policy.ts';

const nothingMore = { differentTerminals: false, typedConfirmation: false, coolingOffSeconds: 0 };
const money = ['payment', 'batch', 'send back', 'foreign exchange', 'digital withdrawal'];
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

/** From 1,000,000 major units on: two supervisors, another terminal, and the payee typed off the paper. */
export function demoPolicy(assets: readonly string[]): Policy {
  return {
    version: 1,
    rules: [
      {
        id: 'configuration',
        text: 'Operators, terminals, recoveries, policy and agreement need another officer.',
        when: { kinds: officersWork },
        demand: { groups: [{ role: 'officer', count: 1 }], ...nothingMore },
      },
      {
        id: 'daily-work',
        text: 'Everything a teller makes needs a supervisor at another terminal.',
        when: {
          kinds: [
            ...money,
            'register client',
            'open account',
            'book transfer',
            'receipt allocation',
            ...['fee', 'charge accrued fees', 'hedge', 'close hedge'],
            'freeze',
            'unfreeze',
            ...['match', 'unmatch', 'assign break', 'resolve break', 'platform check', 'emergency stop', 'recall'],
            'revoke address',
            'correction',
            ...['adopt escrow', 'fund escrow', 'fulfil condition', 'release escrow', 'refund escrow', 'raise dispute'],
          ],
        },
        demand: { groups: [{ role: 'supervisor', count: 1 }], ...nothingMore, differentTerminals: true },
      },
      {
        id: 'addresses',
        text: 'A new address needs an officer, and rests two minutes here before its first use; a bank takes a day or more.',
        when: { kinds: ['adopt address'] },
        demand: {
          groups: [{ role: 'officer', count: 1 }],
          ...nothingMore,
          differentTerminals: true,
          coolingOffSeconds: 120,
        },
      },
      ...assets.map((asset) => ({
        id: `large-${asset}`,
        text: `From ${asset} 1,000,000: two supervisors, and the payee and amount typed.`,
        when: { kinds: money, asset, amountFrom: `1000000${'0'.repeat(assetByCode(asset)?.scale ?? 0)}` },
        demand: {
          groups: [{ role: 'supervisor' as const, count: 2 }],
          differentTerminals: true,
          typedConfirmation: true,
          coolingOffSeconds: 0,
        },
      })),
    ],
  };
}
