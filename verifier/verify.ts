// `custos verify BUNDLE --trust FILE [--json]`: offline verification. Exit 0 verified, 1 something is wrong, 2 not usable.

import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { type AuditReport, parseTrust, verifyBundle } from '../shared/audit.ts';
import { type Refusal, refuse } from '../shared/result.ts';
import { verifierPrimitives } from './primitives.ts';

export interface VerifyArguments {
  readonly bundle: string;
  readonly trust: string;
  readonly json: boolean;
}

/** Prints the report and returns the exit code. */
export function verify({ bundle, trust, json }: VerifyArguments, print: (line: string) => void): 0 | 1 | 2 {
  let report: AuditReport;
  try {
    const trusted = parseTrust(readTrust(trust));
    if (!trusted.ok) {
      print(json ? JSON.stringify({ ok: false, refusal: trusted.refusal }) : sentences(trusted.refusal));
      return 2;
    }
    report = verifyBundle(fileLines(bundle), trusted.value, verifierPrimitives);
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
  for (const { asset, owed, held } of report.safeguarding) yield `  ${asset}: held ${held}, owed ${owed} (minor units)`;
}

/** Why a file is no use, in words. */
class Unreadable extends Error {}

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
const maxLineBytes = 1 << 20;

function readTrust(path: string): string {
  const { size } = regularFile(path);
  if (size > maxTrustBytes) throw new Unreadable('The trust file is larger than 1 MiB.');
  return readFileSync(path, 'utf8');
}

/** Not a folder, nor something that never ends or never begins. */
function regularFile(path: string) {
  const found = statSync(path);
  if (!found.isFile()) throw new Unreadable('What was named is not a file.');
  return found;
}

/** Lines of a file, never more of it in memory than a line; bytes that are not UTF-8 become others, which no digest fits. */
function* fileLines(path: string): Generator<string> {
  regularFile(path);
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(1 << 20);
    let rest = Buffer.alloc(0);
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      let chunk = Buffer.concat([rest, buffer.subarray(0, read)]);
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10)) {
        yield chunk.toString('utf8', 0, end);
        chunk = chunk.subarray(end + 1);
      }
      rest = Buffer.from(chunk);
      if (rest.length > maxLineBytes) throw new Unreadable('A line of the bundle is longer than 1 MiB.');
    }
    if (rest.length > 0) yield rest.toString('utf8');
  } finally {
    closeSync(file);
  }
}
