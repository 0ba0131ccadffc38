// The terminal's worker thread: owns vault, store and keys, and speaks only the contract, over the ports it is handed.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { nodePrimitives } from '../crypto/node.ts';
import { random } from '../crypto/secret.ts';
import { assert } from '../shared/assert.ts';
import { eventIdFrom } from '../shared/ids.ts';
import { answerDisk } from './answer-disk.ts';
import { backUpIfDue } from './back-up.ts';
import { newSteadyClock } from './host/steady.ts';
import type { RelyingParty } from './identity/relying-party.ts';
import { serveTerminal } from './serve-terminal.ts';
import { type CopierJob, copyBeside, doJob } from './store/copier.ts';
import { connectOverHttp } from './sync/depository.ts';
import { sync } from './sync/sync.ts';
import { newTerminal, type TerminalParts } from './terminal.ts';
import { onThisMachine } from './vault/calibrate.ts';

const isSource = import.meta.url.endsWith('.ts');
/** Built, other threads begin beside this one. */
const builtThreads = {
  statementParser: new URL('./parse-statement.worker.js', import.meta.url),
  preparer: new URL('./prepare.worker.js', import.meta.url),
};

const lookForBackupMs = 60_000;

/** What the host decides and the screen may not. */
export interface WorkerData {
  readonly directory: string;
  readonly exportDirectory: string;
  readonly schemaDirectory: string | null;
  readonly relyingParty: RelyingParty;
  readonly allowPassphraseOnly: boolean;
  readonly depositoryUrl: string | null;
  readonly offer: TerminalParts['offer'];
  /** Synchronises by itself this often while unlocked; null leaves it to the caller. */
  readonly syncEveryMs: number | null;
}

assert(parentPort, 'the terminal runs in a worker thread');
const data = workerData as WorkerData | CopierJob;
// The same file is started again for copying, so that a packaged app has one worker to list.
if ('job' in data) await doJob(data, (answer) => parentPort?.postMessage(answer));
else serve(data, parentPort);

function serve(own: WorkerData, host: MessagePort): void {
  const clock = () => Date.now();
  const terminal = newTerminal({
    ...own,
    primitives: nodePrimitives,
    clock,
    steady: newSteadyClock(),
    calibrate: onThisMachine(),
    newId: (unixMs) => eventIdFrom(unixMs, random(10)),
    connect: connectOverHttp({ primitives: nodePrimitives, clock }),
    copier: copyBeside(new URL(import.meta.url)),
    ...(isSource ? {} : builtThreads),
  });
  /** What a sync finds is in the status that screens show; here it only has to happen. */
  async function syncQuietly(): Promise<void> {
    if (terminal.session === undefined || terminal.syncing) return;
    try {
      for await (const _ of sync(terminal));
    } catch (failure) {
      const ofDisk = answerDisk(terminal, failure);
      if (ofDisk === undefined) throw failure;
      terminal.syncRefusal = ofDisk;
    }
  }
  const timers = [setInterval(() => void backUpIfDue(terminal), lookForBackupMs)];
  if (own.syncEveryMs !== null) timers.push(setInterval(() => void syncQuietly(), own.syncEveryMs));
  serveTerminal(terminal, host, () => {
    for (const timer of timers) clearInterval(timer);
  });
}
