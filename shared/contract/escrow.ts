// What the escrow screen shows of one agreement: its terms, where it stands, and what is next.

import { z } from 'zod';
import { escrowId, outcomes, parties, termsSchema } from '../escrow.ts';

const text = z.string();

export const todoSchema = z.strictObject({
  what: z.enum(['fund', 'fulfil', 'release', 'refund', 'dispute', 'rule', 'expire']),
  who: z.enum([...parties, 'desk', 'depository']),
  part: text.nullable(),
  /** Minor units. */
  amount: text,
  from: text.nullable(),
  until: text.nullable(),
});

export const escrowViewSchema = z.strictObject({
  escrow: escrowId,
  terms: termsSchema,
  by: text,
  adoptedOn: text,
  endsBy: text,
  phase: z.enum(['adopted', 'funded', 'disputed', 'ended']),
  outcome: z.enum(outcomes).nullable(),
  endedOn: text.nullable(),
  /** Minor units paid to either party, and what is left. */
  depositor: text,
  beneficiary: text,
  left: text,
  fulfilled: z.array(z.strictObject({ condition: text, document: text.nullable(), on: text, by: text })),
  released: z.array(z.strictObject({ tranche: text, on: text, by: text })),
  dispute: z.strictObject({ by: z.enum(parties), reason: text, on: text }).nullable(),
  /** The first day on which its terms decide by themselves, and whether that day has come without the depository saying so. */
  due: text.nullable(),
  isOverdue: z.boolean(),
  isFrozen: z.boolean(),
  todos: z.array(todoSchema),
});
export type EscrowView = z.infer<typeof escrowViewSchema>;
export type TodoView = z.infer<typeof todoSchema>;
