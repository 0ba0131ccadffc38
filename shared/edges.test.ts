// Which folder may import which; the compiler keeps types out, this keeps imports out.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  crypto: ['shared'],
  disk: ['shared'],
  main: ['shared', 'crypto', 'disk'],
  renderer: ['shared'],
  depository: ['shared', 'crypto', 'disk'],
  verifier: ['shared'],
  cli: ['shared', 'crypto', 'disk', 'main', 'depository', 'verifier', 'testing'],
  testing: ['shared', 'crypto', 'disk', 'main', 'depository', 'verifier'],
  e2e: ['cli', 'shared', 'testing'],
  bench: ['e2e', 'shared', 'crypto', 'disk', 'main', 'depository', 'verifier', 'testing'],
};
const platformInShared = /^(node:|electron|react)/;

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(resolve(root, folder), { recursive: true, withFileTypes: true }))
    if (entry.isFile() && /\.tsx?$/.test(entry.name)) yield resolve(entry.parentPath, entry.name);
}

function* importsOf(file: string): Generator<string> {
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g))
    yield specifier as string;
}

it('a folder imports only what the architecture allows it', () => {
  const wrong: string[] = [];
  for (const folder of Object.keys(allowed)) {
    if (!readdirSync(root).includes(folder)) continue;
    for (const file of sources(folder)) {
      const isTest = file.endsWith('.test.ts');
      for (const specifier of importsOf(file)) {
        if (folder === 'shared' && !isTest && platformInShared.test(specifier)) wrong.push(`${file}: ${specifier}`);
        if (!specifier.startsWith('.')) continue;
        const target = relative(root, resolve(dirname(file), specifier)).split('/')[0] as string;
        if (target !== folder && !isTest && !allowed[folder]?.includes(target)) wrong.push(`${file}: ${specifier}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
