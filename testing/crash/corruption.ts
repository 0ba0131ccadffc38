// The corruption table: what somebody, or a failing disk, may do to the files of a terminal or of the gateway, and the state
// that each must be found in. Nothing may open as if it were fine and show what is not the newest.
//
// `npm run -s corruption [-- --json]`

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3-multiple-ciphers';
import { nodePrimitives } from '../../crypto/node.ts';
import { openDepository } from '../../depository/depository.ts';
import type { Colleague, Desk } from '../desk.ts';
import { newDesk, officeOrigin } from '../office.ts';
import { rememberStretching } from '../simulate/remember-stretching.ts';
import { accountOf, type CrashOffice, openOffice, prepareOffice, type TerminalState, terminalState } from './office.ts';

export interface Row {
  readonly done: string;
  /** The states that are right, any of them. */
  readonly expected: readonly string[];
  /** How often each state was seen: a row may try many places. */
  readonly seen: Readonly<Record<string, number>>;
  readonly holds: boolean;
}

/** Nothing that was kept is missing: the damage met what is not used, or what is made again by itself. */
const asNew = 'as new';
const stale = 'OPENED FINE WITH STALE DATA';
const page = 4096;

const dbNames = (folder: string) => readdirSync(folder).filter((name) => /^vault\.db(\.\d+)?$/.test(name));
const newestDb = (folder: string): string => join(folder, dbNames(folder).sort().at(-1) as string);
const headFiles = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('vault.head'));

function change(path: string, how: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(path);
  writeFileSync(path, how(bytes) ?? bytes);
}
const flip = (path: string, at: number) =>
  change(path, (bytes) => {
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    return undefined;
  });
/** Every position from `first` on, so many of them, spread over the file. */
const spread = (length: number, count: number): number[] =>
  Array.from({ length: Math.min(count, length) }, (_, i) => Math.floor(((i + 0.5) * length) / Math.min(count, length)));

interface Fixture {
  /** T-01's vault with its newest commits in the WAL, as a machine that was switched off leaves it. */
  readonly open: string;
  /** The same, closed properly. */
  readonly closed: string;
  /** Closed properly, some commits earlier. */
  readonly earlier: string;
  readonly newest: TerminalState;
  readonly person: Colleague;
  readonly scratch: string;
}

async function prepare(scratch: string): Promise<{ fixture: Fixture; office: string }> {
  const office = join(scratch, 'office');
  await prepareOffice(office);
  const opened: CrashOffice = await openOffice(office);
  const { maker, people } = opened;
  const vault = join(office, 'T-01', 'vault');
  const keep = (name: string): string => {
    const to = join(scratch, name);
    cpSync(vault, to, { recursive: true });
    return to;
  };
  const pay = () =>
    maker.make({
      ...{ kind: 'payment', account: accountOf('c1'), asset: 'CNY', amount: '7' },
      payee: { name: 'P', account: '6222000011112222', agent: null, endToEndId: 'E', remittance: null },
    });
  const reopen = async (name: string) => {
    await maker.client.lock({});
    const kept = keep(name);
    await maker.unlock(people['teller-a']);
    return kept;
  };
  await pay();
  const earlier = await reopen('earlier');
  for (let i = 0; i < 4; i++) await pay();
  await maker.sync();
  for (let i = 0; i < 3; i++) await pay();
  const open = keep('open');
  const newest = await terminalState(maker);
  await maker.client.lock({});
  const closed = keep('closed');
  await opened.close();
  return { fixture: { open, closed, earlier, newest, person: people['teller-a'], scratch }, office };
}

/** What a person finds who unlocks a copy of `from` to which `harm` was done. */
async function stateAfter(fixture: Fixture, from: string, harm: (vault: string) => void): Promise<string> {
  const folder = join(fixture.scratch, 'try');
  rmSync(folder, { recursive: true, force: true });
  const vault = join(folder, 'vault');
  cpSync(from, vault, { recursive: true });
  harm(vault);
  const nowhere = { connect: () => ({}) as never };
  const desk: Desk = newDesk(folder, Date.now, nowhere);
  try {
    const unlocked = await desk.tryUnlock(fixture.person);
    if (!unlocked.ok) return unlocked.refusal.type;
    const state = await terminalState(desk);
    if (state.readOnly !== null) return `read-only: ${state.readOnly.type}`;
    const { newest } = fixture;
    const same =
      state.size === newest.size &&
      state.root === newest.root &&
      state.books === newest.books &&
      JSON.stringify(state.outbox) === JSON.stringify(newest.outbox);
    return same ? asNew : stale;
  } catch (failure) {
    return `THREW ${failure instanceof Error ? failure.message.slice(0, 80) : 'something'}`;
  } finally {
    await desk.client.lock({}).catch(() => {});
  }
}

const damaged = ['vault damaged', 'wrong vault key'];
const changed = [...damaged, 'read-only: books changed', 'read-only: vault rolled back'];
const slotStates = ['slots damaged', 'slots tampered', 'wrong passphrase', 'wrong security key', 'no slot'];

interface Plan {
  readonly done: string;
  readonly from: 'open' | 'closed';
  readonly expected: readonly string[];
  /** One for each place that is tried. */
  readonly harms: (fixture: Fixture) => readonly ((vault: string) => void)[];
}

const once = (harm: (vault: string, fixture: Fixture) => void) => (fixture: Fixture) => [
  (vault: string) => harm(vault, fixture),
];
const wal = (vault: string): string => `${newestDb(vault)}-wal`;
/** Puts files of another state of the vault over these. */
const putBack = (names: (from: string) => readonly string[], remove: (name: string) => boolean) =>
  once((vault, { earlier }) => {
    for (const name of readdirSync(vault)) if (remove(name)) rmSync(join(vault, name));
    for (const name of names(earlier)) cpSync(join(earlier, name), join(vault, name));
  });

const plans: readonly Plan[] = [
  { done: 'nothing, closed properly', from: 'closed', expected: [asNew], harms: once(() => {}) },
  { done: 'nothing, switched off', from: 'open', expected: [asNew], harms: once(() => {}) },
  {
    done: 'database: one bit flipped, in every page',
    from: 'closed',
    expected: [...changed, asNew],
    harms: ({ closed }) =>
      Array.from(
        { length: statSync(newestDb(closed)).size / page },
        (_, n) => (vault: string) => flip(newestDb(vault), n * page + 16 + ((n * 613) % (page - 16))),
      ),
  },
  {
    done: 'database: one page zeroed, every one in turn',
    from: 'closed',
    expected: [...changed, asNew],
    harms: ({ closed }) =>
      Array.from(
        { length: statSync(newestDb(closed)).size / page },
        (_, n) => (vault: string) =>
          change(newestDb(vault), (bytes) => void bytes.fill(0, n * page, (n + 1) * page) as never),
      ),
  },
  {
    done: 'database: cut off, at many lengths',
    from: 'closed',
    expected: changed,
    harms: ({ closed }) =>
      spread(statSync(newestDb(closed)).size - page, 12).map(
        (length) => (vault: string) => change(newestDb(vault), (bytes) => bytes.subarray(0, length)),
      ),
  },
  {
    done: 'database: two pages exchanged',
    from: 'closed',
    expected: [...changed, asNew],
    harms: ({ closed }) =>
      spread(statSync(newestDb(closed)).size / page - 2, 12).map(
        (n) => (vault: string) =>
          change(newestDb(vault), (bytes) => {
            const one = Buffer.from(bytes.subarray((n + 1) * page, (n + 2) * page));
            bytes.copy(bytes, (n + 1) * page, n * page, (n + 1) * page);
            one.copy(bytes, n * page);
            return undefined;
          }),
      ),
  },
  {
    done: 'database: one page put back as it was earlier, every one that has changed',
    from: 'closed',
    expected: [...changed, asNew],
    harms: ({ closed, earlier }) => {
      const [now, then] = [readFileSync(newestDb(closed)), readFileSync(newestDb(earlier))];
      const pages = Array.from({ length: Math.min(now.length, then.length) / page }, (_, n) => n).filter(
        (n) => !now.subarray(n * page, (n + 1) * page).equals(then.subarray(n * page, (n + 1) * page)),
      );
      return pages.map(
        (n) => (vault: string) =>
          change(newestDb(vault), (bytes) => void then.copy(bytes, n * page, n * page, (n + 1) * page) as never),
      );
    },
  },
  {
    done: 'database: the whole file put back',
    from: 'closed',
    expected: ['read-only: vault rolled back'],
    harms: putBack(
      (from) => dbNames(from),
      () => false,
    ),
  },
  {
    done: 'WAL: one bit flipped, at many places',
    from: 'open',
    expected: ['read-only: vault rolled back', asNew],
    harms: ({ open }) => spread(statSync(wal(open)).size, 40).map((at) => (vault: string) => flip(wal(vault), at)),
  },
  {
    done: 'WAL: cut off, at many lengths',
    from: 'open',
    expected: ['read-only: vault rolled back', asNew],
    harms: ({ open }) =>
      spread(statSync(wal(open)).size, 12).map(
        (length) => (vault: string) => change(wal(vault), (bytes) => bytes.subarray(0, length)),
      ),
  },
  {
    done: 'WAL: gone',
    from: 'open',
    expected: ['read-only: vault rolled back'],
    harms: once((vault) => rmSync(wal(vault))),
  },
  {
    done: 'shared-memory index: of another time, or rubbish',
    from: 'open',
    expected: [asNew],
    harms: () => [
      (vault) => change(`${newestDb(vault)}-shm`, (bytes) => bytes.fill(0x5a)),
      (vault) => change(`${newestDb(vault)}-shm`, (bytes) => bytes.fill(0)),
      (vault) => flip(`${newestDb(vault)}-shm`, 16),
    ],
  },
  {
    done: 'slot file: one bit flipped, at many places',
    from: 'closed',
    expected: slotStates,
    harms: ({ closed }) =>
      spread(statSync(join(closed, 'vault.slots')).size, 40).map(
        (at) => (vault: string) => flip(join(vault, 'vault.slots'), at),
      ),
  },
  {
    done: 'slot file: cut off, at many lengths',
    from: 'closed',
    expected: slotStates,
    harms: ({ closed }) =>
      spread(statSync(join(closed, 'vault.slots')).size, 10).map(
        (length) => (vault: string) => change(join(vault, 'vault.slots'), (bytes) => bytes.subarray(0, length)),
      ),
  },
  {
    done: 'slot file: gone',
    from: 'closed',
    expected: ['slots lost'],
    harms: once((vault) => rmSync(join(vault, 'vault.slots'))),
  },
  {
    done: 'slot file: an older one put back',
    from: 'closed',
    expected: ['no slot', 'slots put back', 'read-only: slots put back'],
    harms: once((vault) => cpSync(join(vault, 'vault.slots.previous'), join(vault, 'vault.slots'))),
  },
  {
    done: 'head record: gone',
    from: 'closed',
    expected: ['read-only: head record lost'],
    harms: once((vault) => {
      for (const name of headFiles(vault)) rmSync(join(vault, name));
    }),
  },
  {
    done: 'head record: changed',
    from: 'closed',
    expected: ['read-only: head record lost'],
    harms: once((vault) => {
      for (const name of headFiles(vault)) flip(join(vault, name), 60);
    }),
  },
  {
    done: 'head record: put back',
    from: 'closed',
    expected: ['read-only: head record lost'],
    harms: putBack(headFiles, (name) => name.startsWith('vault.head')),
  },
  {
    done: 'database put back, and the head record written anew to fit it, without its key',
    from: 'closed',
    expected: ['read-only: head record lost', 'read-only: vault rolled back'],
    harms: once((vault, { earlier }) => {
      for (const name of dbNames(earlier)) cpSync(join(earlier, name), join(vault, name));
      const read = (folder: string, name: string) =>
        JSON.parse(readFileSync(join(folder, name), 'utf8')) as { head: { generation: number }; mac: string };
      const newestOf = (folder: string) =>
        headFiles(folder)
          .map((name) => read(folder, name))
          .sort((a, b) => b.head.generation - a.head.generation)[0];
      const { head } = newestOf(earlier) as { head: object };
      for (const name of headFiles(vault))
        writeFileSync(join(vault, name), JSON.stringify({ ...read(vault, name), head }));
    }),
  },
  {
    // Nothing on this machine can tell; the gateway's log goes on where it is, and the terminal catches up (freshness.test.ts).
    done: 'database and head record put back together',
    from: 'closed',
    expected: [stale],
    harms: putBack(
      (from) => [...dbNames(from), ...headFiles(from)],
      (name) => name.startsWith('vault.head'),
    ),
  },
];

/** What the bank's operator finds who opens a copy of the depository to which `harm` was done. */
async function gatewayState(office: string, scratch: string, newest: number, harm: (folder: string) => void) {
  const folder = join(scratch, 'try');
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(office, 'depository'), folder, { recursive: true });
  harm(folder);
  try {
    const depository = await openDepository({
      ...{ directory: folder, programme: 'crash', name: 'Crash', origin: 'depository.example/crash', port: null },
      ...{ relyingParty: { id: 'localhost', origins: [officeOrigin] }, pools: { CNY: '110022' } },
      ...{ primitives: nodePrimitives, clock: Date.now },
    });
    const size = depository.gateway.sequencer().size();
    await depository.close();
    return size === newest ? asNew : stale;
  } catch {
    return 'refuses to open';
  }
}

const gatewayPlans: readonly {
  readonly done: string;
  readonly expected: readonly string[];
  readonly harms: (folder: string) => readonly ((folder: string) => void)[];
}[] = [
  { done: 'gateway: nothing', expected: [asNew], harms: () => [() => {}] },
  {
    done: "gateway's log: a bit of every third record flipped",
    expected: ['refuses to open'],
    harms: (folder) => {
      const log = new Database(join(folder, 'log.sqlite'), { readonly: true });
      const sequences = log.prepare('SELECT sequence FROM records WHERE sequence % 3 = 0').pluck().all() as number[];
      log.close();
      return sequences.map((sequence) => (copy: string) => {
        const database = new Database(join(copy, 'log.sqlite'));
        const leaf = database.prepare('SELECT leaf FROM records WHERE sequence = ?').pluck().get(sequence) as Buffer;
        const at = Math.floor(leaf.length / 2);
        leaf[at] = (leaf[at] as number) ^ 1;
        database.prepare('UPDATE records SET leaf = ? WHERE sequence = ?').run(leaf, sequence);
        database.close();
      });
    },
  },
  {
    done: "gateway's log: a record gone, the last or another",
    expected: ['refuses to open'],
    harms: () =>
      ['(SELECT max(sequence) FROM records)', '3'].map((which) => (copy: string) => {
        const database = new Database(join(copy, 'log.sqlite'));
        database.exec(`DELETE FROM records WHERE sequence = ${which}`);
        database.close();
      }),
  },
  {
    done: "gateway's log: cut off",
    expected: ['refuses to open'],
    harms: (folder) =>
      spread(statSync(join(folder, 'log.sqlite')).size - page, 6).map(
        (length) => (copy: string) => change(join(copy, 'log.sqlite'), (bytes) => bytes.subarray(0, length)),
      ),
  },
  {
    done: "the bank's keys: cut off or changed",
    expected: ['refuses to open'],
    harms: () => [
      (copy) => change(join(copy, 'bank-keys.json'), (bytes) => bytes.subarray(0, 40)),
      (copy) => change(join(copy, 'bank-keys.json'), (bytes) => bytes.fill(0x20, 0, 4)),
    ],
  },
];

async function rowOf(
  done: string,
  expected: readonly string[],
  states: readonly (() => Promise<string>)[],
): Promise<Row> {
  const seen: Record<string, number> = {};
  for (const state of states) {
    const found = await state();
    seen[found] = (seen[found] ?? 0) + 1;
  }
  const found = Object.keys(seen);
  return { done, expected, seen, holds: found.length > 0 && found.every((one) => expected.includes(one)) };
}

export async function corruptionTable(onRow: (row: Row) => void = () => {}): Promise<readonly Row[]> {
  rememberStretching();
  const scratch = mkdtempSync(join(tmpdir(), 'custos-corruption-'));
  const rows: Row[] = [];
  const add = (row: Row) => {
    rows.push(row);
    onRow(row);
  };
  try {
    const { fixture, office } = await prepare(scratch);
    for (const { done, from, expected, harms } of plans) {
      const states = harms(fixture).map((harm) => () => stateAfter(fixture, fixture[from], harm));
      add(await rowOf(done, expected, states));
    }
    const depository = join(office, 'depository');
    const log = new Database(join(depository, 'log.sqlite'), { readonly: true });
    const size = log.prepare('SELECT count(*) FROM records').pluck().get() as number;
    log.close();
    for (const { done, expected, harms } of gatewayPlans) {
      const states = harms(depository).map((harm) => () => gatewayState(office, scratch, size, harm));
      add(await rowOf(done, expected, states));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return rows;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const rows = await corruptionTable((row) => {
    if (values.json) return;
    const seen = Object.entries(row.seen).map(([state, count]) => `${state} (${count})`);
    console.log(`${row.holds ? 'holds ' : 'WRONG '} ${row.done}\n         seen: ${seen.join(', ')}`);
    if (!row.holds) console.log(`         expected: ${row.expected.join(', ')}`);
  });
  if (values.json) console.log(JSON.stringify(rows));
  process.exitCode = rows.every((row) => row.holds) ? 0 : 1;
}
