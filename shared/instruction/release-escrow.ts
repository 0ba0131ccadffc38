// Release escrow: a tranche whose conditions have been shown, or all that is left, is paid out inside custody.

import { z } from 'zod';
import { assetCode } from '../asset.ts';
import { escrowId, partName, type Step } from '../escrow.ts';
import { escrowEffects, escrowLegs, stepEscrow } from '../escrow-books.ts';
import { amountText } from '../money.ts';
import type { Kind } from './kind.ts';
import { tailOf } from './payee.ts';
import { malformed, money } from './refusals.ts';

export const releaseEscrowSchema = z.strictObject({
  kind: z.literal('release escrow'),
  escrow: escrowId,
  /** Null releases everything that is left. */
  tranche: partName.nullable(),
  asset: assetCode,
  /** What that comes to, so that it is signed in figures. */
  amount: amountText,
});
type ReleaseEscrow = z.infer<typeof releaseEscrowSchema>;

const stepOf = ({ tranche }: ReleaseEscrow): Step => ({ type: 'release', tranche });

export const releaseEscrow: Kind<ReleaseEscrow> = {
  makers: ['teller'],
  consequence(one, books) {
    const to = [...new Set(escrowLegs(books, one.escrow, stepOf(one)).map((leg) => leg.credit))].join(' and ');
    const what = one.tranche === null ? 'all that is left' : `tranche ${one.tranche}`;
    return `${money(one.asset, BigInt(one.amount))}, ${what} of agreement ${one.escrow}, is released to account ${to}, final at once.`;
  },
  facts: ({ escrow, asset, amount }, books) => ({
    ...{ asset, amount: BigInt(amount) },
    payees: [books.get('escrow', escrow)?.terms.beneficiary ?? escrow],
  }),
  check(one, books, { today }) {
    const step = stepEscrow(books, one.escrow, stepOf(one), today);
    if (!step.ok) return step.refusal;
    const { row, pays } = step.value;
    const due = pays.reduce((sum, { amount }) => sum + amount, 0n);
    return row.terms.asset === one.asset && due === BigInt(one.amount)
      ? undefined
      : malformed(`It comes to ${money(row.terms.asset, due)}.`);
  },
  // A waiting release holds nothing: the agreement's time may end before it is approved, and then its terms decide.
  holds: () => [],
  legs: (one, books) => escrowLegs(books, one.escrow, stepOf(one)),
  effects: (one, books, { instruction, today }) =>
    escrowEffects(books, one.escrow, stepOf(one), today, ({ terms, released }) => ({
      released: [
        ...released,
        ...terms.tranches
          .filter(({ name }) => (one.tranche ?? name) === name && !released.some(({ tranche }) => tranche === name))
          .map(({ name }) => ({ tranche: name, on: today, by: instruction })),
      ],
    })),
  bankItems: () => 0,
  typed({ escrow, amount }, books) {
    const to = books.get('escrow', escrow)?.terms.beneficiary ?? escrow;
    return { tail: tailOf(books.get('account', to)?.number ?? to), amount };
  },
};
