// Copying and checking a whole database takes as long as reading all of it, so it is done beside the terminal: nobody there waits
// for a backup.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { assert } from '../../shared/assert.ts';
import { Redacted } from '../../shared/redacted.ts';
import { copyAsIs } from './copy.ts';
import { isSound, openSource } from './open.ts';

export interface Copier {
  /** Everything that is committed when it begins, into a new file under the same key. */
  copy(source: string, target: string, key: Redacted): Promise<void>;
  /** Opens a file that nobody writes and reads every page of it; false when anything is wrong. */
  check(file: string, key: Redacted): Promise<boolean>;
}

/** In this thread. */
export const copyHere: Copier = {
  async copy(source, target, key) {
    const reader = openSource(source, key);
    try {
      copyAsIs(reader, target);
    } finally {
      reader.close();
    }
  },
  check: async (file, key) => isSound(file, key),
};

/** What a thread is started with to do one of the two. */
export type CopierJob =
  | { readonly job: 'copy'; readonly source: string; readonly target: string; readonly key: Uint8Array }
  | { readonly job: 'check'; readonly source: string; readonly key: Uint8Array };
type Answer = { readonly done: true; readonly value: boolean } | { readonly done: false; readonly code: string };

/** In threads of their own, each started from `entry`, which hands its data to `doJob`. */
export function copyBeside(entry: URL): Copier {
  async function run(job: CopierJob): Promise<boolean> {
    const worker = new Worker(entry, { workerData: job });
    job.key.fill(0);
    const [answer] = (await once(worker, 'message')) as [Answer];
    if (answer.done) return answer.value;
    throw Object.assign(new Error('the copy was not made'), { code: answer.code });
  }
  const bytesOf = (key: Redacted) => new Uint8Array(key.reveal());
  return {
    async copy(source, target, key) {
      await run({ job: 'copy', source, target, key: bytesOf(key) });
    },
    check: (source, key) => run({ job: 'check', source, key: bytesOf(key) }),
  };
}

export async function doJob(job: CopierJob, answer: (message: Answer) => void): Promise<void> {
  const key = new Redacted(job.key);
  try {
    if (job.job === 'copy') await copyHere.copy(job.source, job.target, key);
    answer({ done: true, value: job.job === 'check' ? await copyHere.check(job.source, key) : true });
  } catch (failure) {
    // Only what kind of failure it was: messages may hold paths.
    assert(failure instanceof Error, 'what is thrown is an error');
    answer({ done: false, code: String((failure as { code?: unknown }).code ?? failure.name) });
  } finally {
    key.dispose();
  }
}
