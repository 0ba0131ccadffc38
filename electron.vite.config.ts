import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

const here = import.meta.dirname;

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** Lists every built file as it lies on disk, with its digest and type: what hosts serve, and nothing else. */
const manifest = (): Plugin => ({
  name: 'custos-manifest',
  writeBundle({ dir = '' }, bundle) {
    const entries = Object.keys(bundle).map((file) => {
      const sha256 = createHash('sha256')
        .update(readFileSync(resolve(dir, file)))
        .digest('base64');
      const type = types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
      return [`/${file}`, { file, sha256, type }];
    });
    writeFileSync(resolve(dir, 'manifest.json'), JSON.stringify(Object.fromEntries(entries)));
  },
});

/** The native module stays outside the bundles; everything else is inside, so that nothing unlisted is packaged. */
const external = ['electron', 'better-sqlite3-multiple-ciphers', /^node:/];

/** Every entry is named: nothing is built because it happens to lie in a folder. */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      externalizeDeps: false,
      sourcemap: false,
      rolldownOptions: {
        external,
        input: {
          main: resolve(here, 'main/electron/main.ts'),
          'terminal.worker': resolve(here, 'main/terminal.worker.ts'),
          'parse-statement.worker': resolve(here, 'main/parse-statement.worker.ts'),
          'prepare.worker': resolve(here, 'main/sync/prepare.worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      sourcemap: false,
      rolldownOptions: {
        external,
        input: { preload: resolve(here, 'main/electron/preload.ts') },
        // A sandboxed preload must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(here, 'renderer'),
    base: '/',
    plugins: [react(), manifest()],
    build: {
      outDir: resolve(here, 'out/renderer'),
      sourcemap: false,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { index: resolve(here, 'renderer/index.html') } },
    },
  },
});
