// Keep evidence: copies the vault's files as they lie on the disk into a folder of their own, for whoever examines what was
// found. They stay encrypted; nothing of the vault is changed, and nothing is deleted.

import { constants, copyFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { diskRefusal } from '../../disk/failure.ts';
import { makeFolder, syncFolder } from '../../disk/write.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { syncFile } from '../store/copy.ts';
import { type Terminal, unlocked } from '../terminal.ts';

/** Database with its WAL, slots and head records: everything of a vault but its index in shared memory, which is built anew. */
const isEvidence = (name: string): boolean => name.startsWith('vault.') && !name.endsWith('-shm');

export interface Evidence {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

export function keepEvidence(terminal: Terminal): Result<Evidence, Refusal> {
  const opened = unlocked(terminal);
  return opened.ok ? copyEvidence(terminal) : opened;
}

/** What somebody else does with an open vault begins with it. */
export function copyEvidence(terminal: Terminal): Result<Evidence, Refusal> {
  const { directory, exportDirectory, clock } = terminal.parts;
  const folder = join(exportDirectory, `evidence-${msToInstant(clock()).replaceAll(/[^0-9TZ]/g, '')}`);
  try {
    makeFolder(exportDirectory);
    makeFolder(folder);
    let [files, bytes] = [0, 0];
    // On one thread with every write, so that database and WAL are of the same moment.
    for (const name of readdirSync(directory).filter(isEvidence)) {
      const to = join(folder, name);
      copyFileSync(join(directory, name), to, constants.COPYFILE_EXCL);
      syncFile(to);
      files += 1;
      bytes += statSync(to).size;
    }
    syncFolder(folder);
    return ok({ folder, files, bytes });
  } catch (failure) {
    const refusal = diskRefusal(failure, 'The files were not copied.');
    if (refusal === undefined) throw failure;
    return { ok: false, refusal };
  }
}
