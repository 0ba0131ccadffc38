// From the items of an imported payment file to drafts: one for each payment, and a batch for those that the platform wants
// booked as one.

import { assert } from '../assert.ts';
import type { Draft, PaymentImport, Source } from './terminal.ts';

/** A batch of this many stays well below the size of one record. */
const maxBatch = 100;

export interface SourcedDraft {
  readonly draft: Draft;
  readonly source: Source;
}

/** Items that can be made and were not made before, in the order of the file. */
export function importToDrafts(imported: PaymentImport): SourcedDraft[] {
  const open = imported.items.filter((one) => one.refusal === null && one.madeAs === null);
  // Payments of one batch go on one day.
  const groups = Map.groupBy(open, (one) =>
    one.batch === null ? `single ${one.index}` : `${one.batch}|${one.valueDate ?? ''}`,
  );
  return [...groups.values()].flatMap((group) => {
    const chunks = Array.from({ length: Math.ceil(group.length / maxBatch) }, (_, i) =>
      group.slice(i * maxBatch, (i + 1) * maxBatch),
    );
    return chunks.map((items): SourcedDraft => {
      const parts = items.flatMap(({ account, amount, payee }) =>
        account === null || payee === null ? [] : [{ account, amount, payee }],
      );
      const [first] = parts;
      const asset = items[0]?.asset ?? '';
      const valueDate = items[0]?.valueDate ?? null;
      const dated = valueDate === null ? {} : { valueDate };
      assert(first && parts.length === items.length, 'an item without a refusal has an account and a payee');
      const draft: Draft =
        parts.length === 1
          ? { kind: 'payment', asset, ...first, ...dated }
          : { kind: 'batch', asset, items: parts, ...dated };
      return { draft, source: { file: imported.file, items: items.map((one) => one.index) } };
    });
  });
}
