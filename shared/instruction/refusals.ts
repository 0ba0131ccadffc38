// Refusals and checks that several instruction kinds share, in the operator's words.

import { checkFlow } from '../accounts.ts';
import { isDigital } from '../address.ts';
import { assetByCode } from '../asset.ts';
import { available, type Books, type LedgerAccount, poolOf } from '../books.ts';
import { minorToDecimal } from '../money.ts';
import { refuse } from '../result.ts';
import type { InstructionRefusal } from './kind.ts';

export const unknown = (thing: string, id: string): InstructionRefusal =>
  refuse('unknown', 'The instruction was not admitted.', `There is no ${thing} ${id}.`, `Check the ${thing}.`).refusal;

export const duplicate = (thing: string, id: string): InstructionRefusal =>
  refuse('duplicate', 'The instruction was not admitted.', `${thing} ${id} is there already.`, 'Choose another.')
    .refusal;

export const malformed = (why: string): InstructionRefusal =>
  refuse('malformed', 'The instruction was not admitted.', why, 'Correct it and make it again.').refusal;

const accountState = (account: string, why: string): InstructionRefusal =>
  refuse('account state', 'The money was not moved.', `Ledger account ${account} ${why}.`, 'Ask compliance.').refusal;

/** The account may be debited: it exists, keeps this asset and is not frozen. */
export function checkDebit(books: Books, id: string, asset: string): InstructionRefusal | undefined {
  const account = books.get('account', id);
  if (account === undefined) return unknown('ledger account', id);
  if (account.frozen) return accountState(id, 'is frozen');
  return checkAsset(account, asset);
}

export function checkAsset(account: LedgerAccount, asset: string): InstructionRefusal | undefined {
  return account.asset === asset ? undefined : accountState(account.id, `keeps ${account.asset}, not ${asset}`);
}

export function checkClasses(
  books: Books,
  cause: string,
  debit: string,
  credit: string,
): InstructionRefusal | undefined {
  const from = books.get('account', debit);
  const to = books.get('account', credit);
  if (from === undefined) return unknown('ledger account', debit);
  if (to === undefined) return unknown('ledger account', credit);
  return checkFlow(cause, from.class, to.class) ?? checkPools(poolOf(from), poolOf(to));
}

/** Each pool lies in a bank account of its own: only the bank can move money from one to another. */
export function checkPools(from: string, to: string): InstructionRefusal | undefined {
  if (from === to) return undefined;
  return refuse(
    'segregation',
    'The booking was not made.',
    `It would move money from pool ${from} to pool ${to}, and each lies in a bank account of its own.`,
    'Pay it out of the one, and receive it into the other at the bank.',
  ).refusal;
}

/** A bank carries out what is in its currencies; a digital asset leaves by a kind of its own. */
export function checkBankMoney(asset: string): InstructionRefusal | undefined {
  return isDigital(asset)
    ? malformed(`${asset} leaves by a digital withdrawal to an adopted address, not by the bank.`)
    : undefined;
}

/** `needed` minor units are available, `alreadyHeld` of them by this very instruction. */
export function checkFunds(
  books: Books,
  id: string,
  needed: bigint,
  alreadyHeld: bigint,
): InstructionRefusal | undefined {
  const account = books.get('account', id);
  if (account === undefined) return unknown('ledger account', id);
  const short = needed - (available(account) + alreadyHeld);
  if (short <= 0n) return undefined;
  const missing = money(account.asset, short);
  return refuse(
    'funds',
    'The money was not held.',
    `Ledger account ${id} is ${missing} short.`,
    'Fund the account, or make it smaller.',
  ).refusal;
}

/** The value date in a sentence, where one was chosen. */
export const onDay = (valueDate: string | undefined): string => (valueDate === undefined ? '' : ` on ${valueDate}`);

export function money(code: string, amount: bigint): string {
  const asset = assetByCode(code);
  return asset === undefined ? `${code} ${amount} minor units` : `${code} ${minorToDecimal(amount, asset)}`;
}
