import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createPackageWithOptions, extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { beforeAll, describe, expect, it } from 'vitest';
import { changedNative } from '../main/electron/natives.ts';
import afterPack, { fuses } from './after-pack.mjs';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'out');
const isBuilt = existsSync(join(out, 'main/main.js'));
if (!isBuilt) console.warn('SKIPPED, not passed: the packaging tests need the bundles (npm run build)');

/** The electron fuse wire: sentinel, version, length, one character for each fuse. */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const nativeModule = 'node_modules/better-sqlite3-multiple-ciphers';

describe.skipIf(!isBuilt)('the packaged app, on a synthetic distribution', () => {
  const appOutDir = mkdtempSync(join(tmpdir(), 'custos-pack-'));
  const resources = join(appOutDir, 'resources');
  const asar = join(resources, 'app.asar');
  beforeAll(async () => {
    const staging = mkdtempSync(join(tmpdir(), 'custos-stage-'));
    const listed = readFileSync(join(import.meta.dirname, 'electron-builder.yml'), 'utf8');
    for (const folder of [
      'out/main',
      'out/preload',
      'out/renderer',
      `${nativeModule}/lib`,
      `${nativeModule}/prebuilds`,
    ]) {
      expect(listed).toContain(folder);
      cpSync(join(root, folder), join(staging, folder), { recursive: true });
    }
    for (const file of ['package.json', `${nativeModule}/package.json`]) cpSync(join(root, file), join(staging, file));
    mkdirSync(resources, { recursive: true });
    await createPackageWithOptions(staging, asar, { unpack: '**/*.node' });
    const wire = Buffer.concat([Buffer.from(sentinel), Buffer.from([1, 9]), Buffer.from('101100111')]);
    writeFileSync(join(appOutDir, 'custos'), Buffer.concat([Buffer.alloc(1000, 7), wire, Buffer.alloc(1000, 7)]));
    await afterPack({
      appOutDir,
      electronPlatformName: 'linux',
      packager: { appInfo: { productFilename: 'Custos' }, executableName: 'custos' },
    });
  });

  it('has every fuse set by name, and each as intended', async () => {
    const wire = await getCurrentFuseWire(join(appOutDir, 'custos'));
    const names = Object.keys(FuseV1Options).filter((name) => Number.isNaN(Number(name)));
    expect(names.length).toBe(9);
    for (const name of names) {
      const fuse = FuseV1Options[name as keyof typeof FuseV1Options];
      expect([name, typeof fuses[fuse]]).toEqual([name, 'boolean']);
      expect([name, wire[fuse]]).toEqual([name, fuses[fuse] ? FuseState.ENABLE : FuseState.DISABLE]);
    }
    expect([
      fuses[FuseV1Options.RunAsNode],
      fuses[FuseV1Options.OnlyLoadAppFromAsar],
      fuses[FuseV1Options.EnableEmbeddedAsarIntegrityValidation],
    ]).toEqual([false, true, true]);
  });

  it('lists its native modules outside the archive, and notices one changed bit', () => {
    const list = JSON.parse(readFileSync(join(resources, 'natives.json'), 'utf8')) as Record<string, string>;
    const files = Object.keys(list);
    expect(files.length).toBeGreaterThan(0);
    expect(files.every((file) => file.startsWith('app.asar.unpacked/'))).toBe(true);
    expect(changedNative(resources)).toBeUndefined();
    const [first] = files as [string];
    const bytes = readFileSync(join(resources, first));
    bytes[100] = (bytes[100] as number) ^ 1;
    writeFileSync(join(resources, first), bytes);
    expect(changedNative(resources)).toBe(first);
  });

  it('contains no source, no source map, no test code, no loopback host and no address of this machine', () => {
    const files = listPackage(asar, { isPack: false });
    expect(files.filter((file) => /\.(map|tsx?)$|testing|\.test\./.test(file))).toEqual([]);
    expect(files).toContain('/out/main/main.js');
    const code = readdirSync(join(out, 'main'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n')
      // One of the forms of a file's address that the library for XML schemas knows.
      .replaceAll('file://localhost/', '');
    for (const foreign of [
      'localhost',
      '127.0.0.1',
      'SoftAuthenticator',
      'lyingGateway',
      'startBrowserHost',
      'WebSocketServer',
      'openBankSimulator',
      'remote-debugging',
      'loadExtension(',
      '.unsafeMode(',
      'child_process',
      'RUN_AS_NODE',
      'sourceMappingURL',
    ])
      expect([foreign, code.includes(foreign)]).toEqual([foreign, false]);
    const packaged = extractFile(asar, 'out/main/main.js').toString();
    expect(packaged).toContain('https://terminal.custos.example');
  });

  it('has a preload that is CommonJS and exposes one function', () => {
    const preload = readFileSync(join(out, 'preload/preload.cjs'), 'utf8');
    expect(preload).toContain('require("electron")');
    expect(preload).not.toMatch(/^\s*(import|export) /m);
    expect([...preload.matchAll(/exposeInMainWorld/g)].length).toBe(1);
  });
});
