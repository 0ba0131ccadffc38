// Recovery shares: the recovery key split by SLIP-0039 into two groups, officers and custodians, both needed. Shares are
// shown once and never stored.

import slip39 from 'slip39';
import { bytesToHex } from '../../shared/bytes.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';

/** In the order of their numbers on the cards. */
export const groups = ['officers', 'custodians'] as const;
export type RecoveryGroup = (typeof groups)[number];

export interface RecoveryPlan {
  /** Needed and given shares, of the officers and of the vault's custodians. */
  readonly officers: readonly [needed: number, given: number];
  readonly custodians: readonly [needed: number, given: number];
}
export interface RecoveryShares {
  readonly officers: readonly string[];
  readonly custodians: readonly string[];
}

/** Splits 32 bytes; the SLIP-0039 passphrase stays empty, as a wrong one could not be noticed. */
export function splitRecoveryKey(key: Uint8Array, plan: RecoveryPlan): RecoveryShares {
  const split = slip39.fromArray([...key], {
    passphrase: '',
    threshold: 2,
    groups: groups.map((group) => [...plan[group], group]),
  });
  const group = (index: number) => split.root.children[index]?.mnemonics ?? [];
  return { officers: group(0), custodians: group(1) };
}

export function joinRecoveryKey(shares: readonly string[]): Result<Uint8Array, Refusal<'recovery refused'>> {
  const what = 'The recovery key was not put together.';
  try {
    const key = Uint8Array.from(slip39.recoverSecret([...shares], ''));
    if (key.length === 32) return ok(key);
    return refuse(
      'recovery refused',
      what,
      `The shares give ${bytesToHex(key).length / 2} bytes, not 32.`,
      'Bring the shares of this vault.',
    );
  } catch {
    const why = 'The shares are too few, mistyped, or of different sets.';
    return refuse('recovery refused', what, why, 'Type each share again, and bring the number that was agreed.');
  }
}
