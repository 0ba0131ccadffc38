// Rejoin: what was restored from a backup, or was found not to be the newest vault, may lag behind the log, so it signs nothing
// until a sync has proven that the log goes on from what it has. What was signed later and had not left the machine is not in it.

import { bytesToBase64url } from '../shared/bytes.ts';
import { type Refusal, refuse } from '../shared/result.ts';
import { msToInstant } from '../shared/time.ts';
import type { Session } from './session.ts';
import { writeDiary } from './store/diary.ts';
import { readSetting, writeSetting } from './store/settings.ts';

export interface Mark {
  /** Null where the vault lay on this machine, and was not the newest one. */
  readonly backup: string | null;
  /** Of the backup, or of what was found. */
  readonly madeAt: string;
  /** What the log had reached here before, as far as it is known: one that is shorter or another is not taken for it. */
  readonly reach?: { readonly size: number; readonly root: string };
}

const markOf = ({ store }: Session): Mark | undefined => {
  const text = readSetting(store, 'restored') ?? '';
  return text === '' ? undefined : (JSON.parse(text) as Mark);
};

/** Why nothing may be signed here yet, if so. */
export function notRejoined(session: Session): Refusal<'restored'> | undefined {
  const mark = markOf(session);
  if (mark === undefined) return undefined;
  const why =
    mark.backup === null
      ? `This vault was not the newest one when it was repaired at ${mark.madeAt}, and has not synchronised since.`
      : `This vault was restored from the backup of ${mark.madeAt} and has not synchronised since.`;
  return refuse(
    'restored',
    'Nothing was signed.',
    why,
    'Synchronise first. What was signed after that and never handed in is lost: compare with the papers.',
  ).refusal;
}

/** After a sync that succeeded; `before` is the size of the log that the backup had. */
export function rejoined(session: Session, before: number, nowMs: number): void {
  const mark = markOf(session);
  if (mark === undefined) return;
  const { store, operator, tree } = session;
  const { reach } = mark;
  if (reach !== undefined && (tree.size < reach.size || bytesToBase64url(tree.root(reach.size)) !== reach.root)) {
    session.quarantine(lostRecords(reach.size));
    return;
  }
  session.commit(() => {
    writeSetting(store, 'restored', '');
    writeDiary(store, {
      at: msToInstant(nowMs),
      what: mark.backup === null ? 'rejoined' : 'restored',
      operator,
      facts: { backup: mark.backup, madeAt: mark.madeAt, size: before, caughtUp: tree.size - before },
    });
  });
}

const lostRecords = (size: number): Refusal<'rollback'> =>
  refuse(
    'rollback',
    'The log was not taken in.',
    `This terminal had verified ${size} records, and the gateway's log does not lead to them any more.`,
    'Call the security officer; this terminal only shows what it has.',
  ).refusal;
