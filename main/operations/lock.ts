// Lock: forgets keys, open requests and everything read; the screen knows no more after it than before unlocking.

import type { Status } from '../../shared/contract/terminal.ts';
import { forgetEverything, type Terminal } from '../terminal.ts';
import { statusOf } from './status.ts';

export function lock(terminal: Terminal): Status {
  forgetEverything(terminal);
  return statusOf(terminal);
}
