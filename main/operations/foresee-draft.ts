// Foresee draft: what would happen if this were made now, shown beside the form while it is filled in. Signs and keeps nothing.

import { available, type Books, BooksLayer, currentPolicy } from '../../shared/books.ts';
import type { Draft, Forecast } from '../../shared/contract/terminal.ts';
import { foresee } from '../../shared/decide.ts';
import { kindOf } from '../../shared/instruction/kinds.ts';
import { tailOf } from '../../shared/instruction/payee.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import { ok, type Refusal, type Result, refuse } from '../../shared/result.ts';
import { type Instant, msToInstant } from '../../shared/time.ts';
import { calendarFor, requestedDay, todayFor, valueDateOf } from '../../shared/value-date.ts';
import { draftToInstruction, newCommitter } from '../draft.ts';
import type { Session } from '../session.ts';
import { newEvent } from '../signing.ts';
import { allAttachments } from '../store/attachments.ts';
import { type Terminal, unlocked } from '../terminal.ts';

const dayMs = 86_400_000;

export function foreseeDraft(terminal: Terminal, { draft }: { readonly draft: Draft }): Result<Forecast, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const session = opened.value;
  const { primitives, clock } = terminal.parts;
  if (session.programme() === undefined)
    return refuse('state', 'Nothing can be foreseen.', 'The programme is not open here yet.', 'Synchronise first.');
  const read = draftToInstruction(draft, newCommitter(session, primitives.sha256));
  if (!read.ok) return read;
  const { instruction } = read.value;
  const layer = new BooksLayer(session.overlay());
  const event = newEvent(terminal, session, 'instruction.made', {
    instruction,
    policyVersion: currentPolicy(layer).version,
    expiresAt: msToInstant(clock() + dayMs),
  });
  const kind = kindOf(instruction);
  const consequence = kind.consequence(instruction, layer);
  const [hold] = kind.holds(instruction, layer);
  const before = hold === undefined ? undefined : layer.get('account', hold.account);
  const decision = foresee(layer, { admittedAt: session.admissionTime(layer), event }, primitives);
  if (decision.ok) layer.apply(decision.value);
  const held = kind
    .holds(instruction, layer)
    .reduce((sum, one) => (one.account === hold?.account ? sum + one.amount : sum), 0n);
  return ok({
    consequence,
    askedFor: laterDay(layer, instruction, session.admissionTime(layer)),
    requirement: (layer.get('instruction', event.id)?.requirement ?? null) as Forecast['requirement'],
    refusal: decision.ok ? null : decision.refusal,
    funds:
      before === undefined
        ? null
        : {
            account: before.id,
            asset: before.asset,
            available: available(before).toString(),
            after: (available(before) - held).toString(),
          },
    payee: draft.kind === 'payment' ? payeeForecast(session, draft.account, draft.payee) : null,
  });
}

/** After the cut-off, and on days on which the bank does not work, a payment goes on the next day that does. */
function laterDay(books: Books, instruction: Instruction, at: Instant): string | null {
  const { asset } = kindOf(instruction).facts(instruction, books);
  if (asset === undefined || kindOf(instruction).bankItems(instruction) === 0) return null;
  if (calendarFor(books, asset) === undefined || valueDateOf(instruction) !== undefined) return null;
  const asked = requestedDay(books, instruction, at);
  return asked > todayFor(books, asset, at) ? asked : null;
}

function payeeForecast(
  session: Session,
  account: string,
  payee: { readonly name: string; readonly account: string },
): Forecast['payee'] {
  const books = session.overlay();
  const client = books.get('account', account)?.client ?? account;
  const lookAlikes = new Map<string, NonNullable<Forecast['payee']>['lookAlikes'][number]>();
  for (const one of allAttachments(session.store)) {
    if (!('account' in one) || one.account === payee.account) continue;
    const why = sameName(one.name, payee.name)
      ? 'same name'
      : isSimilar(one.account, payee.account)
        ? 'similar account'
        : undefined;
    if (why !== undefined) lookAlikes.set(one.account, { name: one.name, tail: tailOf(one.account), why });
    if (lookAlikes.size >= 5) break;
  }
  return {
    isKnown: books.get('payee', `${client}|${session.payeeId(payee.account)}`) !== undefined,
    lookAlikes: [...lookAlikes.values()],
  };
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, '');
const sameName = (a: string, b: string): boolean => plain(a) !== '' && plain(a) === plain(b);

/** Same length and one or two characters differ, or two neighbours changed places: what a tired eye reads as the same. */
function isSimilar(a: string, b: string): boolean {
  if (a.length !== b.length || a.length < 6) return false;
  let differing = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) differing += 1;
  return differing <= 2;
}
