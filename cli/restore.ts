// `custos restore`: puts a backup where a terminal's vault is to be; it is then unlocked as before.

import { newSteadyClock } from '../main/host/steady.ts';
import { restoreInto } from '../main/operations/restore.ts';

/** Exit code. */
export async function restoreCommand(from: string, to: string): Promise<number> {
  const { run, ms } = newSteadyClock()();
  const restored = await restoreInto(to, from, { wallMs: Date.now(), run, steadyMs: ms });
  if (restored.ok) {
    console.log(JSON.stringify(restored.value));
    return 0;
  }
  const { what, why, next } = restored.refusal;
  console.error(`${what} ${why} ${next}`);
  return 1;
}
