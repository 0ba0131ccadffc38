// One credit transfer, as pain.001 asks for it and as pacs.008 and pacs.009 pass it on; and the counts and sums that such
// messages say of themselves.

import { type Agent, accountIn, agentOf, type Party, partyOf } from './account.ts';
import {
  type Amount,
  addDecimals,
  addToTally,
  type Decimal,
  decimalText,
  isSame,
  newTally,
  readAmount,
  readDecimal,
  type Tally,
  tallied,
  zero,
} from './amount.ts';
import type { Out } from './finding.ts';
import { child, children, type Element, textAt } from './xml.ts';

export interface CreditTransfer {
  /** Its place in the message, from 0. */
  readonly index: number;
  readonly line: number;
  /** What its part of a pain.001 is called. */
  readonly paymentInformation: string | null;
  readonly batchBooking: boolean;
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  readonly transactionId: string | null;
  readonly uetr: string | null;
  /** The instructed amount, or that between banks; of an equivalent amount the given side. Null where there is none. */
  readonly amount: Amount | null;
  /** An amount in one currency that is to be paid in another one, which this is. */
  readonly payIn: string | null;
  /** What was agreed for an exchange: one unit of `base` is worth `rate` of the other currency. */
  readonly rate: { readonly base: string | null; readonly rate: string; readonly contract: string | null } | null;
  /** What was instructed at the start, where the message is between banks. */
  readonly instructed: Amount | null;
  readonly date: string | null;
  readonly chargeBearer: string | null;
  readonly debtor: Party | null;
  readonly debtorAccount: string | null;
  /** The currency that the debited account is kept in, where it is said. */
  readonly debtorCurrency: string | null;
  readonly debtorAgent: Agent | null;
  readonly creditor: Party | null;
  readonly creditorAccount: string | null;
  readonly creditorAgent: Agent | null;
  readonly ultimateDebtor: Party | null;
  readonly ultimateCreditor: Party | null;
  readonly purpose: string | null;
  readonly remittance: readonly string[];
  readonly creditorReference: string | null;
}

/** `around` is what holds for all transfers of a group: a PmtInf, or the header of the message. */
export function readTransfer(
  element: Element,
  index: number,
  around: Element | undefined,
  out: Out<never>,
): CreditTransfer {
  const part = (name: string): Element | undefined => child(element, name) ?? child(around, name);
  const id = child(element, 'PmtId');
  const amount = child(element, 'Amt');
  const equivalent = child(amount, 'EqvtAmt');
  const given = child(amount, 'InstdAmt') ?? child(equivalent, 'Amt') ?? child(element, 'IntrBkSttlmAmt');
  if (given === undefined) out.finding('amount missing', element.line, 'A payment has no amount.');
  const instructed = child(element, 'InstdAmt');
  const date = part('ReqdExctnDt') ?? part('IntrBkSttlmDt');
  const purpose = child(element, 'Purp');
  const remittance = child(element, 'RmtInf');
  const [structured] = children(remittance, 'Strd');
  const reference = child(structured, 'CdtrRefInf');
  return {
    index,
    line: element.line,
    paymentInformation: textAt(around, 'PmtInfId'),
    batchBooking:
      (textAt(around, 'BtchBookg') ?? textAt(around?.parent ?? undefined, 'GrpHdr', 'BtchBookg')) === 'true',
    instructionId: textAt(id, 'InstrId'),
    endToEndId: textAt(id, 'EndToEndId'),
    transactionId: textAt(id, 'TxId'),
    uetr: textAt(id, 'UETR'),
    amount: given === undefined ? null : readAmount(given, out),
    payIn: textAt(equivalent, 'CcyOfTrf'),
    rate: rateOf(child(element, 'XchgRateInf')),
    instructed: instructed === undefined ? null : readAmount(instructed, out),
    date: date === undefined ? null : (date.first?.text ?? date.text).slice(0, 10) || null,
    chargeBearer: part('ChrgBr')?.text ?? null,
    debtor: partyOf(part('Dbtr')),
    debtorAccount: accountIn(part('DbtrAcct')),
    debtorCurrency: textAt(part('DbtrAcct'), 'Ccy'),
    debtorAgent: agentOf(part('DbtrAgt')),
    creditor: partyOf(child(element, 'Cdtr')),
    creditorAccount: accountIn(child(element, 'CdtrAcct')),
    creditorAgent: agentOf(child(element, 'CdtrAgt')),
    ultimateDebtor: partyOf(part('UltmtDbtr')),
    ultimateCreditor: partyOf(child(element, 'UltmtCdtr')),
    purpose: purpose?.first?.text ?? null,
    remittance: children(remittance, 'Ustrd').map((one) => one.text),
    creditorReference: textAt(reference, 'Ref') ?? textAt(reference, 'CdtrRef'),
  };
}

function rateOf(element: Element | undefined): CreditTransfer['rate'] {
  const rate = textAt(element, 'XchgRate');
  return rate === null ? null : { base: textAt(element, 'UnitCcy'), rate, contract: textAt(element, 'CtrctId') };
}

/** How many payments there are and what they come to, in each asset. */
export interface PaymentTotals {
  count: number;
  readonly perAsset: Map<string, Tally>;
  /** Whether every amount could be added up. */
  isWhole: boolean;
}

export const newPaymentTotals = (): PaymentTotals => ({ count: 0, perAsset: new Map(), isWhole: true });

export function addPayment(totals: PaymentTotals, amount: Amount | null): void {
  totals.count += 1;
  if (amount === null) {
    totals.isWhole = false;
    return;
  }
  let tally = totals.perAsset.get(amount.asset);
  if (tally === undefined) {
    tally = newTally();
    totals.perAsset.set(amount.asset, tally);
  }
  if (!addToTally(tally, amount.minor, amount.text)) totals.isWhole = false;
}

/** Decimal text of the sum in each asset. */
export const sumsOf = ({ perAsset }: PaymentTotals): Record<string, string> =>
  Object.fromEntries([...perAsset].map(([asset, tally]) => [asset, decimalText(tallied(tally, asset), asset)]));

/** A control sum adds up amounts whatever their currency. */
function controlSum({ perAsset }: PaymentTotals): Decimal {
  let sum = zero;
  for (const [asset, tally] of perAsset) sum = addDecimals(sum, tallied(tally, asset));
  return sum;
}

/** Compares what a header says (NbOfTxs, CtrlSum, a total amount) with what was read under it. */
export function checkTotals(
  header: Element | undefined,
  totals: PaymentTotals,
  what: string,
  out: Out<never>,
  totalAmount?: string,
): void {
  if (header === undefined) return;
  const count = textAt(header, 'NbOfTxs');
  if (count !== null && Number(count) !== totals.count)
    out.finding('count', header.line, `${what} says ${count} payments and has ${totals.count}.`);
  if (!totals.isWhole) return;
  const ours = controlSum(totals);
  const check = (said: string | null): void => {
    const value = said === null ? null : readDecimal(said);
    if (said === null || (value !== null && isSame(value, ours))) return;
    out.finding('control sum', header.line, `${what} says the sum is ${said}, and it is ${decimalText(ours, null)}.`);
  };
  check(textAt(header, 'CtrlSum'));
  if (totalAmount !== undefined && totals.perAsset.size <= 1) check(textAt(header, totalAmount));
}
