// camt.052 / 053 / 054: the bank's account report, statement and notification. Read as a stream, in any version; 053 and 054
// written as .08.
//
//   readCamt(text)       a small message at once
//   statementFamilies    the same as a stream of items, for openReader
//   writeCamt053(...)    writeCamt054(...)

import type { Asset } from '../asset.ts';
import { minorToDecimal } from '../money.ts';
import { ok, type Refusal, type Result } from '../result.ts';
import type { Day, Instant } from '../time.ts';
import { accountTree } from './account.ts';
import { readDetails, readEntry, type StatementEntry, type TransactionDetails } from './entry.ts';
import type { Finding, Out } from './finding.ts';
import { type Family, readWhole } from './reader.ts';
import {
  addEntry,
  newSums,
  readHead,
  type StatementHead,
  type StatementKind,
  type StatementSummary,
  summarise,
} from './statement.ts';
import { schemaText, type Tree, writeXml } from './write.ts';
import type { Element, Plan } from './xml.ts';

export interface Statement extends StatementSummary {
  readonly entries: readonly StatementEntry[];
}

export type StatementItem =
  /** Before the first entry of a statement: what its message said until then. */
  | { readonly kind: 'statement begins'; readonly statement: number; readonly head: StatementHead }
  /** Details of an entry that has very many and is still to come; `entry` is what it said before them. */
  | {
      readonly kind: 'details';
      readonly statement: number;
      readonly entry: StatementEntry;
      readonly details: readonly TransactionDetails[];
    }
  | { readonly kind: 'entry'; readonly statement: number; readonly entry: StatementEntry }
  | { readonly kind: 'statement'; readonly statement: number; readonly summary: StatementSummary };

/** More details of one entry than this are handed over before it. */
export const detailsAtOnce = 1000;

const transaction: Plan = { is: 'record' };
const entryPlan: Plan = {
  is: 'record',
  parts: { NtryDtls: { parts: { TxDtls: transaction } }, TxDtls: transaction, CardTx: { is: 'skipped' } },
};
const statementPlan: Plan = { is: 'record', parts: { Ntry: entryPlan, SplmtryData: { is: 'skipped' } } };
const statementsPlan: Plan = {
  parts: { Rpt: statementPlan, Stmt: statementPlan, Ntfctn: statementPlan, SplmtryData: { is: 'skipped' } },
};

const family = (name: StatementKind, body: string): Family<StatementItem> => ({
  name,
  bodies: [body],
  plan: statementsPlan,
  open: (out) => ({ record: openStatements(name, out), end: () => {} }),
});
export const statementFamilies: readonly Family<StatementItem>[] = [
  family('camt.052', 'BkToCstmrAcctRpt'),
  family('camt.053', 'BkToCstmrStmt'),
  family('camt.054', 'BkToCstmrDbtCdtNtfctn'),
];

function openStatements(kind: StatementKind, out: Out<StatementItem>): (record: Element) => void {
  let number = -1;
  let open: Element | null = null;
  let index = 0;
  let details: TransactionDetails[] = [];
  let handedOver = 0;
  let sums = newSums(null);

  const begin = (element: Element): void => {
    if (open === element) return;
    open = element;
    number += 1;
    index = 0;
    const head = readHead(element);
    sums = newSums(head.asset);
    out.item({ kind: 'statement begins', statement: number, head });
  };

  return (record) => {
    if (record.name === 'TxDtls') {
      const entry = (record.parent?.name === 'Ntry' ? record.parent : record.parent?.parent) as Element;
      begin(entry.parent as Element);
      details.push(readDetails(record, out));
      if (details.length <= detailsAtOnce) return;
      const some = details.splice(0, detailsAtOnce);
      handedOver += some.length;
      // What is odd about the entry is found when it closes.
      const known = readEntry(entry, index, [], handedOver, { item: () => {}, finding: () => {} });
      out.item({ kind: 'details', statement: number, entry: known, details: some });
    } else if (record.name === 'Ntry') {
      begin(record.parent as Element);
      const entry = readEntry(record, index, details, handedOver, out);
      index += 1;
      details = [];
      handedOver = 0;
      addEntry(sums, entry);
      out.item({ kind: 'entry', statement: number, entry });
    } else {
      begin(record);
      const summary = summarise(kind, record, sums, out);
      out.item({ kind: 'statement', statement: number, summary });
      open = null;
    }
  };
}

// --- a small message at once ------------------------------------------------------------------------------------------

export interface StatementMessage {
  readonly kind: StatementKind;
  readonly messageId: string;
  readonly statements: readonly Statement[];
  readonly findings: readonly Finding[];
}

export function readCamt(text: string): Result<StatementMessage, Refusal> {
  const read = readWhole(text, statementFamilies, {
    type: 'not a camt',
    what: 'The message was not read.',
    why: 'It is no account report, statement or notification.',
    next: 'Ask the bank.',
  });
  if (!read.ok) return read;
  const { head, items, findings } = read.value;
  const kind = head.family as StatementKind;
  return ok({ kind, messageId: head.messageId ?? '', statements: collectStatements(items), findings });
}

/** Statements of items as they came. */
export function collectStatements(items: readonly StatementItem[]): Statement[] {
  const statements: Statement[] = [];
  let entries: StatementEntry[] = [];
  let details: TransactionDetails[] = [];
  for (const item of items)
    if (item.kind === 'details') details.push(...item.details);
    else if (item.kind === 'entry') {
      entries.push(details.length === 0 ? item.entry : { ...item.entry, details: [...details, ...item.entry.details] });
      details = [];
    } else if (item.kind === 'statement') {
      statements.push({ ...item.summary, entries });
      entries = [];
    }
  return statements;
}

// --- written ----------------------------------------------------------------------------------------------------------

/** One booking to write; `returnReason` marks money that comes back. */
export interface Booking {
  readonly credit: boolean;
  readonly amount: bigint;
  readonly reference: string;
  readonly day: Day;
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  readonly creditorAccount: string | null;
  readonly debtorName: string | null;
  readonly remittance: string | null;
  readonly returnReason: string | null;
}

function bookingTree(asset: Asset, booking: Booking): Tree {
  const amount = { '@_Ccy': asset.code, '#text': minorToDecimal(booking.amount, asset) };
  const direction = booking.credit ? 'CRDT' : 'DBIT';
  const parties: Tree = {
    Dbtr: booking.debtorName === null ? undefined : { Pty: { Nm: schemaText(booking.debtorName, 140) } },
    CdtrAcct: booking.creditorAccount === null ? undefined : accountTree(booking.creditorAccount),
  };
  return {
    Amt: amount,
    CdtDbtInd: direction,
    Sts: { Cd: 'BOOK' },
    BookgDt: { Dt: booking.day },
    ValDt: { Dt: booking.day },
    AcctSvcrRef: booking.reference,
    BkTxCd: {
      Domn: {
        Cd: 'PMNT',
        Fmly: { Cd: booking.credit ? 'RCDT' : 'ICDT', SubFmlyCd: booking.returnReason === null ? 'OTHR' : 'RRTN' },
      },
    },
    NtryDtls: {
      TxDtls: {
        Refs: {
          AcctSvcrRef: booking.reference,
          InstrId: booking.instructionId ?? undefined,
          EndToEndId: booking.endToEndId === null ? undefined : schemaText(booking.endToEndId, 35),
        },
        Amt: amount,
        CdtDbtInd: direction,
        RltdPties: booking.debtorName === null && booking.creditorAccount === null ? undefined : parties,
        RmtInf: booking.remittance === null ? undefined : { Ustrd: schemaText(booking.remittance, 140) },
        RtrInf: booking.returnReason === null ? undefined : { Rsn: { Cd: booking.returnReason } },
      },
    },
  };
}

export interface Notification {
  readonly messageId: string;
  readonly createdAt: Instant;
  readonly account: string;
  readonly asset: Asset;
  readonly bookings: readonly Booking[];
}

export const writeCamt054 = (one: Notification): string =>
  writeXml('urn:iso:std:iso:20022:tech:xsd:camt.054.001.08', {
    BkToCstmrDbtCdtNtfctn: {
      GrpHdr: { MsgId: one.messageId, CreDtTm: one.createdAt },
      Ntfctn: {
        Id: one.messageId,
        CreDtTm: one.createdAt,
        Acct: { ...(accountTree(one.account) as object), Ccy: one.asset.code },
        Ntry: one.bookings.map((booking) => bookingTree(one.asset, booking)),
      },
    },
  });

export const writeCamt053 = (
  one: Notification & { readonly day: Day; readonly opening: bigint; readonly closing: bigint },
): string => {
  const balance = (code: string, amount: bigint): Tree => ({
    Tp: { CdOrPrtry: { Cd: code } },
    Amt: { '@_Ccy': one.asset.code, '#text': minorToDecimal(amount < 0n ? -amount : amount, one.asset) },
    CdtDbtInd: amount < 0n ? 'DBIT' : 'CRDT',
    Dt: { Dt: one.day },
  });
  return writeXml('urn:iso:std:iso:20022:tech:xsd:camt.053.001.08', {
    BkToCstmrStmt: {
      GrpHdr: { MsgId: one.messageId, CreDtTm: one.createdAt },
      Stmt: {
        Id: one.messageId,
        CreDtTm: one.createdAt,
        Acct: { ...(accountTree(one.account) as object), Ccy: one.asset.code },
        Bal: [balance('OPBD', one.opening), balance('CLBD', one.closing)],
        Ntry: one.bookings.map((booking) => bookingTree(one.asset, booking)),
      },
    },
  });
};
