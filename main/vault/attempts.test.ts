import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countAttempt, forgetAttempts, refuseAttempt } from './attempts.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'custos-'));
const start = Date.parse('2026-11-24T08:00:00Z');
const fail = (directory: string, times: number, nowMs = start) => {
  for (let i = 0; i < times; i++) countAttempt(directory, nowMs);
};

describe('failed unlocks', () => {
  it('four are free; the fifth and each after it make one wait, twice as long each time, at most an hour', () => {
    const directory = folder();
    fail(directory, 4);
    expect(refuseAttempt(directory, start)).toBeUndefined();
    fail(directory, 1);
    expect(refuseAttempt(directory, start)?.why).toContain('30 s');
    expect(refuseAttempt(directory, start + 29_999)).toBeDefined();
    expect(refuseAttempt(directory, start + 30_000)).toBeUndefined();
    fail(directory, 1, start + 30_000);
    expect(refuseAttempt(directory, start + 30_000)?.why).toContain('60 s');
    fail(directory, 20, start + 30_000);
    expect(refuseAttempt(directory, start + 30_000)?.why).toContain('3600 s');
  });

  it('a clock that is set back does not shorten the wait, nor lengthen it beyond its time', () => {
    const directory = folder();
    fail(directory, 5);
    expect(refuseAttempt(directory, start - 86_400_000)?.why).toContain('30 s');
    expect(refuseAttempt(directory, start + 30_000)).toBeUndefined();
  });

  it('success forgets them, damage does not', () => {
    const directory = folder();
    fail(directory, 5);
    forgetAttempts(directory, start + 1);
    expect(refuseAttempt(directory, start + 1)).toBeUndefined();
    fail(directory, 5);
    writeFileSync(join(directory, 'vault.attempts'), '{"failed":0');
    countAttempt(directory, start);
    expect(refuseAttempt(directory, start)).toBeDefined();
  });
});
