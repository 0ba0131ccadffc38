import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCamt053 } from '../../shared/iso20022/camt.ts';
import { writePain001 } from '../../shared/iso20022/pain001.ts';
import { writePain002 } from '../../shared/iso20022/pain002.ts';
import type { Day, Instant } from '../../shared/time.ts';
import { putFile } from '../../testing/folder-bank.ts';
import { openFolderAdapter } from './folder.ts';

const createdAt = '2026-11-24T01:00:00.000Z' as Instant;
const asset = { code: 'CNY', scale: 2 };
const statement = (messageId: string, closing = 100n) =>
  writeCamt053({
    messageId,
    createdAt,
    account: '110022',
    asset,
    bookings: [],
    day: '2026-11-24' as Day,
    opening: 100n,
    closing,
  });
const order = (messageId: string) =>
  writePain001({
    ...{
      messageId,
      createdAt,
      executionDate: '2026-11-24' as Day,
      initiator: 'P',
      debtorName: 'P',
      debtorAgent: null,
      asset,
    },
    transactions: [
      {
        ...{
          debtorAccount: '9',
          instructionId: 'i',
          endToEndId: 'e',
          amount: 1n,
          creditorName: 'W',
          creditorAccount: '6',
        },
        ...{ creditorAgent: null, remittance: null },
      },
    ],
  });

function exchange() {
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  let skippedMs = 60_000;
  const open = () =>
    openFolderAdapter({ directory, clock: () => Date.now() + skippedMs, settleMs: 1000, maxBytes: 1_000_000 });
  const list = (name: string) =>
    readdirSync(join(directory, name))
      .filter((one) => !one.startsWith('.'))
      .sort();
  const takeAll = (adapter: ReturnType<typeof open>) =>
    adapter.receive().map(({ id, xml }) => {
      adapter.acknowledge(id);
      return xml;
    });
  const now = (ms: number) => {
    skippedMs = ms;
  };
  return { directory, open, list, takeAll, now };
}

describe('the exchange of files with a bank', () => {
  it('leaves an order whole under its name, once, and again with the same bytes if it was cut off', () => {
    const { directory, open, list } = exchange();
    const adapter = open();
    adapter.send({ id: 'm1', xml: order('m1') });
    adapter.send({ id: 'm1', xml: order('another time') });
    expect(list('out')).toEqual(['m1.xml']);
    expect(readFileSync(join(directory, 'out', 'm1.xml'), 'utf8')).toBe(order('m1'));
    expect(readdirSync(join(directory, 'out', '.writing'))).toEqual([]);
    expect(adapter.files(9)).toMatchObject([{ direction: 'out', messageId: 'm1', fate: 'in out' }]);
    adapter.close();
  });

  it('takes in what the bank left, in the order of names, and puts it away once it is acknowledged', () => {
    const { directory, open, list, takeAll } = exchange();
    const adapter = open();
    putFile(directory, 'b.xml', statement('D2'));
    putFile(directory, 'a.xml', statement('D1'));
    expect(adapter.receive().map(({ xml }) => xml)).toEqual([statement('D1'), statement('D2')]);
    expect(list('in')).toEqual(['a.xml', 'b.xml']);
    expect(takeAll(adapter)).toHaveLength(2);
    expect([list('in'), list('done')]).toEqual([[], ['a.xml', 'b.xml']]);
    expect(adapter.receive()).toEqual([]);
    adapter.close();
  });

  it('takes the same message in again after a crash, under the same id', () => {
    const { directory, open } = exchange();
    putFile(directory, 'a.xml', statement('D1'));
    const first = open();
    const [before] = first.receive();
    first.close();
    const second = open();
    expect(second.receive()).toEqual([before]);
    second.close();
  });

  it('takes no file in twice, whatever it is called, and keeps apart other content under a known message id', () => {
    const { directory, open, list, takeAll } = exchange();
    const adapter = open();
    putFile(directory, 'a.xml', statement('D1'));
    takeAll(adapter);
    putFile(directory, 'again.xml', statement('D1'));
    putFile(directory, 'forged.xml', statement('D1', 100n).replace('110022', '110023'));
    expect(takeAll(adapter)).toEqual([]);
    expect(list('quarantine')).toEqual(['forged.xml']);
    expect(adapter.files(9).map(({ name, fate, why }) => `${name} ${fate} ${why}`)).toEqual([
      'forged.xml quarantined Message D1 came as a.xml with other content.',
      'again.xml duplicate The same file came as a.xml.',
      'a.xml taken in null',
    ]);
    adapter.close();
  });

  it('leaves alone what is still being written, and what is not settled yet', () => {
    const { directory, open, list, now } = exchange();
    const adapter = open();
    mkdirSync(join(directory, 'in', 'folder'));
    for (const name of ['a.xml.part', '.a.xml', 'a.tmp', 'b.xml~']) writeFileSync(join(directory, 'in', name), 'x');
    putFile(directory, 'fresh.xml', statement('D1'));
    const soon = new Date(Date.now() + 10_000);
    utimesSync(join(directory, 'in', 'fresh.xml'), soon, soon);
    now(0);
    expect(adapter.receive()).toEqual([]);
    expect(list('quarantine')).toEqual([]);
    now(60_000);
    expect(adapter.receive()).toHaveLength(1);
    adapter.close();
  });

  it('keeps apart with a reason what cannot be read, what no bank sends, and what is too large', () => {
    const { directory, open, takeAll } = exchange();
    const adapter = open();
    putFile(directory, '1.xml', 'no xml at all');
    putFile(directory, '2.xml', statement('D1').slice(0, 300));
    putFile(directory, '3.xml', order('m1'));
    putFile(directory, '4.xml', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>');
    putFile(directory, '5.xml', new Uint8Array(1_000_001));
    putFile(directory, '6.xml', writePain002({ messageId: 'S1', createdAt, originalMessageId: 'm1', advices: [] }));
    expect(takeAll(adapter)).toHaveLength(1);
    const apart = adapter.files(9).filter(({ fate }) => fate === 'quarantined');
    expect(apart.map(({ name }) => name).sort()).toEqual(['1.xml', '2.xml', '3.xml', '4.xml', '5.xml']);
    for (const { why } of apart) expect(why).toMatch(/^[A-Z].{10,}/);
    adapter.close();
  });

  it('calls back when something comes', async () => {
    const { directory, open } = exchange();
    const adapter = open();
    const called = new Promise<void>((resolve) => {
      const end = adapter.watch(() => {
        end();
        resolve();
      });
    });
    putFile(directory, 'a.xml', statement('D1'));
    await called;
    expect(existsSync(join(directory, 'in', 'a.xml'))).toBe(true);
    adapter.close();
  });
});
