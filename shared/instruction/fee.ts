// Fee: the only way from client money to anybody's own funds, and only exactly as the adopted schedule computes it.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { feeOn } from '../agreement.ts';
import { type Books, currentAgreement, poolOfAccount } from '../books.ts';
import { nameId } from '../ids.ts';
import { amountText, quantityText } from '../money.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import type { Kind } from './kind.ts';
import { checkClasses, checkDebit, money } from './refusals.ts';

export const feeInstructionSchema = z.strictObject({
  kind: z.literal('fee'),
  account: nameId,
  asset: unicodeText(0, 12),
  /** Code of a line of the fee schedule, and the amount that the fee is computed on. */
  code: nameId,
  base: quantityText,
  amount: amountText,
});
type FeeInstruction = z.infer<typeof feeInstructionSchema>;

const line = ({ code, asset }: FeeInstruction, books: Books) =>
  currentAgreement(books).fees.find((one) => one.code === code && one.asset === asset);
const beneficiary = (fee: FeeInstruction, books: Books): string =>
  houseAccountId(line(fee, books)?.to ?? 'platform-fee', fee.asset, poolOfAccount(books, fee.account));

export const fee: Kind<FeeInstruction> = {
  makers: ['teller', 'officer'],
  consequence: (one, books) =>
    `${money(one.asset, BigInt(one.amount))} is charged to account ${one.account} for ${line(one, books)?.text ?? one.code}.`,
  facts: ({ asset, amount, account }, books) => ({
    asset,
    amount: BigInt(amount),
    client: books.get('account', account)?.client ?? account,
    payees: [],
  }),
  check(one, books) {
    const what = 'The fee was not admitted.';
    const scheduled = line(one, books);
    if (scheduled === undefined)
      return refuse('segregation', what, `The fee schedule has no ${one.code} in ${one.asset}.`, 'Use a scheduled fee.')
        .refusal;
    const due = feeOn(scheduled, BigInt(one.base));
    if (due !== BigInt(one.amount))
      return refuse(
        'segregation',
        what,
        `The schedule makes it ${money(one.asset, due)}.`,
        'Charge what the schedule says.',
      ).refusal;
    return (
      checkDebit(books, one.account, one.asset) ?? checkClasses(books, 'fee', one.account, beneficiary(one, books))
    );
  },
  holds: ({ account, amount }) => [{ account, amount: BigInt(amount) }],
  legs: (one, books) => [
    { debit: one.account, credit: beneficiary(one, books), asset: one.asset, amount: BigInt(one.amount) },
  ],
  effects: () => [],
  bankItems: () => 0,
  typed: ({ code, amount }) => ({ tail: code.slice(-4), amount }),
};
