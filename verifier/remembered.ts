// What an auditor keeps of a verified bundle, so that a later bundle of the same log is verified from there: which bytes were
// verified, under which trust, to which root, and the books as they stood. It never stands in for the records themselves: the
// later bundle has them all, and they are compared with what was verified to the byte.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { AuditedPrefix, Trust } from '../shared/audit.ts';
import type { TableName } from '../shared/books.ts';
import { bytesEqual, bytesToHex, utf8 } from '../shared/bytes.ts';
import { canonicalText } from '../shared/canonical.ts';
import { FlatBooks, pieceOf, placeOf } from './books.ts';
import { fingerprintOf } from './fingerprints.ts';
import { verifierPrimitives } from './primitives.ts';
import { regularFile, Unreadable } from './read.ts';

const count = z.int().min(0);
/** Parts of the file after its first line, in this order, with their lengths; a SHA-256 of everything before it ends it. */
const sectionNames = ['events', 'references', 'commitments', 'rows', 'silent', 'names', 'places'] as const;
const headerSchema = z.strictObject({
  format: z.literal('custos-verified/1'),
  /** A verifier of another version decides again for itself. */
  verifier: z.string(),
  /** SHA-256 of the trust file's content in canonical form. */
  trust: z.string(),
  programme: z.string(),
  size: count,
  root: z.string(),
  peaks: z.array(z.string()),
  entries: count,
  /** Length and SHA-256 of the lines of those records, newlines included. */
  bytes: count,
  digest: z.string(),
});

export interface Remembered {
  readonly prefix: AuditedPrefix;
  readonly books: FlatBooks;
  readonly bytes: number;
  readonly digest: Uint8Array;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const trustDigest = (trust: Trust): string => bytesToHex(verifierPrimitives.sha256(utf8(canonicalText(trust))));
const digestBytes = 32;

/** Undefined when there is nothing to go on from; throws Unreadable when it is damaged or was kept for other keys. */
export function recall(path: string, trust: Trust): Remembered | undefined {
  if (!existsSync(path)) return undefined;
  const { size: fileBytes } = regularFile(path);
  const file = openSync(path, 'r');
  try {
    const remembered = isWhole(file, fileBytes) ? recallFrom(file, fileBytes, trust) : damaged();
    if (remembered === undefined) closeSync(file); // otherwise the books go on reading it
    return remembered;
  } catch (failure) {
    closeSync(file);
    throw failure;
  }
}

function damaged(): never {
  throw new Unreadable('What was remembered is damaged: verify without it.');
}

function recallFrom(file: number, fileBytes: number, trust: Trust): Remembered | undefined {
  let end = fileBytes - digestBytes;
  const bytesBefore = (length: number): Buffer => {
    end -= length;
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, end);
    return bytes;
  };
  // From the end: lengths of all parts, then the parts themselves, the last one first.
  const lengths = Array.from({ length: sectionNames.length + 1 }, () => bytesBefore(8).readDoubleLE()).reverse();
  const at = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, one) => sum + one, 0));
  const part = (i: number): Buffer => {
    const bytes = Buffer.alloc(lengths[i] as number);
    readSync(file, bytes, 0, bytes.length, at[i] as number);
    return bytes;
  };
  const header = headerSchema.safeParse(JSON.parse(part(0).toString('utf8')));
  if (!header.success || header.data.verifier !== version) return undefined;
  const { programme, size, root, peaks, entries, bytes, digest } = header.data;
  if (programme !== trust.programme || header.data.trust !== trustDigest(trust))
    throw new Unreadable('What was remembered was verified with other trusted keys: verify without it.');
  const [events, references, commitments, rows, silent, names, places] = sectionNames.map((_, i) => i + 1) as [
    ...[number, number, number, number, number, number, number],
  ];
  const books = new FlatBooks({
    events: part(events),
    references: part(references),
    commitments: part(commitments),
    rows: JSON.parse(part(rows).toString('utf8')) as [TableName, string, string][],
    silent: {
      file,
      from: at[silent] as number,
      length: lengths[silent] as number,
      names: part(names),
      places: new Float64Array(new Uint8Array(part(places)).buffer),
    },
  });
  const raw = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
  return {
    prefix: { size, root: raw(root), peaks: peaks.map(raw), entries, books },
    books,
    bytes,
    digest: raw(digest),
  };
}

/** Everything before the digest at the end has that digest. */
function isWhole(file: number, fileBytes: number): boolean {
  const running = verifierPrimitives.sha256Stream();
  const buffer = Buffer.alloc(1 << 20);
  const end = fileBytes - digestBytes;
  if (end < (sectionNames.length + 1) * 8) return false;
  for (let at = 0; at < end; ) {
    const read = readSync(file, buffer, 0, Math.min(buffer.length, end - at), at);
    if (read === 0) return false;
    running.add(buffer.subarray(0, read));
    at += read;
  }
  const digest = Buffer.alloc(digestBytes);
  readSync(file, digest, 0, digestBytes, end);
  return bytesEqual(running.digest(), digest);
}

/** The file is there whole under its name, or not at all. */
export function remember(path: string, trust: Trust, { prefix, books, bytes, digest }: Remembered): void {
  const header: z.infer<typeof headerSchema> = {
    format: 'custos-verified/1',
    verifier: version,
    trust: trustDigest(trust),
    programme: trust.programme,
    size: prefix.size,
    root: bytesToHex(prefix.root),
    peaks: prefix.peaks.map(bytesToHex),
    entries: prefix.entries,
    bytes,
    digest: bytesToHex(digest),
  };
  const out = newFile(`${path}.part`);
  const kept = books.kept();
  out.part([utf8(canonicalText(header))]);
  for (const section of [kept.events, kept.references, kept.commitments]) out.part([section]);
  out.part([Buffer.from(JSON.stringify([...kept.rows]))]);
  const names: Uint8Array[] = [];
  const places: number[] = [];
  let at = 0;
  const pieces = function* () {
    for (const [name, text] of kept.silent()) {
      const piece = pieceOf(name, text);
      names.push(fingerprintOf(name));
      places.push(placeOf(at, piece));
      at += piece.length;
      yield piece;
    }
  };
  out.part(pieces());
  out.part(names);
  out.part([new Uint8Array(Float64Array.from(places).buffer)]);
  out.finish();
  renameSync(`${path}.part`, path);
}

function newFile(path: string) {
  const file = openSync(path, 'w', 0o600);
  const running = verifierPrimitives.sha256Stream();
  const lengths: number[] = [];
  let pending: Uint8Array[] = [];
  let size = 0;
  const flush = () => {
    const bytes = Buffer.concat(pending);
    running.add(bytes);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    pending = [];
    size = 0;
  };
  const write = (bytes: Uint8Array) => {
    pending.push(bytes);
    size += bytes.length;
    if (size >= 1 << 20) flush();
  };
  return {
    part(pieces: Iterable<Uint8Array>) {
      let length = 0;
      for (const piece of pieces) {
        write(piece);
        length += piece.length;
      }
      lengths.push(length);
    },
    finish() {
      write(new Uint8Array(Float64Array.from(lengths).buffer));
      flush();
      write(running.digest());
      flush();
      fsyncSync(file);
      closeSync(file);
    },
  };
}
