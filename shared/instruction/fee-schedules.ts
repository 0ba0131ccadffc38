// Fee schedules: adopt one, charge what has accrued by it, waive some of it. Nothing is charged that is not accrued, and nothing
// that an account does not have: the rest stays accrued.

import { z } from 'zod';
import { houseAccountId } from '../accounts.ts';
import { accruedKey, isLive } from '../accrual.ts';
import { assetCode } from '../asset.ts';
import { type Books, poolOfAccount, programmeOf, put, type Tables } from '../books.ts';
import { accrualUnit, type FeeSchedule, feeScheduleSchema, wholeOf } from '../fee-schedule.ts';
import { nameId } from '../ids.ts';
import { amountText } from '../money.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import { addDays } from '../time.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { checkAsset, checkClasses, checkDebit, malformed, money, unknown } from './refusals.ts';

export const adoptFeeScheduleSchema = z.strictObject({
  kind: z.literal('adopt fee schedule'),
  schedule: feeScheduleSchema,
});
export const chargeAccruedFeesSchema = z.strictObject({
  kind: z.literal('charge accrued fees'),
  code: nameId,
  asset: assetCode,
  lines: z
    .array(z.strictObject({ account: nameId, amount: amountText }))
    .min(1)
    .max(300),
});
export const waiveAccruedFeesSchema = z.strictObject({
  kind: z.literal('waive accrued fees'),
  code: nameId,
  account: nameId,
  amount: amountText,
  reason: unicodeText(1, 200),
});
type Charge = z.infer<typeof chargeAccruedFeesSchema>;
type Waiver = z.infer<typeof waiveAccruedFeesSchema>;

const newest = (books: Books, code: string): FeeSchedule | undefined => books.get('feeSchedule', code)?.versions.at(-1);

export const adoptFeeSchedule: Kind<z.infer<typeof adoptFeeScheduleSchema>> = {
  ...movesNothing,
  makers: ['officer'],
  consequence: ({ schedule: one }) =>
    `Fee schedule ${one.code}, version ${one.version} in ${one.asset}, accrues to ${one.to} from ${one.from}${one.until === null ? '' : ` to ${one.until}`}: ${one.text}`,
  check({ schedule: one }, books, { today }) {
    if (!programmeOf(books)?.assets.includes(one.asset)) return malformed(`This programme does not keep ${one.asset}.`);
    const before = newest(books, one.code);
    const version = (before?.version ?? 0) + 1;
    if (one.version !== version) return malformed(`The next version of ${one.code} is ${version}.`);
    if (before !== undefined && (before.asset !== one.asset || before.to !== one.to))
      return malformed('Asset and beneficiary of a schedule stay as they are.');
    if (before !== undefined && one.from <= before.from)
      return malformed(`Version ${before.version} begins no earlier.`);
    if (one.from < today) return malformed('It would begin in the past.');
    for (const id of one.accounts) {
      const account = books.get('account', id);
      if (account === undefined) return unknown('ledger account', id);
      const refusal = checkAsset(account, one.asset);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  },
  effects({ schedule: one }, books, { today }) {
    const versions = [...(books.get('feeSchedule', one.code)?.versions ?? []), one];
    const accrual = books.get('accrual', one.asset);
    const codes = accrual?.codes ?? [];
    // Days on which nothing was in force need no posting.
    const through =
      accrual !== undefined && isLive(books, one.asset, addDays(accrual.through, 1))
        ? accrual.through
        : addDays(today, -1);
    const programme = programmeOf(books) as Tables['programme'];
    const accruing = programme.accruing ?? [];
    return [
      put('feeSchedule', one.code, { versions }),
      put('accrual', one.asset, { through, codes: codes.includes(one.code) ? codes : [...codes, one.code] }),
      ...(accruing.includes(one.asset)
        ? []
        : [put('programme', 'programme', { ...programme, accruing: [...accruing, one.asset] })]),
    ];
  },
};

const total = ({ lines }: Charge): bigint => lines.reduce((sum, one) => sum + BigInt(one.amount), 0n);

/** No more than the whole minor units that have accrued. */
function checkAccrued(books: Books, code: string, account: string, amount: bigint): InstructionRefusal | undefined {
  const accrued = books.get('accrued', accruedKey(code, account));
  if (accrued === undefined) return unknown('accrual of that account', accruedKey(code, account));
  const whole = wholeOf(BigInt(accrued.units));
  if (amount <= whole) return undefined;
  const why = `Only ${money(accrued.asset, whole)} of ${code} has accrued on account ${account}.`;
  return refuse('limit', 'The fees were not settled.', why, 'Take at most that.').refusal;
}

function settleAccrued(books: Books, code: string, account: string, amount: bigint, as: 'charged' | 'waived') {
  const key = accruedKey(code, account);
  const accrued = books.get('accrued', key) as Tables['accrued'];
  const units = (BigInt(accrued.units) - amount * accrualUnit).toString();
  return put('accrued', key, { ...accrued, units, [as]: (BigInt(accrued[as]) + amount).toString() });
}

/** What a charge that is reversed had settled is accrued again. */
export const accrueAgain = (books: Books, { code, lines }: Charge) =>
  lines.map(({ account, amount }) => settleAccrued(books, code, account, -BigInt(amount), 'charged'));

const beneficiary = (books: Books, one: Charge, account: string): string =>
  houseAccountId(newest(books, one.code)?.to ?? 'bank-fee', one.asset, poolOfAccount(books, account));

export const chargeAccruedFees: Kind<Charge> = {
  makers: ['teller', 'officer'],
  consequence(one, books) {
    const partly = one.lines.filter(({ account, amount }) => {
      const accrued = books.get('accrued', accruedKey(one.code, account));
      return accrued !== undefined && wholeOf(BigInt(accrued.units)) > BigInt(amount);
    }).length;
    const rest = partly === 0 ? '' : ` On ${partly} of them a part stays accrued.`;
    return `${money(one.asset, total(one))} of accrued fees ${one.code} is charged to ${one.lines.length} account(s).${rest}`;
  },
  facts: (one, books) => ({
    asset: one.asset,
    amount: total(one),
    client: books.get('account', one.lines[0]?.account ?? '')?.client ?? '',
    payees: [],
  }),
  check(one, books) {
    const schedule = newest(books, one.code);
    if (schedule === undefined || schedule.asset !== one.asset)
      return unknown(`fee schedule in ${one.asset}`, one.code);
    if (new Set(one.lines.map((line) => line.account)).size !== one.lines.length)
      return malformed('An account is named twice.');
    for (const { account, amount } of one.lines) {
      const refusal =
        checkDebit(books, account, one.asset) ??
        checkAccrued(books, one.code, account, BigInt(amount)) ??
        checkClasses(books, 'charge accrued fees', account, beneficiary(books, one, account));
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  },
  holds: ({ lines }) => lines.map(({ account, amount }) => ({ account, amount: BigInt(amount) })),
  legs: (one, books) =>
    one.lines.map(({ account, amount }) => ({
      ...{ debit: account, credit: beneficiary(books, one, account), asset: one.asset, amount: BigInt(amount) },
    })),
  effects: (one, books) =>
    one.lines.map(({ account, amount }) => settleAccrued(books, one.code, account, BigInt(amount), 'charged')),
  bankItems: () => 0,
  typed: (one) => ({ tail: one.code.slice(-4), amount: total(one).toString() }),
};

export const waiveAccruedFees: Kind<Waiver> = {
  ...movesNothing,
  makers: ['officer'],
  consequence(one, books) {
    const asset = newest(books, one.code)?.asset ?? '';
    return `${money(asset, BigInt(one.amount))} of accrued fees ${one.code} on account ${one.account} is waived. Reason: ${one.reason}`;
  },
  check: (one, books) => checkAccrued(books, one.code, one.account, BigInt(one.amount)),
  effects: (one, books) => [settleAccrued(books, one.code, one.account, BigInt(one.amount), 'waived')],
};
