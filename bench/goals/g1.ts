// G1: the whole posting pipeline on rows that nobody signed, against the store alone; and the decay over the same run. G3: the
// rate at the end of a long run against that at its start, on the real schema, with bank references in no order.

import { receiptLeaves } from '../business.ts';
import { atLeast, type Goal, goalOf, inTurns, median } from '../goal.ts';
import { batch, postingRate, postingTimes, sum } from '../posting.ts';
import { ceilingSettings, splitCeiling } from '../split-ceiling.ts';

export async function g1(rows: number): Promise<Goal> {
  const leaves = receiptLeaves(rows, 0);
  await postingRate(leaves.slice(0, 20_000)); // compiled
  const { ceiling, figure } = await inTurns(3, {
    ceiling: () => splitCeiling(rows, batch),
    figure: () => postingRate(leaves),
  });
  const about = { what: `posting pipeline, batch 1,000, ${rows} unsigned rows`, unit: 'rows/s', target: 0.6 };
  return goalOf('G1', [atLeast(about, { figure, ceiling })], {
    notes: [
      `both sides: ${ceilingSettings}`,
      'not measured: at least five times pgledger, whose code is not part of this project',
    ],
  });
}

const rounds = 3;

export async function g3(rows: number): Promise<Goal> {
  const leaves = receiptLeaves(rows, 0);
  await postingRate(leaves.slice(0, 20_000)); // compiled, or the start would look slower than it is
  const share = Math.max(1, Math.round(rows / 20 / batch));
  const [first, last]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    const times = await postingTimes(leaves);
    first.push((share * batch) / sum(times.slice(0, share)));
    last.push((share * batch) / sum(times.slice(-share - 1, -1)));
  }
  const what = `rate of the last ${share * batch} of ${rows} rows beside that of the first ${share * batch}`;
  return goalOf('G3', [
    atLeast({ what, unit: 'rows/s', target: 0.8 }, { figure: median(last), ceiling: median(first) }),
  ]);
}
