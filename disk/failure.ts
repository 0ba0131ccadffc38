// What a disk did, in words for whoever stands before the screen. SQLite and the system name the same thing in different ways.

import { type Refusal, refuse } from '../shared/result.ts';

export type DiskFailure = 'disk full' | 'disk read-only' | 'disk failed';

const meanings: readonly (readonly [DiskFailure, RegExp])[] = [
  ['disk full', /^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)$/],
  ['disk read-only', /^(SQLITE_READONLY.*|SQLITE_CANTOPEN.*|SQLITE_PERM|SQLITE_AUTH|EROFS|EACCES|EPERM)$/],
  ['disk failed', /^(SQLITE_IOERR.*|SQLITE_PROTOCOL|EIO|ENXIO|ENODEV|ESTALE)$/],
];

/** The disk gave something, and gave something else when it was asked again. */
export class ReadOtherwise extends Error {
  override name = 'ReadOtherwise';
  readonly code = 'EIO';
  constructor() {
    super('what could not be read is sound when it is read again');
  }
}

/** SQLite of the runtime gives the primary result code in the last byte of a number. */
const resultCodes: Readonly<Record<number, string>> = {
  ...{ 3: 'SQLITE_PERM', 8: 'SQLITE_READONLY', 10: 'SQLITE_IOERR', 13: 'SQLITE_FULL' },
  ...{ 14: 'SQLITE_CANTOPEN', 15: 'SQLITE_PROTOCOL' },
};

function codeOf(failure: Error): string {
  const { code, errcode } = failure as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number'
    ? (resultCodes[errcode & 0xff] ?? '')
    : String(code ?? '');
}

/** Undefined for what is not the disk's doing. An error that only wraps another one is looked into. */
export function diskFailure(failure: unknown): DiskFailure | undefined {
  if (!(failure instanceof Error)) return undefined;
  const code = codeOf(failure);
  // Sockets have such codes as well.
  const isOfNetwork = ['connect', 'listen', 'bind'].includes(String((failure as { syscall?: unknown }).syscall));
  const found = isOfNetwork ? undefined : meanings.find(([, pattern]) => pattern.test(code));
  return found?.[0] ?? diskFailure(failure.cause);
}

const causes: Readonly<Record<DiskFailure, readonly [string, string]>> = {
  'disk full': ['The disk is full.', 'Free some space and do it again; nothing that was kept before is lost.'],
  'disk read-only': [
    'The folder of this terminal cannot be written.',
    'Let whoever looks after this computer make it writable, and do it again.',
  ],
  'disk failed': [
    'The disk reported an error.',
    'Do it again; if it comes back, call whoever looks after this computer and keep the files as they are.',
  ],
};

/** `what` was not done. Undefined for what is not the disk's doing. */
export function diskRefusal(failure: unknown, what: string): Refusal<DiskFailure> | undefined {
  const type = diskFailure(failure);
  if (type === undefined) return undefined;
  const [why, next] = causes[type];
  return refuse(type, what, why, next).refusal;
}
