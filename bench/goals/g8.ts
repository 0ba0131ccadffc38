// G8: an auditor verifies a bundle in which every event has its own signature, through the real verifier, against two threads
// that do nothing but verify; what it takes in memory, at three sizes; and what it takes once more after the log has grown.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '../../testing/bundle.ts';
import { receipts } from '../business.ts';
import { atLeast, atMost, type Goal, goalOf, inTurns } from '../goal.ts';
import { verifyRate } from './g5.ts';

export async function g8(rows: number): Promise<Goal> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  try {
    return await measure(rows, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(rows: number, folder: string): Promise<Goal> {
  const grownBy = Math.ceil(rows / 100);
  const { programme, records } = receipts(rows + grownBy, 1);
  const bundle = (name: string, count: number) => {
    const path = join(folder, name);
    writeBundle(path, programme, () => records.slice(0, count));
    return path;
  };
  const small = [rows / 100, rows / 10].map((count) => verifyApart(bundle('small', Math.ceil(count))));
  const whole = bundle('whole', records.length - grownBy);
  const runs: Verified[] = [];
  const { ceiling, figure } = await inTurns(2, {
    ceiling: () => verifyRate(Math.min(rows, 80_000)),
    figure: () => {
      const one = verifyApart(whole);
      runs.push(one);
      return one.events / (one.ms / 1000);
    },
  });
  const remembered = join(folder, 'remembered');
  const full = verifyApart(whole, remembered);
  const again = verifyApart(bundle('grown', records.length), remembered);
  const megabytes = Math.max(...runs.map((one) => one.megabytes));
  const sizes = [...small, { ...runs[0], megabytes }].map(
    (one) => `${one.events} events: ${one.megabytes.toFixed(0)} MB`,
  );
  return goalOf(
    'G8',
    [
      atLeast(
        {
          what: 'offline audit, one signature for each event, beside two verifying threads',
          unit: 'events/s',
          target: 0.85,
        },
        { figure, ceiling },
      ),
      atMost(
        { what: 'memory of the verifier beside 256 MB', unit: 'MB', target: 1 },
        { figure: megabytes, ceiling: 256 },
      ),
      atMost(
        { what: `verified again after the log grew by ${grownBy}, beside the whole`, unit: 'ms', target: 0.05 },
        { figure: again.ms, ceiling: full.ms },
      ),
    ],
    {
      notes: [
        `memory at its highest: ${sizes.join(', ')}`,
        `the whole once more, remembering it: ${full.ms.toFixed(0)} ms`,
      ],
    },
  );
}

interface Verified {
  readonly events: number;
  readonly ms: number;
  readonly megabytes: number;
}

function verifyApart(bundle: string, remembered?: string): Verified {
  const script = join(import.meta.dirname, 'g8-verify.ts');
  const more = remembered === undefined ? [] : [remembered];
  const output = execFileSync(process.execPath, ['--max-semi-space-size=8', script, bundle, ...more]);
  return JSON.parse(output.toString()) as Verified;
}
