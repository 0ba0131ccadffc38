// Show the day: statements and open breaks, owed against held, money nobody has claimed; and the files of the bank, as the
// depository tells them.

import { bankAccountKey } from '../../shared/accounts.ts';
import { type Books, poolOf } from '../../shared/books.ts';
import { businessDaysSince, localTimeOf } from '../../shared/calendar.ts';
import type { BankFile, BreakView, PoolDayView, ReceiptView, StatementView } from '../../shared/contract/day.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { cashLegOf, lineOf } from '../../shared/statement.ts';
import { type Day, msToInstant } from '../../shared/time.ts';
import { calendarFor } from '../../shared/value-date.ts';
import { lineRefusal } from '../sync/depository.ts';
import { depositoryOf, type Terminal, unlocked } from '../terminal.ts';

const dayMs = 86_400_000;
const newest = 200;

/** Newest statement first. */
export function showStatements(terminal: Terminal): Result<{ statements: StatementView[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const statements = [...opened.value.books.all('statement')].map(
    ([statement, { asset, pool, day, opening, closing, books, lines, follows, reconciled }]): StatementView => ({
      ...{
        statement,
        asset,
        pool: poolOf({ pool }),
        day,
        opening,
        closing,
        books: books.toString(),
        lines,
        follows,
        reconciled,
      },
    }),
  );
  return ok({
    statements: statements
      .sort((a, b) => (`${a.day}|${a.statement}` > `${b.day}|${b.statement}` ? -1 : 1))
      .slice(0, newest),
  });
}

/** Open breaks, oldest first, each with its lines and bookings. */
export function showBreaks(terminal: Terminal): Result<{ breaks: BreakView[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const nowMs = terminal.parts.clock();
  const breaks: BreakView[] = [];
  const named = [
    ...[...books.all('openItems')].map(([, { breaks: keys }]) => keys),
    ...[...books.all('platform')].map(([, { open }]) => open.map(({ key }) => key)),
  ];
  for (const keys of named)
    for (const key of keys) {
      const one = books.get('break', key);
      if (one?.state !== 'open') continue;
      breaks.push({
        ...{
          key,
          kind: one.kind,
          asset: one.asset,
          pool: poolOf(one),
          account: one.account ?? null,
          difference: one.difference.toString(),
          since: one.since,
        },
        ageDays: Math.max(0, Math.floor((nowMs - Date.parse(one.since)) / dayMs)),
        ageBusinessDays: businessDays(books, one.asset, one.since, nowMs),
        ...{ statement: one.statement, owner: one.owner, likely: one.likely },
        lines: one.lines.flatMap((id) => {
          const line = lineOf(books, id);
          return line === undefined
            ? []
            : [{ id, reference: line.reference, amount: line.amount, valueDate: line.valueDate }];
        }),
        legs: one.legs.flatMap((number) => {
          const leg = cashLegOf(books, bankAccountKey(one.asset, one.pool), number);
          return leg === undefined
            ? []
            : [{ leg: number, reference: leg.reference, amount: leg.amount, valueDate: leg.valueDate }];
        }),
      });
    }
  return ok({
    breaks: breaks.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.key < b.key ? -1 : 1)),
  });
}

function businessDays(books: Books, asset: string, since: Day, nowMs: number): number | null {
  const calendar = calendarFor(books, asset);
  const age = calendar && businessDaysSince(calendar, since, localTimeOf(calendar, msToInstant(nowMs)).day);
  return age?.ok ? age.value : null;
}

/** Stated days, newest first; what is closed now and why. */
export function showSafeguardingDays(terminal: Terminal): Result<
  {
    days: PoolDayView[];
    pools: { pool: string; asset: string; shortfall: string; since: string | null; overriddenUntil: string | null }[];
    stopped: { since: string; reason: string } | null;
  },
  Refusal
> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const days = [...books.all('safeguarding')].map(([, row]): PoolDayView => ({ ...row }));
  const now = msToInstant(terminal.parts.clock());
  const pools = [...books.all('shortfall')].map(([key, { amount, since }]) => {
    const [pool = '', asset = ''] = key.split('|');
    const override = books.get('override', key);
    const isOverridden = override !== undefined && override.of === since && now < override.until;
    const isShort = amount > 0n;
    return {
      ...{ pool, asset, shortfall: amount.toString(), since: isShort ? since : null },
      overriddenUntil: isShort && isOverridden ? override.until : null,
    };
  });
  const stopped = books.get('stopped', 'all');
  return ok({
    days: days
      .sort((a, b) =>
        a.day !== b.day ? (a.day > b.day ? -1 : 1) : `${a.pool}|${a.asset}` < `${b.pool}|${b.asset}` ? -1 : 1,
      )
      .slice(0, newest),
    pools,
    stopped: stopped?.since == null ? null : { since: stopped.since, reason: stopped.reason },
  });
}

/** Money in suspense, oldest first: its id says when it came. */
export function showReceipts(terminal: Terminal): Result<{ receipts: ReceiptView[] }, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const receipts: ReceiptView[] = [];
  for (const [receipt, { asset, pool, remaining, of }] of opened.value.books.all('receipt'))
    if (remaining > 0n) {
      const since = msToInstant(Number.parseInt(receipt.replaceAll('-', '').slice(0, 12), 16));
      receipts.push({ receipt, asset, pool: poolOf({ pool }), remaining: remaining.toString(), since, of });
    }
  return ok({ receipts: receipts.sort((a, b) => (a.receipt < b.receipt ? -1 : 1)) });
}

/** Files exchanged with the bank, newest first; none where the depository has no file exchange. */
export async function showBankFiles(terminal: Terminal): Promise<Result<{ files: BankFile[] }, Refusal>> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const session = opened.value;
  try {
    return ok(await depositoryOf(terminal, session).bankFiles({ programme: session.invitation.programme }));
  } catch (failure) {
    return { ok: false, refusal: lineRefusal(failure) };
  }
}
