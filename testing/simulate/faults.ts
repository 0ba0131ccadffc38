// Everything that can go wrong in a simulated world, by the names under which it is counted. A test asks that in a fixed small
// set of seeds each of them strikes; a fault that is added is named here.

import { faultPoints } from '../../shared/fault.ts';

export type Fault = 'kill' | 'disk full';
export const lineFaults = ['request lost', 'answer lost', 'request repeated', 'request delayed'] as const;
export type LineFault = (typeof lineFaults)[number];
export const bankTroubles = [
  'messages repeated',
  'messages under new names',
  'messages held back',
  'messages out of order',
  'bank cut off',
] as const;
export type BankTrouble = (typeof bankTroubles)[number];

/** What a lying gateway does to the log that it shows. */
export const lies = ['dropped', 'rewritten', 'swapped', 'shorter', 'made up', 'hidden', 'signed by another'] as const;
/** What insiders do to the evidence of what they send. */
export const forgeries = [
  'evidence of another event',
  'signed by another',
  'no user verification',
  'no seal of theirs',
  'from another site',
] as const;
export const putBackParts = ['whole vault', 'database', 'head record'] as const;

/** Works that are not part of a simulated day; their moments are struck elsewhere. */
const elsewhere = ['backup', 'repair'];
export const strikable = faultPoints.filter((one) => !elsewhere.some((part) => one.startsWith(part)));

const each = (before: string, names: readonly string[]): string[] => names.map((name) => `${before}${name}`);

export const everyFault: Readonly<Record<string, readonly string[]>> = {
  'crash before or after a durable step': [...each('kill at ', strikable), 'kill at gateway: answered'],
  'disk full': each('disk full at ', strikable),
  'a message lost or repeated': ['request lost', 'answer lost', 'request repeated', 'bank: messages repeated'],
  reordering: ['request delayed', 'bank: messages held back', 'bank: messages out of order'],
  partition: ['terminal cut off', 'bank: bank cut off'],
  'a clock that jumps': ['clock back', 'clock ahead'],
  'a lying gateway': each('gateway lies: ', lies),
  'a lying terminal or insider': [
    ...each('evidence: ', forgeries),
    ...['evidence: not the bank', 'details left out', 'event under the name of another terminal'],
    ...['request under another name', 'other content under a known id', 'sent again'],
  ],
  'a bank that errs': ['bank: messages under new names', 'bank: books what nobody ordered', 'bank: late money'],
  'an old vault': each('put back: ', putBackParts),
};
