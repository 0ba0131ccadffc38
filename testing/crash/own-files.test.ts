import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Chance } from '../simulate/chance.ts';
import { skipLoudly } from '../small-disk.ts';
import { chanceFates, type Disk, diskAt, everyFate, type Operation, pendingAt, writeDisk } from './disk.ts';
import { isLegal, ownFiles } from './own-files.ts';
import { hasStrace, record } from './record.ts';

/** Up to so many operations that are not synced, every possible disk is looked at; beyond it a sample. */
const exhaustively = 10;
const sample = 300;

function* disksAt(before: Disk, operations: readonly Operation[], at: number, chance: Chance): Generator<Disk> {
  const pending = pendingAt(operations, at);
  if (pending.length <= exhaustively)
    for (const fates of everyFate(operations, pending))
      yield diskAt(before, operations, at, (i) => fates.get(i) ?? 'lost');
  else
    for (let n = 0; n < sample; n++) {
      const fates = chanceFates(chance, pending);
      yield diskAt(before, operations, at, (i) => fates.get(i) ?? 'lost');
    }
}

const fingerprint = ({ names, contents }: Disk): string =>
  JSON.stringify([...names].sort().map(([path, inode]) => [path, contents.get(inode)?.toString('base64')]));

describe('after a power cut at any moment, whatever was written and not synced', () => {
  for (const name of Object.keys(ownFiles))
    it(`${name}: old or new, never another`, { timeout: 120_000 }, async (context) => {
      if (!hasStrace()) return skipLoudly(context, 'power cuts need strace, and the right to trace');
      const scratch = mkdtempSync(join(tmpdir(), 'custos-own-'));
      const folder = join(scratch, 'files');
      mkdirSync(folder);
      const { before, operations, code, errors } = await record(folder, [
        ...[join(import.meta.dirname, 'own-files.ts'), name, folder],
      ]);
      expect([code, errors]).toEqual([0, '']);
      expect(operations.some((one) => one.do === 'sync')).toBe(true);
      const chance = new Chance(1);
      const wrong: string[] = [];
      let looked = 0;
      for (let at = 0; at <= operations.length; at++) {
        const told = operations.slice(0, at).filter((one) => one.do === 'tell').length;
        const seen = new Set<string>();
        for (const disk of disksAt(before, operations, at, chance)) {
          const print = fingerprint(disk);
          if (seen.has(print)) continue;
          seen.add(print);
          const image = join(scratch, 'image');
          rmSync(image, { recursive: true, force: true });
          writeDisk(disk, image);
          const found = ownFiles[name]?.read(image) ?? 'nothing';
          looked += 1;
          if (!isLegal(name, told, found)) wrong.push(`before operation ${at}: told ${told}, found ${found}`);
        }
      }
      rmSync(scratch, { recursive: true });
      expect(wrong).toEqual([]);
      expect(looked).toBeGreaterThan(operations.length);
    });
});
