import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8, utf8ToText } from '../../shared/bytes.ts';
import { type PostgresCluster, postgresBinaries, startPostgres } from '../../testing/postgres.ts';
import { type Batch, LeaseLost, type LogStore } from './log-store.ts';
import { openPostgresStore } from './postgres.ts';
import { openSqliteStore } from './sqlite.ts';

const hasPostgres = postgresBinaries() !== undefined;
if (!hasPostgres) console.warn('SKIPPED: the gateway store on PostgreSQL, as no PostgreSQL server is installed');

let cluster: PostgresCluster | undefined;
beforeAll(async () => {
  if (hasPostgres) cluster = await startPostgres();
});
afterAll(() => cluster?.stop());

let files = 0;
/** Two nodes on one store, as each kind opens it. */
const kinds: Record<string, () => Promise<readonly [LogStore, LogStore]>> = {
  SQLite: async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'custos-')), 'log.sqlite');
    return [openSqliteStore(file), openSqliteStore(file)];
  },
};
if (hasPostgres)
  kinds.PostgreSQL = async () => {
    files += 1;
    const { connection } = cluster as PostgresCluster;
    const open = () => openPostgresStore({ connection, programme: `p-${files}` });
    return Promise.all([open(), open()]);
  };

const batch = (epoch: number, from: number, texts: readonly string[]): Batch => ({
  epoch,
  from,
  leaves: texts.map(utf8),
  details: new Map(texts.map((text) => [`commitment of ${text}`, JSON.stringify({ text })])),
  toBank: texts.filter((text) => text.includes('pay')),
  note: `checkpoint ${from + texts.length}`,
});

describe.each(Object.entries(kinds))('the gateway store on %s', (_, open) => {
  let one: LogStore;
  let two: LogStore;
  beforeAll(async () => {
    [one, two] = await open();
  });
  afterAll(async () => {
    await one.close();
    await two.close();
  });
  let epoch = 0;

  it('begins empty', async () => {
    expect(await one.checkpoint()).toBeUndefined();
    expect(await one.leaves(0, 10)).toEqual([]);
  });

  it('gives the lease to one node at a time, and to another only after its end, with a greater epoch', async () => {
    epoch = (await one.claim('node one', 300)) as number;
    expect(await two.claim('node two', 300)).toBeUndefined();
    expect(await one.claim('node one', 300, epoch)).toBe(epoch);
    await new Promise((resolve) => setTimeout(resolve, 350));
    const next = (await two.claim('node two', 60_000)) as number;
    expect(next).toBeGreaterThan(epoch);
    expect(await one.claim('node one', 300, epoch)).toBeUndefined();
    await two.release(next);
    epoch = (await one.claim('node one', 60_000)) as number;
    expect(epoch).toBeGreaterThan(next);
  });

  it('gives it anew to a node that was started again, so that its former process can add nothing', async () => {
    const former = epoch;
    epoch = (await one.claim('node one', 60_000)) as number;
    expect(epoch).toBeGreaterThan(former);
    await expect(two.append(batch(former, 0, ['by the former process']))).rejects.toThrow(LeaseLost);
    expect(await two.checkpoint()).toBeUndefined();
  });

  it('gives it to one of many that ask at the same moment', async () => {
    await one.release(epoch);
    const asked = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? one : two).claim(`node ${i}`, 60_000)),
    );
    expect(asked.filter((given) => given !== undefined)).toHaveLength(1);
    epoch = asked.find((given) => given !== undefined) as number;
  });

  it('keeps a batch with its checkpoint, its details and what goes to the bank', async () => {
    await one.append(batch(epoch, 0, ['first', 'pay 1']));
    await one.append(batch(epoch, 2, ['pay 3', 'ünïcode 存管', 'pay 2']));
    expect((await two.leaves(1, 4)).map(utf8ToText)).toEqual(['pay 1', 'pay 3', 'ünïcode 存管']);
    expect(await two.checkpoint()).toEqual({ size: 5, note: 'checkpoint 5' });
    expect(await two.details(['commitment of pay 1', 'nothing', 'commitment of ünïcode 存管'])).toHaveLength(2);
    expect(await two.unsent()).toEqual(['pay 1', 'pay 3', 'pay 2']);
    await one.markSent('pay 3');
    expect(await two.unsent()).toEqual(['pay 1', 'pay 2']);
  });

  it('stores nothing of a batch under an old lease or over another end of the log', async () => {
    for (const wrong of [batch(epoch - 1, 5, ['old lease']), batch(epoch, 4, ['twice']), batch(epoch, 6, ['gap'])]) {
      await expect(one.append(wrong)).rejects.toThrow(LeaseLost);
      expect(await one.details([...wrong.details.keys()])).toEqual([]);
    }
    expect([(await one.leaves(0, 100)).length, (await one.checkpoint())?.size]).toEqual([5, 5]);
  });

  it('stores nothing of a batch that fails in its middle', async () => {
    // The instruction is on its way to the bank already: it cannot be queued twice.
    await expect(one.append(batch(epoch, 5, ['sixth', 'pay 1']))).rejects.toThrow();
    expect([(await one.leaves(0, 100)).length, (await one.checkpoint())?.size]).toEqual([5, 5]);
    expect(await one.details(['commitment of sixth'])).toEqual([]);
  });

  it('lets one of two nodes win that append at the same moment', async () => {
    const outcomes = await Promise.allSettled([one, two].map((store) => store.append(batch(epoch, 5, ['sixth']))));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await one.leaves(0, 100)).length).toBe(6);
  });

  it('remembers cosignatures and what the bank said', async () => {
    await one.cosign('T-02', 6, 'line two\n');
    await one.cosign('T-01', 6, 'line one\n');
    await two.cosign('T-02', 6, 'line two again\n');
    expect(await one.cosignatures(6)).toEqual(['line one\n', 'line two again\n']);
    expect(await one.hasTakenIn('S1')).toBe(false);
    await one.takeIn('S1');
    await two.takeIn('S1');
    expect(await two.hasTakenIn('S1')).toBe(true);
  });
});

describe.skipIf(!hasPostgres)('a PostgreSQL server that does not sync its commits', () => {
  const tell = async (...statements: string[]) => {
    const client = new pg.Client((cluster as PostgresCluster).connection);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  const open = () => openPostgresStore({ connection: (cluster as PostgresCluster).connection, programme: 'careless' });

  it.each(['fsync', 'full_page_writes'])('is refused when it starts with %s off', async (setting) => {
    await tell(`ALTER SYSTEM SET ${setting} = off`);
    await cluster?.crash();
    await cluster?.start();
    await expect(open()).rejects.toThrow(setting);
    await tell(`ALTER SYSTEM RESET ${setting}`, 'SELECT pg_reload_conf()');
    await until(async () => (await open()).close());
  });

  it('is refused when the session, or the user, commits without waiting', async () => {
    const { connection } = cluster as PostgresCluster;
    const careless = { ...connection, options: '-c synchronous_commit=off' };
    await expect(openPostgresStore({ connection: careless, programme: 'x' })).rejects.toThrow('synchronous_commit');
    await tell('ALTER ROLE custos SET synchronous_commit = off');
    await expect(open()).rejects.toThrow('synchronous_commit');
    await tell('ALTER ROLE custos RESET synchronous_commit');
  });

  it('is noticed by a node that orders already, when it keeps its lease', async () => {
    const store = await open();
    const epoch = await store.claim('node', 60_000);
    await tell('ALTER SYSTEM SET fsync = off', 'SELECT pg_reload_conf()');
    await until(() => expect(store.claim('node', 60_000, epoch)).rejects.toThrow('fsync'));
    await tell('ALTER SYSTEM RESET fsync', 'SELECT pg_reload_conf()');
    await until(async () => expect(await store.claim('node', 60_000, epoch)).toBe(epoch));
    await store.close();
  });
});

/** A reloaded setting reaches the server's processes a moment later. */
async function until(holds: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++)
    try {
      return await holds();
    } catch (failure) {
      if (tries > 100) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}
