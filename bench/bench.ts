// `npm run bench`: every goal with its ceiling of the same run, our figure, the ratio, and whether it is met. Each goal runs in
// a process of its own, so that none inherits another's heap and a goal that fails does not take the others with it.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type Aim, type Goal, isMet, type Rows } from './goal.ts';
import { g1, g3 } from './goals/g1.ts';
import { g2 } from './goals/g2.ts';
import { g4 } from './goals/g4.ts';
import { g5 } from './goals/g5.ts';
import { g6 } from './goals/g6.ts';
import { g7 } from './goals/g7.ts';
import { g8 } from './goals/g8.ts';
import { g9 } from './goals/g9.ts';
import { g10 } from './goals/g10.ts';
import { g11 } from './goals/g11.ts';
import { g12 } from './goals/g12.ts';
import { g13 } from './goals/g13.ts';
import { g14 } from './goals/g14.ts';
import { g15 } from './goals/g15.ts';
import { g16 } from './goals/g16.ts';
import { memory } from './goals/memory.ts';

/** One line each; a goal that needs no rows takes none. */
const goals: Readonly<Record<string, (rows: Rows) => Promise<Goal>>> = {
  G1: (rows) => g1(rows(1_000_000)),
  G2: (rows) => g2(rows(5000)),
  G3: (rows) => g3(rows(1_000_000)),
  G4: (rows) => g4(rows(200_000)),
  G5: (rows) => g5(rows(100_000)),
  G6: (rows) => g6(rows(100_000)),
  G7: (rows) => g7(rows(1_000_000)),
  G8: (rows) => g8(rows(1_000_000)),
  G9: (rows) => g9(rows),
  G10: (rows) => g10(rows),
  G11: (rows) => g11(rows(1_000_000)),
  G12: () => g12(),
  G13: (rows) => g13(rows(1_000_000)),
  G14: (rows) => g14(rows(100_000)),
  G15: (rows) => g15(rows(100_000)),
  G16: (rows) => g16(rows(100_000)),
  memory: (rows) => memory(rows(1_000_000)),
};

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    /** A share of the full size, for a quick look. */
    scale: { type: 'string', default: '1' },
    /** Measures the one goal here and prints it whole: how the goals are run. */
    here: { type: 'boolean', default: false },
  },
});

if (values.here) await measureHere(values.only ?? '');
else for (const name of chosen(values.only)) print(name, measureApart(name));

async function measureHere(name: string): Promise<void> {
  const scale = Number(values.scale);
  const goal = await goals[name]?.((full) => Math.max(1000, Math.round((full * scale) / 1000) * 1000));
  console.log(`\n${JSON.stringify(goal)}`);
}

function chosen(only: string | undefined): string[] {
  const all = Object.keys(goals);
  const names = only?.split(',') ?? all;
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no such goal: ${unknown.join(', ')}; there are ${all.join(', ')}`);
  return names;
}

/** Undefined when the goal could not be measured; the reason is on standard error. */
function measureApart(name: string): Goal | undefined {
  const script = import.meta.filename;
  const args = ['--expose-gc', '--max-old-space-size=6144', script, '--here', '--only', name, '--scale', values.scale];
  const child = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 24 });
  const last = child.stdout.toString().trimEnd().split('\n').at(-1) ?? '';
  return child.status === 0 ? (JSON.parse(last) as Goal) : undefined;
}

function print(name: string, goal: Goal | undefined): void {
  if (goal === undefined) {
    // Not measured is not met: the line is there all the same, and the command fails.
    process.exitCode = 1;
    const line = {
      goal: name,
      figure: null,
      ceiling: null,
      ratio: null,
      unit: null,
      target: null,
      met: false,
      peer: null,
    };
    console.log(values.json ? JSON.stringify(line) : `${name}  FAILED  not measured`);
    return;
  }
  const { peer } = goal;
  if (values.json) {
    const also = goal.also.map(({ what, ...aim }) => ({ what, ...rounded(aim) }));
    console.log(JSON.stringify({ goal: name, ...rounded(goal), met: isMet(goal), peer, also, notes: goal.notes }));
    return;
  }
  for (const aim of [goal, ...goal.also]) console.log(`${name.padEnd(4)} ${sentence(aim)}`);
  if (peer !== null) console.log(`       peer ${peer.name}: ${round(peer.figure)} ${goal.unit}`);
  for (const note of goal.notes) console.log(`       ${note}`);
}

function sentence({ what, unit, figure, ceiling, ratio, target, better, met }: Aim): string {
  const aim = `aim ${better === 'more' ? '>=' : '<='} ${target}`;
  return `${met ? 'met  ' : 'SHORT'} ${ratio.toFixed(3)} (${aim})  ${round(figure)} ${unit} beside ${round(ceiling)}  ${what}`;
}

function rounded({ figure, ceiling, ratio, unit, target, met }: Omit<Aim, 'what' | 'better'>) {
  return { figure: round(figure), ceiling: round(ceiling), ratio: round(ratio), unit, target, met };
}

function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
