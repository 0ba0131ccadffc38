import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { random } from '../../crypto/secret.ts';
import { Redacted } from '../../shared/redacted.ts';
import { copyBeside, copyHere } from './copier.ts';
import { openStore } from './open.ts';

const beside = copyBeside(new URL('../terminal.worker.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'custos-'));
const key = new Redacted(random(32));
const source = join(folder, 'vault.db');
const made = openStore(source, key, 'create');
if (!made.ok) throw new Error(made.refusal.why);
const store = made.value;
store.exec('CREATE TABLE one (id INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT');
const insert = store.prepare('INSERT INTO one (filler) VALUES (?)');
const rows = (from: typeof store): number => from.prepare('SELECT count(*) FROM one').pluck().get() as number;

describe.each([
  ['in this thread', copyHere],
  ['in a thread of its own', beside],
])('a copy that is made %s', (name, copier) => {
  const copy = join(folder, `${name.length}.db`);

  it('holds everything that was committed, while the vault is written on', async () => {
    store.transaction(() => {
      for (let i = 0; i < 5000; i++) insert.run(Buffer.alloc(1000, i));
    });
    const before = rows(store);
    const copying = copier.copy(source, copy, key);
    for (let i = 0; i < 50; i++) {
      insert.run(Buffer.alloc(1000, i));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await copying;
    expect(await copier.check(copy, key)).toBe(true);
    const opened = openStore(copy, key, 'open');
    if (!opened.ok) throw new Error(opened.refusal.why);
    expect(rows(opened.value)).toBeGreaterThanOrEqual(before);
    expect(rows(opened.value)).toBeLessThanOrEqual(rows(store));
    opened.value.close();
  });

  it('is not taken for sound with one bit changed, or under another key', async () => {
    expect(await copier.check(copy, new Redacted(random(32)))).toBe(false);
    const bytes = readFileSync(copy);
    bytes[bytes.length - 2000] = (bytes[bytes.length - 2000] as number) ^ 1;
    writeFileSync(copy, bytes);
    expect(await copier.check(copy, key)).toBe(false);
  });

  it('that cannot be written says what kind of failure it was, and nothing else', async () => {
    const failure = await copier.copy(source, join(folder, 'nowhere', 'vault.db'), key).catch((error) => error);
    expect(failure.code).toBe('SQLITE_CANTOPEN');
    if (copier === beside) expect(failure.message).not.toContain(folder);
  });
});
