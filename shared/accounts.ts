// The chart of accounts and the flow matrix: which class of ledger account may pay which, under which kind of instruction
// or bank event. Whatever is not listed here is refused as a breach of segregation.

import type { Refusal } from './result.ts';
import { refuse } from './result.ts';

export const accountClasses = [
  'cash',
  'client',
  'platform-own',
  'platform-fee',
  'bank-fee',
  'in-transit',
  'suspense',
  'fx-position',
  'escrow',
] as const;
export type AccountClass = (typeof accountClasses)[number];

/** Roles a client account may have towards the platform. */
export const clientRoles = ['lender', 'borrower', 'guarantor', 'merchant', 'payer'] as const;

/** Depository cash is what the bank holds (an asset of the programme); every other class is owed to somebody. */
export const isDebitNormal = (accountClass: AccountClass): boolean => accountClass === 'cash';

/** The house accounts of one asset, opened with the programme. */
export const houseClasses: readonly AccountClass[] = [
  'cash',
  'platform-own',
  'platform-fee',
  'bank-fee',
  'in-transit',
  'suspense',
];

/** The pool that is open from the beginning, in every asset of the programme. */
export const mainPool = 'main';

/** House accounts of the main pool bear no pool in their id: `cash:CNY`, and `cash:CNY:POOL` in another pool. */
export const houseAccountId = (accountClass: AccountClass, asset: string, pool: string = mainPool): string =>
  pool === mainPool ? `${accountClass}:${asset}` : `${accountClass}:${asset}:${pool}`;

/** A pool's bank account in one asset, as keys of the books name it: the asset alone for the main pool. */
export const bankAccountKey = (asset: string, pool: string = mainPool): string =>
  pool === mainPool ? asset : `${asset}:${pool}`;

interface Flow {
  readonly cause: string;
  readonly debit: AccountClass;
  readonly credit: AccountClass;
}

/** Client money reaches the platform's own funds only by way of a fee leg under the adopted agreement. */
export const flowMatrix: readonly Flow[] = [
  { cause: 'bank.credited', debit: 'cash', credit: 'client' },
  { cause: 'bank.credited', debit: 'cash', credit: 'suspense' },
  { cause: 'receipt allocation', debit: 'suspense', credit: 'client' },
  { cause: 'payment', debit: 'client', credit: 'in-transit' },
  { cause: 'payment', debit: 'platform-own', credit: 'in-transit' },
  { cause: 'batch', debit: 'client', credit: 'in-transit' },
  { cause: 'digital withdrawal', debit: 'client', credit: 'in-transit' },
  { cause: 'bank.settled', debit: 'in-transit', credit: 'cash' },
  { cause: 'bank.rejected', debit: 'in-transit', credit: 'client' },
  { cause: 'bank.rejected', debit: 'in-transit', credit: 'platform-own' },
  { cause: 'bank.rejected', debit: 'in-transit', credit: 'suspense' },
  { cause: 'bank.returned', debit: 'cash', credit: 'client' },
  { cause: 'bank.returned', debit: 'cash', credit: 'suspense' },
  { cause: 'bank.late', debit: 'cash', credit: 'suspense' },
  { cause: 'send back', debit: 'suspense', credit: 'in-transit' },
  { cause: 'bank.returned', debit: 'cash', credit: 'platform-own' },
  { cause: 'foreign exchange', debit: 'client', credit: 'fx-position' },
  { cause: 'bank.exchanged', debit: 'fx-position', credit: 'cash' },
  { cause: 'bank.exchanged', debit: 'cash', credit: 'client' },
  { cause: 'bank.rejected', debit: 'fx-position', credit: 'client' },
  { cause: 'bank.returned', debit: 'fx-position', credit: 'cash' },
  { cause: 'settle exchange', debit: 'fx-position', credit: 'cash' },
  { cause: 'settle exchange', debit: 'suspense', credit: 'client' },
  { cause: 'book transfer', debit: 'client', credit: 'client' },
  { cause: 'book transfer', debit: 'platform-fee', credit: 'platform-own' },
  { cause: 'fee', debit: 'client', credit: 'platform-fee' },
  { cause: 'fee', debit: 'client', credit: 'bank-fee' },
  { cause: 'charge accrued fees', debit: 'client', credit: 'platform-fee' },
  { cause: 'charge accrued fees', debit: 'client', credit: 'bank-fee' },
  { cause: 'fund escrow', debit: 'client', credit: 'escrow' },
  { cause: 'release escrow', debit: 'escrow', credit: 'client' },
  { cause: 'refund escrow', debit: 'escrow', credit: 'client' },
  { cause: 'rule on dispute', debit: 'escrow', credit: 'client' },
  { cause: 'escrow.expired', debit: 'escrow', credit: 'client' },
  { cause: 'correction', debit: 'client', credit: 'client' },
  { cause: 'correction', debit: 'platform-own', credit: 'platform-fee' },
  { cause: 'correction', debit: 'platform-fee', credit: 'client' },
  { cause: 'correction', debit: 'bank-fee', credit: 'client' },
  { cause: 'correction', debit: 'client', credit: 'suspense' },
];

const permitted = new Set(flowMatrix.map((flow) => `${flow.cause}|${flow.debit}|${flow.credit}`));

/** Refuses `segregation` for a flow that the matrix does not list. */
export function checkFlow(
  cause: string,
  debit: AccountClass,
  credit: AccountClass,
): Refusal<'segregation'> | undefined {
  if (permitted.has(`${cause}|${debit}|${credit}`)) return undefined;
  return refuse(
    'segregation',
    'The booking was not made.',
    `A ${cause} may not move money from ${debit} to ${credit}.`,
    'Choose accounts that the flow matrix allows, or ask compliance.',
  ).refusal;
}
