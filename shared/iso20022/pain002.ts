// pain.002, status report: how each payment of a pain.001 stands. Written as pain.002.001.10, read in any version.

import { ok, type Refusal, type Result, refuse } from '../result.ts';
import type { Instant } from '../time.ts';
import { children, find, parseXml, schemaText, textAt, writeXml } from './xml.ts';

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
  readonly advices: readonly StatusAdvice[];
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

export function readPain002(text: string): Result<StatusReport, Refusal> {
  const root = parseXml(text);
  if (!root.ok) return root;
  const body = find(root.value, 'CstmrPmtStsRpt');
  if (body === undefined)
    return refuse('not a pain.002', 'The message was not read.', 'It has no status report.', 'Ask the bank.');
  const group = body.children.find((one) => one.name.startsWith('OrgnlGrpInf'));
  const advices = children(body, 'OrgnlPmtInfAndSts').flatMap((information) =>
    children(information, 'TxInfAndSts').map((one) => {
      const reason = one.children.find((inner) => inner.name === 'StsRsnInf');
      return {
        instructionId: textAt(one, 'OrgnlInstrId'),
        endToEndId: textAt(one, 'OrgnlEndToEndId'),
        status: textAt(one, 'TxSts') ?? textAt(information, 'PmtInfSts') ?? '',
        reason: textAt(reason, 'Rsn', 'Cd') ?? textAt(reason, 'Rsn', 'Prtry'),
      };
    }),
  );
  return ok({
    messageId: textAt(body, 'GrpHdr', 'MsgId') ?? '',
    originalMessageId: textAt(group, 'OrgnlMsgId') ?? '',
    advices,
  });
}
