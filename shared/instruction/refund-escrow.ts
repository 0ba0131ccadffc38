// Refund escrow: what is left goes back to the depositor before the agreement's time is over, as its terms allow.

import { z } from 'zod';
import { assetCode } from '../asset.ts';
import { escrowId, type Step } from '../escrow.ts';
import { escrowEffects, escrowLegs, stepEscrow } from '../escrow-books.ts';
import { amountText } from '../money.ts';
import type { Kind } from './kind.ts';
import { tailOf } from './payee.ts';
import { malformed, money } from './refusals.ts';

export const refundEscrowSchema = z.strictObject({
  kind: z.literal('refund escrow'),
  escrow: escrowId,
  asset: assetCode,
  amount: amountText,
});
type RefundEscrow = z.infer<typeof refundEscrowSchema>;

const step: Step = { type: 'refund' };

export const refundEscrow: Kind<RefundEscrow> = {
  makers: ['teller'],
  consequence: ({ escrow, asset, amount }, books) =>
    `${money(asset, BigInt(amount))} of agreement ${escrow} goes back to account ${books.get('escrow', escrow)?.terms.depositor ?? ''}, and the agreement ends.`,
  facts: ({ escrow, asset, amount }, books) => ({
    ...{ asset, amount: BigInt(amount) },
    payees: [books.get('escrow', escrow)?.terms.depositor ?? escrow],
  }),
  check({ escrow, asset, amount }, books, { today }) {
    const moved = stepEscrow(books, escrow, step, today);
    if (!moved.ok) return moved.refusal;
    const { row } = moved.value;
    return row.terms.asset === asset && row.left === BigInt(amount)
      ? undefined
      : malformed(`What is left of it is ${money(row.terms.asset, row.left)}.`);
  },
  holds: () => [],
  legs: ({ escrow }, books) => escrowLegs(books, escrow, step),
  effects: ({ escrow }, books, { today }) => escrowEffects(books, escrow, step, today),
  bankItems: () => 0,
  typed({ escrow, amount }, books) {
    const to = books.get('escrow', escrow)?.terms.depositor ?? escrow;
    return { tail: tailOf(books.get('account', to)?.number ?? to), amount };
  },
};
