import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '../../shared/result.ts';
import { attempt, beginAttempts, forgive, type Moment, recoveryShares } from './attempts.ts';

const start = Date.parse('2026-11-24T08:00:00Z');
const at = (ms: number, clockSetBy = 0, run = 'monday'): Moment => ({
  wallMs: start + ms + clockSetBy,
  run,
  steadyMs: 1_000_000 + ms,
});
const folder = () => {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  beginAttempts(directory, at(0));
  return directory;
};
const record = (directory: string) => join(directory, 'vault.attempts');
const enrolled = ['li', 'wang', 'zhao', 'chen'];
const hour = 3_600_000;
const asFolder = (path: string) => {
  rmSync(path, { recursive: true });
  mkdirSync(path);
};

/** `wrong` or `right` where the attempt was judged; otherwise why it was not looked at. */
async function tries(directory: string, who: string, now: Moment, isRight = false): Promise<string> {
  const judged = await attempt(directory, { who, enrolled, now }, () =>
    isRight ? ok(null) : refuse('wrong passphrase', 'The vault was not unlocked.', 'wrong', 'Type it again.'),
  );
  if (judged.ok) forgive(directory, who, now);
  return judged.ok ? 'right' : judged.refusal.why;
}
const failTimes = async (directory: string, who: string, times: number, now = at(0)) => {
  for (let i = 0; i < times; i++) expect(await tries(directory, who, now)).toBe('wrong');
};

describe('failed unlocks', () => {
  it('four are free; the fifth and each after it make one wait, twice as long each time, at most an hour', async () => {
    const directory = folder();
    await failTimes(directory, 'li', 5);
    expect(await tries(directory, 'li', at(0))).toContain('30 s');
    expect(await tries(directory, 'li', at(29_999))).toContain('1 s');
    expect(await tries(directory, 'li', at(30_000))).toBe('wrong');
    expect(await tries(directory, 'li', at(30_000))).toContain('60 s');
    let now = 90_000;
    for (let i = 0; i < 12; i++) {
      expect(await tries(directory, 'li', at(now))).toBe('wrong');
      const said = await tries(directory, 'li', at(now));
      now += Number(/in (\d+) s/.exec(said)?.[1]) * 1000;
    }
    await tries(directory, 'li', at(now));
    expect(await tries(directory, 'li', at(now))).toContain('3600 s');
  });

  it('do not make a colleague wait who has failed at nothing, until fifteen failed at the vault', async () => {
    const directory = folder();
    await failTimes(directory, 'li', 5);
    expect(await tries(directory, 'wang', at(0), true)).toBe('right');
    await failTimes(directory, 'wang', 5);
    await failTimes(directory, 'zhao', 4);
    expect(await tries(directory, 'chen', at(0))).toBe('wrong'); // the fifteenth, whoever's it is
    expect(await tries(directory, 'zhao', at(0), true)).toContain('15 attempts have failed here');
  });

  it("are not made good by another one's success: an insider cannot guess between two of their own unlocks", async () => {
    const directory = folder();
    for (let i = 0; i < 5; i++) {
      expect(await tries(directory, 'li', at(0))).toBe('wrong');
      expect(await tries(directory, 'wang', at(0), true)).toBe('right');
    }
    expect(await tries(directory, 'li', at(0))).toContain('30 s');
  });

  it('count for recovery shares as for a passphrase', async () => {
    const directory = folder();
    await failTimes(directory, recoveryShares, 5);
    expect(await tries(directory, recoveryShares, at(0))).toContain('30 s');
  });

  it('a clock set forward does not shorten the wait, one set back does not lengthen it', async () => {
    const directory = folder();
    await failTimes(directory, 'li', 5);
    expect(await tries(directory, 'li', at(1_000, 10 * hour))).toContain('29 s');
    expect(await tries(directory, 'li', at(1_000, -10 * hour))).toContain('29 s');
    expect(await tries(directory, 'li', at(30_000, -10 * hour))).toBe('wrong');
  });

  it('a restart of the machine leaves the clock on the wall to count by, which then cannot go back', async () => {
    const directory = folder();
    await failTimes(directory, 'li', 5);
    const restarted = (ms: number, set = 0): Moment => ({ ...at(ms, set, 'tuesday'), steadyMs: ms });
    expect(await tries(directory, 'li', restarted(10_000))).toContain('20 s');
    expect(await tries(directory, 'li', restarted(10_000, -hour))).toContain('30 s');
    expect(await tries(directory, 'li', restarted(30_000))).toBe('wrong');
  });

  it('fade by one in an hour, so that nobody pays on Monday for a Friday', async () => {
    const directory = folder();
    await failTimes(directory, 'li', 5);
    expect(await tries(directory, 'li', at(6 * hour))).toBe('wrong');
    await failTimes(directory, 'li', 3, at(6 * hour));
    expect(await tries(directory, 'li', at(6 * hour), true)).toBe('right');
  });

  it('are counted before they are judged: many asked at once, or cut off, are not free', async () => {
    const directory = folder();
    const never = () => new Promise<never>(() => {});
    for (let i = 0; i < 5; i++) void attempt(directory, { who: 'li', enrolled, now: at(0) }, never);
    await Promise.resolve();
    expect(await tries(directory, 'li', at(0), true)).toContain('30 s');
  });

  it.each<[string, (path: string) => void]>([
    ['is gone', (path) => rmSync(path)],
    ['is half of one', (path) => writeFileSync(path, readFileSync(path).subarray(0, 20))],
    ['is none', (path) => writeFileSync(path, '{"failed":0,"until":0,"seen":0}')],
    ['is larger than any', (path) => writeFileSync(path, Buffer.alloc(1 << 20, 32))],
    ['is a folder', asFolder],
    [
      'waits for a time that no clock shows',
      (path) => writeFileSync(path, '{"format":"custos-attempts/1","waitMs":1e999}'),
    ],
  ])('a record that %s gives nobody a free attempt', async (_, spoil) => {
    const directory = folder();
    await failTimes(directory, 'li', 3);
    spoil(record(directory));
    let judged = 0;
    for (let i = 0; i < 20; i++) {
      const said = await tries(directory, 'li', at(i * 1000));
      if (said === 'wrong') judged += 1;
      else expect(said).toMatch(/missing or damaged|attempts have failed|not judged/);
      if (i % 7 === 0) spoil(record(directory));
    }
    expect(judged).toBe(0);
  });

  it('are told to the vault at the next success, with what shows a record that was put back', async () => {
    const directory = folder();
    await failTimes(directory, 'li', 3);
    await attempt(directory, { who: 'wang', enrolled, now: at(5) }, () => ok(null));
    const before = forgive(directory, 'wang', at(5));
    expect(before.failures).toEqual([0, 0, 0].map((ms) => ({ atMs: start + ms, who: 'li' })));
    const kept = readFileSync(record(directory));
    await failTimes(directory, 'li', 1);
    await attempt(directory, { who: 'wang', enrolled, now: at(6) }, () => ok(null));
    const remembered = forgive(directory, 'wang', at(6)).serial;
    writeFileSync(record(directory), kept);
    await attempt(directory, { who: 'wang', enrolled, now: at(7) }, () => ok(null));
    expect(forgive(directory, 'wang', at(7)).found).toBeLessThan(remembered);
  });
});
