// Runs work on a vault in a process of its own that is killed at a named moment: kill -9, with nothing tidied up. The work is a
// file that exports `work`, which gets the vault's folder, who opens it and with what.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Factors } from '../main/vault/slots.ts';
import type { FaultPoint } from '../shared/fault.ts';

export interface CutOffWork {
  readonly directory: string;
  readonly operator: string;
  readonly passphrase: string;
  readonly credential: string;
  /** PRF output, base64url. */
  readonly output: string;
  /** Where else it may write. */
  readonly target?: string;
}

export const factorsOf = ({ passphrase, credential, output }: CutOffWork): Factors => ({
  passphrase,
  prf: { credential, output: new Uint8Array(Buffer.from(output, 'base64url')) },
});

/** `killed` when it reached the moment, `done` when it went through without coming there. */
export function cutOff(file: string, work: CutOffWork, at: FaultPoint | null): 'killed' | 'done' {
  const ran = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'cut-off-child.ts'), file, at ?? '', JSON.stringify(work)],
    {
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  if (ran.signal === 'SIGKILL' && ran.stdout.includes('reached')) return 'killed';
  if (ran.status === 0) return 'done';
  throw new Error(`the work failed: ${ran.signal ?? ran.status} ${ran.stderr}`);
}
