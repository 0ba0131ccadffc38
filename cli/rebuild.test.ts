import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { accepted } from '../testing/desk.ts';
import { openClient, openTestOffice } from '../testing/office.ts';

it('the books of a vault are compared with its log by the recovery cards alone, where nobody of its people is there', async () => {
  const office = await openTestOffice();
  await openClient(office, 'c1', 100_000n);
  const shares = accepted(await office.maker.client.addRecovery({ officers: [2, 3], custodians: [1, 1] }));
  const { log } = await office.maker.client.status({});
  await office.maker.client.lock({});
  const vault = join(office.directory, 'copy', 'vault');
  cpSync(join(office.directory, 'T-01', 'vault'), vault, { recursive: true });
  const run = (cards: readonly string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'custos.ts'), 'rebuild', '--vault', vault, '--json'], {
      encoding: 'utf8',
      input: `${cards.join('\n')}\n`,
    });
  const [first = '', second = '', third = ''] = shares.officers;
  const [custodian = ''] = shares.custodians;
  const tooFew = run([first, custodian]);
  expect([tooFew.status, tooFew.stdout]).toEqual([2, '']);
  expect(tooFew.stderr).not.toContain(first.split(' ')[4] as string);
  const good = run([second, third, custodian]);
  expect(good.status, good.stderr).toBe(0);
  expect(JSON.parse(good.stdout)).toMatchObject({ size: log.size, root: log.root, differences: [] });
  await office.depository.close();
});
