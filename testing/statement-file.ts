// Statement messages made from a plain description, in any dress that banks send them in: version, prefix, namespace,
// envelope, encoding. Written by hand and not by our writers, so that a reader is not tested against itself.

import { encodeText } from './encode.ts';

export interface PlainEntry {
  /** Minor units of EUR, positive. */
  readonly amount: bigint;
  readonly credit: boolean;
  readonly status: 'BOOK' | 'PDNG' | 'INFO';
  readonly reversal: boolean;
  readonly day: string;
  readonly reference: string;
  /** End-to-end ids of what is in it. */
  readonly transactions: readonly string[];
  readonly name: string;
}
export interface PlainStatement {
  readonly id: string;
  readonly account: string;
  readonly opening: bigint;
  readonly entries: readonly PlainEntry[];
}

export interface Dress {
  /** Of camt.053.001: 02 to 12. */
  readonly version: string;
  /** Without a namespace there is no prefix. */
  readonly namespace: 'iso' | 'foreign' | 'none';
  readonly prefix: string;
  readonly envelope: 'none' | 'business header' | 'payload';
  readonly encoding: string;
  readonly isMarked: boolean;
  readonly isIndented: boolean;
  readonly hasTotals: boolean;
}

export const plainDress: Dress = {
  version: '08',
  namespace: 'iso',
  prefix: '',
  envelope: 'none',
  encoding: 'UTF-8',
  isMarked: false,
  isIndented: true,
  hasTotals: true,
};

export const closingOf = ({ opening, entries }: PlainStatement): bigint =>
  entries.reduce((sum, one) => (one.status === 'BOOK' ? sum + (one.credit ? one.amount : -one.amount) : sum), opening);

export const decimal = (minor: bigint): string => {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(3, '0');
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function statementXml(statements: readonly PlainStatement[], dress: Dress): string {
  const prefix = dress.namespace === 'none' || dress.prefix === '' ? '' : `${dress.prefix}:`;
  const gap = dress.isIndented ? '\n  ' : '';
  const tag = (name: string, inner: string, attributes = ''): string =>
    `${gap}<${prefix}${name}${attributes}>${inner}</${prefix}${name}>`;
  const money = (minor: bigint): string => tag('Amt', decimal(minor < 0n ? -minor : minor), ' Ccy="EUR"');
  const direction = (isCredit: boolean): string => tag('CdtDbtInd', isCredit ? 'CRDT' : 'DBIT');
  const isNew = Number(dress.version) >= 8;
  const balance = (code: string, minor: bigint): string =>
    tag(
      'Bal',
      tag('Tp', tag('CdOrPrtry', tag('Cd', code))) +
        money(minor) +
        direction(minor >= 0n) +
        tag('Dt', tag('Dt', '2026-03-01')),
    );
  const entry = (one: PlainEntry): string =>
    tag(
      'Ntry',
      money(one.amount) +
        direction(one.credit) +
        (one.reversal ? tag('RvslInd', 'true') : '') +
        tag('Sts', isNew ? tag('Cd', one.status) : one.status) +
        tag('BookgDt', tag('Dt', one.day)) +
        tag('ValDt', tag('Dt', one.day)) +
        tag('AcctSvcrRef', escaped(one.reference)) +
        tag('BkTxCd', tag('Prtry', tag('Cd', 'X'))) +
        (one.transactions.length === 0
          ? ''
          : tag(
              'NtryDtls',
              one.transactions
                .map((id) => {
                  const name = tag('Nm', escaped(one.name));
                  return tag(
                    'TxDtls',
                    tag('Refs', tag('EndToEndId', escaped(id))) +
                      tag('RltdPties', tag('Dbtr', isNew ? tag('Pty', name) : name)),
                  );
                })
                .join(''),
            )),
    );
  const totals = (one: PlainStatement): string => {
    const sum = (some: readonly PlainEntry[]): string => decimal(some.reduce((total, each) => total + each.amount, 0n));
    const [credits, debits] = [one.entries.filter((each) => each.credit), one.entries.filter((each) => !each.credit)];
    const group = (name: string, some: readonly PlainEntry[]): string =>
      tag(name, tag('NbOfNtries', String(some.length)) + tag('Sum', sum(some)));
    return tag(
      'TxsSummry',
      group('TtlNtries', one.entries) + group('TtlCdtNtries', credits) + group('TtlDbtNtries', debits),
    );
  };
  const statement = (one: PlainStatement): string =>
    tag(
      'Stmt',
      tag('Id', escaped(one.id)) +
        tag('CreDtTm', '2026-03-01T23:00:00Z') +
        tag('Acct', tag('Id', tag('IBAN', one.account)) + tag('Ccy', 'EUR')) +
        balance('OPBD', one.opening) +
        balance('CLBD', closingOf(one)) +
        (dress.hasTotals ? totals(one) : '') +
        one.entries.map(entry).join(''),
    );
  const name = `camt.053.001.${dress.version}`;
  const namespace = {
    iso: `urn:iso:std:iso:20022:tech:xsd:${name}`,
    foreign: `http://bank.example/schemas/${name}.own.xsd`,
    none: '',
  }[dress.namespace];
  const declared = namespace === '' ? '' : ` xmlns${prefix === '' ? '' : `:${dress.prefix}`}="${namespace}"`;
  const header = tag('GrpHdr', tag('MsgId', 'M-1') + tag('CreDtTm', '2026-03-01T23:00:00Z'));
  const document = tag('Document', tag('BkToCstmrStmt', header + statements.map(statement).join('')), declared);
  const body = {
    none: document.trimStart(),
    payload: `<RequestPayload>\n${document}</RequestPayload>`,
    'business header':
      '<BizMsgEnvlp xmlns="urn:bank:envelope"><h:AppHdr xmlns:h="urn:iso:std:iso:20022:tech:xsd:head.001.001.02">' +
      `<h:BizMsgIdr>B-1</h:BizMsgIdr><h:MsgDefIdr>${name}</h:MsgDefIdr></h:AppHdr>${document}</BizMsgEnvlp>`,
  }[dress.envelope];
  return `<?xml version="1.0" encoding="${dress.encoding}"?>\n${body}`;
}

/** Undefined where the encoding lacks a character. */
export function statementBytes(statements: readonly PlainStatement[], dress: Dress): Uint8Array | undefined {
  const utf16 = dress.encoding === 'UTF-16';
  const bytes = encodeText(statementXml(statements, dress), utf16 ? 'utf-16be' : dress.encoding);
  if (bytes === undefined || !(dress.isMarked || utf16)) return bytes;
  const mark = utf16 ? [0xfe, 0xff] : dress.encoding === 'UTF-8' ? [0xef, 0xbb, 0xbf] : [];
  return new Uint8Array([...mark, ...bytes]);
}
