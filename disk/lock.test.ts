import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { takeLock } from './lock.ts';

const newPath = () => join(mkdtempSync(join(tmpdir(), 'custos-')), 'vault.lock');

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Another process that holds the lock until it is killed. */
async function holder(path: string) {
  const lock = JSON.stringify(join(import.meta.dirname, 'lock.ts'));
  const code = `
    const { takeLock } = await import(${lock});
    const lock = takeLock(${JSON.stringify(path)});
    console.log(lock === undefined ? 'busy' : 'held');
    setInterval(() => lock, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim(), gone: once(child, 'exit') };
}

describe('a lock', () => {
  it('has one holder, in this process too, and is free again when it is released', () => {
    const path = newPath();
    const lock = takeLock(path);
    expect(takeLock(path)).toBeUndefined();
    lock?.release();
    const again = takeLock(path);
    expect(again).toBeDefined();
    again?.release();
  });

  it('is held against other processes, also by one that was stopped, and is free when its holder was killed', async () => {
    const path = newPath();
    const first = await holder(path);
    expect(first.said).toBe('held');
    expect(takeLock(path)).toBeUndefined();
    first.child.kill('SIGSTOP');
    const second = await holder(path);
    expect(second.said).toBe('busy');
    second.child.kill('SIGKILL');
    expect(takeLock(path)).toBeUndefined();
    first.child.kill('SIGKILL');
    await first.gone;
    const lock = takeLock(path);
    expect(lock).toBeDefined();
    lock?.release();
  });
});
