import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSmallDisk, skipLoudly } from '../testing/small-disk.ts';
import { diskRefusal } from './failure.ts';
import { makeFolder, overwriteFile, replaceFile } from './write.ts';

describe('a file that must not be lost', () => {
  it('is only for whoever runs Custos, and so are its folders', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'custos-')), 'a', 'b');
    makeFolder(folder);
    replaceFile(join(folder, 'one'), 'text');
    overwriteFile(join(folder, 'two'), 'text');
    const modes = [folder, join(folder, 'one'), join(folder, 'two')].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });

  it('stays as it was when the disk takes only a part of the new one, and the person is told that it is full', (context) => {
    const disk = openSmallDisk(64 << 10);
    if (disk === undefined) return skipLoudly(context, 'a full disk needs the right to mount one');
    try {
      const path = join(disk.path, 'file');
      replaceFile(path, 'a'.repeat(20_000));
      let refusal: unknown;
      try {
        replaceFile(path, 'b'.repeat(60_000));
      } catch (failure) {
        refusal = diskRefusal(failure, 'Nothing was done.');
      }
      expect(refusal).toMatchObject({ type: 'disk full', why: 'The disk is full.' });
      expect(readFileSync(path, 'utf8')).toBe('a'.repeat(20_000));
      disk.change('size=1m');
      replaceFile(path, 'b'.repeat(60_000));
      expect(readFileSync(path, 'utf8')).toBe('b'.repeat(60_000));
      expect(existsSync(`${path}.next`)).toBe(false);
    } finally {
      disk.close();
    }
  });

  it('is refused by name on a disk that only gives, and written when it takes again', (context) => {
    const disk = openSmallDisk(64 << 10);
    if (disk === undefined) return skipLoudly(context, 'a read-only disk needs the right to mount one');
    try {
      disk.change('ro');
      let refusal: unknown;
      try {
        replaceFile(join(disk.path, 'file'), 'text');
      } catch (failure) {
        refusal = diskRefusal(failure, 'Nothing was done.');
      }
      expect(refusal).toMatchObject({ type: 'disk read-only' });
      disk.change('rw');
      replaceFile(join(disk.path, 'file'), 'text');
    } finally {
      disk.close();
    }
  });
});

describe('an error', () => {
  const error = (code: string, more: object = {}) => Object.assign(new Error('secret path'), { code, ...more });
  it('of the disk is told in words, of anything else it is none of the disk', () => {
    const typeOf = (failure: unknown) => diskRefusal(failure, '')?.type;
    expect(['SQLITE_FULL', 'ENOSPC', 'EROFS', 'SQLITE_IOERR_FSYNC', 'EIO'].map((code) => typeOf(error(code)))).toEqual([
      'disk full',
      'disk full',
      'disk read-only',
      'disk failed',
      'disk failed',
    ]);
    expect(typeOf(new Error('outer', { cause: error('ENOSPC') }))).toBe('disk full');
    expect(typeOf(error('ECONNREFUSED'))).toBeUndefined();
    expect(typeOf(error('EACCES', { syscall: 'connect' }))).toBeUndefined();
    expect(typeOf(new Error('bug'))).toBeUndefined();
    expect(JSON.stringify(diskRefusal(error('EIO'), ''))).not.toContain('secret');
  });

  it('of a write without a folder is no full disk', () => {
    try {
      writeFileSync('/nowhere/at/all', '');
    } catch (failure) {
      expect(diskRefusal(failure, '')).toBeUndefined();
    }
  });
});
