// camt.029, the answer to a request to cancel: read in any version, written as camt.029.001.09 by the simulated bank.

import { ok, type Refusal, type Result } from '../result.ts';
import type { Instant } from '../time.ts';
import { agentTree } from './account.ts';
import { type Amount, readAmount } from './amount.ts';
import type { Out } from './finding.ts';
import { type Family, readWhole } from './reader.ts';
import { type Reason, reasonsIn } from './reason.ts';
import { reasonTree, schemaText, type Tree, writeXml } from './write.ts';
import { child, type Element, type Plan, textAt } from './xml.ts';

/** What became of a request: as a whole, of a message, of a group of payments, or of one payment. */
export interface Resolution {
  readonly level: 'case' | 'message' | 'group' | 'payment';
  readonly line: number;
  /** CNCL, PDCR, RJCR, UWFW ... of the case; ACCR, PDCR, RJCR of a payment: its own, or that of what it is in. */
  readonly status: string | null;
  readonly reasons: readonly Reason[];
  readonly caseId: string | null;
  readonly statusId: string | null;
  readonly originalMessageId: string | null;
  readonly originalMessage: string | null;
  readonly paymentInformationId: string | null;
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  readonly transactionId: string | null;
  readonly uetr: string | null;
  readonly amount: Amount | null;
}

const record: Plan = { is: 'record' };

/** The same as a stream, for openReader: payments first, the case last. */
export const camt029: Family<{ readonly kind: 'resolution'; readonly resolution: Resolution }> = {
  name: 'camt.029',
  bodies: ['RsltnOfInvstgtn', 'camt.029'],
  plan: {
    parts: {
      CxlDtls: {
        is: 'record',
        parts: {
          OrgnlGrpInfAndSts: record,
          OrgnlPmtInfAndSts: { is: 'record', parts: { TxInfAndSts: record } },
          TxInfAndSts: record,
        },
      },
      SplmtryData: { is: 'skipped' },
    },
  },
  open(out) {
    const levels: Readonly<Record<string, Resolution['level']>> = {
      OrgnlGrpInfAndSts: 'message',
      OrgnlPmtInfAndSts: 'group',
      TxInfAndSts: 'payment',
    };
    /** That of the message, which comes before its payments and is not kept in the tree. */
    let message: Element | undefined;
    return {
      record(element) {
        const level = levels[element.name];
        if (level === 'message') message = element;
        if (level === undefined) message = undefined;
        else
          out.item({ kind: 'resolution', resolution: readResolution(element, level, message, bodyOf(element), out) });
      },
      end(body) {
        out.item({ kind: 'resolution', resolution: readResolution(body, 'case', undefined, body, out) });
      },
    };
  },
};

function bodyOf(element: Element): Element {
  let at = element;
  while (at.parent !== null && at.name !== 'CxlDtls') at = at.parent;
  return at.parent ?? at;
}

function readResolution(
  element: Element,
  level: Resolution['level'],
  message: Element | undefined,
  body: Element,
  out: Out<never>,
): Resolution {
  const information = element.parent?.name === 'OrgnlPmtInfAndSts' ? element.parent : element;
  const group =
    child(element, 'OrgnlGrpInf') ?? child(information, 'OrgnlGrpInf') ?? (level === 'message' ? element : message);
  const choice = child(body, 'Sts')?.first;
  const whole = choice?.first?.text ?? choice?.text ?? null;
  const own =
    textAt(element, 'TxCxlSts') ??
    textAt(information, 'PmtInfCxlSts') ??
    textAt(group, 'GrpCxlSts') ??
    textAt(message, 'GrpCxlSts');
  const amount = child(element, 'OrgnlInstdAmt') ?? child(element, 'OrgnlTxRef', 'IntrBkSttlmAmt');
  return {
    level,
    line: element.line,
    status: level === 'case' ? whole : (own ?? whole),
    reasons: reasonsIn(element, 'CxlStsRsnInf'),
    caseId: textAt(element, 'RslvdCase', 'Id') ?? textAt(body, 'RslvdCase', 'Id'),
    statusId: textAt(element, 'CxlStsId'),
    originalMessageId: textAt(group, 'OrgnlMsgId'),
    originalMessage: textAt(group, 'OrgnlMsgNmId'),
    paymentInformationId: textAt(information, 'OrgnlPmtInfId'),
    instructionId: textAt(element, 'OrgnlInstrId'),
    endToEndId: textAt(element, 'OrgnlEndToEndId'),
    transactionId: textAt(element, 'OrgnlTxId'),
    uetr: textAt(element, 'OrgnlUETR') ?? textAt(element, 'UETR'),
    amount: amount === undefined ? null : readAmount(amount, out),
  };
}

export interface CancellationAnswer {
  readonly messageId: string;
  readonly resolutions: readonly Resolution[];
}

export function readCamt029(text: string): Result<CancellationAnswer, Refusal> {
  const read = readWhole(text, [camt029], {
    type: 'not a camt.029',
    what: 'The message was not read.',
    why: 'It is no answer to a request to cancel a payment.',
    next: 'Ask the bank.',
  });
  if (!read.ok) return read;
  const { head, items } = read.value;
  return ok({ messageId: head.messageId ?? '', resolutions: items.map(({ resolution }) => resolution) });
}

/** An answer to write. */
export interface RecallAnswer {
  readonly messageId: string;
  readonly createdAt: Instant;
  readonly assigner: string | null;
  readonly assignee: string | null;
  /** The case of the request. */
  readonly caseId: string;
  readonly originalMessageId: string;
  readonly payments: readonly {
    readonly cancellationId: string;
    readonly instructionId: string;
    readonly endToEndId: string | null;
    readonly outcome: 'accepted' | 'pending' | 'rejected';
    /** ISO 20022 external reason of a rejection: LEGL, CUST, AC04, AM04, ARDT, NOAS ... */
    readonly reason: string | null;
    readonly information: string | null;
  }[];
}

/** Of the case and of one payment. */
const outcomes = { accepted: ['CNCL', 'ACCR'], pending: ['PDCR', 'PDCR'], rejected: ['RJCR', 'RJCR'] } as const;

export function writeCamt029(answer: RecallAnswer): string {
  const agent = (id: string | null): Tree => ({ Agt: agentTree(id) });
  const all = new Set(answer.payments.map(({ outcome }) => outcome));
  const [only] = all;
  return writeXml('urn:iso:std:iso:20022:tech:xsd:camt.029.001.09', {
    RsltnOfInvstgtn: {
      Assgnmt: {
        Id: schemaText(answer.messageId, 35),
        Assgnr: agent(answer.assigner),
        Assgne: agent(answer.assignee),
        CreDtTm: answer.createdAt,
      },
      RslvdCase: { Id: schemaText(answer.caseId, 35), Cretr: agent(answer.assignee) },
      // PECR: partially executed.
      Sts: { Conf: all.size === 1 && only !== undefined ? outcomes[only][0] : 'PECR' },
      CxlDtls: {
        TxInfAndSts: answer.payments.map((one) => ({
          CxlStsId: schemaText(one.cancellationId, 35),
          OrgnlGrpInf: { OrgnlMsgId: schemaText(answer.originalMessageId, 35), OrgnlMsgNmId: 'pain.001.001.09' },
          OrgnlInstrId: schemaText(one.instructionId, 35),
          OrgnlEndToEndId: one.endToEndId === null ? undefined : schemaText(one.endToEndId, 35),
          TxCxlSts: outcomes[one.outcome][1],
          CxlStsRsnInf: one.reason === null ? undefined : reasonTree(one.reason, one.information),
        })),
      },
    },
  });
}
