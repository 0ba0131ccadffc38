// `npm run bench:statement -- [MB ...]`: statement files of these sizes (50 and 500 if nothing is said) imported as a terminal does
// it, each in a process of its own, with the most memory that the process ever had. Memory that grows with the file is a defect.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeStatementFile } from './statement-file.ts';

interface Run {
  readonly seconds: number;
  readonly entries: number;
  readonly rssMb: number;
}

/** As the bench writes them, with its fields and markup. */
const bytesOfEntry = 939;
/** The larger file may take this much more than the smaller one: what a page cache and a garbage collector leave lying. */
const flat = 1.25;

const sizes = process.argv.slice(2).map(Number);
const megabytes = sizes.length === 0 ? [50, 500] : sizes;
const folder = mkdtempSync(join(process.env.CUSTOS_BENCH ?? tmpdir(), 'custos-statement-'));
const peaks: number[] = [];
try {
  for (const size of megabytes) {
    const file = join(folder, 'statement.xml');
    writeStatementFile(file, Math.round((size * 1e6) / bytesOfEntry));
    const script = join(import.meta.dirname, 'goals/g10-import.ts');
    const child = spawnSync(process.execPath, ['--max-semi-space-size=8', script, 'import', file], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: folder },
    });
    if (child.status !== 0) throw new Error(child.stderr.slice(0, 500));
    const { seconds, entries, rssMb } = JSON.parse(child.stdout) as Run;
    const bytes = statSync(file).size;
    const rate = bytes / 1e6 / seconds;
    peaks.push(rssMb);
    console.log(
      `${(bytes / 1e6).toFixed(0)} MB, ${entries} entries: peak memory ${rssMb.toFixed(0)} MB, ${seconds.toFixed(1)} s, ${rate.toFixed(1)} MB/s`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
const [least, most] = [Math.min(...peaks), Math.max(...peaks)];
if (most > least * flat) {
  console.error(`Memory grew with the file: ${most.toFixed(0)} MB beside ${least.toFixed(0)} MB.`);
  process.exitCode = 1;
}
