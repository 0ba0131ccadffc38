// What the terminal answers when its disk fails in the middle of an operation. What was surely undone is said to be undone; where
// nobody can know it, the session is closed, and what is true is read from the disk again at the next unlocking.

import { type DiskFailure, diskFailure, diskRefusal } from '../disk/failure.ts';
import { type Refusal, refuse } from '../shared/result.ts';
import { HeadNotRecorded } from './session.ts';
import { damaged, isDamage } from './store/open.ts';
import { forgetEverything, type Terminal } from './terminal.ts';

const causes: Readonly<Record<DiskFailure, string>> = {
  'disk full': 'The disk is full.',
  'disk read-only': 'The folder of this terminal cannot be written.',
  'disk failed': 'The disk reported an error.',
};

/** Undefined for what is not the disk's doing. */
export function answerDisk(terminal: Terminal, failure: unknown): Refusal | undefined {
  return isDamage(failure) ? answerDamage(terminal, failure) : answerFailure(terminal, failure);
}

/** A page that is not as it should be, met in the middle of something: the disk's doing, or the end of all work with this vault. */
function answerDamage(terminal: Terminal, failure: unknown): Refusal | undefined {
  const { session } = terminal;
  if (session === undefined) return undefined;
  try {
    session.askDisk();
  } catch (ofDisk) {
    return answerFailure(terminal, diskFailure(ofDisk) === undefined ? failure : ofDisk);
  }
  session.quarantine(damaged.refusal);
  const { type, why, next } = damaged.refusal;
  return refuse(type, 'It was not done.', why, next).refusal;
}

function answerFailure(terminal: Terminal, failure: unknown): Refusal | undefined {
  const type = diskFailure(failure);
  if (type === undefined) return undefined;
  // A full or read-only disk takes nothing of a database transaction. After an error it may have taken all of it.
  const isHalf = failure instanceof HeadNotRecorded && failure.session === terminal.session;
  const isKnown = type !== 'disk failed' && !isHalf;
  if (isKnown) return diskRefusal(failure, 'It was not done.');
  const wasOpen = terminal.session !== undefined;
  forgetEverything(terminal);
  if (!wasOpen) return diskRefusal(failure, 'It was not done.');
  return refuse(
    type,
    'It may have been done or not; the terminal was locked.',
    causes[type],
    'Unlock again and look whether it is there before doing it again; if it comes back, call whoever looks after this computer.',
  ).refusal;
}
