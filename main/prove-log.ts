// Prove the log: whether what is stored here as the log is what the gateway signed and this terminal had taken in, by the signed
// checkpoint in the vault and the record beside it. It needs nobody else, and says whether the log may since have gone on.

import { base64urlToBytes, bytesEqual, bytesToBase64url } from '../shared/bytes.ts';
import { openCheckpoint, terminalWitnessKey } from '../shared/log/checkpoint.ts';
import type { MerkleTree } from '../shared/log/merkle.ts';
import { parseNoteKey } from '../shared/log/note.ts';
import type { Primitives } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import type { Session } from './session.ts';
import { readSetting } from './store/settings.ts';

export interface Proven {
  /** The vault is the newest one; otherwise only a sync shows how the log went on. */
  readonly isNewest: boolean;
  /** The most that the log is known to have reached here. */
  readonly reach: { readonly size: number; readonly root: string };
}

export type NotProven = Refusal<'log not proven'>;

const no = (why: string) =>
  refuse(
    'log not proven',
    'Nothing was replaced.',
    why,
    'Restore a backup; or revoke this terminal and set it up anew, and the books come back from the log.',
  );

/** `tree` is over the stored records; whoever asks has compared every leaf with its record. */
export function proveLog(session: Session, tree: MerkleTree, primitives: Primitives): Result<Proven, NotProven> {
  const { size } = tree;
  const reached: { size: number; root: Uint8Array }[] = [{ size, root: tree.root() }];
  const key = parseNoteKey(primitives.sha256, session.invitation.logKey);
  if (!key.ok) return no('The invitation in the vault does not name the key of the log.');
  const note = readSetting(session.store, 'checkpoint');
  if (note === undefined && size > 0) return no('The vault holds no checkpoint that the gateway signed.');
  if (note !== undefined) {
    const publicKey = base64urlToBytes(session.vault.terminalPublicKey()) ?? new Uint8Array();
    const mine = terminalWitnessKey(key.value.name, session.terminal, publicKey);
    const opened = openCheckpoint(primitives, note, key.value, [mine]);
    if (!opened.ok) return no(`The checkpoint in the vault is not good. ${opened.refusal.why}`);
    if (!opened.value.witnesses.includes(mine.name))
      return no('This terminal has not vouched for the checkpoint in the vault.');
    reached.push(opened.value.checkpoint);
  }
  const recorded = session.recorded();
  if (recorded !== undefined)
    reached.push({ size: recorded.size, root: base64urlToBytes(recorded.root) ?? new Uint8Array() });
  for (const one of reached)
    if (one.size <= size && !bytesEqual(tree.root(one.size), one.root))
      return no(`The first ${one.size} stored records are not those that this terminal had verified.`);
  const most = reached.reduce((a, b) => (b.size > a.size ? b : a));
  const generation = session.generation();
  const isNewest =
    most.size === size &&
    recorded !== undefined &&
    (recorded.generation === generation || recorded.generation + 1 === generation);
  return ok({ isNewest, reach: { size: most.size, root: bytesToBase64url(most.root) } });
}
