import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../main/store/open.ts';
import { skipLoudly } from '../small-disk.ts';
import { type DiskError, endure, prepared } from './disk-errors.ts';
import { openingKey } from './open-again.ts';
import { hasStrace } from './record.ts';

const errors: readonly DiskError[] = [
  { of: 'vault', calls: 'writes', error: 'EIO', when: 9 },
  { of: 'vault', calls: 'writes', error: 'ENOSPC', when: 9 },
  { of: 'vault', calls: 'syncs', error: 'EIO', when: 4 },
  { of: 'vault', calls: 'reads', error: 'EIO', when: 30 },
  { of: 'gateway', calls: 'syncs', error: 'EIO', when: 4 },
  // One of those with which the WAL is emptied into the file.
  { of: 'gateway', calls: 'reads', error: 'EIO', when: 31 },
];

const wordFor = ({ error }: DiskError): string => (error === 'ENOSPC' ? 'disk full' : 'disk failed');

describe('an office whose disk reports errors', () => {
  it('loses nothing that anybody was told is safe, says it in words, and goes on when the disk is sound', {
    timeout: 300_000,
  }, async (context) => {
    if (!hasStrace()) return skipLoudly(context, 'errors of the disk need strace, and the right to trace');
    const from = await prepared();
    for (const one of errors) {
      const { wrong, injected, refused, signed } = await endure(from, one, 1);
      expect(wrong).toEqual([]);
      expect(injected).toBe(1);
      expect(signed).toBeGreaterThan(0);
      if (one.of === 'vault') expect(Object.keys(refused)).toContain(wordFor(one));
      expect(Object.keys(refused).filter((type) => /vault|head|slots/.test(type))).toEqual([]);
    }
  });
});

describe('a vault on a disk that does not always give what it holds', () => {
  /** What was told at each of so many openings, while these reads of SQLite fail, and these of whoever reads the file through. */
  function openings(file: string, times: number, ofSqlite: string, through = '9999'): string[] {
    const options = ['-f', '-qq', '--seccomp-bpf', '-P', file, '-P', `${file}-wal`, '-o', '/dev/null'];
    const inject = ['-e', 'trace=pread64,read', '-e', `inject=pread64:error=EIO:when=${ofSqlite}`];
    inject.push('-e', `inject=read:error=EIO:when=${through}`);
    const args = [join(import.meta.dirname, 'open-again.ts'), file, String(times)];
    const { stdout, stderr } = spawnSync('strace', [...options, ...inject, process.execPath, ...args], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  it('is never called damaged, or its key wrong, for what the disk did not give', (context) => {
    if (!hasStrace()) return skipLoudly(context, 'errors of the disk need strace, and the right to trace');
    const file = join(mkdtempSync(join(tmpdir(), 'custos-reads-')), 'vault.db');
    const made = openStore(file, openingKey(), 'create');
    if (!made.ok) throw new Error(made.refusal.why);
    made.value.exec('CREATE TABLE rows (one BLOB) STRICT; CREATE INDEX by_one ON rows (one)');
    const put = made.value.prepare('INSERT INTO rows VALUES (?)');
    made.value.transaction(() => {
      for (let i = 0; i < 20; i++) put.run(Buffer.alloc(i % 4 === 0 ? 6000 : 700, i));
    });
    made.value.close();
    // Some read once in vain, at every place of an opening in turn; then all of them from some place on.
    for (const when of ['3+101', '11+89']) {
      const told = openings(file, 150, when);
      expect(new Set(told)).toEqual(new Set(['opened', 'disk failed']));
    }
    for (const when of ['2+', '7+', '19+'])
      expect(new Set(openings(file, 2, when, '1+'))).toEqual(new Set(['disk failed']));
    expect(openings(file, 1, '9999')).toEqual(['opened']);
    // A page that is really another one stays what it is.
    const bytes = readFileSync(file);
    bytes[5 * 4096 + 99] = (bytes[5 * 4096 + 99] as number) ^ 1;
    writeFileSync(file, bytes);
    expect(openings(file, 1, '9999')).toEqual(['vault damaged']);
    rmSync(dirname(file), { recursive: true });
  });
});
