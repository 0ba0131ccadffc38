// What is in a message file, in one object: which message and version, whether it is well-formed, its statements and payments
// with their counts and sums, and everything that is odd about it. Amounts are decimal text in units of the currency, with
// the decimals that the currency has, and more only where the file has more.

import type { MessageItem } from './message.ts';
import { everyFamily } from './message.ts';
import { addPayment, newPaymentTotals, sumsOf } from './payment.ts';
import { openReader } from './reader.ts';

export interface Inspection {
  /** Such as camt.053.001.08; the family alone, such as pain.002, where the file does not say more; null where it is none. */
  readonly message: string | null;
  /** The version, as ISO 20022 counts it: the last two digits. */
  readonly version: string | null;
  readonly wellFormed: boolean;
  readonly schema: 'valid' | 'invalid' | 'unknown';
  readonly errors: readonly InspectionError[];
  readonly statements: readonly InspectedStatement[];
  readonly payments: { readonly count: number; readonly sums: Readonly<Record<string, string>> };
}
export interface InspectionError {
  readonly line: number | null;
  readonly what: string;
}
export interface InspectedStatement {
  readonly id: string;
  readonly account: string | null;
  readonly currency: string | null;
  readonly opening: string | null;
  readonly closing: string | null;
  readonly entries: number;
  readonly credits: { readonly count: number; readonly sum: string };
  readonly debits: { readonly count: number; readonly sum: string };
  readonly balanced: boolean | null;
}

/** Of a file that could not be read at all. */
export const uninspected = (what: string, line: number | null = null): Inspection => ({
  message: null,
  version: null,
  wellFormed: false,
  schema: 'unknown',
  errors: [{ line, what }],
  statements: [],
  payments: { count: 0, sums: {} },
});

/** Takes a file chunk by chunk. `push` says whether to go on. */
export function openInspection(): { push(bytes: Uint8Array): boolean; end(): Inspection } {
  const reader = openReader(everyFamily);
  const statements: InspectedStatement[] = [];
  const payments = newPaymentTotals();
  let broken: InspectionError | undefined;

  const take = (items: readonly MessageItem[]): void => {
    for (const item of items)
      if (item.kind === 'statement') {
        const { id, account, asset, openingText, closingText, entryCount, credits, debits, balanced } = item.summary;
        const ends = { opening: openingText, closing: closingText };
        statements.push({ id, account, currency: asset, ...ends, entries: entryCount, credits, debits, balanced });
      } else if (item.kind === 'payment') addPayment(payments, item.payment.amount);
      else if (item.kind === 'return') addPayment(payments, item.returned.returned);
  };
  const took = (result: ReturnType<typeof reader.push>): boolean => {
    if (result.ok) take(result.value);
    else broken ??= { line: reader.line, what: result.refusal.why };
    return result.ok;
  };
  return {
    push: (bytes) => broken === undefined && took(reader.push(bytes)),
    end() {
      if (broken === undefined) took(reader.end());
      const message = reader.head?.message ?? reader.unreadMessage;
      const version = /\.(\d{2})$/.exec(message ?? '')?.[1] ?? null;
      if (broken !== undefined) return { ...uninspected(broken.what, broken.line), message, version };
      return {
        message,
        version,
        wellFormed: true,
        schema: 'unknown',
        errors: [...findingsOf(reader)],
        statements,
        payments: { count: payments.count, sums: sumsOf(payments) },
      };
    },
  };
}

function* findingsOf(reader: ReturnType<typeof openReader>): Generator<InspectionError> {
  if (reader.head === null)
    yield {
      line: null,
      what:
        reader.unreadMessage === null
          ? 'It holds no ISO 20022 message that Custos knows.'
          : `Custos does not read what is in a ${reader.unreadMessage}.`,
    };
  for (const { name, line, what } of reader.findings) yield { line, what: `${name}: ${what}` };
  const more = reader.findingCount - reader.findings.length;
  if (more > 0) yield { line: null, what: `There are ${more} more.` };
}
