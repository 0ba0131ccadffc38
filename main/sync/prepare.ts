// What can be done with records before they are judged: reading them, hashing them, verifying their signatures and packing
// them for the store. None of it needs the books, so it is done on other threads while the records before are judged.

import type { Books } from '../../shared/books.ts';
import { utf8 } from '../../shared/bytes.ts';
import { keysOf, type Signers, signaturesOf, type VerifiedKeys } from '../../shared/evidence.ts';
import { leafHash } from '../../shared/log/hash.ts';
import type { Primitives } from '../../shared/primitives.ts';
import { type LogRecord, parseRecord } from '../../shared/record.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { type PackedRecords, packRecords } from '../store/log.ts';

/** The rows that say who signs with which key: what is sent to another thread. */
const signerTables = ['programme', 'credential', 'operator'] as const;
export type SignerRows = Readonly<Record<string, ReadonlyMap<string, unknown>>>;

export const signerRows = (books: Books): SignerRows =>
  Object.fromEntries(signerTables.map((table) => [table, new Map(books.all(table))]));

export const signersIn = (rows: SignerRows): Signers => ({ get: (table, key) => rows[table]?.get(key) as undefined });

export interface Unprepared {
  readonly records: readonly string[];
  readonly signers: SignerRows;
}

/** Two bits for each record, as `keysOf` names them: its signature is genuine; its seal is genuine. */
const signatureBit = 1;
const sealBit = 2;

export interface Prepared {
  /** One after the other. */
  readonly leafHashes: Uint8Array;
  readonly genuine: Uint8Array;
  readonly packed: PackedRecords;
}

/** Refuses the first record that cannot be read, by its place among these. */
export type Preparation = Result<Prepared, Refusal<'malformed'> & { readonly at: number }>;

export function prepare({ records, signers: rows }: Unprepared, primitives: Primitives): Preparation {
  const { sha256 } = primitives;
  const signers = signersIn(rows);
  const leaves = records.map(utf8);
  const leafHashes = new Uint8Array(leaves.length * 32);
  const genuine = new Uint8Array(leaves.length);
  /** Baskets share their signature. */
  const verdicts = new Map<string, boolean>();
  for (const [i, leaf] of leaves.entries()) {
    const record = parseRecord(leaf);
    if (!record.ok) return { ok: false, refusal: { ...record.refusal, at: i } };
    leafHashes.set(leafHash(sha256, leaf), i * 32);
    const { event, evidence } = record.value;
    for (const [place, check] of signaturesOf(signers, event, evidence, sha256).entries()) {
      const name = evidence.basket.size === 1 ? undefined : textOf(check.publicKey, check.message, check.signature);
      let verdict = name === undefined ? undefined : verdicts.get(name);
      if (verdict === undefined) {
        const verify = check.algorithm === 'es256' ? primitives.verifyEs256 : primitives.verifyEd25519;
        verdict = verify(check.publicKey, check.message, check.signature);
        if (name !== undefined) verdicts.set(name, verdict);
      }
      if (verdict) (genuine[i] as number) |= place === 0 ? signatureBit : sealBit;
    }
  }
  return ok({ leafHashes, genuine, packed: packRecords(leaves) });
}

const textOf = (key: string, message: Uint8Array, signature: Uint8Array): string =>
  `${key} ${Buffer.from(message).toString('latin1')}${Buffer.from(signature).toString('latin1')}`;

/** The keys under which a prepared record's signatures are genuine. */
export function verifiedKeys(signers: Signers, genuine: number, { event, evidence }: LogRecord): VerifiedKeys {
  const { signature, seal } = keysOf(signers, event, evidence);
  const keys: string[] = [];
  if ((genuine & signatureBit) !== 0 && signature !== undefined) keys.push(signature);
  if ((genuine & sealBit) !== 0 && seal !== undefined) keys.push(seal);
  return keys;
}
