// pain.002, status report: how each payment of a pain.001 stands. Written as pain.002.001.10, read in any version.

import { ok, type Refusal, type Result } from '../result.ts';
import type { Instant } from '../time.ts';
import { type Family, readWhole } from './reader.ts';
import { groupOf, readStatus, type Status } from './status.ts';
import { schemaText, writeXml } from './write.ts';
import type { Element, Plan } from './xml.ts';

export interface StatusAdvice {
  /** Our reference, as sent in InstrId. */
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  /** ISO 20022 status code: ACSP taken in for settlement, ACSC settled, RJCT rejected ... */
  readonly status: string;
  readonly reason: string | null;
}
export interface StatusReport {
  readonly messageId: string;
  readonly originalMessageId: string;
  /** Of single payments, each with the status of its group where it has none of its own. */
  readonly advices: readonly StatusAdvice[];
}

/** A report may speak of the whole message or of a group in it without naming a single payment. */
export interface ReadStatusReport extends StatusReport {
  readonly statuses: readonly Status[];
}

export function writePain002(report: StatusReport & { readonly createdAt: Instant }): string {
  return writeXml('urn:iso:std:iso:20022:tech:xsd:pain.002.001.10', {
    CstmrPmtStsRpt: {
      GrpHdr: { MsgId: report.messageId, CreDtTm: report.createdAt },
      OrgnlGrpInfAndSts: { OrgnlMsgId: report.originalMessageId, OrgnlMsgNmId: 'pain.001.001.09' },
      OrgnlPmtInfAndSts: {
        OrgnlPmtInfId: report.originalMessageId,
        TxInfAndSts: report.advices.map((advice) => ({
          OrgnlInstrId: advice.instructionId ?? undefined,
          OrgnlEndToEndId: advice.endToEndId === null ? undefined : schemaText(advice.endToEndId, 35),
          TxSts: advice.status,
          StsRsnInf: advice.reason === null ? undefined : { Rsn: { Cd: advice.reason } },
        })),
      },
    },
  });
}

const payment: Plan = { is: 'record' };

/** The same as a stream of statuses, for openReader: those of payments before that of the group they are in. */
export const pain002: Family<{ readonly kind: 'status'; readonly status: Status }> = {
  name: 'pain.002',
  bodies: ['CstmrPmtStsRpt', 'pain.002'],
  plan: {
    parts: {
      OrgnlPmtInfAndSts: { is: 'record', parts: { TxInfAndSts: payment } },
      TxInfAndSts: payment,
      SplmtryData: { is: 'skipped' },
    },
  },
  open: (out) => ({
    record(element) {
      const inGroup = element.parent?.name === 'OrgnlPmtInfAndSts';
      const body = (inGroup ? element.parent?.parent : element.parent) as Element;
      const level = element.name === 'TxInfAndSts' ? 'payment' : 'group';
      out.item({ kind: 'status', status: readStatus(element, level, body, out) });
    },
    end(body) {
      const group = groupOf(body);
      if (group !== undefined) out.item({ kind: 'status', status: readStatus(group, 'message', body, out) });
    },
  }),
};

export function readPain002(text: string): Result<ReadStatusReport, Refusal> {
  const read = readWhole(text, [pain002], {
    type: 'not a pain.002',
    what: 'The message was not read.',
    why: 'It has no status report.',
    next: 'Ask the bank.',
  });
  if (!read.ok) return read;
  const statuses = read.value.items.map(({ status }) => status);
  const whole = statuses.find(({ level }) => level === 'message');
  return ok({
    messageId: read.value.head.messageId ?? '',
    originalMessageId: whole?.originalMessageId ?? '',
    advices: statuses.flatMap((one) =>
      one.level !== 'payment'
        ? []
        : [
            {
              instructionId: one.instructionId,
              endToEndId: one.endToEndId,
              status: one.status ?? '',
              reason: one.reasons[0]?.code ?? null,
            },
          ],
    ),
    statuses,
  });
}
