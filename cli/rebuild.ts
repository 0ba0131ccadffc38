// `custos rebuild`: compares the books of a vault with what its log leads to, where nobody who works at it is there. The recovery
// cards open it, one to a line on standard input; nothing is changed, unless a difference is found: then it is read-only.

import { createInterface } from 'node:readline';
import { nodePrimitives } from '../crypto/node.ts';
import { takeLock } from '../disk/lock.ts';
import { newSteadyClock } from '../main/host/steady.ts';
import { rebuild } from '../main/operations/rebuild.ts';
import { openSession, type Session } from '../main/session.ts';
import { copyHere } from '../main/store/copier.ts';
import { connectOverHttp } from '../main/sync/depository.ts';
import { momentOf, newTerminal } from '../main/terminal.ts';
import { attempt, forgive, recoveryShares } from '../main/vault/attempts.ts';
import { enrolledHere, recoverVault } from '../main/vault/vault.ts';
import type { RebuildReport } from '../shared/contract/vault.ts';
import { type Refusal, type Result, refuse } from '../shared/result.ts';

/** Exit code: 0 the books follow from the log, 1 they do not, 2 it could not be compared. */
export async function rebuildCommand(vault: string, cards: NodeJS.ReadableStream, json: boolean): Promise<number> {
  const lock = takeLock(`${vault}.lock`);
  if (lock === undefined) return told(inUse);
  try {
    const session = await openBy(vault, await linesOf(cards));
    if (!session.ok) return told(session.refusal);
    const compared = await compare(vault, session.value);
    session.value.close();
    if (!compared.ok) return told(compared.refusal);
    const { size, root, seconds, differences } = compared.value;
    if (json) console.log(JSON.stringify(compared.value));
    else {
      console.log(`${size} records judged again in ${seconds.toFixed(1)} s, root ${root}`);
      for (const { table, key, how } of differences) console.log(`DIFFERENCE: ${table} ${key}: ${how}`);
      if (differences.length === 0) console.log('The books are what the log leads to.');
    }
    return differences.length === 0 ? 0 : 1;
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

async function compare(directory: string, session: Session): Promise<Result<RebuildReport, Refusal>> {
  const terminal = newTerminal({
    ...{
      directory,
      exportDirectory: directory,
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
  for await (const step of rebuild(terminal)) if ('result' in step) return step.result;
  throw new Error('a comparison ends with its result');
}
