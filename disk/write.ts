// Files that survive a power cut: whole under their name, or as they were. Every byte is written and synced before a name is
// moved, and the folder is synced after it, as a file that nobody can find is lost as well.

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
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
 * Writes over what was there: after a power cut it may be neither old nor new, so whoever uses this keeps another copy that
 * is not touched meanwhile. Half the syncs of `replaceFile`.
 */
export function overwriteFile(path: string, text: string, emptied?: FaultPoint): void {
  const isNew = !existsSync(path);
  writeSynced(path, text, emptied);
  if (isNew) syncFolder(dirname(path));
}

/** Writes all of it, however often the system takes only a part, and syncs it. */
export function writeSynced(path: string, text: string, emptied?: FaultPoint): void {
  const descriptor = openSync(path, 'w', ownFile);
  try {
    if (emptied !== undefined) faultPoint(emptied);
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
