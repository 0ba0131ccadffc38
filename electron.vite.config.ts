import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';

const here = import.meta.dirname;

/** Every entry is named: nothing is built because it happens to lie in a folder. Native modules stay outside the bundles. */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      externalizeDeps: { exclude: [] },
      sourcemap: false,
      rolldownOptions: {
        input: {
          'terminal.worker': resolve(here, 'main/terminal.worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
});
