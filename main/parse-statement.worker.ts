// The thread that reads a statement file: decodes, parses, checks that it adds up, hashes, and hands on rows.

import { parentPort, workerData } from 'node:worker_threads';
import { openSha256 } from '../crypto/digest.ts';
import { assert } from '../shared/assert.ts';
import { type StatementItem, statementFamilies } from '../shared/iso20022/camt.ts';
import type { StatementEntry, TransactionDetails } from '../shared/iso20022/entry.ts';
import { openReader } from '../shared/iso20022/reader.ts';
import type { Schemas, SchemaVerdict } from '../shared/iso20022/schema.ts';
import { keepForVerdict, verdictOf } from '../shared/iso20022/verdict.ts';
import type { Refusal, Result } from '../shared/result.ts';
import type { ParsedLine, ParsedStatement, ParserData, ParserInput, ParserOutput } from './parse-statement.ts';

assert(parentPort, 'statements are parsed in a thread of their own');
const port = parentPort;
const reader = openReader(statementFamilies);
const { schemaDirectory } = workerData as ParserData;
const digest = openSha256();
const kept = keepForVerdict();
let bytes = 0;
let account: string | null = null;
let nextLine = 0;
/** The line that was kept for an entry whose transactions come before it. */
let openEntry: number | null = null;
let firstLine = 0;
let lines: ParsedLine[] = [];
let statements: ParsedStatement[] = [];
let hasEnded = false;

port.on('message', (input: ParserInput) => {
  if (hasEnded) return;
  if ('part' in input) {
    digest.update(input.part);
    bytes += input.part.length;
    if (schemaDirectory !== null) kept.add(input.part);
    void take(readInSteps(input.part), false);
  } else void take(reader.end(), true);
});

/** A little at a time, so that what is read of it is gone before there is much of it to be moved about. */
const step = 64 << 10;

function readInSteps(part: Uint8Array): Result<readonly StatementItem[], Refusal> {
  for (let at = 0; at + step < part.length; at += step) {
    const read = reader.push(part.subarray(at, at + step));
    if (!read.ok) return read;
    for (const item of read.value) takeItem(item);
  }
  return reader.push(part.subarray(Math.floor((part.length - 1) / step) * step));
}

async function take(read: Result<readonly StatementItem[], Refusal>, isLast: boolean): Promise<void> {
  if (read.ok) for (const item of read.value) takeItem(item);
  hasEnded = isLast || !read.ok;
  const verdict = isLast && read.ok ? await judge() : noVerdict;
  port.postMessage({
    bytes,
    head: reader.head,
    account,
    lines,
    statements,
    ended: outcome(read, isLast, verdict),
  } satisfies ParserOutput);
  lines = [];
  statements = [];
}

function outcome(read: Result<unknown, Refusal>, isLast: boolean, verdict: SchemaVerdict): ParserOutput['ended'] {
  if (!read.ok) return { ok: false, refusal: { ...read.refusal, why: `Line ${reader.line}: ${read.refusal.why}` } };
  if (!isLast) return null;
  if (reader.head === null)
    return {
      ok: false,
      refusal: {
        type: 'no statement',
        what: 'The file was not read.',
        why: `It holds no account report, statement or notification${reader.unreadMessage === null ? '' : `: it is a ${reader.unreadMessage}`}.`,
        next: 'Choose a camt.052, camt.053 or camt.054 of the bank.',
      },
    };
  const { findings, findingCount } = reader;
  return { ok: true, digest: digest.end(), findings, findingCount, verdict };
}

const noVerdict: SchemaVerdict = { schema: 'unknown', errors: [] };

/** The checker is loaded only for a file that it may check. */
async function judge(): Promise<SchemaVerdict> {
  const { head } = reader;
  if (head === null) return noVerdict;
  const whole = kept.whole();
  let schemas: Schemas | undefined;
  if (schemaDirectory !== null && whole !== undefined)
    schemas = (await import('../disk/schemas.ts')).schemasIn(schemaDirectory);
  // Too large comes first: then it does not matter what schemas there are.
  return verdictOf(head.message, whole === undefined ? nothingChecked : schemas, whole);
}

const nothingChecked = { check: () => noVerdict };

function takeItem(item: StatementItem): void {
  switch (item.kind) {
    case 'statement begins':
      account ??= item.head.account;
      firstLine = nextLine;
      return;
    case 'details':
      openEntry ??= nextLine++;
      for (const details of item.details) addTransaction(item.statement, openEntry, details, item.entry);
      return;
    case 'entry':
      addEntry(item.statement, item.entry);
      return;
    case 'statement':
      statements.push({
        statement: item.statement,
        firstLine,
        lastLine: nextLine - 1,
        summary: item.summary,
        record: JSON.stringify(said(item.summary)),
      });
  }
}

/** An entry of one transaction is one line; of several, a line for itself and one for each. */
function addEntry(statement: number, entry: StatementEntry): void {
  const line = openEntry ?? nextLine++;
  openEntry = null;
  const only = entry.detailCount === 1 ? entry.details[0] : undefined;
  const { details, ...own } = entry;
  lines.push({
    line,
    statement,
    entry: line,
    amount: entry.amount,
    credit: entry.credit,
    status: entry.status,
    reversal: entry.reversal,
    bookingDay: entry.bookingDate,
    valueDay: entry.valueDate,
    reference: entry.reference,
    endToEndId: only?.endToEndId ?? null,
    instructionId: only?.instructionId ?? null,
    transactionId: only?.transactionId ?? null,
    record: JSON.stringify(said(only === undefined ? own : { ...own, transaction: only })),
  });
  if (only === undefined) for (const one of details) addTransaction(statement, line, one, entry);
}

function addTransaction(statement: number, entry: number, one: TransactionDetails, whole: StatementEntry): void {
  lines.push({
    line: nextLine++,
    statement,
    entry,
    amount: one.amount === null || one.amount.asset !== whole.asset ? null : one.amount.minor,
    credit: one.credit ?? whole.credit,
    status: whole.status,
    reversal: whole.reversal,
    bookingDay: whole.bookingDate,
    valueDay: whole.valueDate,
    reference: one.bankReference,
    endToEndId: one.endToEndId,
    instructionId: one.instructionId,
    transactionId: one.transactionId,
    record: JSON.stringify(said(one)),
  });
}

/** Without what the message does not say: half of every record would be that. */
function said(value: object): Record<string, unknown> {
  const some: Record<string, unknown> = {};
  const from = value as Readonly<Record<string, unknown>>;
  for (const key in from) {
    const one = from[key];
    if (one === null || one === undefined) continue;
    if (typeof one === 'bigint') some[key] = one.toString();
    else if (typeof one !== 'object') some[key] = one;
    else if (!Array.isArray(one)) some[key] = said(one);
    else if (one.length > 0)
      some[key] = one.map((each) => (typeof each === 'object' && each !== null ? said(each) : each));
  }
  return some;
}
