// Rule on dispute: the arbiter splits what is left of an escrow agreement between its two parties, and the agreement ends.

import { z } from 'zod';
import { assetCode } from '../asset.ts';
import { escrowId, type Step } from '../escrow.ts';
import { escrowEffects, escrowLegs, stepEscrow } from '../escrow-books.ts';
import { digest } from '../ids.ts';
import { quantityText } from '../money.ts';
import { refuseArbiter } from './arbiter.ts';
import type { Kind } from './kind.ts';
import { malformed, money } from './refusals.ts';

export const ruleOnDisputeSchema = z.strictObject({
  kind: z.literal('rule on dispute'),
  escrow: escrowId,
  asset: assetCode,
  /** What either party gets of what is left; together it is all of it. */
  depositor: quantityText,
  beneficiary: quantityText,
  /** SHA-256 of the ruling on paper; null where people of the bank rule, by signing this. */
  document: digest.nullable(),
});
type RuleOnDispute = z.infer<typeof ruleOnDisputeSchema>;

const stepOf = ({ beneficiary }: RuleOnDispute): Step => ({ type: 'rule', beneficiary: BigInt(beneficiary) });
const sum = ({ depositor, beneficiary }: RuleOnDispute): bigint => BigInt(depositor) + BigInt(beneficiary);

export const ruleOnDispute: Kind<RuleOnDispute> = {
  makers: ['teller', 'compliance', 'officer'],
  // An officer approves it, whatever the policy says; the policy may ask for more.
  checkers: [{ role: 'officer', count: 1 }],
  consequence(one, books) {
    const terms = books.get('escrow', one.escrow)?.terms;
    return `The arbiter has ruled on agreement ${one.escrow}: ${money(one.asset, BigInt(one.beneficiary))} to account ${terms?.beneficiary ?? ''}, ${money(one.asset, BigInt(one.depositor))} back to account ${terms?.depositor ?? ''}, and the agreement ends.`;
  },
  facts: (one) => ({ asset: one.asset, amount: sum(one), payees: [] }),
  check(one, books, { today, maker }) {
    const step = stepEscrow(books, one.escrow, stepOf(one), today);
    if (!step.ok) return step.refusal;
    const { terms, left } = step.value.row;
    if (terms.asset !== one.asset || left !== sum(one))
      return malformed(`What is left to split is ${money(terms.asset, left)}.`);
    if (one.document === null && terms.arbiter !== null && 'account' in terms.arbiter)
      return malformed('The digest of the ruling is missing.');
    return refuseArbiter(books, terms, maker);
  },
  holds: () => [],
  legs: (one, books) => escrowLegs(books, one.escrow, stepOf(one)),
  effects: (one, books, { today }) => escrowEffects(books, one.escrow, stepOf(one), today),
  bankItems: () => 0,
  typed: (one) => ({ tail: one.escrow.slice(-4), amount: sum(one).toString() }),
};
