// Calibrate: how much stretching a passphrase may cost on this machine, measured and not guessed, between the least that is allowed
// and what a slower machine can still bear when it gets the vault from a backup.

import { defaultKdf, type Kdf, stretch } from './kdf.ts';

/** Of every unlocking: half a second to a second that whoever tries passphrases pays for each of them. */
export const targetMs = 750;
/** An unlocking that took less than this is worth measuring again. */
export const quickMs = 300;
const most = { memoryKib: 262_144, passes: 16 };

/** `measure` stretches once and says how many milliseconds it took. Memory comes first: it is what hardware for trying lacks. */
export async function calibrate(measure: (kdf: Kdf) => Promise<number>): Promise<Kdf> {
  let kdf = defaultKdf;
  await measure(kdf); // what is loaded at the first time is not counted
  let ms = await measure(kdf);
  while (2 * ms <= targetMs && 2 * kdf.memoryKib <= most.memoryKib) {
    const larger: Kdf = { ...kdf, memoryKib: 2 * kdf.memoryKib };
    const largerMs = await measure(larger);
    if (largerMs > targetMs) break;
    [kdf, ms] = [larger, largerMs];
  }
  const passes = Math.floor((kdf.passes * targetMs) / Math.max(1, ms));
  return { ...kdf, passes: Math.max(kdf.passes, Math.min(most.passes, passes)) };
}

/** Measured at most once, when it is first needed. */
export function onThisMachine(): () => Promise<Kdf> {
  let measured: Promise<Kdf> | undefined;
  return () => {
    measured ??= calibrate(async (kdf) => {
      const began = performance.now();
      (await stretch('how long it takes', new Uint8Array(32), kdf)).fill(0);
      return performance.now() - began;
    });
    return measured;
  };
}

/** Whether changing a slot is worth it: nothing gets weaker, and the whole half as strong again. */
export const isMuchStronger = (wanted: Kdf, now: Kdf): boolean =>
  wanted.memoryKib >= now.memoryKib &&
  wanted.passes >= now.passes &&
  wanted.memoryKib * wanted.passes >= 1.5 * now.memoryKib * now.passes;
