// A disk that reports errors: an office does its day under strace, which lets the Nth write, sync or read of one database fail. The
// people go on as they would; afterwards, on a sound disk, everything they were told is safe must be there, with equal books.
//
// `npm run -s disk-errors -- --each 40 [--seed N] [--of vault|gateway] [--calls writes|syncs|reads]`

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { databasePath } from '../../main/vault/vault.ts';
import { Promises, runChild } from './kill.ts';
import { logOf, prepareOffice, vaultOf } from './office.ts';
import { toldTo } from './record.ts';
import type { Borne } from './work-on.ts';

export interface DiskError {
  readonly of: 'vault' | 'gateway';
  readonly calls: 'writes' | 'syncs' | 'reads';
  readonly error: 'EIO' | 'ENOSPC';
  /** The Nth such call. */
  readonly when: number;
}

export interface Endured {
  readonly wrong: readonly string[];
  /** Calls that were made to fail. */
  readonly injected: number;
  /** What people were told, by the type of the refusal. */
  readonly refused: Readonly<Record<string, number>>;
  readonly signed: number;
}

const systemCalls = { writes: 'pwrite64,write', syncs: 'fdatasync,fsync', reads: 'pread64,read' } as const;

/** One day with one error in it. `prepared` is copied, and the copy removed. */
export async function endure(prepared: string, one: DiskError, seed: number): Promise<Endured> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-errors-'));
  const directory = join(folder, 'office');
  const trace = join(folder, 'trace');
  cpSync(prepared, directory, { recursive: true });
  const where = `${one.error} at ${one.calls} ${one.when} of the ${one.of}, seed ${seed}`;
  const file = one.of === 'vault' ? databasePath(vaultOf(directory, 'T-01'), 1) : logOf(directory);
  const calls = systemCalls[one.calls];
  const promises = new Promises();
  const refused: Record<string, number> = {};
  const hear = (told: Borne) => {
    if (told.told === 'refused') refused[told.type] = (refused[told.type] ?? 0) + 1;
    else if (told.told !== 'failed') promises.hear(told, where);
    // Whoever runs the bank's side sees the error itself; people at a terminal never do.
    else if (one.of === 'vault' || !['bank', 'receipt', 'open', 'close'].includes(told.work))
      promises.wrong.push(`${where}: ${told.work} failed without words: ${told.how}`);
  };
  const options = ['-f', '-qq', '--seccomp-bpf', '-P', file, '-P', `${file}-wal`, '-e', `trace=${calls}`, '-o', trace];
  const inject = ['-e', `inject=${calls}:error=${one.error}:when=${one.when}`];
  const args = [join(import.meta.dirname, 'work-on.ts'), '--directory', directory, '--seed', String(seed)];
  const child = spawn('strace', [...options, ...inject, process.execPath, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  let isDone = false;
  createInterface({ input: child.stdio[toldTo] as NodeJS.ReadableStream }).on('line', (line) => {
    const told = JSON.parse(line) as Borne;
    if (told.told === 'done') isDone = true;
    hear(told);
  });
  const code = await new Promise((resolve, failed) => {
    child.on('error', failed);
    child.on('close', resolve);
  });
  if (!isDone) promises.wrong.push(`${where}: the process ended: ${code} ${errors.slice(-2_000)}`);
  const injected = readFileSync(trace, 'utf8').split('(INJECTED)').length - 1;
  const last = await runChild(directory, { seed, stream: 0, from: 0, works: 0 }, (told) =>
    promises.hear(told, `${where}, on a sound disk`),
  );
  if (last.code !== 0) promises.wrong.push(`${where}: it did not go on afterwards: ${last.errors.slice(-2_000)}`);
  rmSync(folder, { recursive: true, force: true });
  return { wrong: promises.wrong, injected, refused, signed: promises.signed.size };
}

export async function prepared(): Promise<string> {
  const directory = join(mkdtempSync(join(tmpdir(), 'custos-errors-')), 'prepared');
  await prepareOffice(directory);
  return directory;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      each: { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
      of: { type: 'string' },
      calls: { type: 'string' },
    },
  });
  const from = await prepared();
  let [wrong, injected] = [0, 0];
  for (const database of ['vault', 'gateway'] as const)
    for (const calls of ['writes', 'syncs', 'reads'] as const) {
      if ((values.of ?? database) !== database || (values.calls ?? calls) !== calls) continue;
      for (const error of calls === 'reads' ? (['EIO'] as const) : (['EIO', 'ENOSPC'] as const))
        for (let when = 1; when <= Number(values.each); when++) {
          const endured = await endure(from, { of: database, calls, error, when }, Number(values.seed));
          if (endured.injected === 0) break; // there are no more
          injected += endured.injected;
          wrong += endured.wrong.length;
          console.log(
            `${database} ${calls} ${error} ${when}: ${endured.signed} signed, ${JSON.stringify(endured.refused)}`,
          );
          for (const line of endured.wrong) console.log(`WRONG: ${line}`);
        }
    }
  console.log(`${injected} errors, ${wrong} broken promise(s)`);
  process.exitCode = wrong === 0 ? 0 : 1;
}
