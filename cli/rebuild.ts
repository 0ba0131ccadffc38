// `custos rebuild`: compares the books of a vault with what its log leads to, where nobody who works at it is there. The recovery
// cards open it, one to a line on standard input; nothing is changed, unless a difference is found: then it is read-only. With
// `--repair` what differs is replaced, if the log is proven; the files of before go into a folder beside the vault first.

import { createInterface } from 'node:readline';
import { nodePrimitives } from '../crypto/node.ts';
import { takeLock } from '../disk/lock.ts';
import { newSteadyClock } from '../main/host/steady.ts';
import { rebuild } from '../main/operations/rebuild.ts';
import { repair } from '../main/operations/repair.ts';
import { openSession, type Session } from '../main/session.ts';
import { copyHere } from '../main/store/copier.ts';
import { connectOverHttp } from '../main/sync/depository.ts';
import { momentOf, newTerminal, type Terminal } from '../main/terminal.ts';
import { attempt, forgive, recoveryShares } from '../main/vault/attempts.ts';
import { enrolledHere, recoverVault } from '../main/vault/vault.ts';
import { type Refusal, type Result, refuse } from '../shared/result.ts';

export interface RebuildWish {
  readonly vault: string;
  readonly json: boolean;
  readonly repair: boolean;
}

/** Exit code: 0 the books follow from the log, now at least; 1 they do not; 2 it could not be compared, or not repaired. */
export async function rebuildCommand(
  { vault, json, ...wish }: RebuildWish,
  cards: NodeJS.ReadableStream,
): Promise<number> {
  const lock = takeLock(`${vault}.lock`);
  if (lock === undefined) return told(inUse);
  try {
    const session = await openBy(vault, await linesOf(cards));
    if (!session.ok) return told(session.refusal);
    try {
      const terminal = terminalAt(vault, session.value);
      return await (wish.repair && session.value.readOnly() !== undefined
        ? repaired(terminal, json)
        : compared(terminal, json, wish.repair));
    } finally {
      session.value.close();
    }
  } finally {
    lock.release();
  }
}

const inUse = refuse(
  'vault in use',
  'The vault was not opened.',
  'Another Custos on this machine has it open.',
  'Lock or close the other one first.',
).refusal;

function told({ what, why, next }: Refusal): number {
  console.error(`${what} ${why} ${next}`);
  return 2;
}

async function linesOf(stream: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream })) if (line.trim() !== '') lines.push(line.trim());
  return lines;
}

async function openBy(directory: string, cards: readonly string[]): Promise<Result<Session, Refusal>> {
  const enrolled = enrolledHere(directory).map((one) => one.operator);
  const vault = await attempt(directory, { who: recoveryShares, enrolled, now: momentOf(clocks) }, () =>
    recoverVault(directory, cards),
  );
  if (!vault.ok) return vault;
  forgive(directory, recoveryShares, momentOf(clocks));
  const session = openSession('recovery', vault.value, directory, { primitives: nodePrimitives, clock: Date.now });
  if (!session.ok) vault.value.lock();
  return session;
}

const clocks = { clock: Date.now, steady: newSteadyClock() };

function terminalAt(directory: string, session: Session): Terminal {
  const terminal = newTerminal({
    ...{
      directory,
      exportDirectory: `${directory}-evidence`,
      schemaDirectory: null,
      allowPassphraseOnly: false,
      depositoryUrl: null,
      offer: null,
    },
    relyingParty: {
      id: session.invitation.relyingParty.id,
      name: 'Custos',
      origins: session.invitation.relyingParty.origins,
    },
    ...{ primitives: nodePrimitives, ...clocks, copier: copyHere },
    newId: () => {
      throw new Error('nothing is made here');
    },
    connect: connectOverHttp({ primitives: nodePrimitives, clock: Date.now }),
  });
  terminal.session = session;
  return terminal;
}

async function compared(terminal: Terminal, json: boolean, mayRepair: boolean): Promise<number> {
  const report = await resultOf(rebuild(terminal));
  if (!report.ok) return told(report.refusal);
  const { size, root, seconds, differences } = report.value;
  const isEqual = differences.length === 0;
  if (isEqual || !mayRepair) {
    if (json) console.log(JSON.stringify(report.value));
    else {
      console.log(`${size} records judged again in ${seconds.toFixed(1)} s, root ${root}`);
      for (const { table, key, how } of differences) console.log(`DIFFERENCE: ${table} ${key}: ${how}`);
      if (isEqual) console.log('The books are what the log leads to.');
    }
    return isEqual ? 0 : 1;
  }
  return repaired(terminal, json);
}

async function repaired(terminal: Terminal, json: boolean): Promise<number> {
  const report = await resultOf(repair(terminal, 'recovery cards'));
  if (!report.ok) return told(report.refusal);
  const { size, root, seconds, tables, rows, evidence, mustSync } = report.value;
  if (json) console.log(JSON.stringify(report.value));
  else {
    console.log(`${size} proven records judged again in ${seconds.toFixed(1)} s, root ${root}`);
    for (const table of tables) console.log(`REPLACED: ${table}`);
    console.log(`${rows} rows differed; the files of before are in ${evidence}`);
    if (mustSync) console.log('It was not the newest vault: it signs nothing until it has synchronised.');
  }
  return 0;
}

async function resultOf<T>(steps: AsyncIterable<{ readonly done: number } | { readonly result: T }>): Promise<T> {
  for await (const step of steps) if ('result' in step) return step.result;
  throw new Error('the work ends with its result');
}
