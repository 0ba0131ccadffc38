// Compare checkpoint: holds the checkpoint of another terminal, brought by hand or by any other way than the gateway, against
// this terminal's log. Two signed checkpoints that do not fit are proof of a forked log.

import { bytesEqual } from '../../shared/bytes.ts';
import { openCheckpoint } from '../../shared/log/checkpoint.ts';
import { parseNoteKey } from '../../shared/log/note.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Terminal, unlocked } from '../terminal.ts';

export function compareCheckpoint(
  terminal: Terminal,
  { note }: { readonly note: string },
): Result<{ size: number; agrees: 'yes' | 'not yet known' }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const session = opened.value;
  const { primitives } = terminal.parts;
  const key = parseNoteKey(primitives.sha256, session.invitation.logKey);
  if (!key.ok) return key;
  const other = openCheckpoint(primitives, note, key.value, []);
  if (!other.ok) return other;
  const { size, root } = other.value.checkpoint;
  const { tree } = session;
  if (size > tree.size) return ok({ size, agrees: 'not yet known' });
  if (size > 0 && !bytesEqual(tree.root(size), root)) {
    const found = refuse(
      'fork',
      'The checkpoints do not agree.',
      `The gateway signed two different logs of ${size} records.`,
      'Call the security officer; keep both checkpoints: together they are the proof.',
    );
    session.quarantine(found.refusal);
    return found;
  }
  return ok({ size, agrees: 'yes' });
}
