// One entry of a bank's statement and the transactions in it, in any version of camt.052 / 053 / 054.
//
// Signs: an entry is a credit or a debit by CdtDbtInd alone, also when it reverses an earlier one (ISO 20022: a reversal that
// is a credit undoes a debit).

import { type Agent, accountIn, agentOf, type Mutable, type Party, partyOf } from './account.ts';
import { type Amount, readAmount } from './amount.ts';
import type { Out } from './finding.ts';
import { child, children, type Element, textAt } from './xml.ts';

export interface BankTransactionCode {
  readonly domain: string | null;
  readonly family: string | null;
  readonly subFamily: string | null;
  readonly proprietary: string | null;
  readonly issuer: string | null;
}

export interface Charge {
  readonly amount: Amount;
  /** Null where the message does not say. */
  readonly credit: boolean | null;
  readonly included: boolean | null;
  readonly type: string | null;
}

export interface Exchange {
  readonly source: string | null;
  readonly target: string | null;
  readonly unit: string | null;
  readonly rate: string | null;
}

/** The amounts behind a booked one: as instructed, as moved, and in the other currency. */
export interface AmountDetails {
  readonly instructed: Amount | null;
  readonly transaction: Amount | null;
  readonly counterValue: Amount | null;
  readonly exchange: Exchange | null;
}

export interface StructuredRemittance {
  /** The creditor's reference, such as an ISO 11649 or QR reference. */
  readonly reference: string | null;
  readonly referenceType: string | null;
  readonly documents: readonly string[];
  readonly additional: readonly string[];
}

export interface TransactionDetails {
  readonly messageId: string | null;
  readonly paymentInformationId: string | null;
  readonly instructionId: string | null;
  readonly endToEndId: string | null;
  readonly transactionId: string | null;
  readonly uetr: string | null;
  readonly mandateId: string | null;
  readonly chequeNumber: string | null;
  readonly clearingReference: string | null;
  readonly bankReference: string | null;
  readonly otherReferences: readonly { readonly type: string | null; readonly reference: string | null }[];
  readonly amount: Amount | null;
  readonly credit: boolean | null;
  readonly amounts: AmountDetails | null;
  readonly code: BankTransactionCode | null;
  readonly charges: readonly Charge[];
  readonly debtor: Party | null;
  readonly debtorAccount: string | null;
  readonly debtorAgent: Agent | null;
  readonly creditor: Party | null;
  readonly creditorAccount: string | null;
  readonly creditorAgent: Agent | null;
  readonly ultimateDebtor: Party | null;
  readonly ultimateCreditor: Party | null;
  readonly initiator: Party | null;
  readonly purpose: string | null;
  readonly remittance: readonly string[];
  readonly structured: readonly StructuredRemittance[];
  readonly returnReason: string | null;
  readonly returnInformation: readonly string[];
  readonly additional: string | null;
}

/** What the bank booked as one. */
export interface Batch {
  readonly messageId: string | null;
  readonly paymentInformationId: string | null;
  readonly transactions: string | null;
  readonly total: Amount | null;
}

export interface StatementEntry {
  /** Its place in the statement, from 0. */
  readonly index: number;
  readonly line: number;
  /** Null where the entry does not say; then it has no amount either. */
  readonly credit: boolean | null;
  readonly reversal: boolean;
  /** Minor units, never negative; null where the entry gives none that can be read, for the reason in `unread`. */
  readonly amount: bigint | null;
  readonly unread: string | null;
  readonly asset: string;
  /** The amount as in the message. */
  readonly amountText: string;
  /** BOOK, PDNG, INFO, FUTR or the bank's own word. */
  readonly status: string | null;
  readonly bookingDate: string | null;
  readonly valueDate: string | null;
  /** Where the bank gives the time of booking: as it wrote it. */
  readonly bookedAt: string | null;
  /** The bank's own reference of the booking. */
  readonly reference: string | null;
  readonly entryReference: string | null;
  readonly code: BankTransactionCode | null;
  readonly amounts: AmountDetails | null;
  readonly charges: readonly Charge[];
  readonly batches: readonly Batch[];
  readonly additional: string | null;
  /** Of an entry with very many, the last ones; the others came before it. */
  readonly details: readonly TransactionDetails[];
  /** How many there are in all. */
  readonly detailCount: number;
}

export const yesOrNo = (text: string | null): boolean | null =>
  text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : null;

export const directionOf = (text: string): boolean | null => (text === 'CRDT' ? true : text === 'DBIT' ? false : null);

export function readEntry(
  element: Element,
  index: number,
  details: readonly TransactionDetails[],
  handedOver: number,
  out: Out<never>,
): StatementEntry {
  const read: Mutable<StatementEntry> = {
    ...emptyEntry,
    index,
    line: element.line,
    details,
    detailCount: details.length + handedOver,
  };
  let amount: Amount | null = null;
  for (let one = element.first; one !== null; one = one.next)
    switch (one.name) {
      case 'NtryRef':
        read.entryReference = one.text;
        break;
      case 'Amt':
        amount = readAmount(one, out);
        break;
      case 'CdtDbtInd':
        read.credit = directionOf(one.text);
        break;
      case 'RvslInd':
        read.reversal = yesOrNo(one.text) === true;
        break;
      case 'Sts':
        read.status = (one.first?.text ?? one.text) || null;
        break;
      case 'BookgDt':
        read.bookingDate = dayIn(one);
        if (one.first?.name === 'DtTm') read.bookedAt = one.first.text;
        break;
      case 'ValDt':
        read.valueDate = dayIn(one);
        break;
      case 'AcctSvcrRef':
        read.reference = one.text;
        break;
      case 'BkTxCd':
        read.code = readCode(one);
        break;
      case 'AmtDtls':
        read.amounts = readAmounts(one, out);
        break;
      case 'Chrgs':
        read.charges = [...read.charges, ...readCharges(one, out)];
        break;
      case 'Btch':
        read.batches = [...read.batches, readBatch(one, out)];
        break;
      case 'NtryDtls':
        if (one.first?.name === 'Btch') read.batches = [...read.batches, readBatch(one.first, out)];
        break;
      case 'AddtlNtryInf':
        read.additional = one.text;
        break;
    }
  read.reference ??= details[0]?.bankReference ?? null;
  if (amount === null) {
    read.unread = `Line ${element.line}: It has no amount.`;
    out.finding('amount missing', element.line, 'An entry has no amount.');
    return read;
  }
  read.asset = amount.asset;
  read.amountText = amount.text;
  if (read.credit === null) {
    read.unread = `Line ${element.line}: It does not say whether it is a credit or a debit.`;
    out.finding('direction missing', element.line, 'An entry does not say whether it is a credit or a debit.');
    return read;
  }
  read.amount = amount.minor;
  if (amount.unread !== null) read.unread = `Line ${element.line}: ${amount.unread}`;
  return read;
}

const none: readonly never[] = [];

const emptyEntry: StatementEntry = {
  index: 0,
  line: 0,
  credit: null,
  reversal: false,
  amount: null,
  unread: null,
  asset: '',
  amountText: '',
  status: null,
  bookingDate: null,
  valueDate: null,
  bookedAt: null,
  reference: null,
  entryReference: null,
  code: null,
  amounts: null,
  charges: none,
  batches: none,
  additional: null,
  details: none,
  detailCount: 0,
};

/** The day in a choice of date and time. */
export function dayIn(element: Element): string | null {
  const text = element.first?.text ?? element.text;
  return text === '' ? null : text.length === 10 ? text : text.slice(0, 10);
}

function readCode(element: Element): BankTransactionCode {
  const read: Mutable<BankTransactionCode> = { ...noCode };
  for (let one = element.first; one !== null; one = one.next)
    if (one.name === 'Domn') {
      for (let inner = one.first; inner !== null; inner = inner.next)
        if (inner.name === 'Cd') read.domain = inner.text;
        else if (inner.name === 'Fmly')
          for (let part = inner.first; part !== null; part = part.next) {
            if (part.name === 'Cd') read.family = part.text;
            else if (part.name === 'SubFmlyCd') read.subFamily = part.text;
          }
    } else if (one.name === 'Prtry') {
      read.proprietary = textAt(one, 'Cd');
      read.issuer = textAt(one, 'Issr');
    }
  return read;
}

const noCode: BankTransactionCode = { domain: null, family: null, subFamily: null, proprietary: null, issuer: null };

function readBatch(element: Element, out: Out<never>): Batch {
  const total = child(element, 'TtlAmt');
  return {
    messageId: textAt(element, 'MsgId'),
    paymentInformationId: textAt(element, 'PmtInfId'),
    transactions: textAt(element, 'NbOfTxs'),
    total: total === undefined ? null : readAmount(total, out),
  };
}

/** Charges hang together in one element, as records of it in newer versions. */
function readCharges(element: Element, out: Out<never>): readonly Charge[] {
  const records = children(element, 'Rcrd');
  return (records.length > 0 ? records : [element]).flatMap((one): Charge[] => {
    const amount = child(one, 'Amt');
    if (amount === undefined) return [];
    const type = child(one, 'Tp');
    return [
      {
        amount: readAmount(amount, out),
        credit: directionOf(textAt(one, 'CdtDbtInd') ?? ''),
        included: yesOrNo(textAt(one, 'ChrgInclInd')),
        type: textAt(type, 'Cd') ?? textAt(type, 'Prtry', 'Id') ?? textAt(type, 'Prtry') ?? textAt(type, 'PrtryCd'),
      },
    ];
  });
}

function readAmounts(element: Element, out: Out<never>): AmountDetails {
  const read: Mutable<AmountDetails> = { ...noAmounts };
  for (let one = element.first; one !== null; one = one.next) {
    const amount = child(one, 'Amt');
    if (amount === undefined) continue;
    if (one.name === 'InstdAmt') read.instructed = readAmount(amount, out);
    else if (one.name === 'TxAmt') read.transaction = readAmount(amount, out);
    else if (one.name === 'CntrValAmt') read.counterValue = readAmount(amount, out);
    else continue;
    read.exchange ??= readExchange(child(one, 'CcyXchg'));
  }
  return read;
}

const noAmounts: AmountDetails = { instructed: null, transaction: null, counterValue: null, exchange: null };

const readExchange = (element: Element | undefined): Exchange | null =>
  element === undefined
    ? null
    : {
        source: textAt(element, 'SrcCcy'),
        target: textAt(element, 'TrgtCcy'),
        unit: textAt(element, 'UnitCcy'),
        rate: textAt(element, 'XchgRate'),
      };

export function readDetails(element: Element, out: Out<never>): TransactionDetails {
  const read: Mutable<TransactionDetails> = { ...emptyDetails };
  for (let one = element.first; one !== null; one = one.next)
    switch (one.name) {
      case 'Refs':
        readReferences(one, read);
        break;
      case 'Amt':
        read.amount = readAmount(one, out);
        break;
      case 'CdtDbtInd':
        read.credit = directionOf(one.text);
        break;
      case 'AmtDtls':
        read.amounts = readAmounts(one, out);
        break;
      case 'BkTxCd':
        read.code = readCode(one);
        break;
      case 'Chrgs':
        read.charges = [...read.charges, ...readCharges(one, out)];
        break;
      case 'RltdPties':
        readParties(one, read);
        break;
      case 'RltdAgts':
        for (let agent = one.first; agent !== null; agent = agent.next)
          if (agent.name === 'DbtrAgt') read.debtorAgent = agentOf(agent);
          else if (agent.name === 'CdtrAgt') read.creditorAgent = agentOf(agent);
        break;
      case 'Purp':
        read.purpose = one.first?.text ?? null;
        break;
      case 'RmtInf':
        for (let inner = one.first; inner !== null; inner = inner.next)
          if (inner.name === 'Ustrd') read.remittance = [...read.remittance, inner.text];
          else if (inner.name === 'Strd') read.structured = [...read.structured, readStructured(inner)];
        break;
      case 'RtrInf': {
        const reason = child(one, 'Rsn') ?? child(one, 'RtrRsn');
        read.returnReason = reason?.first?.text ?? null;
        read.returnInformation = [...children(one, 'AddtlInf'), ...children(one, 'AddtlRtrRsnInf')].map(
          (inner) => inner.text,
        );
        break;
      }
      case 'AddtlTxInf':
        read.additional = one.text;
        break;
    }
  return read;
}

const emptyDetails: TransactionDetails = {
  messageId: null,
  paymentInformationId: null,
  instructionId: null,
  endToEndId: null,
  transactionId: null,
  uetr: null,
  mandateId: null,
  chequeNumber: null,
  clearingReference: null,
  bankReference: null,
  otherReferences: none,
  amount: null,
  credit: null,
  amounts: null,
  code: null,
  charges: none,
  debtor: null,
  debtorAccount: null,
  debtorAgent: null,
  creditor: null,
  creditorAccount: null,
  creditorAgent: null,
  ultimateDebtor: null,
  ultimateCreditor: null,
  initiator: null,
  purpose: null,
  remittance: none,
  structured: none,
  returnReason: null,
  returnInformation: none,
  additional: null,
};

function readReferences(element: Element, into: Mutable<TransactionDetails>): void {
  for (let one = element.first; one !== null; one = one.next)
    switch (one.name) {
      case 'MsgId':
        into.messageId = one.text;
        break;
      case 'AcctSvcrRef':
        into.bankReference = one.text;
        break;
      case 'PmtInfId':
        into.paymentInformationId = one.text;
        break;
      case 'InstrId':
        into.instructionId = one.text;
        break;
      case 'EndToEndId':
        into.endToEndId = one.text;
        break;
      case 'UETR':
        into.uetr = one.text;
        break;
      case 'TxId':
        into.transactionId = one.text;
        break;
      case 'MndtId':
        into.mandateId = one.text;
        break;
      case 'ChqNb':
        into.chequeNumber = one.text;
        break;
      case 'ClrSysRef':
        into.clearingReference = one.text;
        break;
      case 'Prtry':
        into.otherReferences = [...into.otherReferences, { type: textAt(one, 'Tp'), reference: textAt(one, 'Ref') }];
        break;
    }
}

function readParties(element: Element, into: Mutable<TransactionDetails>): void {
  for (let one = element.first; one !== null; one = one.next)
    switch (one.name) {
      case 'Dbtr':
        into.debtor = partyOf(one);
        break;
      case 'DbtrAcct':
        into.debtorAccount = accountIn(one);
        break;
      case 'UltmtDbtr':
        into.ultimateDebtor = partyOf(one);
        break;
      case 'Cdtr':
        into.creditor = partyOf(one);
        break;
      case 'CdtrAcct':
        into.creditorAccount = accountIn(one);
        break;
      case 'UltmtCdtr':
        into.ultimateCreditor = partyOf(one);
        break;
      case 'InitgPty':
        into.initiator = partyOf(one);
        break;
    }
}

function readStructured(element: Element): StructuredRemittance {
  const reference = child(element, 'CdtrRefInf');
  const type = child(reference, 'Tp', 'CdOrPrtry') ?? child(reference, 'CdtrRefTp');
  return {
    reference: textAt(reference, 'Ref') ?? textAt(reference, 'CdtrRef'),
    referenceType: textAt(type, 'Cd') ?? textAt(type, 'Prtry'),
    documents: children(element, 'RfrdDocInf').flatMap((one) => textAt(one, 'Nb') ?? textAt(one, 'RfrdDocNb') ?? []),
    additional: children(element, 'AddtlRmtInf').map((one) => one.text),
  };
}
