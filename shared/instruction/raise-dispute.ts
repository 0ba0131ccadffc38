// Raise dispute: a party stops an escrow agreement; nothing moves until the arbiter rules, or the arbiter's time is over.

import { z } from 'zod';
import { escrowId, parties } from '../escrow.ts';
import { escrowEffects, stepEscrow } from '../escrow-books.ts';
import { unicodeText } from '../text.ts';
import { type Kind, movesNothing } from './kind.ts';

export const raiseDisputeSchema = z.strictObject({
  kind: z.literal('raise dispute'),
  escrow: escrowId,
  by: z.enum(parties),
  reason: unicodeText(1, 200),
});

export const raiseDispute: Kind<z.infer<typeof raiseDisputeSchema>> = {
  ...movesNothing,
  makers: ['teller', 'compliance', 'officer'],
  consequence: ({ escrow, by, reason }) =>
    `The ${by} disputes agreement ${escrow}: nothing of it moves until the arbiter rules. Reason: ${reason}`,
  check({ escrow, by }, books, { today }) {
    const step = stepEscrow(books, escrow, { type: 'dispute', by }, today);
    return step.ok ? undefined : step.refusal;
  },
  effects: ({ escrow, by, reason }, books, { today }) =>
    escrowEffects(books, escrow, { type: 'dispute', by }, today, () => ({ dispute: { by, reason, on: today } })),
};
