import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assetByCode } from '../shared/asset.ts';
import { booked } from '../shared/books.ts';
import { minorToDecimal } from '../shared/money.ts';
import { comparePlatform, isCompared, type PlatformDifference, thenOf } from '../shared/platform-check.ts';
import type { PlatformMapping } from '../shared/platform-file.ts';
import type { Day } from '../shared/time.ts';
import { commitmentOf } from '../testing/people.ts';
import { TestProgramme } from '../testing/programme.ts';
import { statedBy } from './operations/compare-platform.ts';
import { beginPlatformParse } from './read-platform-file.ts';

const mapping: PlatformMapping = {
  ...{ platform: 'p2p', encoding: 'utf-8', delimiter: ',', decimal: '.', accountIs: 'id' },
  ...{ account: 'account', balance: 'balance', assetColumn: 'asset', asset: null, dayColumn: 'day' },
};
const today = '2026-11-23' as Day;
const assets = ['CNY', 'EUR'];

/** Reads bytes in parts of `size`, as they would come. */
async function read(bytes: Uint8Array, given: Partial<PlatformMapping> = {}, size = 1000) {
  const parse = beginPlatformParse({ ...mapping, ...given }, assets);
  for (let from = 0; from < bytes.length; from += size) {
    const taken = await parse.take(bytes.subarray(from, from + size));
    if (!taken.ok) return taken;
  }
  return parse.end();
}
const utf8 = (text: string) => new TextEncoder().encode(text);
async function rowsOf(text: string, given: Partial<PlatformMapping> = {}) {
  const done = await read(utf8(text), given);
  if (!done.ok) throw new Error(done.refusal.why);
  return done.value.file;
}
const whyNot = async (bytes: Uint8Array, given: Partial<PlatformMapping> = {}) => {
  const done = await read(bytes, given);
  return done.ok ? undefined : done.refusal.why;
};

describe("the platform's own file", () => {
  const header = 'account,asset,balance,day';

  it('is read to the minor unit, cut anywhere, with quotes, other columns and a total that is right', async () => {
    const text =
      '\ufeffclient,account,asset,balance,day\r\n"Wang, ""Fang""",acc-1,CNY,1234.50,2026-11-23\r\n李,acc-2,EUR,-0.05,2026-11-23\r\n,TOTAL,CNY,1234.5,2026-11-23\r\n';
    for (const size of [1, 7, 10_000]) {
      const done = await read(utf8(text), {}, size);
      expect(done).toMatchObject({
        value: {
          file: {
            rows: [
              { row: 1, account: 'acc-1', asset: 'CNY', amount: 123450n },
              { row: 2, account: 'acc-2', asset: 'EUR', amount: -5n },
            ],
            ...{ day: today, findings: [] },
          },
        },
      });
    }
  });

  it('is read in the encoding, the delimiter and the decimal mark that its platform uses', async () => {
    // 账户;余额 in GB18030, as Chinese systems export it.
    const names = Buffer.from('d5cbbba73bd3e0b6ee0a', 'hex');
    const bytes = Buffer.concat([names, Buffer.from('acc-1;12,5\n')]);
    const given = { account: '账户', balance: '余额', assetColumn: null, asset: 'CNY', dayColumn: null } as const;
    const form = { encoding: 'gb18030', delimiter: ';', decimal: ',' } as const;
    const done = await read(bytes, { ...given, ...form });
    expect(done).toMatchObject({ value: { file: { rows: [{ account: 'acc-1', amount: 1250n }], day: null } } });
    expect(await whyNot(bytes, { ...given, ...form, encoding: 'utf-8' })).toContain('encoding utf-8');
  });

  it('names every row that cannot be taken as it stands, and why', async () => {
    const rows = [
      'acc-1,CNY,1.005,2026-11-23',
      'acc-1,CNY,"1,000.00",2026-11-23',
      'acc-1,CNY,1e3,2026-11-23',
      ',CNY,1,2026-11-23',
      'acc-1,CNY,1',
      'acc-1,GBP,1,2026-11-23',
      'acc-1,XXQ,1,2026-11-23',
      'acc-1,CNY,1,23.11.2026',
      'acc-1,CNY,1,2026-11-23',
      'acc-2,CNY,1,2026-11-22',
      'acc-3,CNY,99999999999999999999,2026-11-23',
      'TOTAL,CNY,1,2026-11-23',
    ];
    const { findings } = await rowsOf([header, ...rows].join('\n'));
    expect(findings.map((one) => one.row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]);
    expect(findings[0]?.what).toBe('CNY has 2 decimals, and its balance 3.');
  });

  it('is refused when it is another file, no file, or one that would fill the memory', async () => {
    expect(await whyNot(utf8(''))).toBe('It is empty.');
    expect(await whyNot(utf8('a,b\n1,2\n'))).toBe('It has no column account.');
    expect(await whyNot(utf8('account,asset,balance,day,account\n'))).toBe('It has two columns account.');
    expect(await whyNot(utf8(`${header}\nacc-1,CNY,"1,2026-11-23\n`))).toContain('is not closed');
    expect(await whyNot(utf8(`${header}\nacc-1,CNY,1"1",2026-11-23\n`))).toContain('a quote stands where none may');
    expect(await whyNot(utf8(`${header}\n"${'x'.repeat(40_000)}",CNY,1,2026-11-23\n`))).toContain('longer than 16384');
    expect(await whyNot(utf8(Array.from({ length: 65 }, (_, n) => `c${n}`).join(',')))).toContain(
      'more than 64 columns',
    );
    expect(await whyNot(new Uint8Array([0x61, 0xff, 0xfe, 0x0a]))).toContain('not in the encoding');
  });
});

/** Clients in two assets and two pools, and the file of a platform that has them all right. */
function office() {
  const programme = new TestProgramme().open();
  const [officer, colleague] = programme.officers;
  const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
  const accounts = [{ asset: 'CNY', number: '622200009999' }];
  programme.pass(officer, colleague, { kind: 'open pool', pool: 'wages', accounts, purpose: 'wages' });
  for (let n = 0; n < 8; n++) programme.client(`c${n}`, n % 4 === 3 ? 'EUR' : 'CNY', BigInt(1000 + n * 111));
  for (let n = 0; n < 4; n++) {
    const open = { client: `c${n}`, role: 'payer', asset: 'CNY', number: `9w${n}`, pool: 'wages' } as const;
    programme.pass(teller, supervisor, { kind: 'open account', account: `wages-${n}`, ...open });
    const money = { account: `9w${n}`, asset: 'CNY', amount: String(500 + n), valueDate: today, pool: 'wages' };
    programme.fromBank('bank.credited', { reference: `w${n}`, ...money });
  }
  programme.client('empty', 'CNY', 0n);
  const then = () =>
    [...programme.books.all('account')].flatMap(([, one]) => (isCompared(one) ? [thenOf(one, booked(one))] : []));
  const compare = async (rows: readonly Row[]) => {
    const decimal = (row: Row) => minorToDecimal(row.amount, assetByCode(row.asset) as never);
    const lines = rows.map((row) => `${row.account},${row.asset},${decimal(row)},${today}`);
    const done = await read(utf8(['account,asset,balance,day', ...lines].join('\n')));
    if (!done.ok) throw new Error(done.refusal.why);
    const found = comparePlatform({
      ...{ accounts: then(), rows: done.value.file.rows, assets, accountIs: 'id', keyedId: commitmentOf },
    });
    const legs = programme.books.get('head', 'head')?.legs ?? 0;
    return {
      found,
      drafts: statedBy({ platform: 'p2p', file: done.value.digest, day: today, legs, assets }, found),
      file: done.value.file,
    };
  };
  const rows = (): Row[] => then().map(({ id, asset, balance }) => ({ account: id, asset, amount: balance }));
  return { programme, teller, supervisor, compare, rows };
}
interface Row {
  readonly account: string;
  readonly asset: string;
  readonly amount: bigint;
}
const said = ({ kind, account, unknown, asset }: PlatformDifference) => `${kind}: ${account ?? unknown} ${asset}`;

describe('the third leg', () => {
  const { programme, teller, supervisor, compare, rows } = office();
  const openBreaks = () =>
    [...programme.books.all('break')]
      .filter(([, one]) => one.state === 'open')
      .map(([, { kind, account, difference }]) => `${kind} ${account} ${difference}`)
      .sort();

  it('finds two clients who are wrong by the same amount, though every total agrees', async () => {
    const [first, second, ...others] = rows();
    const swapped = [{ ...first!, amount: first!.amount - 7n }, { ...second!, amount: second!.amount + 7n }, ...others];
    const { found, drafts } = await compare(swapped);
    for (const { platform, books } of found.totals) expect(platform).toBe(books);
    expect(found.differences.map(said)).toEqual([
      `platform amount: ${first!.account} CNY`,
      `platform amount: ${second!.account} CNY`,
    ]);
    programme.pass(teller, supervisor, drafts[0]!);
    expect(openBreaks()).toEqual([`platform amount ${first!.account} -7`, `platform amount ${second!.account} 7`]);
  });

  it('keeps age and owner of what still differs, clears what no longer does, and takes the same file once', async () => {
    const [first, ...others] = rows();
    const [key = ''] = [...programme.books.all('break')].find(([, one]) => one.account === first!.account) ?? [];
    programme.pass(teller, supervisor, { kind: 'assign break', break: key, owner: 'teller-b' });
    const { drafts } = await compare([{ ...first!, amount: first!.amount - 9n }, ...others]);
    programme.pass(teller, supervisor, drafts[0]!);
    expect(openBreaks()).toEqual([`platform amount ${first!.account} -9`]);
    expect(programme.books.get('break', key)).toMatchObject({ owner: 'teller-b', since: today, state: 'open' });
    const again = programme.made(teller, drafts[0]!);
    expect(programme.submit(again, teller.sign([again])[0] as never)).toMatchObject({ refusal: { type: 'duplicate' } });
    const reason = 'the platform corrected it';
    programme.pass(teller, supervisor, { kind: 'resolve break', break: key, reason, by: null });
    expect(openBreaks()).toEqual([]);
  });

  it('cannot be stated with figures that the books do not show, or with a difference left out', async () => {
    const [first, ...others] = rows();
    const { drafts } = await compare([{ ...first!, amount: first!.amount - 5n }, ...others]);
    const [honest] = drafts;
    const [one] = honest!.differences;
    const refused = (lie: Partial<typeof honest>) => {
      const made = programme.made(teller, { ...honest!, ...lie });
      const decision = programme.submit(made, teller.sign([made])[0] as never);
      return decision.ok ? undefined : decision.refusal.type;
    };
    expect(refused({ differences: [] })).toBe('malformed');
    expect(refused({ found: 0, differences: [] })).toBe('malformed');
    expect(refused({ differences: [{ ...one!, books: '1' }] })).toBe('malformed');
    expect(refused({ differences: [{ ...one!, platform: one!.books }] })).toBe('malformed');
    expect(refused({ differences: [{ ...one!, account: 'nobody' }] })).toBe('unknown');
    expect(refused({ legs: honest!.legs + 1 })).toBe('malformed');
    expect(refused({ day: '2026-11-24' as Day })).toBe('malformed');
    const total = honest!.totals.map((each) => ({ ...each, platform: each.books }));
    // Another sum of the platform is what only the file can show, and its digest says which file.
    expect(refused({ totals: total, found: 0, differences: [] })).toBeUndefined();
  });

  it('finds and names every difference that was put in, and no other, whatever the file', async () => {
    const harm = fc.record({
      at: fc.nat(1000),
      kind: fc.constantFrom('amount', 'drop', 'twice', 'unknown', 'asset'),
      by: fc.bigInt(1n, 400n),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(harm, { maxLength: 6 }), fc.boolean(), async (harms, isSwapped) => {
        const right = rows();
        const file: Row[] = [];
        const expected: string[] = [];
        const harmed = new Map<string, (typeof harms)[number]>();
        for (const one of harms) harmed.set(right[one.at % right.length]!.account, one);
        for (const row of right) {
          const one = harmed.get(row.account);
          const other = row.asset === 'CNY' ? 'EUR' : 'CNY';
          if (one === undefined) file.push(row);
          else if (one.kind === 'amount') {
            file.push({ ...row, amount: row.amount + (isSwapped ? -one.by : one.by) });
            expected.push(`platform amount: ${row.account} ${row.asset}`);
          } else if (one.kind === 'twice') {
            file.push({ ...row, amount: row.amount - one.by }, { ...row, amount: one.by });
            expected.push(`platform duplicate: ${row.account} ${row.asset}`);
          } else if (one.kind === 'unknown') {
            file.push(row, { ...row, account: `stranger-${row.account}` });
            expected.push(`unknown to books: ${commitmentOf(`stranger-${row.account}`)} ${row.asset}`);
          } else {
            // Whoever has nothing may be missing.
            if (row.amount !== 0n) expected.push(`missing at platform: ${row.account} ${row.asset}`);
            if (one.kind === 'asset') {
              file.push({ ...row, asset: other });
              expected.push(`platform asset: ${row.account} ${other}`);
            }
          }
        }
        const { found, drafts } = await compare(file);
        expect(found.differences.map(said).sort()).toEqual(expected.sort());
        // What was found is what the books of everybody take.
        for (const draft of drafts) {
          const made = programme.made(teller, draft);
          const decision = programme.submit(made, teller.sign([made])[0] as never);
          if (!decision.ok && decision.refusal.type !== 'duplicate') throw new Error(decision.refusal.why);
        }
      }),
      { numRuns: Number(process.env.CUSTOS_RUNS ?? 60) },
    );
  });

  it('states more differences than one instruction takes in several, each for its stretch of names', async () => {
    const file = [
      ...rows(),
      ...Array.from({ length: 450 }, (_, n) => ({ account: `x${n}`, asset: 'CNY', amount: 1n })),
    ];
    const { found, drafts } = await compare(file);
    expect(found.differences).toHaveLength(450);
    expect(drafts.map((one) => one.differences.length)).toEqual([150, 150, 150]);
    for (const draft of drafts) programme.pass(teller, supervisor, draft);
    expect(openBreaks()).toHaveLength(450);
    // The next file has them all right: every stretch is cleared by one instruction without differences.
    const next = await compare([...rows(), { account: 'x1', asset: 'CNY', amount: 1n }]);
    programme.pass(teller, supervisor, next.drafts[0]!);
    expect(openBreaks()).toEqual(['unknown to books undefined 1']);
  });
});
