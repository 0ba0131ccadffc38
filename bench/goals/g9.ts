// G9: a camt.053 read with every field, against a parser that only finds the tags, and the memory it takes for a file five
// times as large.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, atMost, type Goal, goalOf, median, type Rows } from '../goal.ts';
import { writeStatementFile } from '../statement-file.ts';

const ways = ['bare', 'plain', 'ours', 'peer'] as const;
type Way = (typeof ways)[number];
interface Run {
  readonly seconds: number;
  readonly entries: number;
  readonly rssMb: number;
}
const rounds = 3;
/** A young generation of the size that the terminal gives its parsing thread; the same for all. */
const flags = ['--max-semi-space-size=8', '--max-old-space-size=8192'];

export async function g9(rows: Rows): Promise<Goal> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-bench-'));
  try {
    const entries = rows(106_000);
    const file = join(folder, 'statement.xml');
    writeStatementFile(file, entries);
    const megabytes = statSync(file).size / 1e6;
    const runs = new Map<Way, Run[]>(ways.map((way) => [way, []]));
    for (let i = 0; i < rounds; i++) for (const way of ways) runs.get(way)?.push(run(way, file, entries));
    const rate = (way: Way): number => megabytes / median((runs.get(way) ?? []).map(({ seconds }) => seconds));
    writeStatementFile(file, entries * 5);
    const largeMb = statSync(file).size / 1e6;
    const large = run('ours', file, entries * 5);
    const [ours, bare, plain, peer] = [rate('ours'), rate('bare'), rate('plain'), rate('peer')];
    const peerRss = median((runs.get('peer') ?? []).map(({ rssMb }) => rssMb));
    return goalOf(
      'G9',
      [
        atLeast(
          { what: 'camt.053 read with every field, beside saxes resolving namespaces', unit: 'MB/s', target: 0.85 },
          { figure: ours, ceiling: bare },
        ),
        atLeast({ what: 'the same beside fast-xml-parser', unit: 'MB/s', target: 6 }, { figure: ours, ceiling: peer }),
        atMost(
          { what: `peak memory for ${Math.round(largeMb)} MB, beside 150 MB`, unit: 'MB', target: 1 },
          { figure: large.rssMb, ceiling: 150 },
        ),
      ],
      {
        peer: { name: 'fast-xml-parser', figure: peer },
        notes: [
          `${entries} entries, ${megabytes.toFixed(0)} MB, chunks of 64 KiB, each way in a process of its own, median of ${rounds}`,
          `saxes without namespaces: ${plain.toFixed(1)} MB/s, of which ours is ${(ours / plain).toFixed(2)}`,
          `fast-xml-parser holds the whole file: ${peerRss.toFixed(0)} MB of memory`,
        ],
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(way: Way, file: string, entries: number): Run {
  const script = join(import.meta.dirname, 'g9-parse.ts');
  const child = spawnSync(process.execPath, [...flags, script, way, file], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${way}: ${child.stderr.slice(0, 500)}`);
  const read = JSON.parse(child.stdout) as Run;
  if (read.entries !== entries) throw new Error(`${way} found ${read.entries} of ${entries} entries`);
  return read;
}
