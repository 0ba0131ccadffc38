// What screens show, computed from the books and from what waits in the outbox; never from what a maker's screen said.

import { assert } from '../../shared/assert.ts';
import { itemOf } from '../../shared/bank-item.ts';
import {
  available,
  booked,
  booksDigest,
  type InstructionState,
  type LedgerAccount,
  poolOf,
  type Safeguarding,
  safeguardingOf,
} from '../../shared/books.ts';
import type { AccountView, InstructionView } from '../../shared/contract/terminal.ts';
import type { EventId } from '../../shared/ids.ts';
import { kindOf, payeesOf } from '../../shared/instruction/kinds.ts';
import type { Operator, Terminal as TerminalRecord } from '../../shared/operator.ts';
import { coolingOffEndsMs, missingGroups } from '../../shared/policy.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { msToInstant } from '../../shared/time.ts';
import type { Session } from '../session.ts';
import { attachmentBy } from '../store/attachments.ts';
import { outboxRows } from '../store/outbox.ts';
import { type Terminal, unlocked } from '../terminal.ts';

type Shown<T> = Result<T, Refusal>;

/** Instructions in the order of their making, after an id; those that only this terminal knows come as `queued`. */
export function showInstructions(
  terminal: Terminal,
  { states, after, limit }: { readonly states: readonly string[]; readonly after: string; readonly limit: number },
): Shown<{ instructions: InstructionView[] }> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const session = opened.value;
  const overlay = session.overlay();
  const onlyWaiting = states.length > 0 && states.every((state) => state === 'waiting' || state === 'queued');
  const views: InstructionView[] = [];
  for (let from = after; views.length < limit; ) {
    const page = session.books.instructionsAfter(from, limit, onlyWaiting ? 'waiting' : 'all');
    for (const stored of page) {
      const view = instructionView(session, overlay.get('instruction', stored.id) ?? stored, stored.state);
      if (states.length === 0 || states.includes(view.state)) views.push(view);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limit) break;
    from = last.id;
  }
  const wantsQueued = states.length === 0 || states.includes('queued');
  for (const [id, instruction] of overlay.rows.instruction)
    if (wantsQueued && id > after && session.books.get('instruction', id) === undefined)
      views.push(instructionView(session, instruction, 'queued'));
  return ok({ instructions: views.slice(0, limit) });
}

function instructionView(session: Session, one: InstructionState, state: string): InstructionView {
  const books = session.overlay();
  const kind = kindOf(one.body);
  const { asset, amount } = kind.facts(one.body, books);
  const { requirement } = one;
  const payees = payeesOf(one.body);
  return {
    id: one.id as EventId,
    kind: one.kind,
    state,
    maker: one.maker,
    terminal: one.terminal,
    madeAt: one.madeAt,
    expiresAt: one.expiresAt,
    consequence: kind.consequence(one.body, books),
    body: one.body,
    asset: asset ?? null,
    amount: amount?.toString() ?? null,
    approvals: one.approvals.map(({ operator, role, terminal, at }) => ({ operator, role, terminal, at })),
    missing: missingGroups(
      requirement,
      one.approvals.map((approval) => approval.role),
    ).map(({ role, count }) => ({ role, count })),
    typedConfirmation: requirement.typedConfirmation,
    coolingOffEndsAt:
      requirement.coolingOffSeconds === 0 || kind.coolsAfter
        ? null
        : msToInstant(coolingOffEndsMs(requirement, one.madeAt)),
    items: payees.map((payee, i) => {
      const item = itemOf(books, one.id, i);
      assert(item, 'every payee is an item');
      const { account, amount: itemAmount } = item;
      const details = attachmentBy(session.store, payee.details);
      const word = one.items[i];
      assert(word, 'every payee is an item');
      return {
        state: word,
        account,
        amount: itemAmount.toString(),
        tail: payee.tail,
        payee: details === undefined || !('account' in details) ? null : withoutSalt(details),
        recall: (books.get('recall', `${one.id}|${i}`) as InstructionView['items'][number]['recall']) ?? null,
      };
    }),
  };
}

const withoutSalt = <T extends { readonly salt: string }>({ salt: _, ...rest }: T): Omit<T, 'salt'> => rest;

export function showAccounts(
  terminal: Terminal,
  { after, limit, asset }: { readonly after: string; readonly limit: number; readonly asset: string | null },
): Shown<{ accounts: AccountView[] }> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const overlay = opened.value.overlay();
  const accounts: LedgerAccount[] = [];
  for (let from = after; accounts.length < limit; ) {
    const page = opened.value.books.accountsAfter(from, limit);
    accounts.push(...page.filter((one) => asset === null || one.asset === asset));
    const last = page.at(-1);
    if (last === undefined || page.length < limit) break;
    from = last.id;
  }
  return ok({
    accounts: accounts.slice(0, limit).map((stored) => {
      const one = overlay.get('account', stored.id) ?? stored;
      const { id, class: accountClass, asset: code, client, number, frozen, held } = one;
      const figures = { booked: booked(one), held, available: available(one) };
      return {
        id,
        class: accountClass,
        asset: code,
        pool: poolOf(one),
        client,
        number,
        frozen,
        booked: figures.booked.toString(),
        held: figures.held.toString(),
        available: figures.available.toString(),
      };
    }),
  });
}

/** Client money owed and held, per pool and asset, from the log alone: what only waits in the outbox moves no money. */
export function showSafeguarding(terminal: Terminal): Shown<{ assets: Safeguarding[] }> {
  const opened = unlocked(terminal);
  return opened.ok ? ok({ assets: safeguardingOf(opened.value.books.all('account')) }) : opened;
}

export function showOutbox(terminal: Terminal): Shown<{
  events: { event: EventId; type: string; state: 'queued' | 'refused'; refusal: Refusal | null }[];
}> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  return ok({
    events: outboxRows(opened.value.store).map(({ submission, state, refusal }) => ({
      event: submission.event.id,
      type: submission.event.type,
      state,
      refusal,
    })),
  });
}

export function showCard(terminal: Terminal): Shown<{ terminal: TerminalRecord; operators: Operator[] }> {
  const opened = unlocked(terminal);
  return opened.ok ? ok({ terminal: opened.value.terminalRecord(), operators: opened.value.people() }) : opened;
}

export function showBooksDigest(terminal: Terminal): Shown<{ size: number; digest: string }> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books, tree } = opened.value;
  return ok({ size: tree.size, digest: booksDigest(terminal.parts.primitives.sha256, (table) => books.all(table)) });
}
