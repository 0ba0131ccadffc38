import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { expect, it } from 'vitest';
import { terminalRouter } from '../main/router.ts';
import type { TerminalClient } from '../shared/contract/terminal.ts';
import { accepted, Desk } from '../testing/desk.ts';
import { newTestTerminal, openClient, openTestOffice } from '../testing/office.ts';

it('the books of a vault are compared with its log, and repaired, by the recovery cards alone, where nobody of its people is there', async () => {
  const office = await openTestOffice();
  await openClient(office, 'c1', 100_000n);
  const shares = accepted(await office.maker.client.addRecovery({ officers: [2, 3], custodians: [1, 1] }));
  const { log } = await office.maker.client.status({});
  await office.maker.client.lock({});
  const vault = join(office.directory, 'copy', 'vault');
  cpSync(join(office.directory, 'T-01', 'vault'), vault, { recursive: true });
  const run = (cards: readonly string[], ...more: string[]) =>
    spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'custos.ts'), 'rebuild', '--vault', vault, '--json', ...more],
      {
        encoding: 'utf8',
        input: `${cards.join('\n')}\n`,
      },
    );
  const [first = '', second = '', third = ''] = shares.officers;
  const [custodian = ''] = shares.custodians;
  const tooFew = run([first, custodian]);
  expect([tooFew.status, tooFew.stdout]).toEqual([2, '']);
  expect(tooFew.stderr).not.toContain(first.split(' ')[4] as string);
  const good = run([second, third, custodian]);
  expect(good.status, good.stderr).toBe(0);
  expect(JSON.parse(good.stdout)).toMatchObject({ size: log.size, root: log.root, differences: [] });

  // Rows changed behind the back of everything that counts them.
  const terminal = newTestTerminal(join(office.directory, 'copy'), office.time.nowMs, office.lines[0]);
  const desk = new Desk(createRouterClient(terminalRouter(terminal)) as unknown as TerminalClient);
  await desk.unlock(office.teller);
  terminal.session?.store.prepare("UPDATE accounts SET credits = credits + 1 WHERE class = 'client'").run();
  await desk.client.lock({});
  const cards = [second, third, custodian];
  const found = run(cards);
  expect([found.status, JSON.parse(found.stdout).differences[0].table]).toEqual([1, 'account']);
  const repaired = run(cards, '--repair');
  expect(repaired.status, repaired.stderr).toBe(0);
  const report = JSON.parse(repaired.stdout);
  expect(report).toMatchObject({ rows: 1, root: log.root, mustSync: false });
  expect(existsSync(join(report.evidence, 'found.json'))).toBe(true);
  const after = run(cards, '--repair');
  expect([after.status, JSON.parse(after.stdout).differences]).toEqual([0, []]);
  await office.depository.close();
});
