// Fulfil condition: what an escrow agreement asks to be shown has been shown: a party's approval, or a document by its digest.

import { z } from 'zod';
import { escrowId, partName } from '../escrow.ts';
import { escrowEffects, stepEscrow } from '../escrow-books.ts';
import { digest } from '../ids.ts';
import { refuseArbiter } from './arbiter.ts';
import { type Kind, movesNothing } from './kind.ts';
import { malformed } from './refusals.ts';

export const fulfilConditionSchema = z.strictObject({
  kind: z.literal('fulfil condition'),
  escrow: escrowId,
  condition: partName,
  /** SHA-256 of the document, or of the paper on which the party approved; null for an approval without paper. */
  document: digest.nullable(),
});

export const fulfilCondition: Kind<z.infer<typeof fulfilConditionSchema>> = {
  ...movesNothing,
  makers: ['teller', 'compliance', 'officer'],
  consequence({ escrow, condition, document }, books) {
    const one = books.get('escrow', escrow)?.terms.conditions.find(({ name }) => name === condition);
    const what = one?.evidence === 'document' ? 'handed in its document' : 'approved it';
    const paper = document === null ? '' : `, digest ${document}`;
    return `Condition ${condition} of agreement ${escrow} ("${one?.text ?? ''}") is fulfilled: the ${one?.by ?? 'party'} ${what}${paper}.`;
  },
  check({ escrow, condition, document }, books, { today, maker }) {
    const step = stepEscrow(books, escrow, { type: 'fulfil', condition }, today);
    if (!step.ok) return step.refusal;
    const { terms } = step.value.row;
    const one = terms.conditions.find(({ name }) => name === condition);
    if (one?.evidence === 'document' && document === null) return malformed('The digest of the document is missing.');
    return one?.by === 'arbiter' ? refuseArbiter(books, terms, maker) : undefined;
  },
  effects: ({ escrow, condition, document }, books, { instruction, today }) =>
    escrowEffects(books, escrow, { type: 'fulfil', condition }, today, ({ fulfilled }) => ({
      fulfilled: [...fulfilled, { condition, document, on: today, by: instruction }],
    })),
};
