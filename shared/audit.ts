// The audit bundle and its complete verification: from the lines of the file and the keys an auditor trusts, to a report of
// what was checked, what was not, and the first record that is wrong. `Audit` takes the file piece by piece, so that whoever
// reads it decides how much of it is in memory and where signatures are verified; `verifyBundle` is the plain form.

import { z } from 'zod';
import {
  type Books,
  BooksLayer,
  type Entry,
  MemoryBooks,
  programmeOf,
  type Safeguarding,
  safeguardingOf,
} from './books.ts';
import { bytesEqual, bytesToBase64, bytesToBase64url, bytesToHex, utf8 } from './bytes.ts';
import { canonicalText, parseCanonical } from './canonical.ts';
import { decide } from './decide.ts';
import type { CustosEvent } from './event.ts';
import { nameId } from './ids.ts';
import { commitmentsOf } from './instruction/kinds.ts';
import { commit, detailsSchema } from './instruction/payee.ts';
import { parseJson } from './json.ts';
import { openCheckpoint } from './log/checkpoint.ts';
import { Frontier } from './log/frontier.ts';
import { leafHash } from './log/hash.ts';
import { type NoteKey, parseNoteKey } from './log/note.ts';
import { ed25519Key } from './operator.ts';
import type { Primitives } from './primitives.ts';
import { type LogRecord, parseRecord } from './record.ts';
import { ok, type Refusal, type Result, refuse } from './result.ts';

export const bundleHeaderSchema = z.strictObject({
  format: z.literal('custos-audit/1'),
  programme: nameId,
  size: z.int().min(1),
  /** The signed checkpoint note with its cosignatures. */
  checkpoint: z.string().max(100_000),
  details: z.int().min(0),
});

/** What an auditor brings: never taken from the bundle itself. */
export const trustSchema = z.strictObject({
  format: z.literal('custos-trust/1'),
  programme: nameId,
  rootKey: ed25519Key,
  /** C2SP verifier keys: of the log, and of the witnesses whose cosignatures count. */
  logKey: z.string().max(400),
  witnesses: z.array(z.string().max(400)).max(100),
  witnessQuorum: z.int().min(0).max(100),
});
export type Trust = z.infer<typeof trustSchema>;

export interface BundleParts {
  readonly programme: string;
  readonly checkpoint: string;
  readonly leaves: Iterable<Uint8Array>;
  readonly size: number;
  readonly details: readonly object[];
}

/** The lines of a bundle, each canonical JSON; the last one has the digests of all before it. */
export function* bundleLines(
  parts: BundleParts,
  primitives: Primitives,
  utf8ToText: (bytes: Uint8Array) => string,
): Generator<string> {
  const { programme, size, checkpoint, details } = parts;
  const header = canonicalText({ format: 'custos-audit/1', programme, size, checkpoint, details: details.length });
  yield header;
  const body = primitives.sha256Stream();
  for (const leaf of parts.leaves) {
    body.add(leaf);
    body.add(newline);
    yield utf8ToText(leaf);
  }
  for (const one of details) {
    const line = canonicalText(one);
    body.add(utf8(`${line}\n`));
    yield line;
  }
  yield closingLine(primitives, header, body.digest());
}

const newline = Uint8Array.of(10);

/** Damage anywhere in the file is noticed even where no signature covers it. */
const closingLine = ({ sha256 }: Primitives, header: string, body: Uint8Array): string =>
  canonicalText({ body: bytesToHex(body), header: bytesToHex(sha256(utf8(header))) });

export interface FirstBad {
  /** Sequence in the log, from 0; -1 for a line that is not a record. */
  readonly seq: number;
  readonly what: string;
  readonly why: string;
}
export interface AuditReport {
  readonly ok: boolean;
  readonly events: number;
  readonly entries: number;
  readonly size: number;
  readonly root: string;
  readonly covered: readonly string[];
  readonly notCovered: readonly string[];
  readonly firstBad: FirstBad | null;
  readonly safeguarding: readonly Safeguarding[];
}

/** Books that an audit keeps; those after `absorb` remember what instructions committed to, and which of it was opened. */
export interface AuditBooks extends Books {
  absorb(layer: BooksLayer): void;
  commit(commitment: string): void;
  /** False when nothing is committed to under this name, or it was opened already. */
  open(commitment: string): boolean;
  unopened(): number;
}

/** Where an earlier audit of the same log ended, and what it had seen by then. */
export interface AuditedPrefix {
  readonly size: number;
  readonly root: Uint8Array;
  readonly peaks: readonly Uint8Array[];
  readonly entries: number;
  readonly books: AuditBooks;
}

export interface AuditOptions {
  /** Called with every entry as it is booked, in log order; for plain-text exports. */
  readonly onEntry?: (entry: Entry, event: CustosEvent) => void;
  /** Where books are kept; in memory unless told. */
  readonly books?: AuditBooks;
  /** Records that need not be judged again; the caller has checked that they are the same bytes. */
  readonly prefix?: AuditedPrefix;
}

/** A record as it was read: what was parsed of it, or why it is none, and its leaf hash. */
export interface AuditedLine {
  readonly record: Result<LogRecord, Refusal>;
  readonly leafHash: Uint8Array;
}

export function parseTrust(text: string): Result<Trust, Refusal<'trust malformed'>> {
  const no = (why: string) =>
    refuse('trust malformed', 'Nothing was verified.', why, 'Bring the trust file of the bank.');
  const json = parseJson(text);
  if (!json.ok) return no(json.refusal.why);
  const parsed = trustSchema.safeParse(json.value);
  return parsed.success
    ? ok(parsed.data)
    : no(`Field ${parsed.error.issues[0]?.path.join('.') || 'format'} does not fit.`);
}

/** Verifies everything. Never throws on what the bundle holds; the report says where it stopped. */
export function verifyBundle(
  lines: Iterable<string>,
  trust: Trust,
  primitives: Primitives,
  options: AuditOptions = {},
): AuditReport {
  const audit = new Audit(trust, primitives, options);
  return audit.report(run(audit, lines[Symbol.iterator](), primitives));
}

/** Records that one layer takes before it is absorbed. */
const perLayer = 256;

function run(audit: Audit, lines: Iterator<string>, primitives: Primitives): FirstBad | null {
  const next = (): string | undefined => {
    const step = lines.next();
    return step.done ? undefined : step.value;
  };
  const bad = audit.begin(next());
  if (bad !== null) return bad;
  const body = primitives.sha256Stream();
  while (audit.size < audit.header.size) {
    const some: AuditedLine[] = [];
    while (some.length < perLayer && audit.size + some.length < audit.header.size) {
      const line = next();
      if (line === undefined) return audit.judge(some) ?? audit.endsEarly();
      const leaf = utf8(line);
      body.add(leaf);
      body.add(newline);
      some.push({ record: parseRecord(leaf), leafHash: leafHash(primitives.sha256, leaf) });
    }
    const wrong = audit.judge(some);
    if (wrong !== null) return wrong;
  }
  const forked = audit.endRecords();
  if (forked !== null) return forked;
  for (let i = 0; i < audit.header.details; i++) {
    const line = next();
    const wrong = audit.detail(line);
    if (wrong !== null) return wrong;
    body.add(utf8(`${line}\n`));
  }
  const damaged = audit.end(next(), body.digest());
  if (damaged !== null) return damaged;
  return next() === undefined ? null : audit.endsLate();
}

/**
 * The audit of one bundle, told in the order of its lines: begin, judge until there are as many records as the header says,
 * endRecords, detail for each, end. Whatever returns a `FirstBad` has found the end of what can be believed.
 */
export class Audit {
  readonly #trust: Trust;
  readonly #primitives: Primitives;
  readonly #options: AuditOptions;
  readonly #books: AuditBooks;
  readonly #log: Frontier;
  #header: { readonly line: string; readonly size: number; readonly root: Uint8Array; readonly details: number };
  #witnesses: readonly string[] = [];
  #entries: number;
  #details = 0;
  #root = '';

  constructor(trust: Trust, primitives: Primitives, options: AuditOptions = {}) {
    const { prefix } = options;
    this.#trust = trust;
    this.#primitives = primitives;
    this.#options = options;
    this.#books = prefix?.books ?? options.books ?? new PlainBooks();
    this.#log =
      prefix === undefined
        ? new Frontier(primitives.sha256)
        : Frontier.restore(primitives.sha256, prefix.size, prefix.peaks);
    this.#entries = prefix?.entries ?? 0;
    this.#header = { line: '', size: 0, root: new Uint8Array(), details: 0 };
  }

  get header(): { readonly size: number; readonly details: number } {
    return this.#header;
  }

  /** Records judged so far. */
  get size(): number {
    return this.#log.size;
  }

  get books(): AuditBooks {
    return this.#books;
  }

  /** To be kept for the next audit of the same log; once all records are judged, and before details are opened. */
  prefix(): AuditedPrefix {
    const { size } = this.#log;
    return { size, root: this.#log.root(), peaks: this.#log.peaks(), entries: this.#entries, books: this.#books };
  }

  begin(line: string | undefined): FirstBad | null {
    const header = this.#openHeader(line);
    if ('what' in header) return header;
    this.#header = { ...header, line: line as string };
    return null;
  }

  /** Records in order, decided with `primitives`, which may know the verdicts on their signatures already. */
  judge(lines: readonly AuditedLine[], primitives: Primitives = this.#primitives): FirstBad | null {
    const layer = new BooksLayer(this.#books);
    let bad: FirstBad | null = null;
    for (const line of lines) {
      bad = this.#record(layer, line, primitives);
      if (bad !== null) break;
    }
    // The books of a report are those before the record that is wrong.
    this.#books.absorb(layer);
    return bad;
  }

  endRecords(): FirstBad | null {
    const root = this.#log.root();
    this.#root = bytesToBase64(root);
    return bytesEqual(root, this.#header.root)
      ? null
      : {
          seq: this.#header.size - 1,
          what: 'root',
          why: 'The records do not lead to the root that the gateway signed.',
        };
  }

  detail(line: string | undefined): FirstBad | null {
    const json = parseCanonical(utf8(line ?? ''));
    const details = detailsSchema.safeParse(json.ok ? json.value : undefined);
    if (!details.success) return { seq: -1, what: 'details', why: 'A line of details is not in their form.' };
    const commitment = bytesToBase64url(commit(this.#primitives.sha256, details.data));
    if (!this.#books.open(commitment))
      return { seq: -1, what: 'details', why: 'No instruction in the log committed to them.' };
    this.#details += 1;
    return null;
  }

  /** `body` is the digest of the lines between the first and the last, each with its newline. */
  end(closing: string | undefined, body: Uint8Array): FirstBad | null {
    if (closing !== closingLine(this.#primitives, this.#header.line, body))
      return { seq: -1, what: 'closing line', why: 'It does not have the digests of the lines before it.' };
    return this.#balance();
  }

  endsEarly(): FirstBad {
    return { seq: this.size, what: 'record', why: `The bundle ends before its ${this.#header.size} records do.` };
  }

  endsLate(): FirstBad {
    return { seq: -1, what: 'end of file', why: 'There is something after the closing line.' };
  }

  #openHeader(line: string | undefined): { size: number; root: Uint8Array; details: number } | FirstBad {
    const bad = (what: string, why: string): FirstBad => ({ seq: -1, what, why });
    const json = parseCanonical(utf8(line ?? ''));
    const header = bundleHeaderSchema.safeParse(json.ok ? json.value : undefined);
    if (!header.success) return bad('header', 'It is not the first line of a custos-audit/1 bundle.');
    if (header.data.programme !== this.#trust.programme) return bad('programme', 'The bundle is of another programme.');
    const { sha256 } = this.#primitives;
    const logKey = parseNoteKey(sha256, this.#trust.logKey);
    if (!logKey.ok) return bad('trusted log key', logKey.refusal.why);
    const witnesses: NoteKey[] = [];
    for (const text of this.#trust.witnesses) {
      const key = parseNoteKey(sha256, text);
      if (!key.ok) return bad('trusted witness key', key.refusal.why);
      witnesses.push(key.value);
    }
    const opened = openCheckpoint(this.#primitives, header.data.checkpoint, logKey.value, witnesses);
    if (!opened.ok) return bad('checkpoint', opened.refusal.why);
    this.#witnesses = opened.value.witnesses;
    if (this.#witnesses.length < this.#trust.witnessQuorum)
      return bad('witness quorum', `${this.#witnesses.length} of ${this.#trust.witnessQuorum} witnesses vouch for it.`);
    if (opened.value.checkpoint.size !== header.data.size)
      return bad('size', 'The bundle has another number of records than its checkpoint.');
    return { size: header.data.size, root: opened.value.checkpoint.root, details: header.data.details };
  }

  #record(layer: BooksLayer, { record, leafHash: hash }: AuditedLine, primitives: Primitives): FirstBad | null {
    const seq = this.size;
    if (!record.ok) return { seq, what: 'record', why: record.refusal.why };
    const { event } = record.value;
    const untrusted = seq === 0 ? this.#genesis(event) : undefined;
    if (untrusted !== undefined) return { seq, what: 'genesis', why: untrusted };
    try {
      const decision = decide(layer, record.value, primitives);
      if (!decision.ok) return { seq, what: `${event.type}: ${decision.refusal.type}`, why: decision.refusal.why };
      layer.apply(decision.value);
      for (const effect of decision.value)
        if (effect.type === 'entry') {
          this.#entries += 1;
          this.#options.onEntry?.(effect.entry, event);
        }
    } catch (broken) {
      return { seq, what: event.type, why: broken instanceof Error ? broken.message : 'an invariant is broken' };
    }
    this.#log.append(hash);
    if (event.type === 'instruction.made')
      for (const commitment of commitmentsOf(event.body.instruction)) this.#books.commit(commitment);
    return null;
  }

  /** The first record carries the bank's keys; they count only if they are those the auditor brought. */
  #genesis(event: CustosEvent): string | undefined {
    if (event.type !== 'programme.opened') return 'The log does not begin with the opening of the programme.';
    if (event.programme !== this.#trust.programme) return 'It opens another programme.';
    if (event.body.bank.rootKey !== this.#trust.rootKey) return "The bank's root key is not the trusted one.";
    const logKey = parseNoteKey(this.#primitives.sha256, this.#trust.logKey);
    if (!logKey.ok || logKey.value.name !== event.body.origin) return 'The origin is not that of the trusted log key.';
    return bytesToBase64url(logKey.value.publicKey) === event.body.bank.gatewayKey
      ? undefined
      : 'The gateway key is not the trusted log key.';
  }

  #balance(): FirstBad | null {
    for (const { pool, asset, owed, held } of safeguardingOf(this.#books.all('account')))
      if (owed !== held)
        return { seq: -1, what: 'safeguarding', why: `Pool ${pool}, ${asset}: held ${held}, owed ${owed}.` };
    return null;
  }

  report(firstBad: FirstBad | null): AuditReport {
    const events = this.size;
    const erased = this.#books.unopened();
    const before = this.#options.prefix?.size;
    const programme = programmeOf(this.#books);
    return {
      ok: firstBad === null,
      events,
      entries: this.#entries,
      size: events,
      root: this.#root,
      covered: firstBad
        ? []
        : [
            `${events} events: form, order, actor, signature, policy, funds and segregation decided again`,
            ...(before === undefined
              ? []
              : [
                  `of these ${before} when they were verified before: they are the same to the byte, and the rest continues them`,
                ]),
            `${this.#entries} entries booked again; cash held equals liabilities in ${programme?.assets.length ?? 0} asset(s)`,
            'the Merkle root of all records equals the root in the signed checkpoint',
            `the checkpoint is signed by the trusted log key and cosigned by ${this.#witnesses.length} trusted witness(es)`,
            `${this.#details} detail(s) opened against their commitments`,
          ],
      notCovered: [
        `${erased} detail(s) are not in the bundle (erased or withheld): their commitments stand alone`,
        'whether the bank really moved the money: compare the statements with the bank itself',
        'admission times: they are the word of the gateway, checked only not to go back',
      ],
      firstBad,
      safeguarding: safeguardingOf(this.#books.all('account')),
    };
  }
}

class PlainBooks extends MemoryBooks implements AuditBooks {
  readonly #committed = new Set<string>();

  constructor() {
    super({ keepLegs: false });
  }

  commit(commitment: string): void {
    this.#committed.add(commitment);
  }

  open(commitment: string): boolean {
    return this.#committed.delete(commitment);
  }

  unopened(): number {
    return this.#committed.size;
  }
}
