// A statement file to rows, in a thread of its own: what goes in and what comes out, and how the thread is started. The file
// goes in part by part and is nowhere held whole, nor written anywhere in clear.

import { Worker } from 'node:worker_threads';
import type { Finding } from '../shared/iso20022/finding.ts';
import type { MessageHead } from '../shared/iso20022/reader.ts';
import type { SchemaVerdict } from '../shared/iso20022/schema.ts';
import type { StatementSummary } from '../shared/iso20022/statement.ts';
import type { Refusal } from '../shared/result.ts';

/** One line of a statement. Numbers of lines, entries and statements count from 0 in the file. */
export interface ParsedLine {
  readonly line: number;
  readonly statement: number;
  /** The line of the entry that this is a transaction of; its own where it is an entry. */
  readonly entry: number;
  readonly amount: bigint | null;
  readonly credit: boolean | null;
  readonly status: string | null;
  readonly reversal: boolean;
  readonly bookingDay: string | null;
  readonly valueDay: string | null;
  readonly reference: string | null;
  readonly endToEndId: string | null;
  readonly instructionId: string | null;
  readonly transactionId: string | null;
  /** Everything that the bank says of it, as JSON without what it does not say. */
  readonly record: string;
}

export interface ParsedStatement {
  readonly statement: number;
  readonly firstLine: number;
  /** Before `firstLine` where there are none. */
  readonly lastLine: number;
  readonly summary: StatementSummary;
  /** The summary as JSON. */
  readonly record: string;
}

/** What the thread is started with: where the schemas lie, if anywhere. */
export interface ParserData {
  readonly schemaDirectory: string | null;
}

export type ParserInput = { readonly part: Uint8Array } | { readonly end: true };

export interface ParserOutput {
  /** Bytes that were read so far. */
  readonly bytes: number;
  /** From when it is known; with the account of the first statement, which tells one bank's message ids from another's. */
  readonly head: MessageHead | null;
  readonly account: string | null;
  readonly lines: readonly ParsedLine[];
  readonly statements: readonly ParsedStatement[];
  /** The last output says how it ended. */
  readonly ended:
    | {
        readonly ok: true;
        readonly digest: Uint8Array;
        readonly findings: readonly Finding[];
        readonly findingCount: number;
        readonly verdict: SchemaVerdict;
      }
    | { readonly ok: false; readonly refusal: Refusal }
    | null;
}

export interface StatementParser {
  send(input: ParserInput): void;
  /** Ends the thread, whatever it is doing. */
  stop(): void;
}

/** A young generation this small keeps the memory flat; a parser keeps nothing that grows old. */
const limits = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 256 };

export function startStatementParser(
  entry: URL,
  data: ParserData,
  onOutput: (output: ParserOutput) => void,
  onFailure: (failure: unknown) => void,
): StatementParser {
  const worker = new Worker(entry, { resourceLimits: limits, workerData: data });
  /** A thread that was given nothing to do keeps no process alive. */
  let underWay = 0;
  worker.unref();
  worker.on('message', (output: ParserOutput) => {
    underWay -= 1;
    if (underWay === 0) worker.unref();
    onOutput(output);
  });
  worker.on('error', onFailure);
  return {
    send(input) {
      underWay += 1;
      worker.ref();
      if ('end' in input) return worker.postMessage(input);
      // The bytes move to the thread, unless they are a view of something larger.
      const part = input.part.byteLength === input.part.buffer.byteLength ? input.part : input.part.slice();
      worker.postMessage({ part }, [part.buffer as ArrayBuffer]);
    },
    stop: () => void worker.terminate(),
  };
}
