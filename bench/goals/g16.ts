// G16: the gateway on its embedded store takes in receipts in bulk, against rows written to the same kind of file by the store
// alone. A system-call trace of one run shows how often the disk is synced for each commit that was answered.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../depository/store/sqlite.ts';
import { gatewayLoad, gatewayRate } from '../gateway.ts';
import { type Aim, atLeast, atMost, type Goal, goalOf, inTurns } from '../goal.ts';
import { splitCeiling } from '../split-ceiling.ts';

const batch = 1000;

export async function g16(rows: number): Promise<Goal> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  try {
    const load = gatewayLoad(rows);
    let files = 0;
    const { ceiling, figure } = await inTurns(3, {
      ceiling: () => splitCeiling(rows, batch, 'none'),
      figure: () => {
        files += 1;
        return gatewayRate(openSqliteStore(join(folder, `log-${files}.sqlite`)), load);
      },
    });
    const what = 'gateway on SQLite, bulk, signed baskets of 200, beside the plain split store alone';
    const aims: [Aim, ...Aim[]] = [atLeast({ what, unit: 'events/s', target: 0.5 }, { figure, ceiling })];
    const notes = ['synchronous=FULL: every answered event is synced'];
    const traced = syncsPerCommit(folder);
    if (traced === undefined) notes.push('NOT TRACED: strace is not installed or may not trace');
    else {
      const aim = { what: 'syncs traced beside answered commits', unit: 'syncs', target: 1.05 };
      aims.push(
        atLeast({ ...aim, target: 1 }, { figure: traced.syncs, ceiling: traced.commits }),
        atMost(aim, { figure: traced.syncs, ceiling: traced.commits }),
      );
    }
    const goal = goalOf('G16', aims, { notes });
    return traced === undefined ? { ...goal, met: false } : goal;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Syncs of the log between the first and the last of `commits` single admissions, by the kernel's own account. */
function syncsPerCommit(folder: string): { readonly syncs: number; readonly commits: number } | undefined {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const commits = 200;
  const trace = join(folder, 'trace');
  const script = join(import.meta.dirname, 'g16-commits.ts');
  const arguments_ = ['-f', '-e', 'trace=fsync,fdatasync,write', '-o', trace];
  const child = spawnSync('strace', [
    ...arguments_,
    process.execPath,
    script,
    join(folder, 'traced.sqlite'),
    String(commits),
  ]);
  if (child.status !== 0) return undefined;
  const lines = readFileSync(trace, 'utf8').split('\n');
  const [from, to] = ['custos: begin', 'custos: end'].map((mark) => lines.findIndex((line) => line.includes(mark)));
  if (from === undefined || to === undefined || from < 0 || to < from) return undefined;
  const syncs = lines.slice(from, to).filter((line) => /\b(fsync|fdatasync)\(/.test(line)).length;
  return { syncs, commits };
}
