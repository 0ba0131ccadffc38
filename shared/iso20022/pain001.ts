// pain.001, customer credit transfer initiation: read from a platform in any version and dialect, written to the bank's core
// as pain.001.001.09.

import { type Asset, assetByCode } from '../asset.ts';
import { decimalToMinor, type Minor, minorToDecimal } from '../money.ts';
import { ok, type Refusal, type Result, refuse } from '../result.ts';
import type { Day, Instant } from '../time.ts';
import { accountIn, accountTree, agentTree } from './account.ts';
import type { FindingName } from './finding.ts';
import { addPayment, type CreditTransfer, checkTotals, newPaymentTotals, readTransfer } from './payment.ts';
import { type Family, readWhole } from './reader.ts';
import { schemaText, type Tree, writeXml } from './write.ts';
import { child, type Plan, textAt } from './xml.ts';

/** One credit transfer as the platform asks for it; `refusal` says why it cannot become an instruction. */
export interface PlatformPayment {
  /** Position in the file, from 0. */
  readonly index: number;
  readonly paymentInformation: string | null;
  readonly batchBooking: boolean;
  readonly debtorAccount: string | null;
  readonly instructionId: string | null;
  readonly endToEndId: string;
  readonly asset: string;
  readonly amount: Minor;
  readonly creditorName: string;
  readonly creditorAccount: string;
  readonly creditorAgent: string | null;
  readonly remittance: string | null;
  /** The day on which it is to be carried out, as the file has it. */
  readonly requestedDate: string | null;
  readonly refusal: Refusal | null;
}

export interface PlatformFile {
  /** Such as pain.001.001.09; from the namespace, or `pain.001` where there is none. */
  readonly message: string;
  readonly messageId: string | null;
  readonly payments: readonly PlatformPayment[];
  /** What is odd about the file as a whole, such as totals that are not those of its payments. */
  readonly findings: readonly string[];
}

const transfer: Plan = { is: 'record' };

/** The same as a stream of payments, for openReader. */
export const pain001: Family<{ readonly kind: 'payment'; readonly payment: CreditTransfer }> = {
  name: 'pain.001',
  bodies: ['CstmrCdtTrfInitn', 'pain.001'],
  plan: { parts: { PmtInf: { is: 'record', parts: { CdtTrfTxInf: transfer } }, SplmtryData: { is: 'skipped' } } },
  open(out) {
    let index = 0;
    let whole = newPaymentTotals();
    let group = newPaymentTotals();
    let seen: string | null = null;
    return {
      record(element) {
        if (element.name === 'CdtTrfTxInf') {
          const payment = readTransfer(element, index, element.parent ?? undefined, out);
          index += 1;
          seen ??= payment.debtorAccount ?? '';
          for (const totals of [whole, group]) addPayment(totals, payment.amount);
          out.item({ kind: 'payment', payment });
          return;
        }
        if (seen !== null && seen !== (accountIn(child(element, 'DbtrAcct')) ?? ''))
          out.finding('out of order', element.line, 'A group of payments names its account after them.');
        checkTotals(element, group, `The group ${textAt(element, 'PmtInfId') ?? ''}`, out);
        group = newPaymentTotals();
        seen = null;
      },
      end(body) {
        checkTotals(child(body, 'GrpHdr'), whole, 'The file', out);
        whole = newPaymentTotals();
      },
    };
  },
};

export function readPain001(text: string): Result<PlatformFile, Refusal> {
  const read = readWhole(text, [pain001], {
    type: 'not a pain.001',
    what: 'The file was not read.',
    why: 'It has no customer credit transfer.',
    next: 'Choose a pain.001 file.',
  });
  if (!read.ok) return read;
  const { head, items, findings } = read.value;
  return ok({
    message: head.message,
    messageId: head.messageId,
    payments: items.map(({ payment }) => asPlatformPayment(payment)),
    findings: findings.filter(({ name }) => ofTheFile.has(name)).map(({ what }) => what),
  });
}

/** What is odd about one payment is in its refusal. */
const ofTheFile: ReadonlySet<FindingName> = new Set([
  'control sum',
  'count',
  'other message',
  'out of order',
  'prefix undeclared',
]);

function asPlatformPayment(one: CreditTransfer): PlatformPayment {
  const amount = payable(one);
  const what = 'The payment was not made.';
  const missing = one.debtorAccount === null ? 'debtor' : one.creditorAccount === null ? 'creditor' : null;
  const refusal = !amount.ok
    ? amount.refusal
    : missing === null
      ? null
      : refuse('account missing', what, `It names no ${missing} account.`, 'Ask the platform to name it.').refusal;
  return {
    index: one.index,
    paymentInformation: one.paymentInformation,
    batchBooking: one.batchBooking,
    debtorAccount: one.debtorAccount,
    instructionId: one.instructionId,
    endToEndId: (one.endToEndId ?? 'NOTPROVIDED').slice(0, 35),
    asset: one.amount?.asset ?? '',
    amount: amount.ok ? amount.value : (0n as Minor),
    creditorName: one.creditor?.name ?? '',
    creditorAccount: one.creditorAccount ?? '',
    creditorAgent: one.creditorAgent?.id ?? null,
    remittance: one.remittance[0] ?? one.creditorReference,
    requestedDate: one.date,
    refusal,
  };
}

function payable({ amount, payIn }: CreditTransfer): Result<Minor, Refusal> {
  const what = 'The payment was not made.';
  if (amount === null || payIn !== null)
    return refuse('amount missing', what, 'It has no instructed amount.', 'Ask the platform for the amount to pay.');
  const asset = assetByCode(amount.asset);
  if (asset === undefined)
    return refuse(
      'asset unknown',
      what,
      `${amount.asset || 'The currency'} is not a currency we know.`,
      'Correct the currency.',
    );
  const read = decimalToMinor(amount.text, asset);
  if (read.ok && read.value === 0n)
    return refuse('amount malformed', what, 'The amount is zero.', 'Correct the amount.');
  return read;
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
    /** An exchange between two accounts of ours: `amount` is what is sold, of the order's asset. */
    readonly exchange?: ExchangeTerms;
  }[];
}

/** What was agreed with the bank: its quote, and which of the two amounts is the fixed one. */
export interface ExchangeTerms {
  readonly bought: Asset;
  readonly boughtAmount: bigint;
  readonly fixed: 'sold' | 'bought';
  readonly base: string;
  readonly rate: string;
  readonly quote: string;
}

/** The fixed amount and the rate go out; the bank works out the other amount, as we did. */
function amountTree(
  amount: bigint,
  asset: Asset,
  exchange: ExchangeTerms | undefined,
): { readonly Amt: Tree; readonly XchgRateInf?: Tree } {
  if (exchange === undefined)
    return { Amt: { InstdAmt: { '@_Ccy': asset.code, '#text': minorToDecimal(amount, asset) } } };
  const { bought, boughtAmount, fixed, base, rate, quote } = exchange;
  const sold = { '@_Ccy': asset.code, '#text': minorToDecimal(amount, asset) };
  return {
    Amt:
      fixed === 'sold'
        ? { EqvtAmt: { Amt: sold, CcyOfTrf: bought.code } }
        : { InstdAmt: { '@_Ccy': bought.code, '#text': minorToDecimal(boughtAmount, bought) } },
    XchgRateInf: { UnitCcy: base, XchgRate: rate, RateTp: 'AGRD', CtrctId: schemaText(quote, 35) },
  };
}

/** The amount that an order names, and of which asset. */
const named = (one: PaymentOrder['transactions'][number], asset: Asset): { asset: Asset; amount: bigint } =>
  one.exchange?.fixed === 'bought'
    ? { asset: one.exchange.bought, amount: one.exchange.boughtAmount }
    : { asset, amount: one.amount };

export function writePain001(order: PaymentOrder): string {
  const { asset, transactions } = order;
  const sum = minorToDecimal(
    transactions.reduce((total, one) => total + named(one, asset).amount, 0n),
    transactions[0] === undefined ? asset : named(transactions[0], asset).asset,
  );
  const perAccount = Map.groupBy(transactions, (one) => one.debtorAccount);
  const information = [...perAccount].map(
    ([account, items], i): Tree => ({
      PmtInfId: `${order.messageId.slice(0, 30)}-${i}`,
      PmtMtd: 'TRF',
      ReqdExctnDt: { Dt: order.executionDate },
      Dbtr: { Nm: schemaText(order.debtorName, 140) },
      DbtrAcct: accountTree(account, items[0]?.exchange === undefined ? undefined : asset.code),
      DbtrAgt: agentTree(order.debtorAgent),
      CdtTrfTxInf: items.map((one) => ({
        PmtId: { InstrId: one.instructionId, EndToEndId: schemaText(one.endToEndId, 35) },
        ...amountTree(one.amount, asset, one.exchange),
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
