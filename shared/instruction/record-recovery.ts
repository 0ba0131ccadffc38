// Record recovery: that the recovery shares of a terminal's vault were brought together, for a drill or because they had to be.
// The report of the ceremony stays on the terminal; its digest is here, so that the report shown later is the one decided on.

import { z } from 'zod';
import { put } from '../books.ts';
import { digest, nameId } from '../ids.ts';
import { instant } from '../time.ts';
import { type Kind, movesNothing } from './kind.ts';
import { duplicate, malformed, unknown } from './refusals.ts';

const cards = z.int().min(0).max(16);
export const recordRecoverySchema = z.strictObject({
  kind: z.literal('record recovery'),
  /** A drill opens nothing and changes nothing; a real recovery opened the vault and made new ways in. */
  purpose: z.enum(['drill', 'real']),
  terminal: nameId,
  vault: nameId,
  /** Epoch of the vault's keys after it. */
  epoch: z.int().min(1),
  /** Cards that were typed in, of each group. */
  shares: z.strictObject({ officers: cards, custodians: cards }),
  outcome: z.enum(['opened', 'refused']),
  startedAt: instant,
  endedAt: instant,
  /** SHA-256 of the canonical report. */
  report: digest,
});
export type RecordRecovery = z.infer<typeof recordRecoverySchema>;

export const recordRecovery: Kind<RecordRecovery> = {
  ...movesNothing,
  makers: ['officer'],
  checkers: [{ role: 'officer', count: 1 }],
  consequence({ purpose, terminal, shares, outcome, startedAt, epoch }) {
    const brought = `${shares.officers} officer and ${shares.custodians} custodian share(s)`;
    const when = startedAt.slice(0, 16).replace('T', ' ');
    if (purpose === 'drill')
      return `It goes on record that ${brought} were tried on terminal ${terminal} at ${when} UTC as a drill: ${outcome}.`;
    return outcome === 'opened'
      ? `It goes on record that ${brought} opened the vault of terminal ${terminal} at ${when} UTC; its keys are of epoch ${epoch} now, and it may sign again.`
      : `It goes on record that ${brought} were brought to open the vault of terminal ${terminal} at ${when} UTC, and did not.`;
  },
  check({ terminal, startedAt, endedAt, report }, books) {
    if (books.get('terminal', terminal) === undefined) return unknown('terminal', terminal);
    if (endedAt < startedAt) return malformed('It ends before it begins.');
    return books.get('recovery', report) === undefined ? undefined : duplicate('The report of this recovery', report);
  },
  effects: ({ purpose, terminal, report }, _, { instruction }) => [
    put('recovery', report, { purpose, terminal, instruction }),
  ],
};
