import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { booksDigest } from '../shared/books.ts';
import { canonicalBytes } from '../shared/canonical.ts';
import { logKey, openCheckpoint } from '../shared/log/checkpoint.ts';
import { type LogRecord, parseRecord } from '../shared/record.ts';
import type { Submission } from '../shared/submission.ts';
import { newEd25519 } from '../testing/people.ts';
import { TestProgramme } from '../testing/programme.ts';
import { openSequencer, type Sequencer } from './sequencer.ts';
import { openSqliteStore } from './store/sqlite.ts';

const gateway = newEd25519();
const key = logKey('depository.example/p2p-demo', new Uint8Array(Buffer.from(gateway.publicKey, 'base64url')));
const newFile = () => join(mkdtempSync(join(tmpdir(), 'custos-')), 'log.sqlite');

async function open(file: string, nowMs: number) {
  const store = openSqliteStore(file);
  const epoch = (await store.claim('test', 60_000)) ?? 0;
  const parts = { store, epoch, primitives: nodePrimitives, clock: () => nowMs, key, sign: gateway.sign };
  return { store, sequencer: await openSequencer(parts) };
}

const submissionsOf = (records: readonly LogRecord[]): Submission[] =>
  records.map(({ event, evidence }) => ({ event, evidence, details: [] }));
const digest = (sequencer: Sequencer) => booksDigest(nodePrimitives.sha256, (table) => sequencer.books.all(table));

describe('the sequencer', () => {
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', 10_000n);
  const submissions = submissionsOf(programme.records);

  it('reaches the same root and the same books after a restart', async () => {
    const file = newFile();
    const first = await open(file, programme.nowMs);
    expect((await first.sequencer.admit(submissions)).every((one) => one.ok)).toBe(true);
    const before = [digest(first.sequencer), await first.sequencer.checkpoint(), first.sequencer.size()];
    await first.store.close();
    const second = await open(file, programme.nowMs);
    const note = await second.sequencer.checkpoint();
    expect([digest(second.sequencer), note, second.sequencer.size()]).toEqual(before);
    const opened = openCheckpoint(nodePrimitives, note, key, []);
    expect(opened.ok && opened.value.checkpoint.size).toBe(submissions.length);
    await second.store.close();
  });

  it('shows nothing of a batch that is not durable, and stores nothing of one whose write failed', async () => {
    const file = newFile();
    const first = await open(file, programme.nowMs);
    let sizeWhileWriting = -1;
    first.store.append = async () => {
      sizeWhileWriting = first.sequencer.size();
      throw new Error('disk full');
    };
    await expect(first.sequencer.admit(submissions)).rejects.toThrow('disk full');
    expect([sizeWhileWriting, first.sequencer.isSound(), first.sequencer.books.get('programme', 'programme')]).toEqual([
      0,
      false,
      undefined,
    ]);
    await first.store.close();
    const second = await open(file, programme.nowMs);
    expect(second.sequencer.size()).toBe(0);
    await second.store.close();
  });

  it('stores each record in its canonical form, byte for byte', async () => {
    const { sequencer, store } = await open(newFile(), programme.nowMs);
    await sequencer.admit(submissions);
    const leaves = await store.leaves(0, sequencer.size());
    expect(leaves).toHaveLength(submissions.length);
    for (const leaf of leaves) {
      const record = parseRecord(leaf);
      expect(record.ok && canonicalBytes(record.value)).toEqual(leaf);
    }
    await store.close();
  });

  it('admits an event once though it is sent twice, and refuses its id with other content', async () => {
    const { sequencer, store } = await open(newFile(), programme.nowMs);
    await sequencer.admit([...submissions, ...submissions.slice(-1)]);
    const again = await sequencer.admit(submissions.slice(-3));
    expect(again.map((one) => one.ok && one.value.sequence)).toEqual([null, null, null]);
    expect(sequencer.size()).toBe(submissions.length);
    const [teller] = programme.tellers;
    const last = submissions.at(-1)!.event;
    const other = { ...programme.made(teller, { kind: 'freeze', account, reason: 'x' }), id: last.id };
    const [outcome] = await sequencer.admit([{ event: other, evidence: teller.sign([other])[0]!, details: [] }]);
    expect(outcome?.ok === false && outcome.refusal.type).toBe('duplicate');
    await store.close();
  });
});
