import { describe, expect, it } from 'vitest';
import { skipLoudly } from '../small-disk.ts';
import { type Disk, diskAt, type Operation, pendingAt } from './disk.ts';
import { powerLoss } from './power-loss.ts';
import { hasStrace } from './record.ts';

const seed = Number(process.env.CUSTOS_SEED ?? Date.now() % 2 ** 31);
const needsStrace = 'power cuts need strace, and the right to trace';

describe('an office whose power is cut', () => {
  it('has everything that anybody was told before, whatever the disk did with what was not synced', {
    timeout: 300_000,
  }, async (context) => {
    if (!hasStrace()) return skipLoudly(context, needsStrace);
    const found = await powerLoss({ seed, images: 20 });
    expect(found.wrong).toEqual([]);
    expect(found.uncertain).toBeGreaterThan(0);
  });

  for (const synchronous of ['NORMAL', 'OFF'] as const)
    it(`would lose something if it synced less (${synchronous}), and that is noticed`, {
      timeout: 300_000,
    }, async (context) => {
      if (!hasStrace()) return skipLoudly(context, needsStrace);
      const found = await powerLoss({ seed, images: 20, works: 30, synchronous, stopAtFirst: true });
      expect(found.wrong.length).toBeGreaterThan(0);
    });
});

describe('a disk after a power cut', () => {
  const bytes = (text: string, length: number) => Buffer.alloc(length, text);
  const before: Disk = { names: new Map([['a', 1]]), folders: new Set(), contents: new Map([[1, bytes('o', 1024)]]) };
  const operations: Operation[] = [
    { do: 'write', inode: 1, at: 0, bytes: bytes('n', 1024) },
    { do: 'create', path: 'b', inode: 2 },
    { do: 'write', inode: 2, at: 0, bytes: bytes('b', 600) },
    { do: 'sync', inode: 2 },
    { do: 'move', from: 'b', to: 'a' },
    { do: 'sync folder', path: '' },
  ];
  const read = (at: number, fate: Parameters<typeof diskAt>[3]) => {
    const { names, contents } = diskAt(before, operations, at, fate);
    return Object.fromEntries([...names].map(([path, inode]) => [path, (contents.get(inode) as Buffer).toString()]));
  };

  it('has what was synced, and any part of the rest', () => {
    expect(pendingAt(operations, 6)).toEqual([0]);
    expect(pendingAt(operations, 5)).toEqual([0, 1, 4]);
    expect(read(6, () => 'lost')).toEqual({ a: 'b'.repeat(600) });
    expect(read(5, () => 'lost')).toEqual({ a: 'o'.repeat(1024) });
    expect(read(5, (i) => (i === 4 ? 'kept' : 'lost'))).toEqual({ a: 'b'.repeat(600) });
    expect(read(1, () => 'kept')).toEqual({ a: 'n'.repeat(1024) });
    expect(read(1, () => ({ sectors: (n) => n === 1 }))).toEqual({ a: 'o'.repeat(512) + 'n'.repeat(512) });
    expect(read(3, (i) => (i === 2 ? 'only its length' : 'kept')).b).toBe('\0'.repeat(600));
  });
});
