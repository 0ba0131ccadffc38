// Rejoin: what was restored from a backup may lag behind the log, so it signs nothing until a sync has proven that the log goes on
// from what it has. What was signed after the backup and had not left the lost machine is not in it.

import { type Refusal, refuse } from '../shared/result.ts';
import { msToInstant } from '../shared/time.ts';
import type { Session } from './session.ts';
import { writeDiary } from './store/diary.ts';
import { readSetting, writeSetting } from './store/settings.ts';

interface Mark {
  readonly backup: string;
  readonly madeAt: string;
}

const markOf = ({ store }: Session): Mark | undefined => {
  const text = readSetting(store, 'restored') ?? '';
  return text === '' ? undefined : (JSON.parse(text) as Mark);
};

/** Why nothing may be signed here yet, if so. */
export function notRejoined(session: Session): Refusal<'restored'> | undefined {
  const mark = markOf(session);
  if (mark === undefined) return undefined;
  const why = `This vault was restored from the backup of ${mark.madeAt} and has not synchronised since.`;
  return refuse(
    'restored',
    'Nothing was signed.',
    why,
    'Synchronise first. What was signed after the backup and never handed in is lost: compare with the papers.',
  ).refusal;
}

/** After a sync that succeeded; `before` is the size of the log that the backup had. */
export function rejoined(session: Session, before: number, nowMs: number): void {
  const mark = markOf(session);
  if (mark === undefined) return;
  const { store, operator, tree } = session;
  session.commit(() => {
    writeSetting(store, 'restored', '');
    writeDiary(store, {
      at: msToInstant(nowMs),
      what: 'restored',
      operator,
      facts: { backup: mark.backup, madeAt: mark.madeAt, size: before, caughtUp: tree.size - before },
    });
  });
}
