// `npm run mutants`: breaks the build on purpose, one mutant at a time, in a copy of the source, and says who noticed.

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Killer, type Mutant, mutants } from './mutants.ts';

export type Verdict = 'killed' | 'SURVIVED' | 'error';
export interface Finding {
  readonly mutant: string;
  readonly verdict: Verdict;
  readonly seconds: number;
  /** What noticed, or what is wrong with the mutant itself. */
  readonly by: string;
}

const root = join(import.meta.dirname, '..', '..');
const leftOut = new Set(['node_modules', 'out', '.git', 'pictures', 'dist']);

/** The source with one text replaced; or what is wrong with the mutant. */
export function mutated(source: string, { find, become }: Mutant): string | { readonly wrong: string } {
  const count = source.split(find).length - 1;
  if (count !== 1) return { wrong: `its text stands ${count} times in the file, not once` };
  return source.replace(find, () => become);
}

/** A copy of the source in which mutants are tried one after the other. */
export function openCopy(): { readonly folder: string; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'custos-mutant-'));
  cpSync(root, folder, { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function tryMutant(folder: string, mutant: Mutant): Promise<Finding> {
  const file = join(folder, mutant.file);
  const source = readFileSync(file, 'utf8');
  const broken = mutated(source, mutant);
  if (typeof broken !== 'string') return { mutant: mutant.name, verdict: 'error', seconds: 0, by: broken.wrong };
  const began = performance.now();
  writeFileSync(file, broken);
  try {
    const noticed = await ask(folder, mutant.killer);
    const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
    if ('wrong' in noticed) return { mutant: mutant.name, verdict: 'error', seconds, by: noticed.wrong };
    return { mutant: mutant.name, verdict: noticed.failed ? 'killed' : 'SURVIVED', seconds, by: noticed.by };
  } finally {
    writeFileSync(file, source);
  }
}

type Answer = { readonly failed: boolean; readonly by: string } | { readonly wrong: string };

export const ask = (folder: string, killer: Killer): Promise<Answer> =>
  'test' in killer ? runTest(folder, killer) : runSimulator(folder, killer.simulate);

async function runTest(folder: string, { test, named }: { test: string; named: string }): Promise<Answer> {
  const report = join(folder, 'mutant-report.json');
  rmSync(report, { force: true });
  await run(folder, join('node_modules', '.bin', 'vitest'), [
    ...['run', test, '-t', named, '--reporter=json', `--outputFile=${report}`, '--bail=1'],
  ]);
  const read = readReport(report);
  if (read === undefined) return { wrong: `${test} could not be run` };
  const failed = read.filter((one) => one.status === 'failed');
  const ran = read.filter((one) => one.status === 'failed' || one.status === 'passed');
  // A file that does not even load, or a name that no test has, proves nothing.
  if (ran.length === 0) return { wrong: `${test} has no test that ran under the name "${named}"` };
  return { failed: failed.length > 0, by: `${test}: ${failed[0]?.fullName ?? named}` };
}

interface TestResult {
  readonly status: string;
  readonly fullName: string;
}

function readReport(path: string): TestResult[] | undefined {
  try {
    const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as {
      testResults: { assertionResults: TestResult[] }[];
    };
    return testResults.flatMap((one) => one.assertionResults);
  } catch {
    return undefined;
  }
}

async function runSimulator(folder: string, { seed, seconds }: { seed: number; seconds: number }): Promise<Answer> {
  const { output } = await run(folder, process.execPath, [
    ...['testing/simulate/simulate.ts', '--json', '--seed', String(seed), '--seconds', String(seconds)],
  ]);
  try {
    const { disagreements, steps, found } = JSON.parse(output) as {
      disagreements: number;
      steps: number;
      found: string[];
    };
    return { failed: disagreements > 0, by: `simulator, seed ${seed}, after ${steps} steps: ${first(found[0] ?? '')}` };
  } catch {
    return { wrong: `the simulator did not finish: ${output.slice(-300)}` };
  }
}

const first = (text: string): string => text.split('\n', 1)[0] ?? '';

function run(folder: string, command: string, args: readonly string[]): Promise<{ output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('error', reject);
    child.on('close', () => resolve({ output: Buffer.concat(parts).toString() }));
  });
}

/** All of them over so many copies; each killer must first pass on the source as it is. */
async function runAll(chosen: readonly Mutant[], jobs: number, onFinding: (finding: Finding) => void): Promise<void> {
  const left = [...chosen];
  const healthy = new Map<string, Promise<Answer>>();
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      const copy = openCopy();
      try {
        for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
          const { killer, name } = mutant;
          const key = JSON.stringify(killer);
          const before = healthy.get(key) ?? ask(copy.folder, killer);
          healthy.set(key, before);
          const answer = await before;
          if ('wrong' in answer || answer.failed) {
            const by = 'wrong' in answer ? answer.wrong : `it fails without the mutant: ${answer.by}`;
            onFinding({ mutant: name, verdict: 'error', seconds: 0, by });
          } else onFinding(await tryMutant(copy.folder, mutant));
        }
      } finally {
        copy.close();
      }
    }),
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      jobs: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const chosen = mutants.filter(
    ({ name }) => values.only === undefined || values.only.some((one) => name.includes(one)),
  );
  if (chosen.length === 0) throw new Error('no mutant has such a name');
  if (values.list) for (const { name, file } of chosen) console.log(`${file}: ${name}`);
  else {
    const found: Finding[] = [];
    await runAll(chosen, Number(values.jobs), (finding) => {
      found.push(finding);
      const { mutant, verdict, seconds, by } = finding;
      if (values.json) console.log(JSON.stringify(finding));
      else console.log(`${verdict.padEnd(8)} ${String(seconds).padStart(6)} s  ${mutant}\n                   ${by}`);
    });
    const count = (verdict: Verdict) => found.filter((one) => one.verdict === verdict).length;
    if (!values.json)
      console.log(`${count('killed')} killed, ${count('SURVIVED')} survived, ${count('error')} in error`);
    process.exitCode = count('killed') === found.length ? 0 : 1;
  }
}
