// camt.052 / 053 / 054: the bank's report, statement and notification. Read in any version; 053 and 054 written as .08.

import { type Asset, assetByCode } from '../asset.ts';
import { decimalToMinor, minorToDecimal } from '../money.ts';
import { ok, type Refusal, type Result, refuse } from '../result.ts';
import type { Day, Instant } from '../time.ts';
import { accountIn, accountTree } from './account.ts';
import { child, children, type Element, find, parseXml, schemaText, type Tree, textAt, writeXml } from './xml.ts';

export interface StatementEntry {
  readonly credit: boolean;
  readonly reversal: boolean;
  /** Minor units, positive; null where the entry gives none that can be read, for the reason in `unread`. */
  readonly amount: bigint | null;
  readonly unread: string | null;
  readonly asset: string;
  readonly reference: string | null;
  readonly bookingDate: string | null;
  readonly valueDate: string | null;
  readonly status: string | null;
  readonly details: readonly {
    readonly instructionId: string | null;
    readonly endToEndId: string | null;
    readonly creditorAccount: string | null;
    readonly debtorName: string | null;
    readonly remittance: string | null;
    readonly returnReason: string | null;
  }[];
}

export interface Statement {
  readonly id: string;
  readonly account: string | null;
  readonly asset: string | null;
  /** Signed minor units; null where the message gives none. */
  readonly opening: bigint | null;
  readonly closing: bigint | null;
  /** The day whose end the closing balance speaks of. */
  readonly closingDate: string | null;
  readonly entries: readonly StatementEntry[];
}
export interface StatementMessage {
  readonly kind: 'camt.052' | 'camt.053' | 'camt.054';
  readonly messageId: string;
  readonly statements: readonly Statement[];
}

const bodies = [
  ['camt.052', 'BkToCstmrAcctRpt', 'Rpt'],
  ['camt.053', 'BkToCstmrStmt', 'Stmt'],
  ['camt.054', 'BkToCstmrDbtCdtNtfctn', 'Ntfctn'],
] as const;

export function readCamt(text: string): Result<StatementMessage, Refusal> {
  const root = parseXml(text);
  if (!root.ok) return root;
  for (const [kind, bodyName, part] of bodies) {
    const body = find(root.value, bodyName);
    if (body === undefined) continue;
    const statements = children(body, part).map(readStatement);
    return ok({ kind, messageId: textAt(body, 'GrpHdr', 'MsgId') ?? '', statements });
  }
  return refuse(
    'not a camt',
    'The message was not read.',
    'It is no account report, statement or notification.',
    'Ask the bank.',
  );
}

const closingDateOf = (one: Element): string | null =>
  children(one, 'Bal').flatMap((element) =>
    textAt(element, 'Tp', 'CdOrPrtry', 'Cd') === 'CLBD' ? [textAt(element, 'Dt', 'Dt')?.slice(0, 10) ?? null] : [],
  )[0] ?? null;

function readStatement(one: Element): Statement {
  const balance = (...codes: string[]): bigint | null => {
    for (const code of codes)
      for (const element of children(one, 'Bal'))
        if (textAt(element, 'Tp', 'CdOrPrtry', 'Cd') === code) {
          const { amount } = readAmount(element);
          return amount !== null && textAt(element, 'CdtDbtInd') === 'DBIT' ? -amount : amount;
        }
    return null;
  };
  const entries = children(one, 'Ntry').map(readEntry);
  return {
    id: textAt(one, 'Id') ?? '',
    account: accountIn(child(one, 'Acct')),
    asset: textAt(one, 'Acct', 'Ccy') ?? entries[0]?.asset ?? null,
    opening: balance('OPBD', 'PRCD'),
    closing: balance('CLBD'),
    closingDate: closingDateOf(one),
    entries,
  };
}

function readAmount(parent: Element): { amount: bigint | null; asset: string; unread: string | null } {
  const element = child(parent, 'Amt');
  const code = element?.attributes.Ccy ?? '';
  const asset = assetByCode(code);
  const read = asset === undefined ? undefined : decimalToMinor(element?.text ?? '', asset);
  if (read?.ok) return { amount: read.value, asset: code, unread: null };
  const why =
    read?.refusal.why ?? (element === undefined ? 'It has no amount.' : `${code || 'Nothing'} is not a currency.`);
  return { amount: null, asset: code, unread: `Line ${element?.line ?? parent.line}: ${why}` };
}

function readEntry(entry: Element): StatementEntry {
  const details = children(entry, 'NtryDtls').flatMap((group) => children(group, 'TxDtls'));
  const when = (name: string) => textAt(entry, name, 'Dt') ?? textAt(entry, name, 'DtTm')?.slice(0, 10) ?? null;
  return {
    credit: textAt(entry, 'CdtDbtInd') === 'CRDT',
    reversal: textAt(entry, 'RvslInd') === 'true',
    ...readAmount(entry),
    reference: textAt(entry, 'AcctSvcrRef') ?? textAt(details[0], 'Refs', 'AcctSvcrRef'),
    bookingDate: when('BookgDt'),
    valueDate: when('ValDt'),
    status: textAt(entry, 'Sts', 'Cd') ?? textAt(entry, 'Sts'),
    details: details.map((one) => ({
      instructionId: textAt(one, 'Refs', 'InstrId'),
      endToEndId: textAt(one, 'Refs', 'EndToEndId'),
      creditorAccount: accountIn(child(one, 'RltdPties', 'CdtrAcct')),
      debtorName: textAt(one, 'RltdPties', 'Dbtr', 'Pty', 'Nm') ?? textAt(one, 'RltdPties', 'Dbtr', 'Nm'),
      remittance: textAt(one, 'RmtInf', 'Ustrd'),
      returnReason: textAt(one, 'RtrInf', 'Rsn', 'Cd'),
    })),
  };
}

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
