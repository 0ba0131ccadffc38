// Adopt agreement and adopt policy: the next version replaces the current one; items in flight keep theirs.

import { z } from 'zod';
import { agreementSchema } from '../agreement.ts';
import { currentAgreement, currentPolicy, put } from '../books.ts';
import { policySchema } from '../policy.ts';
import { type Kind, movesNothing } from './kind.ts';
import { malformed } from './refusals.ts';

export const adoptAgreementSchema = z.strictObject({ kind: z.literal('adopt agreement'), agreement: agreementSchema });
export const adoptPolicySchema = z.strictObject({ kind: z.literal('adopt policy'), policy: policySchema });

export const adoptAgreement: Kind<z.infer<typeof adoptAgreementSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  consequence: ({ agreement }) =>
    `Agreement ${agreement.version} with ${agreement.fees.length} fee(s) comes into force.`,
  check: ({ agreement }, books) =>
    agreement.version === currentAgreement(books).version + 1
      ? undefined
      : malformed(`The next agreement is version ${currentAgreement(books).version + 1}.`),
  effects: ({ agreement }) => [
    put('agreement', 'current', agreement),
    put('agreement', String(agreement.version), agreement),
  ],
};

export const adoptPolicy: Kind<z.infer<typeof adoptPolicySchema>> = {
  ...movesNothing,
  makers: ['officer'],
  consequence: ({ policy }) => `Policy ${policy.version} with ${policy.rules.length} rule(s) comes into force.`,
  check: ({ policy }, books) =>
    policy.version === currentPolicy(books).version + 1
      ? undefined
      : malformed(`The next policy is version ${currentPolicy(books).version + 1}.`),
  effects: ({ policy }) => [
    put('policy', String(policy.version), policy),
    put('currentPolicy', 'current', { version: policy.version }),
  ],
};
