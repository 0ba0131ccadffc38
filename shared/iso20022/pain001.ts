// pain.001, customer credit transfer initiation: read from a platform in any version and dialect, written to the bank's core
// as pain.001.001.09.

import { type Asset, assetByCode } from '../asset.ts';
import { decimalToMinor, type Minor, minorToDecimal } from '../money.ts';
import { ok, type Refusal, type Result, refuse } from '../result.ts';
import type { Day, Instant } from '../time.ts';
import { accountIn, accountTree, agentIn, agentTree } from './account.ts';
import { child, children, type Element, find, parseXml, schemaText, type Tree, textAt, writeXml } from './xml.ts';

/** One credit transfer as the platform asks for it; `refusal` says why it cannot become an instruction. */
export interface PlatformPayment {
  /** Position in the file, from 0. */
  readonly index: number;
  readonly paymentInformation: string | null;
  readonly batchBooking: boolean;
  readonly debtorAccount: string | null;
  readonly endToEndId: string;
  readonly asset: string;
  readonly amount: Minor;
  readonly creditorName: string;
  readonly creditorAccount: string;
  readonly creditorAgent: string | null;
  readonly remittance: string | null;
  readonly refusal: Refusal | null;
}

export interface PlatformFile {
  /** Such as pain.001.001.09; from the namespace, or `pain.001` where there is none. */
  readonly message: string;
  readonly messageId: string | null;
  readonly payments: readonly PlatformPayment[];
  /** The file's own totals where they differ from ours. */
  readonly findings: readonly string[];
}

export function readPain001(text: string): Result<PlatformFile, Refusal> {
  const root = parseXml(text);
  if (!root.ok) return root;
  const body = find(root.value, 'CstmrCdtTrfInitn') ?? find(root.value, 'pain.001.001.02');
  if (body === undefined)
    return refuse(
      'not a pain.001',
      'The file was not read.',
      'It has no customer credit transfer.',
      'Choose a pain.001 file.',
    );
  const header = child(body, 'GrpHdr');
  const payments: PlatformPayment[] = [];
  for (const information of children(body, 'PmtInf'))
    for (const transaction of children(information, 'CdtTrfTxInf'))
      payments.push(readTransaction(payments.length, information, transaction));
  return ok({
    message: /pain\.001\.\d{3}\.\d{2}/.exec(body.namespace)?.[0] ?? 'pain.001',
    messageId: textAt(header, 'MsgId'),
    payments,
    findings: [...totals(header, payments)],
  });
}

function readTransaction(index: number, information: Element, transaction: Element): PlatformPayment {
  const amount = child(transaction, 'Amt', 'InstdAmt');
  const code = amount?.attributes.Ccy ?? '';
  const asset = assetByCode(code);
  const read = readAmount(amount?.text, asset, code);
  const debtorAccount = accountIn(child(information, 'DbtrAcct'));
  const creditorAccount = accountIn(child(transaction, 'CdtrAcct'));
  const what = 'The payment was not made.';
  const missing = debtorAccount === null ? 'debtor' : creditorAccount === null ? 'creditor' : null;
  const refusal = !read.ok
    ? read.refusal
    : missing === null
      ? null
      : refuse('account missing', what, `It names no ${missing} account.`, 'Ask the platform to name it.').refusal;
  return {
    index,
    paymentInformation: textAt(information, 'PmtInfId'),
    batchBooking: textAt(information, 'BtchBookg') === 'true',
    debtorAccount,
    endToEndId: (textAt(transaction, 'PmtId', 'EndToEndId') ?? 'NOTPROVIDED').slice(0, 35),
    asset: code,
    amount: read.ok ? read.value : (0n as Minor),
    creditorName: textAt(transaction, 'Cdtr', 'Nm') ?? '',
    creditorAccount: creditorAccount ?? '',
    creditorAgent: agentIn(child(transaction, 'CdtrAgt')),
    remittance: textAt(transaction, 'RmtInf', 'Ustrd') ?? textAt(transaction, 'RmtInf', 'Strd', 'CdtrRefInf', 'Ref'),
    refusal,
  };
}

function readAmount(text: string | undefined, asset: Asset | undefined, code: string): Result<Minor, Refusal> {
  const what = 'The payment was not made.';
  if (text === undefined)
    return refuse('amount missing', what, 'It has no instructed amount.', 'Ask the platform for the amount to pay.');
  if (asset === undefined)
    return refuse(
      'asset unknown',
      what,
      `${code || 'The currency'} is not a currency we know.`,
      'Correct the currency.',
    );
  const amount = decimalToMinor(text, asset);
  if (amount.ok && amount.value === 0n)
    return refuse('amount malformed', what, 'The amount is zero.', 'Correct the amount.');
  return amount;
}

function* totals(header: Element | undefined, payments: readonly PlatformPayment[]): Generator<string> {
  const count = textAt(header, 'NbOfTxs');
  if (count !== null && Number(count) !== payments.length)
    yield `The file says ${count} payments and has ${payments.length}.`;
  const sum = textAt(header, 'CtrlSum');
  if (sum === null || payments.some((payment) => payment.refusal !== null)) return;
  const scale = 18;
  const exact = { code: '', scale };
  const ours = payments.reduce(
    (total, one) => total + one.amount * 10n ** BigInt(scale - (assetByCode(one.asset)?.scale ?? 0)),
    0n,
  );
  const theirs = /^\d+(\.\d+)?$/.test(sum)
    ? BigInt(sum.replace(/^(\d+)\.?(\d*)$/, (_, whole, part) => whole + part.padEnd(scale, '0')))
    : -1n;
  if (theirs !== ours)
    yield `The file says the sum is ${sum}, and it is ${minorToDecimal(ours, exact).replace(/\.?0+$/, '')}.`;
}

/** What the bank is to pay for one approved instruction. */
export interface PaymentOrder {
  readonly messageId: string;
  readonly createdAt: Instant;
  readonly executionDate: Day;
  readonly initiator: string;
  readonly debtorName: string;
  readonly debtorAgent: string | null;
  readonly asset: Asset;
  readonly transactions: readonly {
    readonly debtorAccount: string;
    /** At most 35 characters: our own reference, which every answer quotes. */
    readonly instructionId: string;
    readonly endToEndId: string;
    readonly amount: bigint;
    readonly creditorName: string;
    readonly creditorAccount: string;
    readonly creditorAgent: string | null;
    readonly remittance: string | null;
  }[];
}

export function writePain001(order: PaymentOrder): string {
  const { asset, transactions } = order;
  const sum = minorToDecimal(
    transactions.reduce((total, one) => total + one.amount, 0n),
    asset,
  );
  const perAccount = Map.groupBy(transactions, (one) => one.debtorAccount);
  const information = [...perAccount].map(
    ([account, items], i): Tree => ({
      PmtInfId: `${order.messageId.slice(0, 30)}-${i}`,
      PmtMtd: 'TRF',
      ReqdExctnDt: { Dt: order.executionDate },
      Dbtr: { Nm: schemaText(order.debtorName, 140) },
      DbtrAcct: accountTree(account),
      DbtrAgt: agentTree(order.debtorAgent),
      CdtTrfTxInf: items.map((one) => ({
        PmtId: { InstrId: one.instructionId, EndToEndId: schemaText(one.endToEndId, 35) },
        Amt: { InstdAmt: { '@_Ccy': asset.code, '#text': minorToDecimal(one.amount, asset) } },
        CdtrAgt: one.creditorAgent === null ? undefined : agentTree(one.creditorAgent),
        Cdtr: { Nm: schemaText(one.creditorName, 140) },
        CdtrAcct: accountTree(one.creditorAccount),
        RmtInf: one.remittance === null ? undefined : { Ustrd: schemaText(one.remittance, 140) },
      })),
    }),
  );
  return writeXml('urn:iso:std:iso:20022:tech:xsd:pain.001.001.09', {
    CstmrCdtTrfInitn: {
      GrpHdr: {
        MsgId: order.messageId,
        CreDtTm: order.createdAt,
        NbOfTxs: String(transactions.length),
        CtrlSum: sum,
        InitgPty: { Nm: schemaText(order.initiator, 140) },
      },
      PmtInf: information,
    },
  });
}
