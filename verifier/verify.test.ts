import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { receipts } from '../bench/business.ts';
import { type AuditReport, verifyBundle } from '../shared/audit.ts';
import { BooksLayer, rowToText, tableNames } from '../shared/books.ts';
import { decide } from '../shared/decide.ts';
import { writeBundle } from '../testing/bundle.ts';
import { payeeNamed } from '../testing/programme.ts';
import { FlatBooks } from './books.ts';
import { verifierPrimitives } from './primitives.ts';
import { verify, verifyFile } from './verify.ts';

// Enough for the other threads to be started, and every kind of row that falls silent.
const { programme, records } = receipts(2500, 1);
const directory = mkdtempSync(join(tmpdir(), 'custos-'));
const file = (name: string) => join(directory, name);
const trust = writeBundle(file('whole'), programme, () => records);

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');
const plainly = (path: string): AuditReport => verifyBundle(linesOf(path), trust, verifierPrimitives);

describe('verifying a bundle from its file, with signatures on other threads', () => {
  it('finds what the plain audit finds', async () => {
    expect(await verifyFile(file('whole'), trust)).toEqual(plainly(file('whole')));
  });

  it('names the first of several forged signatures, as the plain audit does', async () => {
    const forged = [...records];
    for (const at of [2600, 1903, 2400])
      forged[at] = (forged[at] as string).replace(
        /"signature":"(.)/,
        (_, first: string) => `"signature":"${first === 'A' ? 'B' : 'A'}`,
      );
    writeBundle(file('forged'), programme, () => forged);
    const report = await verifyFile(file('forged'), trust);
    expect(report).toEqual(plainly(file('forged')));
    expect(report.firstBad).toMatchObject({ seq: 1903, what: 'bank.credited: evidence invalid' });
  });

  it('names a forged signature before something else that is wrong later', async () => {
    const wrong = [...records];
    wrong[2000] = (wrong[2000] as string).replace(/"signature":"./, '"signature":"_');
    wrong.splice(2100, 1, wrong[2099] as string);
    writeBundle(file('two'), programme, () => wrong);
    const report = await verifyFile(file('two'), trust);
    expect(report).toEqual(plainly(file('two')));
    expect(report.firstBad?.seq).toBe(2000);
  });
});

describe('what an auditor keeps of a verified bundle', () => {
  const remembered = file('remembered');
  const arguments_ = (bundle: string, remember: string) => ({
    ...{ bundle: file(bundle), trust: file('whole.trust'), json: true, remember },
  });
  const run = async (bundle: string, remember = remembered) => {
    const said: string[] = [];
    const code = await verify(arguments_(bundle, remember), (line) => said.push(line));
    return { code, ...(JSON.parse(said[0] ?? '{}') as AuditReport & { refusal?: { why: string } }) };
  };

  it('lets a grown bundle be verified from there, to the same result as from the beginning', async () => {
    writeBundle(file('part'), programme, () => records.slice(0, 1700));
    expect((await run('part')).code).toBe(0);
    const grown = await run('whole');
    const { covered, ...whole } = plainly(file('whole'));
    expect(grown).toMatchObject({ code: 0, events: whole.events, root: whole.root, notCovered: whole.notCovered });
    expect(grown.covered.filter((line) => !line.startsWith('of these 1700'))).toEqual(covered);
    expect((await run('whole')).covered[1]).toContain(`of these ${records.length} `);
  });

  it('does not accept a bundle that rewrites what was verified, though everything in it is signed', async () => {
    const rewritten = [...records];
    rewritten.splice(2300, 1);
    writeBundle(file('rewritten'), programme, () => rewritten);
    expect((await run('rewritten', file('none'))).code).toBe(0);
    expect(await run('rewritten')).toMatchObject({ code: 1, firstBad: { what: 'continuation' } });
    expect(await run('part')).toMatchObject({ code: 1, firstBad: { what: 'continuation' } });
  });

  it('is refused when it is damaged, and when it was kept for other keys', async () => {
    const whole = readFileSync(remembered);
    const changed = Buffer.from(whole);
    changed[whole.length >> 1] = (changed[whole.length >> 1] as number) ^ 1;
    for (const [name, bytes] of [
      ['changed', changed],
      ['cut', whole.subarray(0, 5000)],
      ['empty', Buffer.alloc(0)],
    ] as const) {
      writeFileSync(file(name), bytes);
      const { code, refusal } = await run('whole', file(name));
      expect([code, refusal?.why]).toEqual([2, expect.stringContaining('damaged')]);
    }
    writeFileSync(file('whole.trust'), JSON.stringify({ ...trust, witnessQuorum: 1 }));
    expect((await run('whole')).refusal?.why).toContain('other trusted keys');
    writeFileSync(file('whole.trust'), JSON.stringify(trust));
  });

  it('is not brought up to date by a bundle that does not verify', async () => {
    const before = readFileSync(remembered);
    const forged = [...records, (records.at(-1) as string).replace(/"signature":"./, '"signature":"_')];
    writeBundle(file('longer'), programme, () => forged);
    expect((await run('longer')).code).toBe(1);
    expect(readFileSync(remembered).equals(before)).toBe(true);
  });
});

describe('the books of an audit', () => {
  it('have the rows of the books in memory, though all but a few of them lie in a file', () => {
    const { tellers, supervisors } = programme;
    programme.client('c99', 'CNY', 1000n);
    for (let i = 0; i < 12; i++)
      programme.pass(tellers[0], supervisors[0], {
        ...{ kind: 'payment', account: 'acc-c99-CNY', asset: 'CNY', amount: '1' },
        payee: payeeNamed(`6222000${i}`),
      });
    const flat = new FlatBooks(undefined, 3);
    for (const record of [...programme.records]) {
      const layer = new BooksLayer(flat);
      const decision = decide(layer, record, verifierPrimitives);
      if (!decision.ok) throw new Error(decision.refusal.why);
      layer.apply(decision.value);
      flat.absorb(layer);
    }
    const rows = (books: Pick<FlatBooks, 'all'>, table: (typeof tableNames)[number]) =>
      [...books.all(table)].map(([key, row]) => `${key} ${rowToText(row)}`).sort();
    for (const table of tableNames.filter((one) => one !== 'event' && one !== 'reference'))
      expect([table, rows(flat, table)]).toEqual([table, rows(programme.books, table)]);
    for (const [id] of programme.books.all('event')) expect(flat.get('event', id)).toBeDefined();
    expect(flat.get('event', '01a205eb-0d71-7000-84ef-1c3de7d5f1f1')).toBeUndefined();
    flat.close();
  });
});
