// Lock: forgets keys, open requests and everything read; the screen knows no more after it than before unlocking.

import type { Status } from '../../shared/contract/terminal.ts';
import { backUpIfDue } from '../back-up.ts';
import { forgetEverything, type Terminal } from '../terminal.ts';
import { statusOf } from './status.ts';

export function lock(terminal: Terminal): Status {
  // Screens know nothing more at once; the vault is closed when a backup that was due is made.
  void backUpIfDue(terminal);
  forgetEverything(terminal);
  return statusOf(terminal);
}
