// What goes between us and whoever keeps the keys of digital assets: withdrawal orders out, refusals of them and watch-only
// statements in. A statement is JSON lines: one line for the whole, then one for each final transaction (docs/digital-assets.md).

import { z } from 'zod';
import { addressText, confirmationsNeeded, networks, networksOfAsset } from './address.ts';
import { type Asset, assetByCode, assetCode } from './asset.ts';
import { eventId, nameId } from './ids.ts';
import { decimalToMinor, minorToDecimal } from './money.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';
import { unicodeText } from './text.ts';
import { type Day, instant } from './time.ts';

export const watchOnlyFormat = 'custos-watch-only/1';
export const custodyAnswerFormat = 'custos-custody-answer/1';
export const withdrawalFormat = 'custos-withdrawal/1';

const decimal = z.string().regex(/^-?(0|[1-9]\d{0,18})(\.\d{1,18})?$/);

const headSchema = z.strictObject({
  format: z.literal(watchOnlyFormat),
  statement: unicodeText(1, 64),
  asset: assetCode,
  /** The pool that this store is of; the main one if none is named. */
  pool: nameId.optional(),
  asOf: instant,
  /** The last block that was looked at, per network. */
  heights: z.partialRecord(z.enum(networks), z.int().min(0)),
  opening: decimal,
  closing: decimal,
  transactions: z.int().min(0).max(1_000_000),
});
const transactionSchema = z.strictObject({
  txid: z.string().regex(/^[0-9A-Za-z]{8,64}$/),
  /** Which output, where one transaction pays to several of ours. */
  output: z.int().min(0).max(9999).optional(),
  network: z.enum(networks),
  /** Ours when money comes, the payee's when it goes. */
  address: addressText,
  /** The custody account number, where the store tells whose deposit it is. */
  tag: unicodeText(1, 34).optional(),
  amount: decimal,
  confirmations: z.int().min(0),
  time: instant,
  height: z.int().min(0),
  /** The withdrawal order that it carries out. */
  order: eventId.optional(),
});
const answerSchema = z.strictObject({
  format: z.literal(custodyAnswerFormat),
  id: unicodeText(1, 64),
  order: eventId,
  outcome: z.literal('rejected'),
  code: unicodeText(1, 8),
});
const orderSchema = z.strictObject({
  format: z.literal(withdrawalFormat),
  order: eventId,
  asset: assetCode,
  network: z.enum(networks),
  address: addressText,
  amount: decimal,
});
export type WithdrawalOrder = z.infer<typeof orderSchema>;

export interface Transaction {
  readonly reference: string;
  readonly network: (typeof networks)[number];
  readonly address: string;
  readonly tag: string | null;
  /** Signed minor units: positive when it came in. */
  readonly amount: bigint;
  readonly day: Day;
  readonly order: z.infer<typeof eventId> | null;
}
export interface WatchOnlyStatement {
  readonly kind: 'statement';
  readonly id: string;
  readonly asset: string;
  readonly pool: string | undefined;
  readonly day: Day;
  readonly opening: bigint;
  readonly closing: bigint;
  readonly transactions: readonly Transaction[];
}
export type CustodyMessage = WatchOnlyStatement | ({ readonly kind: 'answer' } & z.infer<typeof answerSchema>);

/** Whether a text is of this family at all: everything else that comes is XML. */
export const isCustodyText = (text: string): boolean => /^\uFEFF?\s*\{/.test(text);

/** A withdrawal order as it is handed to whoever signs the transaction. */
export const writeWithdrawal = (order: Omit<WithdrawalOrder, 'format' | 'amount'> & { amount: bigint }): string =>
  JSON.stringify({
    ...{ format: withdrawalFormat, order: order.order, asset: order.asset, network: order.network },
    ...{ address: order.address, amount: minorToDecimal(order.amount, scaleOf(order.asset)) },
  } satisfies WithdrawalOrder);

export function readWithdrawal(text: string): { order: WithdrawalOrder; amount: bigint } | undefined {
  const parsed = orderSchema.safeParse(jsonOf(text));
  if (!parsed.success) return undefined;
  const amount = decimalToMinor(parsed.data.amount, scaleOf(parsed.data.asset));
  return amount.ok ? { order: parsed.data, amount: amount.value } : undefined;
}

/** Which message of which id it is; refused when it is none. */
export function nameCustodyText(text: string): Result<{ format: string; id: string }> {
  const [first = ''] = linesOf(text);
  const head = headSchema.safeParse(jsonOf(first));
  if (head.success) return ok({ format: head.data.format, id: head.data.statement });
  const answer = answerSchema.safeParse(jsonOf(first));
  if (answer.success) return ok({ format: answer.data.format, id: answer.data.id });
  return no(
    'not a custody file',
    'Its first line is neither that of a watch-only statement nor an answer to an order.',
  );
}

/** Read whole and checked: every transaction is final, and opening + transactions = closing. */
export function readCustodyText(text: string): Result<CustodyMessage, Refusal> {
  const [first = '', ...rest] = linesOf(text);
  const answer = answerSchema.safeParse(jsonOf(first));
  if (answer.success) return ok({ kind: 'answer', ...answer.data });
  const head = headSchema.safeParse(jsonOf(first));
  if (!head.success) return no('not a custody file', whereOf(head.error, 1));
  const { statement: id, asset: code, pool, asOf, transactions: count } = head.data;
  const asset = assetByCode(code);
  const ours = networksOfAsset(code);
  if (asset === undefined || ours.length === 0) return no('malformed', `${code} is not a digital asset.`);
  const [opening, closing] = [signedMinor(head.data.opening, asset), signedMinor(head.data.closing, asset)];
  if (!opening.ok) return no('malformed', `Line 1: ${opening.refusal.why}`);
  if (!closing.ok) return no('malformed', `Line 1: ${closing.refusal.why}`);
  const transactions: Transaction[] = [];
  const seen = new Set<string>();
  let balance = opening.value;
  for (const [i, line] of rest.entries()) {
    const at = `Line ${i + 2}`;
    const read = transactionSchema.safeParse(jsonOf(line));
    if (!read.success) return no('malformed', whereOf(read.error, i + 2));
    const { txid, output, network, confirmations, time, order, tag } = read.data;
    const amount = signedMinor(read.data.amount, asset);
    if (!amount.ok) return no('malformed', `${at}: ${amount.refusal.why}`);
    if (amount.value === 0n) return no('malformed', `${at}: nothing moved.`);
    if (!ours.includes(network)) return no('malformed', `${at}: ${code} is not kept on ${network}.`);
    if (confirmations < confirmationsNeeded[network])
      return no(
        'not final',
        `${at}: transaction ${txid} has ${confirmations} confirmations, and ${confirmationsNeeded[network]} make it final.`,
      );
    const reference = output === undefined ? txid : `${txid}:${output}`;
    if (seen.has(reference)) return no('malformed', `${at}: ${reference} is there twice.`);
    seen.add(reference);
    balance += amount.value;
    const day = time.slice(0, 10) as Day;
    const named = { reference, network, address: read.data.address, tag: tag ?? null, order: order ?? null };
    transactions.push({ ...named, amount: amount.value, day });
  }
  if (transactions.length !== count)
    return no('malformed', `It says ${count} transactions and has ${transactions.length}.`);
  if (balance !== closing.value)
    return no(
      'not balanced',
      `${head.data.opening} and its transactions make ${minorToDecimal(balance, asset)}, and it closes with ${head.data.closing}.`,
    );
  const ends = { opening: opening.value, closing: closing.value };
  return ok({ kind: 'statement', id, asset: code, pool, day: asOf.slice(0, 10) as Day, ...ends, transactions });
}

const no = (type: string, why: string) =>
  refuse(type, 'The file was not taken in.', why, 'Ask the custodian for a right one.');

function signedMinor(text: string, asset: Asset): Result<bigint> {
  const size = decimalToMinor(text.replace(/^-/, ''), asset);
  return size.ok ? ok(text.startsWith('-') ? -size.value : size.value) : size;
}

const scaleOf = (code: string): Asset => assetByCode(code) ?? { code, scale: 0 };

const linesOf = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => line.trim() !== '');

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const whereOf = (error: z.ZodError, line: number): string => {
  const [issue] = error.issues;
  return `Line ${line}: ${issue === undefined ? 'it' : issue.path.join('.') || 'it'} is not as the format says.`;
};
