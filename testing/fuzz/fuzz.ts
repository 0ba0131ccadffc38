// `npm run fuzz -- [--seconds 60] [--seed N] [--door NAME] [--json]`: asks every door, or one, what nobody means well with. The
// same seed asks the same in the same order.

import { parseArgs } from 'node:util';
import type { DoorReport, Fuzzing } from './door.ts';
import { doors } from './doors/all.ts';

export async function fuzz(
  names: readonly string[],
  options: Fuzzing,
  tell: (one: DoorReport) => void,
): Promise<boolean> {
  let isClean = true;
  for (const name of names) {
    const door = await doors[name]?.();
    if (door === undefined) throw new Error(`there is no door ${name}`);
    try {
      const report = await door.fuzz(options);
      isClean &&= report.found === null;
      tell(report);
    } finally {
      await door.close();
    }
  }
  return isClean;
}

function print({ door, inputs, seconds, slowestMs, found }: DoorReport): void {
  console.log(`  ${door.padEnd(14)} ${String(inputs).padStart(8)} inputs in ${seconds} s, the slowest ${slowestMs} ms`);
  if (found !== null) console.log(`FOUND at ${door}: ${found}`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      door: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const names = values.door === undefined ? Object.keys(doors) : [values.door];
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const seconds = Number(values.seconds) / names.length;
  if (!Number.isInteger(seed) || !(seconds > 0) || names.some((name) => !(name in doors))) {
    console.error(`npm run fuzz -- [--seconds N] [--seed N] [--door ${Object.keys(doors).join('|')}] [--json]`);
    process.exit(2);
  }
  if (!values.json) console.log(`seed ${seed}`);
  const reports: DoorReport[] = [];
  const isClean = await fuzz(names, { seed, inputs: 1e9, seconds }, (one) => {
    reports.push(one);
    if (!values.json) print(one);
  });
  if (values.json)
    console.log(JSON.stringify({ seed, seconds: Number(values.seconds), clean: isClean, doors: reports }));
  process.exit(isClean ? 0 : 1);
}
