// Files that survive a power cut: whole under their name, or as they were. Every byte is written and synced before a name is
// moved, and the folder is synced after it, as a file that nobody can find is lost as well.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { utf8 } from '../shared/bytes.ts';
import { type FaultPoint, faultPoint } from '../shared/fault.ts';

/** Only for whoever runs Custos. */
const ownFile = 0o600;
const ownFolder = 0o700;

/** Makes names in a folder durable. Windows has no such call for folders; NTFS journals names by itself. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a folder and whatever is missing above it, each name durable. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { recursive: true, mode: ownFolder });
  syncFolder(dirname(folder));
}

/** Moves a file or a folder, whose content was synced before, to its name for good. */
export function moveInto(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
}

/** Writes beside the old file and moves: after a power cut there is the old one or the new one. */
export function replaceFile(path: string, text: string): void {
  writeSynced(`${path}.next`, text);
  moveInto(`${path}.next`, path);
}

/**
 * Writes in place over what was there: after a power cut it may be neither old nor new, so whoever uses this keeps another copy
 * that is not touched meanwhile. The text is filled up with spaces to whole kibibytes, as a file that keeps its size is synced
 * without its folder's journal.
 */
export function overwriteFile(path: string, text: string, halfway?: FaultPoint): void {
  const bytes = utf8(text);
  const whole = new Uint8Array(Math.ceil(bytes.length / 1024) * 1024).fill(0x20);
  whole.set(bytes);
  const half = whole.length >> 1;
  const isNew = !existsSync(path);
  const descriptor = openSync(path, isNew ? 'w' : 'r+', ownFile);
  try {
    writeAll(descriptor, whole.subarray(0, half), 0);
    if (halfway !== undefined) faultPoint(halfway);
    writeAll(descriptor, whole.subarray(half), half);
    if (fstatSync(descriptor).size !== whole.length) ftruncateSync(descriptor, whole.length);
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (isNew) syncFolder(dirname(path));
}

/** However often the system takes only a part. */
function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
}

/** Writes all of it, however often the system takes only a part, and syncs it. */
export function writeSynced(path: string, text: string): void {
  const descriptor = openSync(path, 'w', ownFile);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
