import { describe, expect, it } from 'vitest';
import { skipLoudly } from '../small-disk.ts';
import { type DiskError, endure, prepared } from './disk-errors.ts';
import { hasStrace } from './record.ts';

const errors: readonly DiskError[] = [
  { of: 'vault', calls: 'writes', error: 'EIO', when: 9 },
  { of: 'vault', calls: 'writes', error: 'ENOSPC', when: 9 },
  { of: 'vault', calls: 'syncs', error: 'EIO', when: 4 },
  { of: 'vault', calls: 'reads', error: 'EIO', when: 30 },
  { of: 'gateway', calls: 'syncs', error: 'EIO', when: 4 },
];

/** While a vault is opened its pages are checked, and what cannot be read there counts as damage; the next opening finds it sound. */
const wordsFor = ({ calls, error }: DiskError): readonly string[] =>
  calls === 'reads' ? ['vault damaged', 'disk failed'] : [error === 'ENOSPC' ? 'disk full' : 'disk failed'];

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
      if (one.of === 'vault')
        expect(Object.keys(refused).filter((type) => wordsFor(one).includes(type))).not.toEqual([]);
    }
  });
});
