import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { ask, mutated, openCopy, tryMutant } from './run.ts';

const copy = openCopy();
afterAll(() => copy.close());
const source = (file: string): string => readFileSync(join(copy.folder, file), 'utf8');

describe('the list of broken builds', () => {
  it('still fits the source: each text stands exactly once in its file, and no two have one name', () => {
    const stale = mutants.flatMap((mutant) => {
      const broken = mutated(source(mutant.file), mutant);
      return typeof broken === 'string' ? [] : [`${mutant.file}: "${mutant.name}": ${broken.wrong}`];
    });
    expect(stale).toEqual([]);
    expect(new Set(mutants.map((one) => one.name)).size).toBe(mutants.length);
  });

  it('says so when a mutant breaks nothing, or names a test that is not there', async () => {
    const harmless = {
      name: 'harmless',
      file: 'shared/policy.ts',
      find: '// The approval matrix:',
      become: '// The matrix of approvals:',
    };
    const killer = { test: 'shared/policy.test.ts', named: 'strictest wins' };
    expect((await tryMutant(copy.folder, { ...harmless, killer })).verdict).toBe('SURVIVED');
    const nobody = { test: 'shared/policy.test.ts', named: 'no such test' };
    expect((await tryMutant(copy.folder, { ...harmless, killer: nobody })).verdict).toBe('error');
    expect(source('shared/policy.ts')).toContain(harmless.find);
  });

  const quick = mutants.filter((one) => one.quick);
  it.each(quick.map((mutant) => [mutant.name, mutant] as const))('is noticed: %s', async (_, mutant) => {
    expect(await ask(copy.folder, mutant.killer)).toMatchObject({ failed: false });
    expect(await tryMutant(copy.folder, mutant)).toMatchObject({ verdict: 'killed' });
  });
});
