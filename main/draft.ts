// From what a maker filled in to a canonical instruction: whoever is named in clear becomes a keyed id, a salted commitment and
// the last digits.

import { random } from '../crypto/secret.ts';
import { bytesToBase64url } from '../shared/bytes.ts';
import type { Draft } from '../shared/contract/terminal.ts';
import {
  type ClientDetails,
  commit,
  type EventDetails,
  type Payee,
  type PayeeDetails,
  tailOf,
} from '../shared/instruction/payee.ts';
import type { Instruction } from '../shared/instruction/schema.ts';
import { maxMinor } from '../shared/money.ts';
import type { Hash } from '../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../shared/result.ts';
import type { Session } from './session.ts';

/** Salts and commits to whoever a draft names. */
interface Committer {
  payee(payee: Omit<PayeeDetails, 'salt'>): { payee: Payee; details: PayeeDetails };
  client(identity: Omit<ClientDetails, 'salt'>): { identity: string; details: ClientDetails };
}

export function newCommitter(session: Session, hash: Hash): Committer {
  const commitmentOf = (details: EventDetails) => bytesToBase64url(commit(hash, details));
  const salt = () => bytesToBase64url(random(16));
  return {
    payee(payee) {
      const details = { salt: salt(), ...payee };
      const { account } = payee;
      return {
        payee: { id: session.payeeId(account), details: commitmentOf(details), tail: tailOf(account) },
        details,
      };
    },
    client(identity) {
      const details = { salt: salt(), ...identity };
      return { identity: commitmentOf(details), details };
    },
  };
}

export interface ReadDraft {
  readonly instruction: Instruction;
  readonly details: readonly EventDetails[];
}

export function draftToInstruction(draft: Draft, committer: Committer): Result<ReadDraft, Refusal> {
  switch (draft.kind) {
    case 'payment':
    case 'send back': {
      const { payee, details } = committer.payee(draft.payee);
      return ok({ instruction: { ...draft, payee }, details: [details] });
    }
    case 'batch': {
      const total = draft.items.reduce((sum, item) => sum + BigInt(item.amount), 0n);
      if (total > maxMinor)
        return refuse(
          'amount too large',
          'The batch was not made.',
          'Its total does not fit 64 bits.',
          'Split the batch.',
        );
      const items = draft.items.map((item) => ({ ...item, ...committer.payee(item.payee) }));
      return ok({
        instruction: {
          kind: 'batch',
          asset: draft.asset,
          total: total.toString(),
          items: items.map(({ account, amount, payee }) => ({ account, amount, payee })),
          ...(draft.valueDate === undefined ? {} : { valueDate: draft.valueDate }),
        },
        details: items.map((item) => item.details),
      });
    }
    case 'register client': {
      const { identity, details } = committer.client(draft.identity);
      return ok({ instruction: { ...draft, identity }, details: [details] });
    }
    default:
      return ok({ instruction: draft, details: [] });
  }
}
