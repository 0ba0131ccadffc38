// `custos verify BUNDLE --trust FILE [--remember FILE] [--json]`: offline verification. Exit 0 verified, 1 something is wrong,
// 2 not usable.

import { readFileSync } from 'node:fs';
import { assert } from '../shared/assert.ts';
import { Audit, type AuditedLine, type AuditReport, type FirstBad, parseTrust, type Trust } from '../shared/audit.ts';
import { bytesEqual } from '../shared/bytes.ts';
import type { SignatureCheck } from '../shared/evidence.ts';
import { leafHash } from '../shared/log/hash.ts';
import type { HashStream, Primitives } from '../shared/primitives.ts';
import { parseRecord } from '../shared/record.ts';
import { type Refusal, refuse } from '../shared/result.ts';
import { FlatBooks } from './books.ts';
import { verifierPrimitives } from './primitives.ts';
import { BundleReader, regularFile, Unreadable } from './read.ts';
import { type Remembered, recall, remember } from './remembered.ts';
import { believing, disbelieving, type SignatureThreads, startSignatureThreads } from './signatures.ts';

export interface VerifyArguments {
  readonly bundle: string;
  readonly trust: string;
  readonly json: boolean;
  /** A file of the auditor's own, from which verifying goes on, and which is brought up to date. */
  readonly remember?: string | undefined;
}

/** Prints the report and returns the exit code. */
export async function verify(
  { bundle, trust, json, remember: memory }: VerifyArguments,
  print: (line: string) => void,
): Promise<0 | 1 | 2> {
  let report: AuditReport;
  try {
    const trusted = parseTrust(readTrust(trust));
    if (!trusted.ok) {
      print(json ? JSON.stringify({ ok: false, refusal: trusted.refusal }) : sentences(trusted.refusal));
      return 2;
    }
    report = await verifyFile(bundle, trusted.value, memory);
  } catch (failure) {
    const refusal = unreadable(failure);
    print(json ? JSON.stringify({ ok: false, refusal }) : sentences(refusal));
    return 2;
  }
  if (json) {
    const { ok, events, size, root, covered, notCovered, firstBad } = report;
    print(JSON.stringify({ ok, events, size, root, covered, notCovered, firstBad }));
  } else for (const line of readable(report)) print(line);
  return report.ok ? 0 : 1;
}

const sentences = (refusal: { what: string; why: string; next: string }): string =>
  `${refusal.what} ${refusal.why} ${refusal.next}`;

function* readable(report: AuditReport): Generator<string> {
  if (report.firstBad === null) yield `Verified: ${report.events} events, root ${report.root}`;
  else {
    const { seq, what, why } = report.firstBad;
    yield `NOT verified. First bad ${seq < 0 ? 'part' : `record: sequence ${seq}`}: ${what}. ${why}`;
  }
  for (const line of report.covered) yield `  covered      ${line}`;
  for (const line of report.notCovered) yield `  not covered  ${line}`;
  for (const { pool, asset, owed, held } of report.safeguarding)
    yield `  ${asset}${pool === 'main' ? '' : `, pool ${pool}`}: held ${held}, owed ${owed} (minor units)`;
}

function unreadable(failure: unknown): Refusal {
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined;
  const why =
    failure instanceof Unreadable
      ? failure.message
      : code === 'ENOENT'
        ? 'A file that was named is not there.'
        : code === 'EACCES' || code === 'EPERM'
          ? 'A file that was named may not be read.'
          : 'A file that was named could not be read.';
  const next = 'Name the bundle and the trust file as they were handed over.';
  return refuse('unreadable', 'Nothing was verified.', why, next).refusal;
}

const maxTrustBytes = 1 << 20;

function readTrust(path: string): string {
  const { size } = regularFile(path);
  if (size > maxTrustBytes) throw new Unreadable('The trust file is larger than 1 MiB.');
  return readFileSync(path, 'utf8');
}

/** Throws when the file cannot be read as a bundle at all. */
export async function verifyFile(path: string, trust: Trust, memory?: string): Promise<AuditReport> {
  const threads = startSignatureThreads();
  try {
    const forged: SignatureCheck[] = [];
    const parts = { path, trust, memory };
    const report = await audit(parts, decideFirst(threads, forged));
    if (forged.length === 0) return report;
    // What is wrong is said by deciding once more, this time knowing which signatures are not genuine.
    const told = await audit(parts, asTold(disbelieving(forged)));
    assert(!told.ok, 'a bundle with a forged signature is not verified');
    return told;
  } finally {
    await threads.close();
  }
}

/** How the records of an audit are judged: `primitives` decide, and `keepUp` is called after each batch. */
interface Judging {
  readonly primitives: Primitives;
  /** Whether it is of use to go on. */
  keepUp(): Promise<boolean>;
  finish(): Promise<void>;
  /** Whether every signature was verified and is genuine. */
  isSure(): boolean;
}

const asTold = (primitives: Primitives): Judging => ({
  primitives,
  keepUp: async () => true,
  finish: async () => {},
  isSure: () => false,
});

/**
 * Decides at once and believes each signature, while the threads verify them a few batches behind. An audit is over at the
 * first record that is wrong, so there is nothing to undo: whatever was decided on a forged signature is thrown away.
 */
function decideFirst(threads: SignatureThreads, forged: SignatureCheck[]): Judging {
  let noted: SignatureCheck[] = [];
  const pending: Promise<void>[] = [];
  const settle = async (atMost: number) => {
    while (pending.length > atMost) await pending.shift();
  };
  const handOver = () => {
    if (noted.length === 0) return;
    pending.push(threads.forged(noted).then((found) => void forged.push(...found)));
    noted = [];
  };
  return {
    primitives: believing((check) => noted.push(check)),
    async keepUp() {
      if (noted.length >= checksPerBatch) handOver();
      await new Promise(setImmediate); // hears what the threads have answered
      await settle(threads.batches);
      return forged.length === 0;
    },
    async finish() {
      handOver();
      await settle(0);
    },
    isSure: () => pending.length === 0 && noted.length === 0 && forged.length === 0,
  };
}

const checksPerBatch = 128;
const linesPerBatch = 128;

interface AuditParts {
  readonly path: string;
  readonly trust: Trust;
  readonly memory: string | undefined;
}

async function audit({ path, trust, memory }: AuditParts, judging: Judging): Promise<AuditReport> {
  const before = memory === undefined ? undefined : recall(memory, trust);
  const books = before?.books ?? new FlatBooks();
  const reader = new BundleReader(path);
  try {
    const one = new Audit(trust, verifierPrimitives, { books, ...(before && { prefix: before.prefix }) });
    const body = verifierPrimitives.sha256Stream();
    const begun = one.begin(reader.line());
    const from = reader.position;
    const judged =
      begun ??
      goOnFrom(one, reader, body, before) ??
      (await judgeRecords(one, reader, judging, body)) ??
      one.endRecords();
    const seen = { bytes: reader.position - from, digest: body.digest() };
    const bad = judged ?? endOf(one, reader, body);
    await judging.finish();
    const report = one.report(bad);
    if (report.ok && memory !== undefined && judging.isSure())
      remember(memory, trust, { prefix: one.prefix(), books, ...seen });
    return report;
  } finally {
    books.close();
    reader.close();
  }
}

/** What was verified before is passed over, if it is there to the byte; a log that does not continue it was rewritten. */
function goOnFrom(one: Audit, reader: BundleReader, body: HashStream, before: Remembered | undefined): FirstBad | null {
  if (before === undefined) return null;
  const bad = (why: string): FirstBad => ({ seq: -1, what: 'continuation', why });
  const { size } = before.prefix;
  if (one.header.size < size)
    return bad(`The bundle has ${one.header.size} records, and ${size} were verified before.`);
  return reader.skip(before.bytes, body) && bytesEqual(body.digest(), before.digest)
    ? null
    : bad(`Its first ${size} records are not those that were verified before.`);
}

function endOf(one: Audit, reader: BundleReader, body: HashStream): FirstBad | null {
  for (let i = 0; i < one.header.details; i++) {
    const wrong = one.detail(reader.line(body));
    if (wrong !== null) return wrong;
  }
  const damaged = one.end(reader.line(), body.digest());
  if (damaged !== null) return damaged;
  return reader.line() === undefined ? null : one.endsLate();
}

async function judgeRecords(
  one: Audit,
  reader: BundleReader,
  judging: Judging,
  body: HashStream,
): Promise<FirstBad | null> {
  const { size } = one.header;
  while (one.size < size) {
    const lines = reader.lines(Math.min(linesPerBatch, size - one.size), body);
    if (lines.length === 0) return one.endsEarly();
    const wrong = one.judge(lines.map(auditedLine), judging.primitives);
    if (wrong !== null) return wrong;
    if (!(await judging.keepUp())) return null;
  }
  return null;
}

const auditedLine = (leaf: Uint8Array): AuditedLine => ({
  record: parseRecord(leaf),
  leafHash: leafHash(verifierPrimitives.sha256, leaf),
});
