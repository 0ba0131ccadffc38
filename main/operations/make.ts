// Make: what a maker filled in becomes canonical instructions, whoever they name becomes a commitment, and one touch is asked
// for all of them.

import { currentPolicy } from '../../shared/books.ts';
import type { Draft, Signing, Source } from '../../shared/contract/terminal.ts';
import { kindOf } from '../../shared/instruction/kinds.ts';
import { type Refusal, type Result, refuse } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import { draftToInstruction, newCommitter } from '../draft.ts';
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
