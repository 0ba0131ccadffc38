import { expect, it } from 'vitest';
import type { PlatformReport } from '../shared/contract/platform.ts';
import type { PlatformMapping } from '../shared/platform-file.ts';
import { accepted, type Desk } from '../testing/desk.ts';
import { openClient, openTestOffice } from '../testing/office.ts';

const mapping: PlatformMapping = {
  ...{ platform: 'p2p', encoding: 'utf-8', delimiter: ',', decimal: '.', accountIs: 'number' },
  ...{ account: 'number', balance: 'balance', assetColumn: null, asset: 'CNY', dayColumn: null },
};

async function compare(desk: Desk, day: string, rows: readonly string[]): Promise<PlatformReport> {
  const { client } = desk;
  const { file } = accepted(await client.openPlatformFile({ mapping, day: day as never }));
  const part = Buffer.from(['number,balance', ...rows].join('\n')).toString('base64');
  accepted(await client.takePlatformPart({ file, part }));
  return accepted(await client.endPlatformFile({ file }));
}

it("a platform's file as of yesterday is held against the books of yesterday, and what differs is a break for everybody", async () => {
  const office = await openTestOffice();
  const { maker, checker, time, syncAll } = office;
  const [from, to] = [await openClient(office, 'wang', 1000n), await openClient(office, 'li', 500n)];
  const yesterday = new Date(time.nowMs()).toISOString().slice(0, 10);
  time.skip(86_400_000);
  // What moves today is not what the file is about.
  const transfer = { kind: 'book transfer', from, to, asset: 'CNY', amount: '300', purpose: 'LOAN' } as const;
  const approveAll = async (made: Awaited<ReturnType<Desk['make']>>) => {
    await syncAll();
    await checker.approve(...made);
    await checker.sync();
    await syncAll();
  };
  await approveAll(await maker.make(transfer));

  const right = await compare(maker, yesterday, ['900wang,10.00', '900li,5']);
  expect(right).toMatchObject({ differenceCount: 0, findingCount: 0, isKnown: false });
  expect(right.totals).toEqual([{ pool: 'main', asset: 'CNY', rows: 2, accounts: 2, platform: '1500', books: '1500' }]);
  // As of today, the file of yesterday is wrong about both, by the same amount.
  const today = new Date(time.nowMs()).toISOString().slice(0, 10);
  expect((await compare(maker, today, ['900wang,10.00', '900li,5'])).differences).toMatchObject([
    { account: to, client: 'li', platform: '500', books: '800' },
    { account: from, client: 'wang', platform: '1000', books: '700' },
  ]);

  const wrong = await compare(maker, yesterday, ['900wang,9.99', '900li,5.01', 'nobody,3']);
  expect(wrong.differences.map((one) => [one.kind, one.account ?? one.names])).toEqual([
    ['platform amount', to],
    ['platform amount', from],
    ['unknown to books', 'nobody'],
  ]);
  expect(JSON.stringify(wrong.drafts)).not.toContain('nobody');
  await approveAll(await maker.make(...wrong.drafts));
  for (const desk of [maker, checker]) {
    const { breaks } = accepted(await desk.client.breaks({}));
    expect(breaks.map((one) => [one.kind, one.account, one.difference, one.since])).toEqual([
      ['platform amount', to, '1', yesterday],
      ['platform amount', from, '-1', yesterday],
      ['unknown to books', null, '300', yesterday],
    ]);
  }
  // The very same file is known, and nothing is proposed for it.
  const again = await compare(maker, yesterday, ['900wang,9.99', '900li,5.01', 'nobody,3']);
  expect([again.isKnown, again.drafts]).toEqual([true, []]);
  // A file with a row that cannot be read is shown, and not recorded.
  const odd = await compare(maker, yesterday, ['900wang,9.999', '900li,5']);
  expect(odd).toMatchObject({ findingCount: 1, drafts: [], findings: [{ row: 1 }] });
  expect(accepted(await maker.client.platformMappings({})).mappings).toEqual([mapping]);
  await office.depository.close();
}, 60_000);
