// camt.056, the request to cancel a payment that was sent (a recall): read in any version, written as camt.056.001.08.

import type { Asset } from '../asset.ts';
import { minorToDecimal } from '../money.ts';
import { ok, type Refusal, type Result } from '../result.ts';
import type { Day, Instant } from '../time.ts';
import { accountIn, agentTree, type Party, partyOf } from './account.ts';
import { type Amount, readAmount } from './amount.ts';
import type { Out } from './finding.ts';
import { addPayment, checkTotals, newPaymentTotals } from './payment.ts';
import { type Family, readWhole } from './reader.ts';
import { type Reason, reasonsIn } from './reason.ts';
import { reasonTree, schemaText, type Tree, writeXml } from './write.ts';
import { child, type Element, type Plan, textAt } from './xml.ts';

/** What is to be cancelled: one payment, or a whole message of them. */
export interface Cancellation {
  readonly level: 'message' | 'payment';
  readonly line: number;
  readonly cancellationId: string | null;
  /** The case it belongs to: its own, or that of the message. */
  readonly caseId: string | null;
  readonly originalMessageId: string | null;
  readonly originalMessage: string | null;
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  readonly transactionId: string | null;
  readonly uetr: string | null;
  readonly amount: Amount | null;
  readonly date: string | null;
  readonly reasons: readonly Reason[];
  readonly debtor: Party | null;
  readonly debtorAccount: string | null;
  readonly creditor: Party | null;
  readonly creditorAccount: string | null;
}

const record: Plan = { is: 'record' };

/** The same as a stream, for openReader. */
export const camt056: Family<{ readonly kind: 'cancellation'; readonly cancellation: Cancellation }> = {
  name: 'camt.056',
  bodies: ['FIToFIPmtCxlReq'],
  plan: { parts: { Undrlyg: { is: 'record', parts: { TxInf: record } }, SplmtryData: { is: 'skipped' } } },
  open(out) {
    let totals = newPaymentTotals();
    return {
      record(element) {
        const isPayment = element.name === 'TxInf';
        const body = (isPayment ? element.parent?.parent : element.parent) as Element;
        const group = isPayment ? undefined : child(element, 'OrgnlGrpInfAndCxl');
        if (!isPayment && group === undefined) return;
        const cancellation = readCancellation(group ?? element, isPayment, body, out);
        if (isPayment) addPayment(totals, cancellation.amount);
        out.item({ kind: 'cancellation', cancellation });
      },
      end(body) {
        // A message cancelled as a whole need not list its payments.
        if (totals.count > 0) checkTotals(child(body, 'CtrlData'), totals, 'The request', out);
        totals = newPaymentTotals();
      },
    };
  },
};

function readCancellation(element: Element, isPayment: boolean, body: Element, out: Out<never>): Cancellation {
  const around = child(isPayment ? (element.parent ?? undefined) : undefined, 'OrgnlGrpInfAndCxl');
  const group = isPayment ? (child(element, 'OrgnlGrpInf') ?? around) : element;
  const original = child(element, 'OrgnlTxRef');
  const amount = child(element, 'OrgnlIntrBkSttlmAmt') ?? child(element, 'OrgnlInstdAmt');
  return {
    level: isPayment ? 'payment' : 'message',
    line: element.line,
    cancellationId: textAt(element, 'CxlId') ?? textAt(element, 'GrpCxlId'),
    caseId: textAt(element, 'Case', 'Id') ?? textAt(around, 'Case', 'Id') ?? textAt(body, 'Case', 'Id'),
    originalMessageId: textAt(group, 'OrgnlMsgId'),
    originalMessage: textAt(group, 'OrgnlMsgNmId'),
    instructionId: textAt(element, 'OrgnlInstrId'),
    endToEndId: textAt(element, 'OrgnlEndToEndId'),
    transactionId: textAt(element, 'OrgnlTxId'),
    uetr: textAt(element, 'OrgnlUETR'),
    amount: amount === undefined ? null : readAmount(amount, out),
    date: textAt(element, 'OrgnlIntrBkSttlmDt'),
    reasons: reasonsIn(element, 'CxlRsnInf'),
    debtor: partyOf(child(original, 'Dbtr')),
    debtorAccount: accountIn(child(original, 'DbtrAcct')),
    creditor: partyOf(child(original, 'Cdtr')),
    creditorAccount: accountIn(child(original, 'CdtrAcct')),
  };
}

export interface CancellationRequest {
  readonly messageId: string;
  readonly createdAt: string | null;
  readonly cancellations: readonly Cancellation[];
}

export function readCamt056(text: string): Result<CancellationRequest, Refusal> {
  const read = readWhole(text, [camt056], {
    type: 'not a camt.056',
    what: 'The message was not read.',
    why: 'It is no request to cancel a payment.',
    next: 'Ask its sender.',
  });
  if (!read.ok) return read;
  const { head, items } = read.value;
  return ok({
    messageId: head.messageId ?? '',
    createdAt: head.createdAt,
    cancellations: items.map(({ cancellation }) => cancellation),
  });
}

/** A recall to write: payments of one message of ours that were sent and are to come back. */
export interface Recall {
  /** Identification of this request, at most 35 characters; also that of the case. */
  readonly messageId: string;
  readonly createdAt: Instant;
  /** Who asks and who is asked: BICs, or the bank's numbers. */
  readonly assigner: string | null;
  readonly assignee: string | null;
  readonly originalMessageId: string;
  readonly payments: readonly {
    readonly cancellationId: string;
    /** Our references, as sent in InstrId and EndToEndId. */
    readonly instructionId: string;
    readonly endToEndId: string | null;
    readonly asset: Asset;
    readonly amount: bigint;
    readonly date: Day | null;
    /** ISO 20022 external cancellation reason: DUPL, CUST, FRAD, TECH ... */
    readonly reason: string;
    readonly information: string | null;
  }[];
}

export function writeCamt056(recall: Recall): string {
  const agent = (id: string | null): Tree => ({ Agt: agentTree(id) });
  return writeXml('urn:iso:std:iso:20022:tech:xsd:camt.056.001.08', {
    FIToFIPmtCxlReq: {
      Assgnmt: {
        Id: schemaText(recall.messageId, 35),
        Assgnr: agent(recall.assigner),
        Assgne: agent(recall.assignee),
        CreDtTm: recall.createdAt,
      },
      Case: { Id: schemaText(recall.messageId, 35), Cretr: agent(recall.assigner) },
      CtrlData: { NbOfTxs: String(recall.payments.length) },
      Undrlyg: {
        TxInf: recall.payments.map((one) => ({
          CxlId: schemaText(one.cancellationId, 35),
          OrgnlGrpInf: { OrgnlMsgId: schemaText(recall.originalMessageId, 35), OrgnlMsgNmId: 'pain.001.001.09' },
          OrgnlInstrId: schemaText(one.instructionId, 35),
          OrgnlEndToEndId: one.endToEndId === null ? undefined : schemaText(one.endToEndId, 35),
          OrgnlIntrBkSttlmAmt: { '@_Ccy': one.asset.code, '#text': minorToDecimal(one.amount, one.asset) },
          OrgnlIntrBkSttlmDt: one.date ?? undefined,
          CxlRsnInf: reasonTree(one.reason, one.information),
        })),
      },
    },
  });
}
