// C2SP signed notes: a text and signatures over it, each by a named key. Unknown keys are ignored, a wrong signature by a
// known key is refused.

import { base64ToBytes, bytesEqual, bytesToBase64, bytesToBase64url, bytesToHex, concatBytes, utf8 } from '../bytes.ts';
import type { Hash, Primitives } from '../primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../result.ts';

/** Signature algorithms of the note key format: plain Ed25519, and timestamped Ed25519 of witnesses. */
export const noteAlgorithm = { ed25519: 0x01, cosignature: 0x04 } as const;
export type NoteAlgorithm = (typeof noteAlgorithm)[keyof typeof noteAlgorithm];

export interface NoteKey {
  readonly name: string;
  readonly algorithm: NoteAlgorithm;
  /** Raw 32 bytes. */
  readonly publicKey: Uint8Array;
}
export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}
export interface Note {
  /** The signed text, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const maxNoteChars = 1_000_000;
const maxSignatures = 100;
const isName = (name: string): boolean => /^[^\s+]{1,200}$/u.test(name);

/** First four bytes of SHA-256(name, newline, algorithm, public key). */
export const noteKeyId = (hash: Hash, key: NoteKey): Uint8Array =>
  hash(concatBytes(utf8(`${key.name}\n`), Uint8Array.of(key.algorithm), key.publicKey)).slice(0, 4);

/** `name+hash+key`, the text form in which a verifier is given a key. */
export const formatNoteKey = (hash: Hash, key: NoteKey): string =>
  `${key.name}+${bytesToHex(noteKeyId(hash, key))}+${bytesToBase64(concatBytes(Uint8Array.of(key.algorithm), key.publicKey))}`;

type NoteRefusal = Refusal<'note malformed' | 'note signature wrong' | 'note not signed'>;
const malformed = (why: string): { readonly ok: false; readonly refusal: NoteRefusal } =>
  refuse('note malformed', 'The signed note was not accepted.', why, 'Ask its sender for it again.');

export function parseNoteKey(hash: Hash, text: string): Result<NoteKey, NoteRefusal> {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const bytes = parts === null ? undefined : base64ToBytes(parts[3] as string);
  const algorithm = bytes?.[0];
  if (parts === null || bytes?.length !== 33 || !isName(parts[1] as string))
    return malformed('The key is not name+hash+key.');
  if (algorithm !== noteAlgorithm.ed25519 && algorithm !== noteAlgorithm.cosignature)
    return malformed('The key has an algorithm that is not known here.');
  const key: NoteKey = { name: parts[1] as string, algorithm, publicKey: bytes.slice(1) };
  return bytesToHex(noteKeyId(hash, key)) === parts[2] ? ok(key) : malformed('The key does not have its own hash.');
}

export function parseNote(whole: string): Result<Note, NoteRefusal> {
  if (whole.length > maxNoteChars) return malformed('It is too long.');
  if ([...whole].some((c) => c < ' ' && c !== '\n')) return malformed('It has control characters.');
  const end = whole.lastIndexOf('\n\n');
  if (end < 0 || !whole.endsWith('\n')) return malformed('It has no signatures.');
  const lines = whole.slice(end + 2, -1).split('\n');
  if (lines.length > maxSignatures) return malformed('It has too many signatures.');
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const parts = /^— (\S+) ([A-Za-z0-9+/=]+)$/u.exec(line);
    const bytes = parts === null ? undefined : base64ToBytes(parts[2] as string);
    if (parts === null || bytes === undefined || bytes.length < 5 || !isName(parts[1] as string))
      return malformed('A signature line does not have the form of one.');
    signatures.push({ name: parts[1] as string, keyId: bytes.slice(0, 4), signature: bytes.slice(4) });
  }
  return ok({ text: whole.slice(0, end + 1), signatures });
}

export const formatNote = ({ text, signatures }: Note): string =>
  `${text}\n${signatures.map((one) => `— ${one.name} ${bytesToBase64(concatBytes(one.keyId, one.signature))}\n`).join('')}`;

/** What a witness signs: the time of its check and the whole note text (C2SP tlog-cosignature). */
export const cosignedMessage = (text: string, unixSeconds: number): Uint8Array =>
  utf8(`cosignature/v1\ntime ${unixSeconds}\n${text}`);

export function signNote(
  hash: Hash,
  text: string,
  key: NoteKey,
  sign: (message: Uint8Array) => Uint8Array,
  unixSeconds = 0,
): NoteSignature {
  const keyId = noteKeyId(hash, key);
  if (key.algorithm === noteAlgorithm.ed25519) return { name: key.name, keyId, signature: sign(utf8(text)) };
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(unixSeconds));
  return { name: key.name, keyId, signature: concatBytes(time, sign(cosignedMessage(text, unixSeconds))) };
}

/** The keys among `trusted` that signed; refuses when one of them signed wrongly or none signed at all. */
export function verifyNote(
  primitives: Primitives,
  note: Note,
  trusted: readonly NoteKey[],
): Result<readonly NoteKey[], NoteRefusal> {
  const verified: NoteKey[] = [];
  for (const signature of note.signatures) {
    const key = trusted.find(
      (one) => one.name === signature.name && bytesEqual(noteKeyId(primitives.sha256, one), signature.keyId),
    );
    if (key === undefined || verified.includes(key)) continue;
    if (!isGenuine(primitives, note.text, key, signature.signature))
      return refuse(
        'note signature wrong',
        'The signed note was not accepted.',
        `The signature of ${key.name} does not verify.`,
        'Do not use it; tell the auditor.',
      );
    verified.push(key);
  }
  if (verified.length === 0)
    return refuse(
      'note not signed',
      'The signed note was not accepted.',
      'No trusted key signed it.',
      'Check the trusted keys.',
    );
  return ok(verified);
}

function isGenuine(primitives: Primitives, text: string, key: NoteKey, signature: Uint8Array): boolean {
  const publicKey = bytesToBase64url(key.publicKey);
  if (key.algorithm === noteAlgorithm.ed25519)
    return signature.length === 64 && primitives.verifyEd25519(publicKey, utf8(text), signature);
  if (signature.length !== 72) return false;
  const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
  return primitives.verifyEd25519(publicKey, cosignedMessage(text, Number(time)), signature.subarray(8));
}
