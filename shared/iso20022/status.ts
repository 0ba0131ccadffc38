// What status reports say of what was sent: of the whole message, of a group of payments in it, of one payment.

import { type Amount, readAmount } from './amount.ts';
import type { Out } from './finding.ts';
import { type Reason, reasonsIn } from './reason.ts';
import { child, children, childrenOf, type Element, textAt } from './xml.ts';

export interface Status {
  readonly level: 'message' | 'group' | 'payment';
  readonly line: number;
  /** RCVD, ACTC, ACCP, ACSP, ACSC, ACWC, PART, PDNG, RJCT, CANC ... its own, or that of what it is in; null where neither is. */
  readonly status: string | null;
  readonly reasons: readonly Reason[];
  readonly originalMessageId: string | null;
  readonly originalMessage: string | null;
  readonly paymentInformationId: string | null;
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  readonly transactionId: string | null;
  readonly uetr: string | null;
  readonly bankReference: string | null;
  readonly clearingReference: string | null;
  readonly acceptedAt: string | null;
  /** Of the original payment, where the report repeats it. */
  readonly amount: Amount | null;
  /** How many payments have which status, where the report counts them. */
  readonly counts: readonly { readonly status: string | null; readonly count: string | null }[];
}

export const groupOf = (body: Element | undefined | null): Element | undefined =>
  childrenOf(body ?? undefined).find((one) => one.name.startsWith('OrgnlGrpInf'));

/** `element` is OrgnlGrpInfAndSts, OrgnlPmtInfAndSts or TxInfAndSts. */
export function readStatus(element: Element, level: Status['level'], body: Element, out: Out<never>): Status {
  const information = element.parent?.name === 'OrgnlPmtInfAndSts' ? element.parent : element;
  const group = level === 'message' ? element : (child(element, 'OrgnlGrpInf') ?? groupOf(body));
  const original = child(element, 'OrgnlTxRef');
  const amount =
    child(original, 'Amt', 'InstdAmt') ?? child(original, 'Amt', 'EqvtAmt', 'Amt') ?? child(original, 'IntrBkSttlmAmt');
  return {
    level,
    line: element.line,
    status:
      textAt(element, 'TxSts') ??
      textAt(information, 'PmtInfSts') ??
      textAt(group, 'GrpSts') ??
      textAt(groupOf(body), 'GrpSts'),
    reasons: reasonsIn(element, 'StsRsnInf'),
    originalMessageId: textAt(group, 'OrgnlMsgId'),
    originalMessage: textAt(group, 'OrgnlMsgNmId'),
    paymentInformationId: textAt(information, 'OrgnlPmtInfId'),
    instructionId: textAt(element, 'OrgnlInstrId'),
    endToEndId: textAt(element, 'OrgnlEndToEndId'),
    transactionId: textAt(element, 'OrgnlTxId'),
    uetr: textAt(element, 'OrgnlUETR'),
    bankReference: textAt(element, 'AcctSvcrRef'),
    clearingReference: textAt(element, 'ClrSysRef'),
    acceptedAt: textAt(element, 'AccptncDtTm'),
    amount: amount === undefined ? null : readAmount(amount, out),
    counts: children(element, 'NbOfTxsPerSts').map((one) => ({
      status: textAt(one, 'DtldSts'),
      count: textAt(one, 'DtldNbOfTxs'),
    })),
  };
}
