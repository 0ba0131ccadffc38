// Show exchanges and fees: what is open in each asset and how it is hedged; schedules, what has accrued, and what of it could be
// charged now.

import { available } from '../../shared/books.ts';
import type { AccruedView, Exchanges, Fees, HedgeView } from '../../shared/contract/exchange.ts';
import { exposures } from '../../shared/exchange.ts';
import { accrualUnit, wholeOf } from '../../shared/fee-schedule.ts';
import type { EventId } from '../../shared/ids.ts';
import { ok, type Refusal, type Result } from '../../shared/result.ts';
import { type Terminal, unlocked } from '../terminal.ts';

type Late = Exchanges['exchanges'][number]['late'][number];

const newest = 200;
const byId = <T extends { readonly id: string }>(rows: T[]): T[] => rows.sort((a, b) => (a.id > b.id ? -1 : 1));

/** Newest first. */
export function showExchanges(terminal: Terminal): Result<Exchanges, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const exchanges = [...books.all('exchange')].map(([id, one]) => ({ id: id as EventId, ...one, late: [] as Late[] }));
  const open = new Map<string, Late[]>(
    exchanges.flatMap((one) => (one.state === 'open' ? [[`${one.id}/0`, one.late] as const] : [])),
  );
  if (open.size > 0)
    for (const [receipt, { of, asset, remaining }] of books.all('receipt'))
      if (remaining > 0n) open.get(of ?? '')?.push({ receipt, asset, amount: remaining.toString() });
  const hedges = [...books.all('hedge')].map(
    ([id, one]): HedgeView => ({ id: id as EventId, ...one, exchanges: [...one.exchanges] }),
  );
  return ok({
    exchanges: byId(exchanges).slice(0, newest),
    hedges: byId(hedges).slice(0, newest),
    exposures: exposures(books).map((one) => ({
      asset: one.asset,
      sold: one.sold.toString(),
      bought: one.bought.toString(),
      hedgedSold: one.hedgedSold.toString(),
      hedgedBought: one.hedgedBought.toString(),
    })),
    rates: [...books.all('referenceRate')]
      .map(([pair, one]) => ({ pair, ...one }))
      .sort((a, b) => (a.pair < b.pair ? -1 : 1)),
  });
}

const millionth = accrualUnit / 1_000_000n;

/** Minor units with six decimals, cut off. */
function exactText(units: bigint): string {
  const parts = units / millionth;
  const digits = (parts < 0n ? -parts : parts).toString().padStart(7, '0');
  return `${parts < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

export function showFees(terminal: Terminal): Result<Fees, Refusal> {
  const opened = unlocked(terminal);
  if (!opened.ok) return opened;
  const { books } = opened.value;
  const accrued = [...books.all('accrued')].flatMap(([, one]): AccruedView[] => {
    const account = books.get('account', one.account);
    if (account === undefined) return [];
    const whole = wholeOf(BigInt(one.units));
    const free = account.frozen ? 0n : available(account);
    const chargeable = whole < free ? whole : free;
    return [
      {
        ...{ code: one.code, account: one.account, client: account.client, asset: one.asset },
        ...{ whole: whole.toString(), exact: exactText(BigInt(one.units)), charged: one.charged, waived: one.waived },
        chargeable: chargeable.toString(),
        why: chargeable === whole ? null : account.frozen ? 'frozen' : 'no money',
      },
    ];
  });
  return ok({
    schedules: [...books.all('feeSchedule')]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { versions }]) => ({ versions: [...versions] })),
    through: [...books.all('accrual')].map(([asset, { through }]) => ({ asset, day: through })),
    accrued: accrued.sort((a, b) => (`${a.code}|${a.account}` < `${b.code}|${b.account}` ? -1 : 1)).slice(0, 2000),
  });
}
