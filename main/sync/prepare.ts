// What can be done with records before they are judged: reading them, hashing them, verifying their signatures and packing
// them for the store. None of it needs the books, so it is done on other threads while the records before are judged.

import { type BasketPosition, newRootFinder } from '../../shared/basket.ts';
import type { Books } from '../../shared/books.ts';
import { bytesEqual, bytesToBase64, utf8, utf8Into } from '../../shared/bytes.ts';
import { basketLeafHashOf } from '../../shared/event.ts';
import { keysOf, type SignatureCheck, type Signers, signaturesOver, type VerifiedKeys } from '../../shared/evidence.ts';
import { leafHash } from '../../shared/log/hash.ts';
import type { Primitives } from '../../shared/primitives.ts';
import { type LogRecord, maxLeafBytes, parseSigned, tooLarge } from '../../shared/record.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { newPacker, type PackedRecords } from '../store/log.ts';

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
  const rootOf = newRootFinder(sha256);
  const isGenuine = verifyOnce(primitives);
  const packer = newPacker();
  const leafHashes = new Uint8Array(records.length * 32);
  const genuine = new Uint8Array(records.length);
  for (const [i, text] of records.entries()) {
    const leaf = text.length > maxLeafBytes ? room : room.subarray(0, utf8Into(text, room));
    const signed = leaf.length > maxLeafBytes ? tooLarge : parseSigned(text);
    if (!signed.ok) return { ok: false, refusal: { ...signed.refusal, at: i } };
    leafHashes.set(leafHash(sha256, leaf), i * 32);
    packer.add(leaf);
    const { actor, evidence, from, to } = signed.value;
    const event = leaf.length === text.length ? leaf.subarray(from, to) : utf8(text.slice(from, to));
    const root = rootOf(basketLeafHashOf(sha256, event), evidence.basket);
    let bit = signatureBit;
    for (const check of signaturesOver(signers, { actor, root }, evidence, sha256)) {
      if (isGenuine(check, evidence.basket)) (genuine[i] as number) |= bit;
      bit = sealBit;
    }
  }
  return ok({ leafHashes, genuine, packed: packer.end() });
}

/** One record at a time lies here as bytes. */
const room = new Uint8Array(3 * maxLeafBytes);

/** A signature that a basket of events shares is verified once. */
function verifyOnce(primitives: Primitives): (check: SignatureCheck, basket: BasketPosition) => boolean {
  const verify = ({ algorithm, publicKey, message, signature }: SignatureCheck): boolean =>
    algorithm === 'es256'
      ? primitives.verifyEs256(publicKey, message, signature)
      : primitives.verifyEd25519(publicKey, message, signature);
  let [last, verdict]: [SignatureCheck | undefined, boolean] = [undefined, false];
  const others = new Map<string, boolean>();
  return (check, basket) => {
    if (basket.size === 1) return verify(check);
    if (last !== undefined && isSame(check, last)) return verdict;
    const name = `${check.publicKey} ${bytesToBase64(check.message)} ${bytesToBase64(check.signature)}`;
    verdict = others.get(name) ?? verify(check);
    others.set(name, verdict);
    last = check;
    return verdict;
  };
}

const isSame = (one: SignatureCheck, other: SignatureCheck): boolean =>
  one.publicKey === other.publicKey &&
  bytesEqual(one.message, other.message) &&
  bytesEqual(one.signature, other.signature);

/** The keys under which a prepared record's signatures are genuine. */
export function verifiedKeys(signers: Signers, genuine: number, { event, evidence }: LogRecord): VerifiedKeys {
  const { signature, seal } = keysOf(signers, event.actor, evidence);
  const keys: string[] = [];
  if ((genuine & signatureBit) !== 0 && signature !== undefined) keys.push(signature);
  if ((genuine & sealBit) !== 0 && seal !== undefined) keys.push(seal);
  return keys;
}
