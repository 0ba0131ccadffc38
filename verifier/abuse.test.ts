// Bundles that were made to bring the auditor's machine down: the verifier says what is wrong, in bounded memory and time.

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sampleLog } from '../testing/fuzz/samples.ts';

const directory = mkdtempSync(join(tmpdir(), 'custos-'));
afterAll(() => rmSync(directory, { recursive: true }));
const { lines, trust } = sampleLog();
const trustFile = join(directory, 'trust');
writeFileSync(trustFile, JSON.stringify(trust));
const bundle = join(directory, 'bundle');
const [header = '', ...records] = lines;

/** In a process of its own with 64 MiB of heap, and nothing but its answer and the most memory it ever had. */
function verified(path: string): { code: number; answer: string; mebibytes: number; ms: number } {
  const script = `
    import { verify } from './verifier/verify.ts';
    const said = [];
    const code = await verify({ bundle: process.argv[1], trust: process.argv[2], json: true }, (line) => said.push(line));
    console.log(JSON.stringify({ code, answer: said.join(''), mebibytes: process.resourceUsage().maxRSS >> 10 }));`;
  const began = performance.now();
  const output = execFileSync(
    process.execPath,
    ['--max-old-space-size=64', '--input-type=module', '-e', script, path, trustFile],
    { encoding: 'utf8', timeout: 50_000, cwd: join(import.meta.dirname, '..') },
  );
  const ms = performance.now() - began;
  return { ...(JSON.parse(output) as { code: number; answer: string; mebibytes: number }), ms };
}

function sparse(start: string, bytes: number): void {
  const file = openSync(bundle, 'w');
  writeSync(file, start);
  ftruncateSync(file, bytes);
  closeSync(file);
}

describe('a bundle that was made to bring the verifier down', () => {
  it.each<[string, () => void, 1 | 2]>([
    ['four gibibytes of nothing', () => sparse('', 4 * 2 ** 30), 2],
    ['a header, and then four gibibytes without a line', () => sparse(`${header}\n`, 4 * 2 ** 30), 2],
    [
      'a line of five hundred thousand brackets',
      () => writeFileSync(bundle, `${header}\n${'['.repeat(500_000)}${']'.repeat(500_000)}\n`),
      1,
    ],
    [
      'the same record a hundred thousand times',
      () => writeFileSync(bundle, `${header}\n${`${records[0]}\n`.repeat(100_000)}`),
      1,
    ],
    [
      'a size that it does not have',
      () => writeFileSync(bundle, [header.replace(/"size":\d+/, '"size":9007199254740991'), ...records].join('\n')),
      1,
    ],
    [
      'two records in each other’s place',
      () => writeFileSync(bundle, [header, records[0], records[2], records[1], ...records.slice(3)].join('\n')),
      1,
    ],
    ['its end cut off', () => writeFileSync(bundle, lines.join('\n').slice(0, -400)), 1],
    ['a second bundle behind it', () => writeFileSync(bundle, `${lines.join('\n')}\n${lines.join('\n')}\n`), 1],
    ['a device that never ends', () => symlinkSync('/dev/zero', bundle), 2],
  ])('%s', (_, make, code) => {
    rmSync(bundle, { force: true });
    make();
    const verdict = verified(bundle);
    expect([verdict.code, verdict.answer]).toEqual([code, expect.stringContaining('"ok":false')]);
    expect(verdict.answer.length).toBeLessThan(4_000);
    expect(verdict.answer).not.toContain(directory);
    expect(verdict.mebibytes).toBeLessThan(400);
    expect(verdict.ms).toBeLessThan(30_000);
  });

  it('and an honest one in the same room verifies', () => {
    rmSync(bundle, { force: true });
    writeFileSync(bundle, `${lines.join('\n')}\n`);
    expect(verified(bundle)).toMatchObject({ code: 0, answer: expect.stringContaining('"ok":true') });
  });
});
