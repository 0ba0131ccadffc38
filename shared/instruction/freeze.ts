// Freeze and unfreeze: a legal or risk block on debits of one account, a client's or an escrow agreement's; credits still arrive.

import { z } from 'zod';
import { type Books, put } from '../books.ts';
import { nameId } from '../ids.ts';
import { refuse } from '../result.ts';
import { unicodeText } from '../text.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { malformed, unknown } from './refusals.ts';

const fields = { account: nameId, reason: unicodeText(1, 200) };
export const freezeSchema = z.strictObject({ kind: z.literal('freeze'), ...fields });
export const unfreezeSchema = z.strictObject({ kind: z.literal('unfreeze'), ...fields });

function check(books: Books, id: string, frozen: boolean): InstructionRefusal | undefined {
  const account = books.get('account', id);
  if (account === undefined) return unknown('ledger account', id);
  if (account.class !== 'client' && account.class !== 'escrow')
    return malformed('Only accounts of clients and escrow agreements can be frozen.');
  if (account.frozen !== frozen) return undefined;
  const why = `Ledger account ${id} is ${frozen ? 'frozen already' : 'not frozen'}.`;
  return refuse('account state', 'Nothing was changed.', why, 'Nothing is needed.').refusal;
}

function setFrozen(books: Books, id: string, frozen: boolean) {
  const account = books.get('account', id);
  return account === undefined ? [] : [put('account', id, { ...account, frozen })];
}

export const freeze: Kind<z.infer<typeof freezeSchema>> = {
  ...movesNothing,
  makers: ['teller', 'supervisor', 'compliance', 'officer'],
  consequence: ({ account, reason }) => `Account ${account} is frozen: nothing leaves it. Reason: ${reason}`,
  check: ({ account }, books) => check(books, account, true),
  effects: ({ account }, books) => setFrozen(books, account, true),
};

export const unfreeze: Kind<z.infer<typeof unfreezeSchema>> = {
  ...movesNothing,
  makers: ['teller', 'supervisor', 'compliance', 'officer'],
  consequence: ({ account, reason }) => `Account ${account} is no longer frozen. Reason: ${reason}`,
  check: ({ account }, books) => check(books, account, false),
  effects: ({ account }, books) => setFrozen(books, account, false),
};
