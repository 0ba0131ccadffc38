// `custos restore`: puts a backup where a terminal's vault is to be; it is then unlocked as before.

import { newSteadyClock } from '../main/host/steady.ts';
import { restoreInto } from '../main/operations/restore.ts';
import { momentOf } from '../main/terminal.ts';

/** Exit code. */
export async function restoreCommand(from: string, to: string): Promise<number> {
  const restored = await restoreInto(to, from, momentOf({ clock: Date.now, steady: newSteadyClock() }));
  if (restored.ok) {
    console.log(JSON.stringify(restored.value));
    return 0;
  }
  const { what, why, next } = restored.refusal;
  console.error(`${what} ${why} ${next}`);
  return 1;
}
