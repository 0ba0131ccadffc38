// Make: what a maker filled in becomes canonical instructions, whoever they name becomes a commitment, and one touch is asked
// for all of them.

import { payeeIdUnder } from '../../crypto/payee.ts';
import { random } from '../../crypto/secret.ts';
import { currentPolicy } from '../../shared/books.ts';
import { base64urlToBytes, bytesToBase64url } from '../../shared/bytes.ts';
import type { Draft, Signing, Source } from '../../shared/contract/terminal.ts';
import { kindOf } from '../../shared/instruction/kinds.ts';
import {
  type ClientDetails,
  commit,
  type EventDetails,
  type Payee,
  type PayeeDetails,
  tailOf,
} from '../../shared/instruction/payee.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import { maxMinor } from '../../shared/money.ts';
import type { Hash } from '../../shared/primitives.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import type { Session } from '../session.ts';
import { askToSign, newEvent, type Proposal, type RefusedProposal } from '../signing.ts';
import { importedItems } from '../store/imports.ts';
import { mayWrite, type Terminal } from '../terminal.ts';

/** How long an instruction waits for its checkers before it expires. */
const waitingMs = 3 * 86_400_000;

export async function make(
  terminal: Terminal,
  { drafts }: { readonly drafts: readonly { readonly draft: Draft; readonly source: Source | null }[] },
): Promise<Result<Signing, Refusal>> {
  const writable = mayWrite(terminal);
  if (!writable.ok) return writable;
  const session = writable.value;
  if (session.programme() === undefined)
    return refuse('state', 'Nothing was made.', 'The programme is not open here yet.', 'Synchronise first.');
  const proposals: Proposal[] = [];
  const refused: RefusedProposal[] = [];
  const books = session.overlay();
  const policyVersion = currentPolicy(books).version;
  const committer = newCommitter(session, terminal.parts.primitives.sha256);
  drafts.forEach(({ draft, source }, index) => {
    const twice = source === null ? undefined : madeAlready(session, source);
    if (twice !== undefined) refused.push({ index, refusal: twice });
    else {
      const read = draftToInstruction(draft, committer);
      if (!read.ok) refused.push({ index, refusal: read.refusal });
      else {
        const { instruction, details } = read.value;
        const expiresAt = msToInstant(terminal.parts.clock() + waitingMs);
        const event = newEvent(terminal, session, 'instruction.made', { instruction, policyVersion, expiresAt });
        proposals.push({
          index,
          event,
          details,
          source,
          consequence: kindOf(instruction).consequence(instruction, books),
        });
      }
    }
  });
  return askToSign(terminal, session, proposals, refused);
}

function madeAlready(session: Session, source: Source): Refusal | undefined {
  const known = importedItems(session.store, source.file);
  const item = source.items.find((one) => known.has(one));
  if (item === undefined) return undefined;
  const why = `Item ${item} of the file became instruction ${known.get(item)}.`;
  return refuse('duplicate', 'It was not made again.', why, 'Nothing is needed.').refusal;
}

/** Salts and commits to whoever a draft names. */
interface Committer {
  payee(payee: Omit<PayeeDetails, 'salt'>): { payee: Payee; details: PayeeDetails };
  client(identity: Omit<ClientDetails, 'salt'>): { identity: string; details: ClientDetails };
}

function newCommitter(session: Session, hash: Hash): Committer {
  const payeeId = payeeIdUnder(base64urlToBytes(session.invitation.payeeKey) ?? new Uint8Array());
  const commitmentOf = (details: EventDetails) => bytesToBase64url(commit(hash, details));
  const salt = () => bytesToBase64url(random(16));
  return {
    payee(payee) {
      const details = { salt: salt(), ...payee };
      const { account } = payee;
      return { payee: { id: payeeId(account), details: commitmentOf(details), tail: tailOf(account) }, details };
    },
    client(identity) {
      const details = { salt: salt(), ...identity };
      return { identity: commitmentOf(details), details };
    },
  };
}

interface Read {
  readonly instruction: Instruction;
  readonly details: readonly EventDetails[];
}

function draftToInstruction(draft: Draft, committer: Committer): Result<Read, Refusal> {
  switch (draft.kind) {
    case 'payment': {
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
