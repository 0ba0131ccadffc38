// Goes on counting after unlocking, where there was too much to count at once: slice by slice on a view of its own, so that
// nobody at the terminal waits for it and nothing that is written meanwhile disturbs it.

import { setTimeout } from 'node:timers/promises';
import { diskFailure } from '../disk/failure.ts';
import { head } from '../shared/books.ts';
import type { Hash } from '../shared/primitives.ts';
import type { Session } from './session.ts';
import { SqlBooks } from './store/books.ts';
import type { DigestName } from './store/digests.ts';
import { damaged, isDamage, loadDigests } from './store/open.ts';
import { booksChanged, largeTables, recount, recountRecords } from './store/recount.ts';

/** The first screen comes first. */
const startMs = 400;
/** Between two slices, for whoever waits: half of the time. */
const pauseMs = 5;

export async function countOn(session: Session, hash: Hash): Promise<void> {
  if (session.readOnly() !== undefined || session.counted.done === session.counted.total) return;
  await setTimeout(startMs);
  if (session.isStoreClosed) return;
  const works: Generator<number, string | number | undefined>[] = [];
  const reader = session.openReader(() => {
    for (const work of works) work.return(undefined);
  });
  const digests = session.store.digests.fresh();
  loadDigests(reader, digests);
  const { size } = head(new SqlBooks(reader));
  works.push(recount(reader, digests, largeTables), recountRecords(reader, session.tree, size, hash));
  try {
    for (const work of works) {
      for (;;) {
        const step = work.next();
        if (step.done) {
          if (step.value === undefined) break;
          return session.quarantine(booksChanged(typeof step.value === 'number' ? 'log' : (step.value as DigestName)));
        }
        session.counted = { ...session.counted, done: session.counted.done + step.value };
        await setTimeout(pauseMs);
        if (session.isStoreClosed) return;
      }
    }
    session.counted = { ...session.counted, done: session.counted.total };
  } catch (failure) {
    try {
      if (isDamage(failure)) session.askDisk();
      else throw failure;
    } catch (other) {
      if (diskFailure(other) === undefined) throw other;
      return; // it is begun again at the next unlocking
    }
    session.quarantine(damaged.refusal);
  } finally {
    reader.close();
  }
}
