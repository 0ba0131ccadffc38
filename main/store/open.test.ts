import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Redacted } from '../../shared/redacted.ts';
import { migrate } from './migrate.ts';
import * as first from './migrations/001-books.ts';
import { openStore, rawKey, type Store } from './open.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'custos-')), 'vault.db');
const keyOf = (byte: number) => new Redacted(new Uint8Array(32).fill(byte));
function open(file: string, how: 'create' | 'open', byte = 7): Store {
  const store = openStore(file, keyOf(byte), how);
  if (!store.ok) throw new Error(store.refusal.type);
  return store.value;
}
const refusal = (file: string, how: 'create' | 'open', byte = 7) => {
  const store = openStore(file, keyOf(byte), how);
  if (!store.ok) return store.refusal.type;
  store.value.close();
  return 'opened';
};

describe('the vault file', () => {
  it('runs with every protective setting, when created and when opened again', () => {
    const file = newFile();
    for (const how of ['create', 'open'] as const) {
      const store = open(file, how);
      const names = [
        'journal_mode',
        'synchronous',
        'fullfsync',
        'checkpoint_fullfsync',
        'temp_store',
        'secure_delete',
        'foreign_keys',
        'trusted_schema',
        'cell_size_check',
        'mmap_size',
      ] as const;
      expect(names.map((name) => store.readPragma(name))).toEqual(['wal', 2, 1, 1, 2, 1, 1, 0, 1, 0]);
      store.close();
    }
  });

  it('shows no SQLite magic and no word that was written, not in the file, the WAL or the temporary folder', () => {
    const file = newFile();
    const store = open(file, 'create');
    store.exec('CREATE TABLE words (word TEXT)');
    store.prepare('INSERT INTO words VALUES (?)').run('canary-canary-canary');
    store.exec('CREATE INDEX by_word ON words (word)');
    store.prepare('SELECT * FROM words ORDER BY word DESC').all();
    const folder = resolve(file, '..');
    const scan = () => readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    const seen = scan();
    expect(seen.length).toBeGreaterThanOrEqual(2);
    store.close();
    for (const content of [...seen, ...scan()]) {
      expect(content.includes('canary')).toBe(false);
      expect(content.includes('SQLite format 3')).toBe(false);
      expect(content.includes('CREATE TABLE')).toBe(false);
    }
  });

  it('opens with its own key only, and names what is the matter', () => {
    const file = newFile();
    expect(refusal(file, 'open')).toBe('no vault');
    expect(refusal(file, 'create')).toBe('opened');
    expect(refusal(file, 'create')).toBe('vault exists');
    expect(refusal(file, 'open', 8)).toBe('wrong vault key');
    expect(refusal(file, 'open')).toBe('opened');
  });

  it('takes a key of 32 bytes and nothing else', () => {
    for (const length of [0, 16, 31, 33, 64]) expect(() => rawKey(new Uint8Array(length))).toThrow('32 bytes');
    expect(rawKey(new Uint8Array(32)).toString('latin1')).toBe(`x'${'0'.repeat(64)}'`);
  });

  it('notices a changed bit in any page that is in use', () => {
    const file = newFile();
    const store = open(file, 'create');
    store.exec(first.sql);
    const put = store.prepare('INSERT INTO records VALUES (?, ?)');
    store.transaction(() => {
      for (let i = 0; i < 200; i++) put.run(i, Buffer.alloc(1000, i));
    });
    store.close();
    const good = readFileSync(file);
    for (let page = 0; page * 4096 < good.length; page++) {
      const bad = Buffer.from(good);
      const at = page * 4096 + 100 + ((page * 37) % 3800);
      bad[at] = (bad[at] as number) ^ 1;
      writeFileSync(file, bad);
      expect(refusal(file, 'open')).toMatch(/wrong vault key|vault damaged/);
    }
    writeFileSync(file, good);
    expect(refusal(file, 'open')).toBe('opened');
  });

  it('in a large file, notices it at opening in what every screen needs, and at reading everywhere else', () => {
    const file = newFile();
    const store = open(file, 'create');
    store.exec(first.sql);
    const put = store.prepare('INSERT INTO records VALUES (?, ?)');
    store.transaction(() => {
      for (let i = 0; i < 70; i++) put.run(i, Buffer.alloc(1 << 20, i));
      store.exec("INSERT INTO settings VALUES ('terminal', 'T-01')");
    });
    const rootOf = (table: string) =>
      store.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').pluck().get(table) as number;
    const [small, growing] = [rootOf('settings'), rootOf('records')];
    store.close();
    expect(statSync(file).size).toBeGreaterThan(64 << 20);
    const flip = (page: number) => {
      const descriptor = openSync(file, 'r+');
      const byte = Buffer.alloc(1);
      const at = (page - 1) * 4096 + 2000;
      readSync(descriptor, byte, 0, 1, at);
      byte[0] = (byte[0] as number) ^ 1;
      writeSync(descriptor, byte, 0, 1, at);
      closeSync(descriptor);
    };
    flip(small);
    expect(refusal(file, 'open')).toBe('vault damaged');
    flip(small);
    expect(refusal(file, 'open')).toBe('opened');
    flip(growing);
    const damaged = open(file, 'open');
    expect(() => damaged.prepare('SELECT * FROM records').all()).toThrow(/malformed|not a database|corrupt/i);
    damaged.close();
  });

  it('is migrated forward only, and a newer file is refused by name', () => {
    const file = newFile();
    const store = open(file, 'create');
    expect(migrate(store, [first])).toEqual({ ok: true, value: 1 });
    expect(migrate(store, [first])).toEqual({ ok: true, value: 1 });
    const newer = migrate(store, []);
    expect(newer.ok ? '' : newer.refusal.type).toBe('vault too new');
    expect(() => migrate(store, [{ version: 2, sql: '' }])).toThrow('without gaps');
    store.close();
  });

  it('no file of the main process uses what would write plain text or load foreign code', () => {
    const folder = resolve(import.meta.dirname, '..');
    const banned = /\.serialize\(|\.backup\(|\.loadExtension\(|\bATTACH\b(?! \? AS \w+ KEY \?)|\.rekey\(|unsafeMode\(/;
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    expect(sources.length).toBeGreaterThan(3);
    expect(sources.filter((name) => banned.test(readFileSync(join(folder, name), 'utf8')))).toEqual([]);
  });
});
