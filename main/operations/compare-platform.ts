// Compare platform: the platform's own file against the books, client by client, as of the end of a day. Nothing is recorded here:
// the report brings the instructions that would state it, for a person to sign.

import { random } from '../../crypto/secret.ts';
import { booked, head } from '../../shared/books.ts';
import { base64ToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import type { PlatformReport } from '../../shared/contract/platform.ts';
import { differencesAtOnce, type PlatformCheck } from '../../shared/instruction/platform-check.ts';
import {
  type AccountThen,
  comparePlatform,
  differenceName,
  isCompared,
  legsAtEndOf,
  type PlatformComparison,
  thenOf,
} from '../../shared/platform-check.ts';
import { type PlatformMapping, platformMappingSchema } from '../../shared/platform-file.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Day, dayOf, msToInstant } from '../../shared/time.ts';
import { beginPlatformParse, firstRows, type PlatformParse } from '../read-platform-file.ts';
import type { Session } from '../session.ts';
import { readSetting, settingNames, writeSetting } from '../store/settings.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export interface PlatformCompare {
  readonly id: string;
  readonly session: Session;
  readonly mapping: PlatformMapping;
  /** The day to compare as of, where the file gives none. */
  readonly day: Day;
  readonly parse: PlatformParse;
}

const what = 'The file was not compared.';
const shownRows = 8;
/** Differences that can be stated with one signature; a file with more is another platform's, or the mapping is wrong. */
const mostDifferences = 20 * differencesAtOnce;
const shownDifferences = 1000;

const prefix = 'platform ';
type MappingSetting = `platform ${string}`;

export async function previewPlatformFile(
  terminal: Terminal,
  input: { readonly head: string } & Pick<PlatformMapping, 'encoding' | 'delimiter'>,
): Promise<Result<{ rows: string[][] }, Refusal>> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const bytes = base64ToBytes(input.head);
  if (bytes === undefined) return partMalformed();
  const rows = await firstRows(bytes, input, shownRows);
  return rows.ok ? ok({ rows: rows.value.map((fields) => fields.slice(0, 64).map((one) => one.slice(0, 200))) }) : rows;
}

export function showPlatformMappings(terminal: Terminal): Result<{ mappings: PlatformMapping[] }, Refusal> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const { store } = session.value;
  const texts = settingNames(store, prefix).map((name) => readSetting(store, name as MappingSetting) ?? '');
  return ok({ mappings: texts.map((text) => platformMappingSchema.parse(JSON.parse(text))) });
}

/** Begins a comparison, and keeps the mapping for the next file of that platform. */
export function openPlatformFile(
  terminal: Terminal,
  { mapping, day }: { readonly mapping: PlatformMapping; readonly day: Day },
): Result<{ file: string }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const session = opened.value;
  const programme = session.programme();
  if (programme === undefined)
    return refuse('state', what, 'The programme is not open here yet.', 'Synchronise first.');
  const name: MappingSetting = `${prefix}${mapping.platform}`;
  const text = JSON.stringify(mapping);
  if (session.readOnly() === undefined && readSetting(session.store, name) !== text)
    session.store.transaction(() => writeSetting(session.store, name, text));
  const parse = beginPlatformParse(mapping, programme.assets);
  terminal.comparing = { id: bytesToBase64url(random(16)), session, mapping, day, parse };
  return ok({ file: terminal.comparing.id });
}

export async function takePlatformPart(
  terminal: Terminal,
  input: { readonly file: string; readonly part: string },
): Promise<Result<{ done: number }, Refusal>> {
  const open = openOne(terminal, input.file);
  if (!open.ok) return open;
  const part = base64ToBytes(input.part);
  if (part === undefined) return partMalformed();
  const taken = await open.value.parse.take(part);
  if (taken.ok) return ok({ done: open.value.parse.bytes });
  terminal.comparing = null;
  return taken;
}

export async function endPlatformFile(
  terminal: Terminal,
  input: { readonly file: string },
): Promise<Result<PlatformReport, Refusal>> {
  const open = openOne(terminal, input.file);
  if (!open.ok) return open;
  terminal.comparing = null;
  const { session, mapping, parse } = open.value;
  const read = await parse.end();
  if (!read.ok) return read;
  const { file, digest } = read.value;
  const day = file.day ?? open.value.day;
  const { books } = session;
  const legs = legsAtEndOf(books, day);
  if (day > dayOf(msToInstant(terminal.parts.clock())) || legs === undefined)
    return refuse('state', what, `The books do not have the end of ${day}.`, 'Check the day of the file.');
  const assets =
    mapping.assetColumn === null && mapping.asset !== null ? [mapping.asset] : [...(session.programme()?.assets ?? [])];
  const compared = comparePlatform({
    assets,
    accounts: accountsThen(session, legs),
    ...{ rows: file.rows, accountIs: mapping.accountIs, keyedId: (text) => session.payeeId(text) },
  });
  const drafts = statedBy({ platform: mapping.platform, file: digest, day, legs, assets }, compared);
  const isKnown = books.get('platformCheck', `${digest}|`) !== undefined;
  const mayRecord = file.findingCount === 0 && !isKnown && compared.differences.length <= mostDifferences;
  return ok({
    ...{ platform: mapping.platform, digest, day, legs, rows: file.rows.length, isKnown },
    ...{ findings: [...file.findings], findingCount: file.findingCount, totals: [...compared.totals] },
    differences: compared.differences.slice(0, shownDifferences).map((one) => ({
      ...one,
      client: one.account === null ? null : (books.get('account', one.account)?.client ?? null),
      names: compared.unknownTexts.get(one.unknown ?? '')?.slice(0, 100) ?? null,
    })),
    differenceCount: compared.differences.length,
    drafts: mayRecord ? drafts : [],
  });
}

/** Balances of every client's account when the books had `legs` legs: those of now, less what was booked since. */
function* accountsThen({ books }: Session, legs: number): Generator<AccountThen> {
  const since = new Map<number, bigint>();
  const add = (index: number, amount: bigint) => since.set(index, (since.get(index) ?? 0n) + amount);
  const pageSize = 5000;
  for (let from = legs + 1; from <= head(books).legs; from += pageSize)
    for (const leg of books.legsFrom(from, pageSize)) {
      add(leg.credit, leg.amount);
      add(leg.debit, -leg.amount);
    }
  for (const [, account] of books.all('account'))
    if (isCompared(account)) yield thenOf(account, booked(account) - (since.get(account.index) ?? 0n));
}

/** The instructions that state it: one, or as many as its differences need, each with a stretch of names. */
export function statedBy(
  of: Pick<PlatformCheck, 'platform' | 'file' | 'day' | 'legs' | 'assets'>,
  { totals, differences }: Pick<PlatformComparison, 'totals' | 'differences'>,
): PlatformCheck[] {
  const starts = Array.from({ length: Math.max(1, Math.ceil(differences.length / differencesAtOnce)) }, (_, n) => {
    const first = n === 0 ? undefined : differences[n * differencesAtOnce];
    return first === undefined ? '' : differenceName(first);
  });
  return starts.map((from, n) => ({
    kind: 'platform check',
    ...of,
    ...{ totals: totals.map((one) => ({ ...one })), found: differences.length },
    ...{ from, until: starts[n + 1] ?? '' },
    differences: differences.slice(n * differencesAtOnce, (n + 1) * differencesAtOnce).map((one) => ({ ...one })),
  }));
}

function openOne(terminal: Terminal, id: string): Result<PlatformCompare, Refusal> {
  const session = unlocked(terminal);
  if (!session.ok) return session;
  const open = terminal.comparing;
  if (open !== null && open.id === id && open.session === session.value) return ok(open);
  return refuse('no file', what, 'It was cancelled, or another one was begun.', 'Choose the file again.');
}

const partMalformed = () => refuse('part malformed', what, 'A part of it is not base64.', 'Choose the file again.');
