// G10: a camt.053 imported from its bytes to durable rows, with everything a terminal does for it, against the slower of its
// two stages alone.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, atMost, type Goal, goalOf, median, type Rows } from '../goal.ts';
import { writeStatementFile } from '../statement-file.ts';

interface Run {
  readonly seconds: number;
  readonly entries: number;
  readonly rssMb: number;
}
const rounds = 3;

export async function g10(rows: Rows): Promise<Goal> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  try {
    const entries = rows(106_000);
    const file = join(folder, 'statement.xml');
    writeStatementFile(file, entries);
    const megabytes = statSync(file).size / 1e6;
    const runs: Record<'parse' | 'store' | 'import', Run[]> = { parse: [], store: [], import: [] };
    for (let i = 0; i < rounds; i++) {
      runs.parse.push(run(['g9-parse.ts', 'ours', file], entries));
      runs.store.push(run(['g10-import.ts', 'store', file, String(entries)], entries));
      runs.import.push(run(['g10-import.ts', 'import', file], entries));
    }
    const rate = (some: readonly Run[]): number => entries / median(some.map(({ seconds }) => seconds));
    const [parse, store, whole] = [rate(runs.parse), rate(runs.store), rate(runs.import)];
    const rssMb = Math.max(...runs.import.map((one) => one.rssMb));
    return goalOf(
      'G10',
      [
        atLeast(
          { what: 'camt.053 imported end to end, beside its slower stage', unit: 'entries/s', target: 0.5 },
          { figure: whole, ceiling: Math.min(parse, store) },
        ),
        atMost(
          { what: `peak memory for ${Math.round(megabytes)} MB, beside 250 MB`, unit: 'MB', target: 1 },
          { figure: rssMb, ceiling: 250 },
        ),
      ],
      {
        notes: [
          `parse alone ${Math.round(parse)} entries/s, store alone ${Math.round(store)} entries/s`,
          'SQLCipher, synchronous FULL, 2,000 lines a transaction, slim row and record for each entry; a parsing thread and the writer',
        ],
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run([script, ...args]: readonly [string, ...string[]], entries: number): Run {
  const path = join(import.meta.dirname, script);
  const child = spawnSync(process.execPath, ['--max-semi-space-size=8', path, ...args], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${script}: ${child.stderr.slice(0, 500)}`);
  const read = JSON.parse(child.stdout) as Run;
  if (read.entries !== entries) throw new Error(`${script} found ${read.entries} of ${entries} entries`);
  return read;
}
