// The child whose disk reports errors: does business like any other, bears every refusal as a person would (unlocks again, goes
// on), and says what it was told. Only a failure that is no refusal is worth a complaint.

import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { diskFailure } from '../../disk/failure.ts';
import { Refused } from '../desk.ts';
import { Chance } from '../simulate/chance.ts';
import { type CrashOffice, openOffice } from './office.ts';
import { toldTo } from './record.ts';
import { doWork, type Told, type Work } from './work.ts';

export type Borne =
  | Told
  | { readonly told: 'refused'; readonly type: string }
  | { readonly told: 'failed'; readonly work: string; readonly isOfDisk: boolean; readonly how: string };

const tell = (told: Borne) => void writeSync(toldTo, `${JSON.stringify(told)}\n`);

async function bear(work: string, what: () => Promise<unknown>): Promise<boolean> {
  try {
    await what();
    return true;
  } catch (failure) {
    if (failure instanceof Refused) tell({ told: 'refused', type: failure.refusal.type });
    else {
      const isOfDisk = diskFailure(failure) !== undefined;
      tell({ told: 'failed', work, isOfDisk, how: failure instanceof Error ? `${failure.message}` : String(failure) });
    }
    return false;
  }
}

async function unlockAgain({ maker, checker, people }: CrashOffice): Promise<void> {
  for (const [desk, person] of [
    [maker, people['teller-a']],
    [checker, people['supervisor-a']],
  ] as const)
    if ((await desk.client.status({})).phase === 'locked') await bear('unlock', () => desk.unlock(person));
}

/** Each round touches the vault and the gateway's log; the errors come from below, at the call that was asked for. */
const day: readonly Work[] = ['make', 'sync T-01', 'receipt', 'sync T-02', 'check', 'sync T-02', 'bank', 'sync T-01'];

const { values } = parseArgs({ options: { directory: { type: 'string' }, seed: { type: 'string', default: '1' } } });
const chance = new Chance(Number(values.seed));
let office: CrashOffice | undefined;
for (let tries = 0; office === undefined && tries < 3; tries++)
  await bear('open', async () => {
    office = await openOffice(values.directory as string, {
      onSigned: (terminal, events) => tell({ told: 'signed', terminal, events }),
    });
  });
if (office !== undefined) {
  const opened = office;
  for (let round = 0; round < 2; round++)
    for (const work of day) {
      await bear(work, () => doWork(opened, work, chance, tell));
      await unlockAgain(opened);
    }
  await bear('close', () => opened.close());
}
tell({ told: 'done' });
