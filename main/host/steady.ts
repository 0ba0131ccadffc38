// A clock that nobody can set: time since the machine was started, or at least since this program was.

import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { random } from '../../crypto/secret.ts';
import { bytesToHex } from '../../shared/bytes.ts';

export interface Steady {
  /** Names the run that `ms` counts from. */
  readonly run: string;
  readonly ms: number;
}

export function newSteadyClock(): () => Steady {
  const boot = bootId();
  if (boot !== undefined) return () => ({ run: boot, ms: uptime() * 1000 });
  const run = bytesToHex(random(8));
  return () => ({ run, ms: performance.now() });
}

/** Linux names every start of the machine; other systems do not, and there it is the program's start that counts. */
function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 64) || undefined;
  } catch {
    return undefined;
  }
}
