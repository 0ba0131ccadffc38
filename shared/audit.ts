// The audit bundle and its complete verification: from the lines of the file and the keys an auditor trusts, to a report of
// what was checked, what was not, and the first record that is wrong.

import { z } from 'zod';
import { BooksLayer, type Entry, MemoryBooks, programmeOf, type Safeguarding, safeguardingOf } from './books.ts';
import { bytesEqual, bytesToBase64, bytesToBase64url, bytesToHex, utf8 } from './bytes.ts';
import { canonicalText, parseCanonical } from './canonical.ts';
import { decide } from './decide.ts';
import type { CustosEvent } from './event.ts';
import { nameId } from './ids.ts';
import { commitmentsOf } from './instruction/kinds.ts';
import { commit, detailsSchema } from './instruction/payee.ts';
import { parseJson } from './json.ts';
import { openCheckpoint } from './log/checkpoint.ts';
import { leafHash } from './log/hash.ts';
import { MerkleTree } from './log/merkle.ts';
import { type NoteKey, parseNoteKey } from './log/note.ts';
import { ed25519Key } from './operator.ts';
import type { Primitives } from './primitives.ts';
import { parseRecord } from './record.ts';
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

/** The lines of a bundle, each canonical JSON; the last one is the digest of all before it. */
export function* bundleLines(
  parts: BundleParts,
  primitives: Primitives,
  utf8ToText: (bytes: Uint8Array) => string,
): Generator<string> {
  const chain = newChain(primitives);
  const lines = function* (): Generator<string> {
    const { programme, size, checkpoint, details } = parts;
    yield canonicalText({ format: 'custos-audit/1', programme, size, checkpoint, details: details.length });
    for (const leaf of parts.leaves) yield utf8ToText(leaf);
    for (const one of details) yield canonicalText(one);
  };
  for (const line of lines()) {
    chain.add(line);
    yield line;
  }
  yield canonicalText({ chain: chain.value() });
}

/** A running digest over lines: damage anywhere in the file is noticed even where no signature covers it. */
function newChain(primitives: Primitives) {
  let value = '';
  return {
    add(line: string): void {
      value = bytesToHex(primitives.sha256(utf8(`${value}\n${line}`)));
    },
    value: () => value,
  };
}

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

export interface AuditOptions {
  /** Called with every entry as it is booked, in log order; for plain-text exports. */
  readonly onEntry?: (entry: Entry, event: CustosEvent) => void;
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
  const firstBad = audit.run(lines[Symbol.iterator]());
  return audit.report(firstBad);
}

class Audit {
  readonly #trust: Trust;
  readonly #primitives: Primitives;
  readonly #options: AuditOptions;
  readonly #books = new MemoryBooks({ keepLegs: false });
  readonly #tree: MerkleTree;
  readonly #committed = new Set<string>();
  #witnesses: readonly string[] = [];
  #entries = 0;
  #details = 0;
  #root = '';

  constructor(trust: Trust, primitives: Primitives, options: AuditOptions) {
    this.#trust = trust;
    this.#primitives = primitives;
    this.#options = options;
    this.#tree = new MerkleTree(primitives.sha256);
  }

  run(lines: Iterator<string>): FirstBad | null {
    const chain = newChain(this.#primitives);
    const next = (): string | undefined => {
      const step = lines.next();
      return step.done ? undefined : step.value;
    };
    const first = next();
    const header = this.#header(first);
    if ('what' in header) return header;
    chain.add(first as string);
    for (let seq = 0; seq < header.size; seq++) {
      const line = next();
      if (line === undefined)
        return { seq, what: 'record', why: `The bundle ends before its ${header.size} records do.` };
      const bad = this.#record(seq, line);
      if (bad !== undefined) return bad;
      chain.add(line);
    }
    const root = this.#tree.root();
    this.#root = bytesToBase64(root);
    if (!bytesEqual(root, header.root))
      return {
        seq: header.size - 1,
        what: 'root',
        why: 'The records do not lead to the root that the gateway signed.',
      };
    for (let i = 0; i < header.details; i++) {
      const line = next();
      const bad = this.#detail(line);
      if (bad !== undefined) return bad;
      chain.add(line as string);
    }
    if (next() !== canonicalText({ chain: chain.value() }))
      return { seq: -1, what: 'closing line', why: 'It is not the digest of the lines before it.' };
    if (next() !== undefined)
      return { seq: -1, what: 'end of file', why: 'There is something after the closing line.' };
    return this.#balance();
  }

  #header(line: string | undefined): { size: number; root: Uint8Array; details: number } | FirstBad {
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

  #record(seq: number, line: string): FirstBad | undefined {
    const leaf = utf8(line);
    const record = parseRecord(leaf);
    if (!record.ok) return { seq, what: 'record', why: record.refusal.why };
    const { event } = record.value;
    const untrusted = seq === 0 ? this.#genesis(event) : undefined;
    if (untrusted !== undefined) return { seq, what: 'genesis', why: untrusted };
    const layer = new BooksLayer(this.#books);
    try {
      const decision = decide(layer, record.value, this.#primitives);
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
    this.#books.absorb(layer);
    this.#tree.append(leafHash(this.#primitives.sha256, leaf));
    this.#remember(event);
    return undefined;
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

  #remember(event: CustosEvent): void {
    if (event.type !== 'instruction.made') return;
    for (const commitment of commitmentsOf(event.body.instruction)) this.#committed.add(commitment);
  }

  #detail(line: string | undefined): FirstBad | undefined {
    const json = parseCanonical(utf8(line ?? ''));
    const details = detailsSchema.safeParse(json.ok ? json.value : undefined);
    if (!details.success) return { seq: -1, what: 'details', why: 'A line of details is not in their form.' };
    const commitment = bytesToBase64url(commit(this.#primitives.sha256, details.data));
    if (!this.#committed.delete(commitment))
      return { seq: -1, what: 'details', why: 'No instruction in the log committed to them.' };
    this.#details += 1;
    return undefined;
  }

  #balance(): FirstBad | null {
    for (const { asset, owed, held } of safeguardingOf(this.#books.all('account')))
      if (owed !== held) return { seq: -1, what: 'safeguarding', why: `${asset}: held ${held}, owed ${owed}.` };
    return null;
  }

  report(firstBad: FirstBad | null): AuditReport {
    const events = this.#tree.size;
    const erased = this.#committed.size;
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
