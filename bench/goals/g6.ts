// G6: a terminal takes in a log in which a thousand receipts share one signature, through the real sync into a real vault, against
// the store alone; and against the same receipts each with a signature of its own.

import { receipts } from '../business.ts';
import { atLeast, type Goal, goalOf, inTurns } from '../goal.ts';
import { ceilingSettings, splitCeiling } from '../split-ceiling.ts';
import { replayRate } from './g5.ts';

export async function g6(events: number): Promise<Goal> {
  const [shared, single] = [receipts(events, 1000), receipts(events, 1)];
  const measured = await inTurns(3, {
    ceiling: () => splitCeiling(events, 1000),
    shared: () => replayRate(shared.programme, shared.records),
    single: () => replayRate(single.programme, single.records),
  });
  const unit = 'events/s';
  return goalOf(
    'G6',
    [
      atLeast(
        { what: 'replay, one signature for a thousand events, beside the store alone', unit, target: 0.5 },
        { figure: measured.shared, ceiling: measured.ceiling },
      ),
      atLeast(
        { what: 'beside replay of the same events signed one by one', unit, target: 1.5 },
        { figure: measured.shared, ceiling: measured.single },
      ),
    ],
    { notes: [`ceiling: ${ceilingSettings}; ours syncs the head record as well`] },
  );
}
