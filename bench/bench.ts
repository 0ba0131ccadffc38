// `npm run bench`: every goal with its ceiling of the same run, our figure, the ratio, and whether it is met.

import { parseArgs } from 'node:util';
import type { Goal } from './goal.ts';
import { g1 } from './goals/g1.ts';
import { g5 } from './goals/g5.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    /** A share of the full size, for a quick look. */
    scale: { type: 'string', default: '1' },
  },
});
const scale = Number(values.scale);
const rows = (full: number): number => Math.max(2000, Math.round((full * scale) / 1000) * 1000);

const goals: Readonly<Record<string, () => Promise<Goal>>> = {
  G1: () => g1(rows(100_000)),
  G5: () => g5(rows(100_000)),
};

const round = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
for (const [name, measure] of Object.entries(goals)) {
  if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
  const { goal, what, unit, figure, ceiling, ratio, target, met, peer } = await measure();
  const [ours, best] = [round(figure), round(ceiling)];
  if (values.json)
    console.log(JSON.stringify({ goal, figure: ours, ceiling: best, ratio: round(ratio), unit, target, met, peer }));
  else
    console.log(
      `${goal}  ${met ? 'met  ' : 'short'}  ${ratio.toFixed(2)} of the ceiling (aim ${target})  ${ours} ${unit}, ceiling ${best}  ${what}`,
    );
}
