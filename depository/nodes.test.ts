import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receipts } from '../bench/business.ts';
import { nodePrimitives } from '../crypto/node.ts';
import { booksDigest } from '../shared/books.ts';
import { utf8 } from '../shared/bytes.ts';
import { logKey } from '../shared/log/checkpoint.ts';
import { parseRecord } from '../shared/record.ts';
import type { Submission } from '../shared/submission.ts';
import { type BreakableLine, lineTo } from '../testing/broken-line.ts';
import { type PostgresCluster, postgresBinaries, startPostgres } from '../testing/postgres.ts';
import { type Gateway, openGateway, StandsBy } from './gateway.ts';
import { Replica } from './replica.ts';
import type { LogStore } from './store/log-store.ts';
import { openPostgresStore } from './store/postgres.ts';
import { openSqliteStore } from './store/sqlite.ts';

const hasPostgres = postgresBinaries() !== undefined;
if (!hasPostgres) console.warn('SKIPPED: gateway nodes on PostgreSQL, as no PostgreSQL server is installed');

let cluster: PostgresCluster;
let line: BreakableLine;
beforeAll(async () => {
  if (!hasPostgres) return;
  cluster = await startPostgres();
  line = await lineTo(cluster.connection);
});
afterAll(async () => {
  line?.close();
  await cluster?.stop();
});

const { programme, records } = receipts(900, 1);
const submissions = records.map((text): Submission => {
  const record = parseRecord(utf8(text));
  if (!record.ok) throw new Error(record.refusal.why);
  return { event: record.value.event, evidence: record.value.evidence, details: [] };
});
const key = logKey(
  'depository.example/p2p-demo',
  new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url')),
);
const open: Gateway[] = [];
async function node(holder: string, store: LogStore, leaseMs = 60_000): Promise<Gateway> {
  const clock = () => programme.nowMs;
  const gateway = await openGateway({
    ...{ store, holder, leaseMs, clock, key },
    primitives: nodePrimitives,
    sign: programme.gatewayKey.sign,
  });
  open.push(gateway);
  return gateway;
}
afterAll(() => Promise.allSettled(open.map(({ store }) => store.close())));

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const digestOf = (books: Replica['books']) => booksDigest(nodePrimitives.sha256, (table) => books.all(table));
/** The log read again from its beginning: every record judged, the root held against the signed checkpoint. */
async function readAgain(store: LogStore): Promise<{ ids: string[]; books: string }> {
  const replica = new Replica(store, nodePrimitives);
  await replica.catchUp();
  const ids = (await store.leaves(0, replica.tree.size)).map((leaf) => {
    const record = parseRecord(leaf);
    return record.ok ? record.value.event.id : '';
  });
  return { ids, books: digestOf(replica.books) };
}

let programmes = 0;
const newPlace: Record<string, () => () => Promise<LogStore>> = {
  SQLite: () => {
    const file = join(mkdtempSync(join(tmpdir(), 'custos-')), 'log.sqlite');
    return async () => openSqliteStore(file);
  },
};
if (hasPostgres)
  newPlace.PostgreSQL = () => {
    programmes += 1;
    const name = `nodes-${programmes}`;
    return () => openPostgresStore({ connection: cluster.connection, programme: name });
  };

describe.each(Object.entries(newPlace))('several gateway nodes on one %s', (_, place) => {
  it('order one after the other: of many that start at once one leads, and the others answer that they stand by', async () => {
    const openStore = place();
    const nodes = await Promise.all(['A', 'B', 'C', 'D'].map(async (name) => node(name, await openStore())));
    const leaders = nodes.filter((one) => one.leads());
    expect(leaders).toHaveLength(1);
    for (const one of nodes.filter((other) => !leaders.includes(other))) {
      expect(() => one.sequencer()).toThrow(StandsBy);
      await expect(one.admit(submissions.slice(0, 1))).rejects.toThrow(StandsBy);
    }
  });

  it('take over what the other has admitted, with the same books and root, and go on', async () => {
    const openStore = place();
    const first = await node('A', await openStore());
    const second = await node('B', await openStore());
    await first.admit(submissions.slice(0, 300));
    expect(await second.lead()).toBe(false); // has read the log while standing by
    const before = [digestOf(first.sequencer().books), await first.sequencer().checkpoint()];
    await first.stepDown();
    expect(await second.lead()).toBe(true);
    expect([digestOf(second.sequencer().books), await second.sequencer().checkpoint()]).toEqual(before);
    await second.admit(submissions.slice(300, 400));
    expect((await readAgain(second.store)).ids).toEqual(submissions.slice(0, 400).map((one) => one.event.id));
  });

  it('that slept past its lease adds nothing and shows nothing, and follows the one that has it', async () => {
    const openStore = place();
    const sleeper = await node('A', await openStore(), 2000);
    await sleeper.admit(submissions.slice(0, 200));
    const successor = await node('B', await openStore(), 60_000);
    expect(successor.leads()).toBe(false);
    await sleep(2050); // the sleeper renews nothing
    // By its own clock its lease may be over: what it would show could be older than what terminals have seen.
    expect(sleeper.leads()).toBe(false);
    expect(() => sleeper.sequencer()).toThrow(StandsBy);
    expect(await successor.lead()).toBe(true);
    await successor.admit(submissions.slice(200, 260));
    await expect(sleeper.admit(submissions.slice(260, 270))).rejects.toThrow(StandsBy);
    expect(await sleeper.lead()).toBe(false);
    await successor.stepDown();
    expect(await sleeper.lead()).toBe(true);
    expect(sleeper.sequencer().size()).toBe(260);
  });

  it('that still believes in its lease is refused by the store, and goes on as a stand-by with the whole log', async () => {
    const openStore = place();
    const believer = await node('A', await openStore());
    await believer.admit(submissions.slice(0, 200));
    // The lease ends early for the store alone, as for a node whose clocks stood still.
    await believer.store.release(1);
    const successor = await node('B', await openStore());
    await successor.admit(submissions.slice(200, 210));
    expect(believer.leads()).toBe(true);
    await expect(believer.admit(submissions.slice(210, 220))).rejects.toThrow('another node');
    expect(believer.leads()).toBe(false);
    expect(await believer.lead()).toBe(false);
    await successor.admit(submissions.slice(210, 220));
    await successor.stepDown();
    expect(await believer.lead()).toBe(true);
    expect((await readAgain(believer.store)).ids).toEqual(submissions.slice(0, 220).map((one) => one.event.id));
  });
});

describe.skipIf(!hasPostgres)('a gateway node whose line to PostgreSQL breaks in the middle of a batch', () => {
  it.each(['statement', 'answer'] as const)(
    'reloads what was stored when the %s is lost, and admits what is sent again once',
    async (lost) => {
      const direct = await openPostgresStore({ connection: cluster.connection, programme: `line-${lost}` });
      const store = await openPostgresStore({ connection: line.connection, programme: `line-${lost}` });
      const gateway = await node('A', store);
      await gateway.admit(submissions.slice(0, 300));
      line.breakAt(lost, 20_000);
      await expect(gateway.admit(submissions.slice(300, 400))).rejects.toThrow();
      // Nobody was told: it is there as a whole or not at all.
      expect((await direct.checkpoint())?.size).toBe(lost === 'answer' ? 400 : 300);
      const again = await gateway.admit(submissions.slice(300, 500));
      expect(again.every((outcome) => outcome.ok)).toBe(true);
      expect(again.map((outcome) => outcome.ok && outcome.value.sequence).slice(0, 100)).toEqual(
        Array.from({ length: 100 }, (_, i) => (lost === 'answer' ? null : 300 + i)),
      );
      const { ids, books } = await readAgain(direct);
      expect(ids).toEqual(submissions.slice(0, 500).map((one) => one.event.id));
      expect(books).toBe(digestOf(gateway.sequencer().books));
      await direct.close();
    },
  );
});

describe.skipIf(!hasPostgres)('a PostgreSQL server that crashes under load', () => {
  it('has every acknowledged event after its recovery, none twice, and the node goes on by itself', async () => {
    const place = newPlace.PostgreSQL as NonNullable<(typeof newPlace)['PostgreSQL']>;
    const openStore = place();
    const gateway = await node('A', await openStore(), 2000);
    const renewing = setInterval(() => void gateway.lead().catch(() => {}), 200);
    const programmeSize = records.length - 900;
    await gateway.admit(submissions.slice(0, programmeSize));
    const acknowledged: string[] = [];
    let failures = 0;
    const load = async (share: readonly Submission[]) => {
      for (let at = 0; at < share.length; ) {
        const some = share.slice(at, at + 5);
        try {
          const outcomes = await gateway.admit(some);
          expect(outcomes.filter((one) => !one.ok)).toEqual([]);
          acknowledged.push(...some.map((one) => one.event.id));
          at += some.length;
        } catch {
          failures += 1; // the same again
          await sleep(20);
        }
      }
    };
    const rest = submissions.slice(programmeSize);
    const loads = [0, 1, 2].map((i) => load(rest.slice(i * 300, (i + 1) * 300)));
    for (let crashes = 0; crashes < 3; crashes++) {
      const before = acknowledged.length;
      while (acknowledged.length < before + 100) await sleep(5);
      await cluster.crash();
      await cluster.start();
    }
    await Promise.all(loads);
    clearInterval(renewing);
    const { ids } = await readAgain(await openStore());
    expect(failures).toBeGreaterThan(0);
    expect(acknowledged).toHaveLength(900);
    expect(ids).toHaveLength(submissions.length);
    expect(new Set(ids).size).toBe(ids.length);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  });
});
