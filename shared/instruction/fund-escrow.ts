// Fund escrow: the depositor's money moves to the ledger account of the agreement, the whole amount at once.

import { z } from 'zod';
import { assetCode } from '../asset.ts';
import { escrowId } from '../escrow.ts';
import { escrowAccountId, escrowEffects, stepEscrow } from '../escrow-books.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import type { Kind } from './kind.ts';
import { checkClasses, checkDebit, malformed, money, unknown } from './refusals.ts';

export const fundEscrowSchema = z.strictObject({
  kind: z.literal('fund escrow'),
  escrow: escrowId,
  account: nameId,
  asset: assetCode,
  amount: amountText,
});
type FundEscrow = z.infer<typeof fundEscrowSchema>;

export const fundEscrow: Kind<FundEscrow> = {
  makers: ['teller'],
  consequence: ({ escrow, account, asset, amount }) =>
    `${money(asset, BigInt(amount))} moves from account ${account} into escrow under agreement ${escrow}.`,
  facts: ({ escrow, account, asset, amount }, books) => ({
    ...{ asset, amount: BigInt(amount), client: books.get('account', account)?.client ?? account },
    payees: [books.get('escrow', escrow)?.terms.beneficiary ?? escrow],
  }),
  check({ escrow, account, asset, amount }, books, { today }) {
    const row = books.get('escrow', escrow);
    if (row === undefined) return unknown('escrow agreement', escrow);
    const { terms } = row;
    if (account !== terms.depositor || asset !== terms.asset || amount !== terms.amount)
      return malformed(`${money(terms.asset, BigInt(terms.amount))} of account ${terms.depositor} funds it.`);
    const step = stepEscrow(books, escrow, { type: 'fund' }, today);
    if (!step.ok) return step.refusal;
    return checkDebit(books, account, asset) ?? checkClasses(books, 'fund escrow', account, escrowAccountId(escrow));
  },
  holds: ({ account, amount }) => [{ account, amount: BigInt(amount) }],
  legs: ({ escrow, account, asset, amount }) => [
    { debit: account, credit: escrowAccountId(escrow), asset, amount: BigInt(amount) },
  ],
  effects: ({ escrow }, books, { today }) => escrowEffects(books, escrow, { type: 'fund' }, today),
  bankItems: () => 0,
  typed: ({ escrow, amount }) => ({ tail: escrow.slice(-4), amount }),
};
