import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Redacted } from '../../shared/redacted.ts';
import type { DigestName } from './digests.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { openStore } from './open.ts';
import { largeTables, recount, smallTables } from './recount.ts';

const folder = mkdtempSync(join(tmpdir(), 'custos-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The version that brought the digests. What it wrote and counted stands here for good, and is never brought up to date. */
const firstCounted = 6;
const rows: readonly { sql: string; counted: readonly (readonly [DigestName, string, string])[] }[] = [
  {
    sql: "INSERT INTO accounts VALUES (0,'acc-1','client','CNY','c1','9001',0,5,7,1,3)",
    counted: [['account', 'acc-1', '0\tclient\tCNY\t+c1\t+9001\t0\t5\t7\t1\t3']],
  },
  {
    sql: "INSERT INTO accounts VALUES (1,'cash:CNY','cash','CNY',NULL,NULL,0,7,5,0,3)",
    counted: [['account', 'cash:CNY', '1\tcash\tCNY\t-\t-\t0\t7\t5\t0\t3']],
  },
  {
    sql: "INSERT INTO instructions VALUES ('i1','waiting','{\"a\":1}'), ('i2','settled','{\"b\":2}')",
    counted: [
      ['waiting', 'i1', '{"a":1}'],
      ['instruction', 'i2', '{"b":2}'],
    ],
  },
  {
    sql: "INSERT INTO state VALUES ('client','c1','{\"id\":\"c1\"}'), ('policy','1','{\"version\":1}')",
    counted: [
      ['client', 'c1', '{"id":"c1"}'],
      ['policy', '1', '{"version":1}'],
    ],
  },
  {
    sql: "INSERT INTO windows VALUES ('client|c1|CNY|2026-11-23', 5)",
    counted: [['window', 'client|c1|CNY|2026-11-23', '5']],
  },
  { sql: "INSERT INTO attachments VALUES ('C1','{}')", counted: [['attachment', 'C1', '{}']] },
  { sql: "INSERT INTO imports VALUES ('F1', 0, 'e1')", counted: [['import', 'F1|0', 'e1']] },
  {
    sql: "INSERT INTO outbox VALUES (1,'e1','{}','queued',NULL), (2,'e2','{}','refused','why')",
    counted: [
      ['outbox', '1', 'queued\t{}\t'],
      ['outbox', '2', 'refused\t{}\twhy'],
      ['sequence', 'outbox', '2'],
    ],
  },
  { sql: "INSERT INTO settings VALUES ('terminal','T-01')", counted: [['setting', 'terminal', 'T-01']] },
  {
    sql: "INSERT INTO diary VALUES (1,'2026-11-23T01:00:00.000Z','unlocked','teller-a','{}')",
    counted: [['diary', '1', '2026-11-23T01:00:00.000Z\tunlocked\tteller-a\t{}']],
  },
  {
    sql: "INSERT INTO seen VALUES (0, x'00'); INSERT INTO legs VALUES (1,1,0,1,0,7,0,0), (2,2,0,0,1,5,1,1)",
    counted: [['leg', '0', '1,1,0,1,0,7,0,0;2,2,0,0,1,5,1,1;']],
  },
];

it('a vault that an older version has written and counted is whole for this one', () => {
  const opened = openStore(join(folder, 'vault.db'), new Redacted(new Uint8Array(32).fill(7)), 'create');
  if (!opened.ok) throw new Error(opened.refusal.type);
  const store = opened.value;
  expect(migrate(store, migrations.slice(0, firstCounted)).ok).toBe(true);
  store.transaction(() => {
    for (const { sql, counted } of rows) {
      store.exec(sql);
      for (const one of counted) store.digests.add(...one);
    }
  });
  expect(migrate(store, migrations).ok).toBe(true);
  const isOfLegs = ({ name }: { name: string }) => name !== 'seen'; // its rows are not text
  const work = recount(store, store.digests, [...smallTables, ...largeTables].filter(isOfLegs));
  let step = work.next();
  while (!step.done) step = work.next();
  expect(step.value).toBeUndefined();
  store.close();
});
