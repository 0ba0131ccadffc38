// Ends or stops, under load, the node that orders a programme, and looks at what terminals and log have seen: two node
// processes, one PostgreSQL, receipts handed in over HTTP, each acknowledged or sent again.
//
// `npm run bench:failover [-- --how stop] [--seconds N] [--lease MS]` prints one JSON object.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { nodePrimitives } from '../crypto/node.ts';
import { ed25519PublicKey, random, signEd25519 } from '../crypto/secret.ts';
import { openDepository } from '../depository/depository.ts';
import { openBankKeys } from '../depository/keys.ts';
import type { NodeConfig } from '../depository/node.ts';
import { openPostgresStore } from '../depository/store/postgres.ts';
import { connectOverHttp } from '../main/sync/depository.ts';
import type { CustosEvent } from '../shared/event.ts';
import { eventIdFrom } from '../shared/ids.ts';
import { parseRecord } from '../shared/record.ts';
import { msToInstant } from '../shared/time.ts';
import { type Desk, newColleague } from '../testing/desk.ts';
import { newDesk, officeOrigin } from '../testing/office.ts';
import { signAsMachine } from '../testing/people.ts';
import { startPostgres } from '../testing/postgres.ts';
import { testPolicy } from '../testing/programme.ts';

/** kill: the process ends at once (kill -9). stop: it sleeps past its lease and wakes while another node orders (SIGSTOP). */
export type How = 'kill' | 'stop';

export interface Failover {
  readonly how: How;
  /** From the last answer of the node that went away to the first one of its successor, milliseconds. */
  readonly pauseMs: number;
  readonly leaseMs: number;
  /** What was left of the lease when its node went away: no other node may order before it is over. */
  readonly leaseLeftMs: number;
  /** Whether another node than the one that went away holds the lease at the end, under a greater epoch. */
  readonly takenOver: boolean;
  /** Acknowledged receipts per second before and after the pause. */
  readonly before: number;
  readonly after: number;
  readonly acknowledged: number;
  /** Acknowledged events that the log does not have, and events that it has twice. */
  readonly lost: number;
  readonly doubled: number;
  /** Whether a terminal that had synchronised before goes on, proves the log, and agrees on its size. */
  readonly terminalWentOn: boolean;
}

const clients = 4;
const perRequest = 20;

export async function failover(options: {
  readonly seconds: number;
  readonly leaseMs: number;
  readonly how: How;
}): Promise<Failover> {
  const { seconds, leaseMs, how } = options;
  const cluster = await startPostgres();
  const directory = mkdtempSync(join(tmpdir(), 'custos-failover-'));
  const { host, user, database } = cluster.connection;
  const programme = 'p2p-failover';
  const common = {
    programme,
    name: 'Failover',
    origin: `depository.example/${programme}`,
    relyingParty: { id: 'localhost', origins: [officeOrigin] },
    directory: join(directory, 'bank'),
    pools: { CNY: '110022' },
    leaseMs,
  };
  const founder = await openDepository({
    ...common,
    primitives: nodePrimitives,
    clock: Date.now,
    port: null,
    node: 'founder',
    store: await openPostgresStore({ connection: cluster.connection, programme }),
  });
  const seed = random(32);
  const witness = { id: 'T-90', key: ed25519PublicKey(seed) };
  const desk = newDesk(join(directory, 'T-01'), Date.now, {
    connect: (_, asker) => connect(urls, asker),
  });
  const connect = connectOverHttp({ primitives: nodePrimitives, clock: Date.now, patienceMs: Math.max(leaseMs, 2000) });
  const other = newDesk(join(directory, 'T-02'), Date.now, { connect: () => ({}) as never });
  const first = await desk.firstRun(newColleague('officer-a', 'officer', officeOrigin), founder.invitation, 'T-01');
  const second = await other.firstRun(newColleague('officer-b', 'officer', officeOrigin), founder.invitation, 'T-02');
  const opened = await founder.open({
    assets: ['CNY'],
    officers: [first.operator, second.operator],
    terminals: [first.terminal, second.terminal, witness],
    policy: testPolicy,
    agreement: { version: 1, fees: [] },
  });
  if (!opened.ok) throw new Error(opened.refusal.why);
  await founder.close();

  const nodes = await Promise.all(
    ['A', 'B'].map((node) =>
      startNode(directory, {
        ...common,
        format: 'custos-depository/1',
        node,
        database: `postgres:///${database}?host=${host}&user=${user}`,
        port: 0,
      }),
    ),
  );
  const urls = nodes.map((node) => node.url);
  try {
    await syncWithin(desk, 20_000);
    const { adapter } = openBankKeys(join(common.directory, 'bank-keys.json'));
    const times: number[] = [];
    const acknowledged: string[] = [];
    let running = true;
    let counter = 0;
    const receipt = (): CustosEvent => {
      counter += 1;
      const nowMs = Date.now();
      return {
        ...{ v: 1, id: eventIdFrom(nowMs, random(10)), programme, type: 'bank.credited', at: msToInstant(nowMs) },
        ...{ actor: 'bank', terminal: 'depository' },
        body: {
          reference: `R${counter}`,
          account: null,
          asset: 'CNY',
          amount: '1',
          valueDate: msToInstant(nowMs).slice(0, 10),
        },
      } as CustosEvent;
    };
    const load = async () => {
      const client = connect(urls, { terminal: 'T-90', sign: (message) => signEd25519(seed, message) });
      while (running) {
        const events = Array.from({ length: perRequest }, receipt);
        const evidence = signAsMachine(adapter, 'adapter', events);
        const submissions = events.map((event, i) => ({ event, evidence: evidence[i] as never, details: [] }));
        for (;;)
          try {
            const { outcomes } = await client.submit({ programme, submissions });
            if (outcomes.some((one) => !one.ok)) throw new Error(JSON.stringify(outcomes.find((one) => !one.ok)));
            break;
          } catch {
            if (!running) return;
            await new Promise((wait) => setTimeout(wait, 20)); // the answer was lost: the same again
          }
        times.push(performance.now());
        acknowledged.push(...events.map((event) => event.id));
      }
    };
    const loads = Array.from({ length: clients }, load);
    await new Promise((wait) => setTimeout(wait, seconds * 1000));
    const { gone, at: goneAt, lease } = await stopHolder(nodes, cluster.connection, programme);
    if (how === 'kill') gone.process.kill('SIGKILL');
    // Until the successor answers, however slow the machine is just now; then as long again under load.
    const answersAfter = () => times.filter((time) => time > goneAt + leaseMs / 2).length;
    for (const giveUpAt = goneAt + leaseMs + 60_000; answersAfter() === 0 && performance.now() < giveUpAt; )
      await new Promise((wait) => setTimeout(wait, 20));
    if (how === 'stop') gone.process.kill('SIGCONT'); // wakes up and believes that it orders
    await new Promise((wait) => setTimeout(wait, seconds * 1000));
    running = false;
    await Promise.all(loads);
    // Answers that were on their way when the node went away are its last ones: the pause is the widest gap after that.
    const around = [goneAt, ...times.filter((time) => time > goneAt)];
    const gaps = around.slice(1).map((time, i) => time - (around[i] as number));
    const widest = gaps.indexOf(Math.max(...gaps));
    const [lastBefore, firstAfter] = [around[widest] as number, around[widest + 1] as number];
    const start = times[0] ?? 0;
    const held = await leaseOf(cluster.connection, programme);
    const rate = (from: number, to: number) =>
      (times.filter((time) => time >= from && time <= to).length * perRequest) / ((to - from) / 1000);
    const { size } = await syncWithin(desk, 20_000);
    const after = (await desk.client.status({})).readOnly === null;
    const log = await recordsIn(cluster.connection, programme);
    return {
      how,
      pauseMs: Math.round(firstAfter - lastBefore),
      leaseMs,
      leaseLeftMs: Math.round(lease.leftMs),
      takenOver: held.holder !== lease.holder && held.epoch > lease.epoch,
      before: Math.round(rate(start, goneAt)),
      after: Math.round(rate(firstAfter, times.at(-1) ?? firstAfter)),
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((id) => !log.has(id)).length,
      doubled: [...log.values()].filter((count) => count > 1).length,
      terminalWentOn: after && size === [...log.values()].reduce((sum, count) => sum + count, 0),
    };
  } finally {
    await desk.client.lock({});
    for (const node of nodes) node.process.kill('SIGKILL');
    await cluster.stop();
  }
}

/** As a terminal does by itself: again a second later, while no node orders. */
async function syncWithin(desk: Desk, patienceMs: number): Promise<{ readonly size: number }> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;)
    try {
      return await desk.sync();
    } catch (failure) {
      if (performance.now() > giveUpAt) throw failure;
      await new Promise((wait) => setTimeout(wait, 1000));
    }
}

interface NodeProcess {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

function startNode(directory: string, config: NodeConfig): Promise<NodeProcess> {
  const file = join(directory, `node-${config.node}.json`);
  writeFileSync(file, JSON.stringify(config));
  const script = resolve(import.meta.dirname, '../cli/depository.ts');
  const child = spawn(process.execPath, [script, '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((done, failed) => {
    createInterface(child.stdout as NodeJS.ReadableStream).once('line', (line) => {
      done({ name: config.node, url: (JSON.parse(line) as { url: string }).url, process: child });
    });
    child.once('exit', () => failed(new Error(`node ${config.node} ended`)));
  });
}

interface Lease {
  readonly holder: string;
  readonly epoch: number;
  /** By the database's clock; negative when it is over. */
  readonly leftMs: number;
}

async function leaseOf(connection: pg.ClientConfig, programme: string): Promise<Lease> {
  const client = new pg.Client(connection);
  await client.connect();
  const text =
    'SELECT holder, epoch::int, extract(epoch FROM until - clock_timestamp())::float8 * 1000 AS "leftMs" FROM custos_logs WHERE programme = $1';
  const { rows } = await client.query<Lease>(text, [programme]);
  await client.end();
  const [lease] = rows;
  if (lease === undefined) throw new Error('nobody has opened this log');
  return lease;
}

/**
 * Stops the node that holds the lease. It is stopped first and looked at then: on a busy machine the lease may have moved
 * while one asked who has it.
 */
async function stopHolder(
  nodes: readonly NodeProcess[],
  connection: pg.ClientConfig,
  programme: string,
): Promise<{ readonly gone: NodeProcess; readonly at: number; readonly lease: Lease }> {
  for (let tries = 0; tries < 500; tries++) {
    const { holder } = await leaseOf(connection, programme);
    const gone = nodes.find((node) => node.name === holder);
    if (gone !== undefined) {
      gone.process.kill('SIGSTOP');
      const at = performance.now();
      const lease = await leaseOf(connection, programme);
      if (lease.holder === holder && lease.leftMs > 0) return { gone, at, lease };
      gone.process.kill('SIGCONT');
    }
    await new Promise((wait) => setTimeout(wait, 20));
  }
  throw new Error('no node holds the lease');
}

/** How often each event is in the log. */
async function recordsIn(connection: object, programme: string): Promise<Map<string, number>> {
  const store = await openPostgresStore({ connection, programme });
  const { size } = (await store.checkpoint()) ?? { size: 0 };
  const counts = new Map<string, number>();
  for (let from = 0; from < size; from += 1000)
    for (const leaf of await store.leaves(from, Math.min(size, from + 1000))) {
      const record = parseRecord(leaf);
      if (record.ok) counts.set(record.value.event.id, (counts.get(record.value.event.id) ?? 0) + 1);
    }
  await store.close();
  return counts;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      how: { type: 'string', default: 'kill' },
      seconds: { type: 'string', default: '10' },
      lease: { type: 'string', default: '2000' },
    },
  });
  const how = values.how === 'stop' ? 'stop' : 'kill';
  console.log(JSON.stringify(await failover({ how, seconds: Number(values.seconds), leaseMs: Number(values.lease) })));
}
