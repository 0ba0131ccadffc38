// Messages between banks, which a bank's core may pass on: pacs.008 and pacs.009 (credit transfers), pacs.002 (status) and
// pacs.004 (return). Read in any version, as a stream for openReader; never written here.

import { type Agent, accountIn, agentOf, type Party, partyOf } from './account.ts';
import { type Amount, readAmount } from './amount.ts';
import type { Out } from './finding.ts';
import { addPayment, type CreditTransfer, checkTotals, newPaymentTotals, readTransfer } from './payment.ts';
import type { Family } from './reader.ts';
import { type Reason, reasonsIn } from './reason.ts';
import { groupOf, readStatus, type Status } from './status.ts';
import { child, type Element, type Plan, textAt } from './xml.ts';

const skipped: Plan = { is: 'skipped' };
const record: Plan = { is: 'record' };

const transfers = (
  name: string,
  bodies: readonly string[],
): Family<{ readonly kind: 'payment'; readonly payment: CreditTransfer }> => ({
  name,
  bodies: [...bodies, name],
  plan: { parts: { CdtTrfTxInf: record, SplmtryData: skipped } },
  open(out) {
    let totals = newPaymentTotals();
    return {
      record(element) {
        const header = child(element.parent ?? undefined, 'GrpHdr');
        const payment = readTransfer(element, totals.count, header, out);
        addPayment(totals, payment.amount);
        out.item({ kind: 'payment', payment });
      },
      end(body) {
        checkTotals(child(body, 'GrpHdr'), totals, 'The message', out, 'TtlIntrBkSttlmAmt');
        totals = newPaymentTotals();
      },
    };
  },
});

export const pacs008 = transfers('pacs.008', ['FIToFICstmrCdtTrf']);
export const pacs009 = transfers('pacs.009', ['FICdtTrf', 'FinInstnCdtTrf']);

export const pacs002: Family<{ readonly kind: 'status'; readonly status: Status }> = {
  name: 'pacs.002',
  bodies: ['FIToFIPmtStsRpt', 'pacs.002'],
  plan: { parts: { TxInfAndSts: record, SplmtryData: skipped } },
  open: (out) => ({
    record: (element) =>
      out.item({ kind: 'status', status: readStatus(element, 'payment', element.parent as Element, out) }),
    end(body) {
      const group = groupOf(body);
      if (group !== undefined) out.item({ kind: 'status', status: readStatus(group, 'message', body, out) });
    },
  }),
};

/** Money that comes back. */
export interface PaymentReturn {
  readonly index: number;
  readonly line: number;
  readonly returnId: string | null;
  readonly originalMessageId: string | null;
  readonly originalMessage: string | null;
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  readonly transactionId: string | null;
  readonly uetr: string | null;
  readonly originalAmount: Amount | null;
  readonly returned: Amount | null;
  readonly date: string | null;
  readonly reasons: readonly Reason[];
  readonly debtor: Party | null;
  readonly debtorAccount: string | null;
  readonly debtorAgent: Agent | null;
  readonly creditor: Party | null;
  readonly creditorAccount: string | null;
  readonly creditorAgent: Agent | null;
}

export const pacs004: Family<{ readonly kind: 'return'; readonly returned: PaymentReturn }> = {
  name: 'pacs.004',
  bodies: ['PmtRtr', 'pacs.004'],
  plan: { parts: { TxInf: record, SplmtryData: skipped } },
  open(out) {
    let totals = newPaymentTotals();
    return {
      record(element) {
        const returned = readReturn(element, totals.count, out);
        addPayment(totals, returned.returned);
        out.item({ kind: 'return', returned });
      },
      end(body) {
        // A group returned as a whole need not be listed.
        if (totals.count > 0) checkTotals(child(body, 'GrpHdr'), totals, 'The message', out, 'TtlRtrdIntrBkSttlmAmt');
        totals = newPaymentTotals();
      },
    };
  },
};

function readReturn(element: Element, index: number, out: Out<never>): PaymentReturn {
  const body = element.parent ?? undefined;
  const group = child(element, 'OrgnlGrpInf') ?? child(body, 'OrgnlGrpInf');
  const original = child(element, 'OrgnlTxRef');
  const amount = (name: string): Amount | null => {
    const found = child(element, name);
    return found === undefined ? null : readAmount(found, out);
  };
  const returned = amount('RtrdIntrBkSttlmAmt');
  if (returned === null) out.finding('amount missing', element.line, 'A return has no amount.');
  const own = reasonsIn(element, 'RtrRsnInf');
  return {
    index,
    line: element.line,
    returnId: textAt(element, 'RtrId'),
    originalMessageId: textAt(group, 'OrgnlMsgId'),
    originalMessage: textAt(group, 'OrgnlMsgNmId'),
    instructionId: textAt(element, 'OrgnlInstrId'),
    endToEndId: textAt(element, 'OrgnlEndToEndId'),
    transactionId: textAt(element, 'OrgnlTxId'),
    uetr: textAt(element, 'OrgnlUETR'),
    originalAmount: amount('OrgnlIntrBkSttlmAmt'),
    returned,
    date: textAt(element, 'IntrBkSttlmDt') ?? textAt(body, 'GrpHdr', 'IntrBkSttlmDt'),
    reasons: own.length > 0 ? own : reasonsIn(child(body, 'OrgnlGrpInf'), 'RtrRsnInf'),
    debtor: partyOf(child(original, 'Dbtr')),
    debtorAccount: accountIn(child(original, 'DbtrAcct')),
    debtorAgent: agentOf(child(original, 'DbtrAgt')),
    creditor: partyOf(child(original, 'Cdtr')),
    creditorAccount: accountIn(child(original, 'CdtrAcct')),
    creditorAgent: agentOf(child(original, 'CdtrAgt')),
  };
}
