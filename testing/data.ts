// Finds the public vectors, schemas and samples (`CUSTOS_DATA`, default ../shared/data); says loudly when they are absent.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'vitest';

const root = resolve(process.env.CUSTOS_DATA ?? resolve(import.meta.dirname, '../../shared/data'));

export const dataPath = (path: string): string => resolve(root, path);
export const dataText = (path: string): string => readFileSync(dataPath(path), 'utf8');
export const dataJson = <T>(path: string): T => JSON.parse(dataText(path)) as T;

/** A suite over public data: runs where the data is, otherwise is skipped with a warning that names it. */
export function describeWithData(name: string, path: string, body: () => void): void {
  if (existsSync(dataPath(path))) describe(name, body);
  else {
    console.warn(`SKIPPED, not passed: "${name}" needs ${path} under CUSTOS_DATA (${root})`);
    describe.skip(name, () => {
      it(`needs ${path} under CUSTOS_DATA`, () => {});
    });
  }
}
