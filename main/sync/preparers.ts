// Who prepares records: this thread where there are few, one thread for each processor where there are many.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Primitives } from '../../shared/primitives.ts';
import { type Preparation, prepare, type Unprepared } from './prepare.ts';

export interface Preparers {
  prepare(batch: Unprepared): Promise<Preparation>;
  /** So many batches at a time keep all of them at work. */
  readonly batches: number;
  close(): void;
}

export const prepareHere = (primitives: Primitives): Preparers => ({
  prepare: async (batch) => prepare(batch, primitives),
  batches: 1,
  close: () => {},
});

/** More threads would only hold more records. */
const mostThreads = 4;

export function prepareBeside(script = new URL('./prepare.worker.ts', import.meta.url)): Preparers {
  const threads = Array.from({ length: Math.min(mostThreads, availableParallelism()) }, () => startThread(script));
  let next = 0;
  return {
    // In turn: batches are asked for in the order of the log.
    prepare: (batch) => (threads[next++ % threads.length] as Thread).prepare(batch),
    batches: threads.length * 2,
    close: () => {
      for (const thread of threads) thread.close();
    },
  };
}

interface Thread {
  prepare(batch: Unprepared): Promise<Preparation>;
  close(): void;
}

function startThread(script: URL): Thread {
  const worker = new Worker(script);
  const waiting: { resolve: (done: Preparation) => void; reject: (failure: unknown) => void }[] = [];
  let failure: unknown;
  const fail = (thrown: unknown): void => {
    failure ??= thrown;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on('message', (done: Preparation) => waiting.shift()?.resolve(done));
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the thread that prepares records has ended')));
  return {
    prepare: (batch) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        waiting.push({ resolve, reject });
        worker.postMessage(batch);
      }),
    close: () => void worker.terminate(),
  };
}
