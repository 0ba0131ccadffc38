// Kill -9 in a loop: a child works, and is cut off at every named moment and at any other; the next one opens the same files,
// and everything that anybody was told is safe must be there, once, with books as a careful clerk would keep them.
//
// `npm run -s crash -- --rounds 200 [--seed N] [--json]`

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type FaultPoint, faultPoints } from '../../shared/fault.ts';
import { Chance } from '../simulate/chance.ts';
import type { Clerk } from '../simulate/clerk.ts';
import { newClerk, type OfficeState, prepareOffice, readFurther } from './office.ts';
import type { Told } from './work.ts';

export interface Kills {
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Rounds that were cut off, by the moment: a fault point, or `any moment`. */
  readonly killedAt: Readonly<Record<string, number>>;
  /** Events that a person was told are safe, and records of the log at the end. */
  readonly acknowledged: number;
  readonly records: number;
  /** One line for each thing that was lost, doubled or wrong. */
  readonly wrong: readonly string[];
}

/** Fault points that business of this office passes; the others belong to works that it does not do. */
export const pointsHere = faultPoints.filter((point) => !/^(backup|keys|repair)/.test(point));

/** What people, terminals and the bank were told over all rounds, and what must therefore be there. */
export class Promises {
  readonly signed = new Set<string>();
  readonly sizes = new Map<string, number>();
  readonly clerk: Clerk = newClerk();
  readonly wrong: string[] = [];
  size = 0;
  #bank = 0n;

  hear(told: Told, where: string): void {
    switch (told.told) {
      case 'signed':
        for (const event of told.events) this.signed.add(event);
        return;
      case 'synchronised':
        this.sizes.set(told.terminal, Math.max(told.size, this.sizes.get(told.terminal) ?? 0));
        return;
      case 'received':
        this.#bank += BigInt(told.amount);
        return;
      case 'opened':
      case 'settled':
        this.compare(told.state, where, told.told === 'settled');
        return;
    }
  }

  /** Pushes one line for each promise that was broken. `settled`: nothing is under way, so all books must be equal. */
  compare(state: OfficeState, where: string, settled = false): void {
    const complain = (text: string) => this.wrong.push(`${where}: ${text}`);
    if (state.size < this.size) complain(`the gateway lost ${this.size - state.size} record(s) that it had shown`);
    try {
      readFurther(this.clerk, state.records.slice(Math.max(0, this.size - (state.size - state.records.length))));
    } catch (failure) {
      complain(failure instanceof Error ? failure.message : String(failure));
    }
    this.size = Math.max(this.size, state.size);
    if (this.clerk.events.size !== this.size)
      complain(`the log has ${this.size} records and ${this.clerk.events.size} different events`);
    const { owed, cash, lowest } = this.clerk.balance('CNY');
    if (owed !== cash || lowest < 0n) complain(`owed ${owed}, cash ${cash}, lowest ${lowest}`);
    for (const [id, booked, held] of state.accounts) {
      const known = this.clerk.accounts.get(id);
      if (String(known?.booked) !== booked || String(this.clerk.held(id)) !== held)
        complain(`account ${id}: the books say ${booked}, held ${held}; the clerk ${known?.booked}`);
    }
    const queued = new Set(Object.values(state.terminals).flatMap((one) => one.outbox));
    const gone = [...this.signed].filter((event) => !queued.has(event) && !this.clerk.events.has(event));
    if (gone.length > 0) complain(`${gone.length} acknowledged event(s) are gone, the first is ${gone[0]}`);
    for (const [name, one] of Object.entries(state.terminals)) {
      if (one.readOnly !== null) complain(`${name} is read-only: ${one.readOnly.type}`);
      if (one.size < (this.sizes.get(name) ?? 0)) complain(`${name} lost records that it had`);
      if (new Set(one.outbox).size !== one.outbox.length) complain(`${name} has an event twice in its outbox`);
      if (one.size === state.size && (one.root !== state.root || one.books !== state.books))
        complain(`${name} has other books than the gateway`);
      if (settled && one.size !== state.size) complain(`${name} did not catch up`);
    }
    if (settled && cash.toString() !== state.bank) complain(`cash is ${cash} and the bank says ${state.bank}`);
  }
}

/** Starts a child on `directory`; kills it some time after its start or after its opening; hands on what it says. */
export function runChild(
  directory: string,
  options: {
    readonly seed: number;
    readonly stream: number;
    readonly from: number;
    readonly point?: FaultPoint;
    readonly nth?: number;
    readonly works?: number;
    readonly killAfterMs?: number;
    readonly killAfterOpenedMs?: number;
  },
  hear: (told: Told) => void,
): Promise<{ readonly signal: NodeJS.Signals | null; readonly code: number | null; readonly errors: string }> {
  const { killAfterMs, killAfterOpenedMs, ...rest } = options;
  const args = Object.entries(rest).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'work.ts'), '--directory', directory, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const timers: NodeJS.Timeout[] = [];
  const killAfter = (ms: number | undefined) => {
    if (ms !== undefined) timers.push(setTimeout(() => child.kill('SIGKILL'), ms));
  };
  killAfter(killAfterMs);
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const lines = createInterface({ input: child.stdio[3] as NodeJS.ReadableStream });
  // A line that was cut off in the middle was told to nobody.
  lines.on('line', (line) => {
    if (!line.endsWith('}')) return;
    const told = JSON.parse(line) as Told;
    if (told.told === 'opened') killAfter(killAfterOpenedMs);
    hear(told);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ signal, code, errors });
    });
  });
}

export async function killLoop(options: {
  readonly rounds: number;
  readonly seed: number;
  readonly say?: (line: string) => void;
}): Promise<Kills> {
  const { rounds, seed, say = () => {} } = options;
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'custos-crash-'));
  const prepared = join(folder, 'prepared');
  await prepareOffice(prepared);
  const killedAt: Record<string, number> = {};
  const chance = new Chance(seed);
  let promises = new Promises();
  const wrong: string[] = [];
  let [acknowledged, records] = [0, 0];
  const finish = () => {
    wrong.push(...promises.wrong);
    acknowledged += promises.signed.size;
    records += promises.size;
  };
  let directory = '';
  const roundsPerOffice = 40; // so that opening stays quick
  for (let round = 0; round < rounds; round++) {
    if (round % roundsPerOffice === 0) {
      if (round > 0) finish();
      promises = new Promises();
      directory = join(folder, `office-${round}`);
      cpSync(prepared, directory, { recursive: true });
    }
    // Two rounds of three at a named moment, each in turn; the others at any moment, one in four of them while the files are
    // being opened.
    const point = round % 3 === 2 ? undefined : pointsHere[(round - Math.floor(round / 3)) % pointsHere.length];
    const anyMoment = chance.once(4)
      ? { killAfterMs: 200 + chance.below(1000) }
      : { killAfterOpenedMs: chance.below(800) };
    const where = `seed ${seed}, round ${round}`;
    const ended = await runChild(
      directory,
      {
        ...{ seed, stream: round + 1, from: promises.size },
        ...(point === undefined ? anyMoment : { point, nth: chance.between(1, 2), killAfterMs: 60_000 }),
      },
      (told) => {
        promises.hear(told, where);
        if (told.told === 'reached') killedAt[told.point] = (killedAt[told.point] ?? 0) + 1;
      },
    );
    if (ended.signal !== 'SIGKILL') promises.wrong.push(`${where}: ended by itself: ${ended.code} ${ended.errors}`);
    if (point === undefined) killedAt['any moment'] = (killedAt['any moment'] ?? 0) + 1;
    const isLast = round === rounds - 1 || (round + 1) % roundsPerOffice === 0;
    if (isLast) {
      // In peace: everything arrives, and all parts agree.
      const last = await runChild(directory, { seed, stream: 0, from: promises.size, works: 0 }, (told) =>
        promises.hear(told, `${where}, in peace`),
      );
      if (last.code !== 0) promises.wrong.push(`${where}: the last opening failed: ${last.errors}`);
    }
    say(`${where}: ${point ?? 'any moment'}; ${promises.size} records, ${promises.signed.size} acknowledged`);
  }
  finish();
  for (const point of pointsHere)
    if (rounds >= 2 * pointsHere.length && killedAt[point] === undefined) wrong.push(`nobody came to: ${point}`);
  if (wrong.length === 0) rmSync(folder, { recursive: true, force: true });
  else say(`kept: ${folder}`);
  const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
  return { seed, rounds, seconds, killedAt, acknowledged, records, wrong };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const kills = await killLoop({
    rounds: Number(values.rounds),
    seed,
    say: (line) => console.error(line),
  });
  if (values.json) console.log(JSON.stringify(kills));
  else {
    const { rounds, seconds, acknowledged, records, wrong } = kills;
    console.log(`seed ${seed}: ${rounds} rounds in ${seconds} s, ${acknowledged} acknowledged, ${records} records`);
    for (const [point, count] of Object.entries(kills.killedAt))
      console.log(`  ${String(count).padStart(4)}  ${point}`);
    for (const line of wrong) console.log(`WRONG: ${line}`);
    console.log(wrong.length === 0 ? 'Nothing was lost, nothing is there twice.' : `${wrong.length} broken promise(s)`);
  }
  process.exitCode = kills.wrong.length === 0 ? 0 : 1;
}
