// C2SP checkpoints: the log's signed statement of its size and root, and the cosignatures of those who checked it.

import { base64ToBytes, bytesToBase64 } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../result.ts';
import { type Note, type NoteKey, noteAlgorithm, parseNote, verifyNote } from './note.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${bytesToBase64(root)}\n`;

type CheckpointRefusal = Refusal<
  'checkpoint malformed' | 'note malformed' | 'note signature wrong' | 'note not signed' | 'wrong origin'
>;
const malformed = (why: string): { readonly ok: false; readonly refusal: CheckpointRefusal } =>
  refuse('checkpoint malformed', 'The checkpoint was not accepted.', why, 'Ask the gateway for it again.');

export function parseCheckpoint(text: string): Result<Checkpoint, CheckpointRefusal> {
  const [origin, sizeText, rootText, ...rest] = text.split('\n');
  if (!origin || rest.length === 0 || rest.at(-1) !== '') return malformed('It does not have three lines.');
  if (rest.slice(0, -1).includes('')) return malformed('It has an empty line.');
  if (sizeText === undefined || !/^(0|[1-9]\d{0,15})$/.test(sizeText)) return malformed('Its size is not a number.');
  const size = Number(sizeText);
  if (!Number.isSafeInteger(size)) return malformed('Its size is not a number.');
  const root = base64ToBytes(rootText ?? '');
  if (root?.length !== 32) return malformed('Its root is not 32 bytes.');
  return ok({ origin, size, root });
}

export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  /** Names of the trusted witnesses whose cosignature verified. */
  readonly witnesses: readonly string[];
}

/** Opens a checkpoint note: it must be signed by the log's own key; witnesses' cosignatures are checked where known. */
export function openCheckpoint(
  primitives: Primitives,
  whole: string,
  logKey: NoteKey,
  witnesses: readonly NoteKey[],
): Result<OpenedCheckpoint, CheckpointRefusal> {
  const note = parseNote(whole);
  if (!note.ok) return note;
  const signed = verifyNote(primitives, note.value, [logKey, ...witnesses]);
  if (!signed.ok) return signed;
  if (!signed.value.includes(logKey))
    return refuse(
      'note not signed',
      'The checkpoint was not accepted.',
      'The log itself did not sign it.',
      'Do not use it.',
    );
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value.origin !== logKey.name)
    return refuse(
      'wrong origin',
      'The checkpoint was not accepted.',
      `It is of ${checkpoint.value.origin}.`,
      'Use the log it names.',
    );
  const names = signed.value.filter((key) => key !== logKey).map((key) => key.name);
  return ok({ checkpoint: checkpoint.value, note: note.value, witnesses: names });
}

export const witnessKey = (name: string, publicKey: Uint8Array): NoteKey => ({
  name,
  algorithm: noteAlgorithm.cosignature,
  publicKey,
});
export const logKey = (origin: string, publicKey: Uint8Array): NoteKey => ({
  name: origin,
  algorithm: noteAlgorithm.ed25519,
  publicKey,
});

/** A terminal vouches as a witness under this name, with the key that its programme enrolled. */
export const terminalWitnessKey = (origin: string, terminal: string, publicKey: Uint8Array): NoteKey =>
  witnessKey(`${origin}/terminal/${terminal}`, publicKey);
