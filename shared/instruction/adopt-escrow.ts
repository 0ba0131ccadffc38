// Adopt escrow: an agreement between two clients comes into force, once every path of its terms has been walked and found sound.

import { z } from 'zod';
import { type Books, inPool, type LedgerAccount, poolOf, programmeOf, put } from '../books.ts';
import { escrowId, type Terms, termsSchema } from '../escrow.ts';
import { escrowAccountId } from '../escrow-books.ts';
import { proveTerms } from '../escrow-proof.ts';
import { sayFlaw } from '../escrow-words.ts';
import { type InstructionRefusal, type Kind, movesNothing } from './kind.ts';
import { checkAsset, duplicate, malformed, money, unknown } from './refusals.ts';

export const adoptEscrowSchema = z.strictObject({
  kind: z.literal('adopt escrow'),
  escrow: escrowId,
  terms: termsSchema,
});
type AdoptEscrow = z.infer<typeof adoptEscrowSchema>;

export const adoptEscrow: Kind<AdoptEscrow> = {
  ...movesNothing,
  makers: ['teller', 'officer'],
  consequence: ({ escrow, terms }) =>
    `Agreement ${escrow} comes into force: account ${terms.depositor} pays ${money(terms.asset, BigInt(terms.amount))} into escrow for account ${terms.beneficiary} by ${terms.fundBy}.`,
  check({ escrow, terms }, books, { today }) {
    if (books.get('escrow', escrow) !== undefined) return duplicate('Escrow agreement', escrow);
    if (books.get('account', escrowAccountId(escrow)) !== undefined) return duplicate('Ledger account', escrow);
    if (!programmeOf(books)?.assets.includes(terms.asset))
      return malformed(`This programme does not keep ${terms.asset}.`);
    const refusal = checkParties(books, terms);
    if (refusal !== undefined) return refusal;
    const proof = proveTerms(terms, today);
    return proof.ok ? undefined : malformed(sayFlaw(terms, proof.refusal, 'en'));
  },
  effects({ escrow, terms }, books, { instruction, today }) {
    const proof = proveTerms(terms, today);
    if (!proof.ok) return [];
    const pool = poolOf(books.get('account', terms.depositor));
    const id = escrowAccountId(escrow);
    return [
      {
        type: 'open',
        account: {
          ...{ id, class: 'escrow', asset: terms.asset, client: null, number: null },
          ...inPool(pool),
        },
      },
      put('escrow', escrow, {
        ...{ terms, by: instruction, adoptedOn: today, endsBy: proof.value.endsBy },
        ...{ phase: 'adopted', rulesBy: null, depositor: 0n, beneficiary: 0n, left: 0n },
        ...{ fulfilled: [], released: [], dispute: null, outcome: null, endedOn: null },
      }),
    ];
  },
};

/** The parties are accounts of different clients, all in the asset and the pool of the agreement. */
function checkParties(books: Books, { asset, depositor, beneficiary, arbiter }: Terms): InstructionRefusal | undefined {
  const ids = [depositor, beneficiary, ...(arbiter !== null && 'account' in arbiter ? [arbiter.account] : [])];
  const accounts: LedgerAccount[] = [];
  for (const id of ids) {
    const account = books.get('account', id);
    if (account === undefined) return unknown('ledger account', id);
    if (account.class !== 'client') return malformed(`Ledger account ${id} is not an account of a client.`);
    accounts.push(account);
  }
  if (new Set(accounts.map((one) => one.client)).size !== accounts.length)
    return malformed('Depositor, beneficiary and arbiter must be different clients.');
  const [payer, payee] = accounts as [LedgerAccount, LedgerAccount];
  if (poolOf(payer) !== poolOf(payee)) return malformed('The two parties keep their money in different pools.');
  return checkAsset(payer, asset) ?? checkAsset(payee, asset);
}
