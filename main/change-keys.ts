// Change of keys: a new root key for everybody who stays, and the database in a new file under it. The slot file is written last;
// with its renaming the old keys open nothing any more. Cut off at any moment, exactly one of the two opens.

import { syncFolder } from '../disk/write.ts';
import { faultPoint } from '../shared/fault.ts';
import { type Refusal, type Result, refuse } from '../shared/result.ts';
import { msToInstant } from '../shared/time.ts';
import { openSession, Session, type SessionParts } from './session.ts';
import { type Counts, copyUnderKey, countRows, isSame, removeCopy, syncFile } from './store/copy.ts';
import { writeDiary } from './store/diary.ts';
import type { Store } from './store/open.ts';
import { countAnew, isAsCounted } from './store/recount.ts';
import { writeSetting } from './store/settings.ts';
import type { Slot } from './vault/slots.ts';
import { databasePath, unfinishedPath, type Vault } from './vault/vault.ts';

export interface KeyChange {
  readonly stays: (slot: Slot) => boolean;
  /** For the diary. */
  readonly why: string;
}

/** The session under the new keys. The given one is closed with it, and stays open when this was refused or failed before that. */
export function changeKeys(session: Session, change: KeyChange, parts: SessionParts): Result<Session, Refusal> {
  const { vault, directory, operator } = session;
  const next = vault.nextEpoch(change.stays);
  const file = unfinishedPath(directory, next.epoch);
  const key = next.databaseKey();
  try {
    const copy = copyOf(session, next, file);
    const counts = copy && enter(new Session(operator, next, copy, directory, parts), change, parts);
    if (counts === undefined || !isSame(file, key, counts)) {
      removeCopy(file);
      next.lock();
      return refuse('copy damaged', 'The keys were not changed.', 'The new file does not hold the same.', 'Try again.');
    }
    syncFile(file);
    syncFolder(directory);
    faultPoint('keys: copied, slots not written');
  } catch (failure) {
    removeCopy(file);
    next.lock();
    throw failure;
  } finally {
    key.dispose();
  }
  // From here on the disk may name either epoch, also when this fails: nothing more is written under the old keys, as unlocking
  // again would not look for it there.
  try {
    next.settle();
    faultPoint('keys: slots written, old file there');
  } catch (failure) {
    next.lock();
    throw failure;
  } finally {
    session.close();
  }
  return openSession(operator, next, directory, parts);
}

/** Everything under the next key; undefined when it does not hold what the vault holds. */
function copyOf({ vault, store, directory }: Session, next: Vault, file: string): Store | undefined {
  const [key, nextKey] = [vault.databaseKey(), next.databaseKey()];
  try {
    const version = store.readPragma('user_version') as number;
    const copy = copyUnderKey({ file: databasePath(directory, vault.epoch), key, version }, file, nextKey);
    const isWhole = JSON.stringify(countRows(copy)) === JSON.stringify(countRows(store));
    if (isWhole && isAsCounted(copy, store.digests)) {
      if (store.digests.isKnown) countAnew(copy);
      return copy;
    }
    copy.close();
    return undefined;
  } finally {
    key.dispose();
    nextKey.dispose();
  }
}

/** Notes the change in the copy, as a commit with the head record of the new epoch; then closes it. */
function enter(copy: Session, { why }: KeyChange, { clock }: SessionParts): Counts {
  const { store, vault, operator } = copy;
  copy.commit(() => {
    writeSetting(store, 'change keys', '');
    writeDiary(store, { at: msToInstant(clock()), what: 'keys changed', operator, facts: { epoch: vault.epoch, why } });
  });
  const counts = countRows(store);
  store.close();
  return counts;
}
