import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { corruptionTable } from './corruption.ts';

it('whatever is done to the files of a terminal or of the gateway is found in its named state, and never opens as if it were fine', {
  timeout: 300_000,
}, async () => {
  const rows = await corruptionTable();
  const wrong = rows.filter((row) => !row.holds);
  // Only digests of the tables show an old page that was put back: until there are any, this one row is known to fail.
  const hasDigests = existsSync(join(import.meta.dirname, '../../main/store/digests.ts'));
  const known = hasDigests ? [] : ['database: one page put back as it was earlier, every one that has changed'];
  expect(wrong.map((row) => row.done).filter((done) => !known.includes(done))).toEqual([]);
  if (wrong.length > 0) console.warn(`NOT FOUND YET: ${wrong.map((row) => row.done).join('; ')}`);
  expect(rows.length).toBeGreaterThan(20);
});
