import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { booked } from '../../shared/books.ts';
import type { Instruction } from '../../shared/instruction/schema.ts';
import { logKey } from '../../shared/log/checkpoint.ts';
import { poolDay } from '../../shared/outgoing.ts';
import { readCustodyText } from '../../shared/watch-only.ts';
import { putFile, visitFolder } from '../../testing/folder-bank.ts';
import { idMaker, type Person } from '../../testing/people.ts';
import { TestProgramme } from '../../testing/programme.ts';
import { openGateway } from '../gateway.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { openFolderAdapter } from './folder.ts';
import { runBankLink } from './link.ts';
import { openBankSimulator, type Transfer } from './simulator.ts';

const payee = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const deposits = 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0';
const txid = 'f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16';

/** A programme that keeps bitcoin, its custodian simulated, and files exchanged with it. */
async function office(fate: (transfer: Transfer) => 'settle' | { reject: string } = () => 'settle') {
  const directory = mkdtempSync(join(tmpdir(), 'custos-custody-'));
  const programme = new TestProgramme().open(['CNY', 'BTC']);
  const account = programme.client('mei', 'BTC', 0n);
  const { tellers, supervisors, officers } = programme;
  const place = { account, asset: 'BTC', network: 'bitcoin' as const };
  for (const [purpose, address] of [
    ['withdrawal', payee],
    ['deposit', deposits],
  ] as const)
    programme.pass(tellers[0], officers[0], { kind: 'adopt address', purpose, ...place, address, label: 'cold store' });
  const store = openSqliteStore(join(directory, 'log.sqlite'));
  const clock = () => programme.nowMs;
  const publicKey = new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url'));
  const gateway = await openGateway({
    ...{ store, primitives: nodePrimitives, clock, key: logKey('depository.example/p2p-demo', publicKey) },
    ...{ sign: programme.gatewayKey.sign, holder: 'test', leaseMs: 60_000 },
  });
  await gateway.admit(programme.records.map(({ event, evidence }) => ({ event, evidence, details: [] })));
  programme.nowMs += 2 * 86_400_000;
  const accounts = { CNY: '110022', BTC: 'cold-store-1' };
  const custodian = openBankSimulator({ file: join(directory, 'bank.sqlite'), clock, accounts, fate });
  const exchange = join(directory, 'exchange');
  const bank = openFolderAdapter({
    directory: exchange,
    clock: () => Date.now() + 1000,
    settleMs: 0,
    maxBytes: 1 << 20,
  });
  const link = {
    ...{ programme: programme.id, gateway, bank, primitives: nodePrimitives, clock, newId: idMaker('custody') },
    signAs: { adapter: programme.adapterKey.sign, gateway: programme.gatewayKey.sign },
  };
  const submit = async (person: Person, event: ReturnType<TestProgramme['made']>) => {
    const [outcome] = await gateway.admit([{ event, evidence: person.sign([event])[0]!, details: [] }]);
    if (!outcome?.ok) throw new Error(outcome?.refusal.why);
  };
  const sequencer = gateway.sequencer();
  return {
    ...{ programme, custodian, exchange, bank, place },
    get books() {
      return sequencer.books;
    },
    run: () => runBankLink(link),
    balance: (id: string) => booked(sequencer.books.get('account', id)!),
    async withdraw(amount: string) {
      const order: Instruction = { kind: 'digital withdrawal', ...place, address: payee, amount };
      const made = programme.made(tellers[0], order);
      await submit(tellers[0], made);
      await submit(
        supervisors[0],
        programme.approval(supervisors[0], made, { typed: { tail: payee.slice(-4), amount } }),
      );
      return made.id;
    },
  };
}
type Office = Awaited<ReturnType<typeof office>>;

const statement = (head: object, ...lines: readonly object[]): string =>
  [
    {
      ...{ format: 'custos-watch-only/1', statement: 'W-1', asset: 'BTC', asOf: '2026-11-25T16:00:00.000Z' },
      ...{ heights: { bitcoin: 870_123 }, opening: '0', closing: '0', transactions: lines.length },
      ...head,
    },
    ...lines,
  ]
    .map((line) => JSON.stringify(line))
    .join('\n');
const transaction = (changes: object = {}) => ({
  ...{ txid, network: 'bitcoin', address: deposits, amount: '1.5', confirmations: 6 },
  ...{ time: '2026-11-25T10:00:00.000Z', height: 870_100, ...changes },
});
const why = (text: string): string => {
  const read = readCustodyText(text);
  return read.ok ? 'read' : read.refusal.why;
};

describe('a watch-only statement', () => {
  it('is taken when every transaction is final and it adds up, and refused with the line otherwise', () => {
    expect(why(statement({ closing: '1.5' }, transaction()))).toBe('read');
    expect(why(statement({ closing: '1.5' }, transaction({ confirmations: 5 })))).toContain(
      'Line 2: transaction f4184',
    );
    expect(why(statement({ closing: '1.4' }, transaction()))).toContain('and it closes with 1.4');
    expect(why(statement({ closing: '1.5', transactions: 2 }, transaction()))).toContain('says 2 transactions');
    expect(why(statement({ closing: '3' }, transaction(), transaction()))).toContain('there twice');
    expect(why(statement({ closing: '1.5' }, transaction({ network: 'tron' })))).toContain('not kept on tron');
    expect(why(statement({}, transaction({ amount: '0.000000001' })))).toContain('8 decimals');
    expect(why(statement({}, transaction({ amount: '1e3' })))).toContain('Line 2: amount');
    expect(why(statement({ asset: 'CNY' }))).toContain('not a digital asset');
    expect(why(statement({ closing: '3' }, transaction({ output: 0 }), transaction({ output: 1 })))).toBe('read');
    expect(why('{"format":"other"}')).toContain('Line 1');
  });
});

describe('digital assets at a custodian', () => {
  const deposit = async ({ exchange, run }: Office) => {
    const own = transaction();
    const tagged = transaction({ txid: 'a'.repeat(64), tag: '9meiBTC', amount: '0.5', address: payee });
    const unknown = transaction({
      txid: 'b'.repeat(64),
      address: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
      amount: '0.25',
    });
    putFile(exchange, 'W-1.jsonl', statement({ closing: '2.25' }, own, tagged, unknown));
    return run();
  };

  it('are credited by their tag or by the deposit address, and wait in suspense where neither is known', async () => {
    const one = await office();
    expect(await deposit(one)).toEqual([]);
    expect(['acc-mei-BTC', 'suspense:BTC', 'cash:BTC'].map(one.balance)).toEqual([
      200_000_000n,
      25_000_000n,
      225_000_000n,
    ]);
    expect(one.books.get('statement', 'W-1')).toMatchObject({ reconciled: true, follows: true });
    expect(poolDay(one.books, 'BTC', 'W-1')).toMatchObject({ owed: 225_000_000n, shortfall: 0n });
    // Under any name, once.
    putFile(one.exchange, 'again.jsonl', readFileSync(join(one.exchange, 'done/W-1.jsonl')));
    expect(await one.run()).toEqual([]);
    expect(one.balance('cash:BTC')).toBe(225_000_000n);
    expect(one.bank.files(9).map(({ name, fate }) => [name, fate])).toContainEqual(['again.jsonl', 'duplicate']);
  });

  it('leave by an order with the address, and are settled by the transaction that the statement shows', async () => {
    const one = await office();
    await deposit(one);
    const id = await one.withdraw('40000000');
    await one.run();
    const [name = ''] = readdirSync(join(one.exchange, 'out')).filter((each) => each.endsWith('.json'));
    const order = JSON.parse(readFileSync(join(one.exchange, 'out', name), 'utf8'));
    expect(order).toEqual({
      ...{ format: 'custos-withdrawal/1', order: id, asset: 'BTC', network: 'bitcoin' },
      ...{ address: payee, amount: '0.40000000' },
    });
    expect(one.books.get('instruction', id)?.state).toBe('approved');
    const paid = transaction({ txid: 'c'.repeat(64), address: payee, amount: '-0.4', order: id });
    putFile(one.exchange, 'W-2.jsonl', statement({ statement: 'W-2', opening: '2.25', closing: '1.85' }, paid));
    expect(await one.run()).toEqual([]);
    expect(one.books.get('instruction', id)?.state).toBe('settled');
    expect(['acc-mei-BTC', 'in-transit:BTC', 'cash:BTC'].map(one.balance)).toEqual([160_000_000n, 0n, 185_000_000n]);
    expect(one.books.get('reference', `BTC|${'c'.repeat(64)}`)).toBeDefined();
  });

  it('that left without an order are a break and a shortfall, and nothing more leaves', async () => {
    const one = await office();
    await deposit(one);
    const stolen = transaction({ txid: 'd'.repeat(64), address: payee, amount: '-1' });
    putFile(one.exchange, 'W-2.jsonl', statement({ statement: 'W-2', opening: '2.25', closing: '1.25' }, stolen));
    expect(await one.run()).toEqual([]);
    const kinds = [...one.books.all('break')].filter(([, each]) => each.state === 'open').map(([, each]) => each.kind);
    expect(kinds.sort()).toEqual(['missing in books', 'unknown payer']);
    expect(poolDay(one.books, 'BTC', 'W-2').shortfall).toBe(100_000_000n);
    await expect(one.withdraw('1')).rejects.toThrow('client money short');
  });

  it('are given back to their account when the custodian refuses the order, and what cannot be read is kept apart', async () => {
    const one = await office(() => ({ reject: 'AC04' }));
    await deposit(one);
    const id = await one.withdraw('40000000');
    await one.run();
    visitFolder(one.exchange, one.custodian);
    expect(await one.run()).toEqual([]);
    expect(one.books.get('instruction', id)?.state).toBe('rejected');
    expect(one.balance('acc-mei-BTC')).toBe(200_000_000n);
    putFile(one.exchange, 'odd.jsonl', '{"format":"custos-watch-only/2"}');
    await one.run();
    expect(readdirSync(join(one.exchange, 'quarantine'))).toEqual(['odd.jsonl']);
  });

  it('go the whole way with the simulated custodian, whose statements reconcile', async () => {
    const one = await office();
    one.custodian.creditReceipt({ asset: 'BTC', amount: 90_000_000n, custodyNumber: '9meiBTC', payer: '' });
    one.custodian.creditReceipt({ asset: 'BTC', amount: 10_000_000n, custodyNumber: deposits, payer: '' });
    visitFolder(one.exchange, one.custodian);
    expect(await one.run()).toEqual([]);
    expect(one.balance('acc-mei-BTC')).toBe(100_000_000n);
    const id = await one.withdraw('30000000');
    await one.run();
    visitFolder(one.exchange, one.custodian);
    expect(await one.run()).toEqual([]);
    expect(one.books.get('instruction', id)?.state).toBe('settled');
    one.custodian.endOfDay();
    visitFolder(one.exchange, one.custodian);
    expect(await one.run()).toEqual([]);
    const open = [...one.books.all('break')].filter(([, each]) => each.state === 'open');
    expect(open).toEqual([]);
    expect(one.custodian.balance('BTC')).toBe(one.balance('cash:BTC'));
  });
});
