// Details behind the commitments in the log: names and accounts, here under the vault's key and erasable.

import type { EventDetails } from '../../shared/instruction/payee.ts';
import type { Store } from './open.ts';

export function attach(store: Store, details: Iterable<readonly [commitment: string, EventDetails]>): void {
  const insert = store.prepare('INSERT OR IGNORE INTO attachments VALUES (?, ?)');
  for (const [commitment, one] of details) {
    const text = JSON.stringify(one);
    if (insert.run(commitment, text).changes === 1) store.digests.add('attachment', commitment, text);
  }
}

export function attachmentBy(store: Store, commitment: string): EventDetails | undefined {
  const text = store.prepare('SELECT details FROM attachments WHERE commitment = ?').pluck().get(commitment);
  return text === undefined ? undefined : (JSON.parse(text as string) as EventDetails);
}

export function* allAttachments(store: Store): Generator<EventDetails> {
  const rows = store.prepare('SELECT details FROM attachments ORDER BY commitment').pluck().iterate();
  for (const text of rows) yield JSON.parse(text as string) as EventDetails;
}
