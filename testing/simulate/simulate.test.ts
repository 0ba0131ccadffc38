import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

interface FailingSeed {
  readonly seed: number;
  readonly steps: number;
  readonly found: string;
}
const failingSeeds = JSON.parse(
  readFileSync(join(import.meta.dirname, 'failing-seeds.json'), 'utf8'),
) as readonly FailingSeed[];

/** Also on a machine that has much else to do. */
const patienceMs = 600_000;

describe('the simulator', { timeout: patienceMs }, () => {
  it('does the same again from the same seed, step for step', async () => {
    const lines: string[][] = [[], []];
    const [one, two] = [
      await simulate({ seed: 7, steps: 100, onLine: (line) => lines[0]?.push(line) }),
      await simulate({ seed: 7, steps: 100, onLine: (line) => lines[1]?.push(line) }),
    ];
    expect(lines[1]).toEqual(lines[0]);
    expect([one.found, one.trace]).toEqual([[], two.trace]);
    const other = await simulate({ seed: 8, steps: 5 });
    expect(other.trace).not.toBe(one.trace);
  });

  it('finds no disagreement over a short run', async () => {
    const { found, steps, faults } = await simulate({
      seed: Number(process.env.CUSTOS_SEED ?? 20_261_124),
      steps: 200,
    });
    expect([found, steps]).toEqual([[], 200]);
    expect(faults).toBeGreaterThan(20);
  });

  it.each(failingSeeds)('seed $seed no longer finds that $found', async ({ seed, steps }) => {
    expect((await simulate({ seed, steps })).found).toEqual([]);
  });
});
