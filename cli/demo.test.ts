import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeXml } from '../shared/iso20022/decode.ts';
import { readPain001 } from '../shared/iso20022/pain001.ts';
import { dataPath, describeWithData } from '../testing/data.ts';
import type { DemoReport } from './demo/run.ts';

const here = import.meta.dirname;
const newFolder = () => join(mkdtempSync(join(tmpdir(), 'custos-')), 'demo');

function start(args: readonly string[]): { child: ChildProcess; output: Promise<string> } {
  const child = spawn(process.execPath, [join(here, 'demo.ts'), '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const output = new Promise<string>((resolve, reject) => {
    child.on('close', (code, signal) => (code === 0 || signal !== null ? resolve(out) : reject(new Error(err))));
  });
  return { child, output };
}
const run = async (...args: string[]): Promise<DemoReport> => JSON.parse(await start(args).output) as DemoReport;

function verifyCommand(bundle: string, trust: string) {
  const text = execFileSync(process.execPath, [join(here, 'custos.ts'), 'verify', bundle, '--trust', trust, '--json']);
  return JSON.parse(text.toString()) as { ok: boolean; events: number; size: number; root: string; firstBad: unknown };
}

/** Whatever file was paid, these hold. */
function expectSound(report: DemoReport): void {
  const { instructions, approved, declined, settled, rejected, returned } = report;
  expect(report.verified).toBe(true);
  expect(approved).toBe(settled + rejected + returned);
  expect(instructions).toBe(approved + declined);
  for (const { owed, held } of report.safeguarding) expect(held).toBe(owed);
  expect(report.vaults.every((vault) => existsSync(vault))).toBe(true);
  const verified = verifyCommand(report.bundle, report.trust);
  expect(verified).toMatchObject({ ok: true, firstBad: null, events: report.events, ...report.log });
}

/** Balances as hledger adds them up from the plain-text journal, in minor units, by account; undefined without hledger. */
function hledgerBalances(journal: string): Map<string, bigint> | undefined {
  let text: string;
  try {
    text = execFileSync('hledger', ['-f', journal, 'bal', '--flat', '-N', '-O', 'csv', '--layout', 'bare']).toString();
  } catch (failure) {
    if ((failure as { code?: string }).code !== 'ENOENT') throw failure;
    return undefined;
  }
  const balances = new Map<string, bigint>();
  for (const line of text.trim().split('\n').slice(1)) {
    const [account, commodity, balance] = line.replaceAll('"', '').split(',') as [string, string, string];
    if (commodity !== '') balances.set(`${account} ${commodity}`, BigInt(balance.replace('.', '')));
  }
  return balances;
}

describe('the demonstration on the file it writes itself', () => {
  it('pays 60 items in two assets: one declined, one rejected, one returned, the rest settled; an independent ledger agrees', async (context) => {
    const report = await run('--out', newFolder());
    expectSound(report);
    const { instructions, approved, declined, settled, rejected, returned, refused } = report;
    expect({ instructions, approved, declined, settled, rejected, returned, refused }).toEqual({
      instructions: 60,
      approved: 59,
      declined: 1,
      settled: 57,
      rejected: 1,
      returned: 1,
      refused: [],
    });
    const balances = hledgerBalances(report.journal);
    if (balances === undefined) {
      console.warn('SKIPPED, not passed: the comparison with hledger needs the Debian package hledger');
      return context.skip('hledger is not installed');
    }
    for (const { asset, held } of report.safeguarding) {
      expect(balances.get(`assets:cash:${asset} ${asset}`) ?? 0n).toBe(BigInt(held));
      let all = 0n;
      for (const [account, balance] of balances) if (account.endsWith(` ${asset}`)) all += balance;
      expect(all).toBe(0n);
    }
  });

  it('refuses to mix two payment files in one folder, and says so when there is no file', async () => {
    const folder = newFolder();
    await expect(run('--out', folder, '--input', '/nowhere.xml')).rejects.toThrow('There is no file');
    await run('--out', folder);
    await expect(run('--out', folder, '--input', join(here, 'demo.ts'))).rejects.toThrow('another payment file');
  });

  it('goes on with a file that is not a pain.001, and says why it was refused', async () => {
    const report = await run('--out', newFolder(), '--input', join(here, 'demo.ts'));
    expectSound(report);
    expect([report.instructions, report.refused.map((one) => [one.index, one.refusal.type])]).toEqual([
      0,
      [[-1, 'not xml']],
    ]);
  });
});

describe('the demonstration killed at any moment', () => {
  it('loses nothing that was acknowledged, in ten kills', { timeout: 240_000 }, async () => {
    const seed = Number(process.env.CUSTOS_SEED ?? Date.now() % 1_000_000);
    let state = seed;
    const next = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    let kills = 0;
    for (let round = 0; kills < 10; round++) {
      const folder = newFolder();
      const acknowledged = `${folder}.acknowledged`;
      const args = ['--out', folder, '--acknowledged', acknowledged];
      for (let attempt = 0; attempt < 4 && kills < 10; attempt++) {
        const { child, output } = start(args);
        const timer = setTimeout(() => child.kill('SIGKILL'), 400 + next() * 3000);
        const text = await output;
        clearTimeout(timer);
        if (text !== '') break;
        kills += 1;
      }
      const report = await run(...args);
      expectSound(report);
      expect(
        [report.instructions, report.declined, report.rejected, report.returned],
        `seed ${seed}, round ${round}`,
      ).toEqual([60, 1, 1, 1]);
      const bundle = readFileSync(report.bundle, 'utf8');
      const safe = existsSync(acknowledged) ? readFileSync(acknowledged, 'utf8').trim().split('\n') : [];
      expect(safe.filter((id) => !bundle.includes(`"id":"${id}"`))).toEqual([]);
    }
  });
});

describeWithData('the demonstration on real payment files of different dialects', 'iso20022/samples', () => {
  const samples = dataPath('iso20022/samples');
  const files = readdirSync(samples, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.xml'))
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => {
      const text = decodeXml(readFileSync(path));
      const read = text.ok ? readPain001(text.value) : text;
      return read.ok && read.value.payments.length > 0 ? [{ path, file: read.value }] : [];
    });

  it('there are at least three', () => {
    expect(files.length).toBeGreaterThanOrEqual(3);
  });

  it.each(files.map(({ path, file }) => [path.slice(samples.length + 1), path, file] as const))(
    '%s: every payment is paid or refused by name',
    async (_, path, file) => {
      const report = await run('--out', newFolder(), '--input', path);
      expectSound(report);
      expect(report.instructions + report.refused.length).toBe(file.payments.length);
    },
  );
});
