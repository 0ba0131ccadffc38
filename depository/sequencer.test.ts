import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../crypto/node.ts';
import { booksDigest } from '../shared/books.ts';
import { logKey, openCheckpoint } from '../shared/log/checkpoint.ts';
import type { LogRecord } from '../shared/record.ts';
import type { Submission } from '../shared/submission.ts';
import { newEd25519 } from '../testing/people.ts';
import { TestProgramme } from '../testing/programme.ts';
import { openLogStore } from './log-store.ts';
import { openSequencer, type Sequencer } from './sequencer.ts';

const gateway = newEd25519();
const key = logKey('depository.example/p2p-demo', new Uint8Array(Buffer.from(gateway.publicKey, 'base64url')));
const newFile = () => join(mkdtempSync(join(tmpdir(), 'custos-')), 'log.sqlite');

function open(file: string, nowMs: number) {
  const store = openLogStore(file);
  return {
    store,
    sequencer: openSequencer({ store, primitives: nodePrimitives, clock: () => nowMs, key, sign: gateway.sign }),
  };
}

const submissionsOf = (records: readonly LogRecord[]): Submission[] =>
  records.map(({ event, evidence }) => ({ event, evidence, details: [] }));
const digest = (sequencer: Sequencer) => booksDigest(nodePrimitives.sha256, (table) => sequencer.books.all(table));

describe('the sequencer', () => {
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', 10_000n);
  const submissions = submissionsOf(programme.records);

  it('reaches the same root and the same books after a restart', () => {
    const file = newFile();
    const first = open(file, programme.nowMs);
    expect(first.sequencer.admit(submissions).every((one) => one.ok)).toBe(true);
    const before = [digest(first.sequencer), first.sequencer.checkpoint(), first.sequencer.tree.size];
    first.store.close();
    const second = open(file, programme.nowMs);
    expect([digest(second.sequencer), second.sequencer.checkpoint(), second.sequencer.tree.size]).toEqual(before);
    const opened = openCheckpoint(nodePrimitives, second.sequencer.checkpoint(), key, []);
    expect(opened.ok && opened.value.checkpoint.size).toBe(submissions.length);
    second.store.close();
  });

  it('signs what became durable before a crash kept it from signing', () => {
    const file = newFile();
    const first = open(file, programme.nowMs);
    const swap = first.store.swapCheckpoint;
    first.store.swapCheckpoint = () => {
      throw new Error('power cut');
    };
    expect(() => first.sequencer.admit(submissions)).toThrow('power cut');
    expect(first.sequencer.isSound()).toBe(false);
    first.store.swapCheckpoint = swap;
    first.store.close();
    const second = open(file, programme.nowMs);
    expect(second.sequencer.tree.size).toBe(submissions.length);
    expect(openCheckpoint(nodePrimitives, second.sequencer.checkpoint(), key, []).ok).toBe(true);
    second.store.close();
  });

  it('stores nothing of a batch whose write failed', () => {
    const file = newFile();
    const first = open(file, programme.nowMs);
    first.store.append = () => {
      throw new Error('disk full');
    };
    expect(() => first.sequencer.admit(submissions)).toThrow('disk full');
    first.store.close();
    const second = open(file, programme.nowMs);
    expect(second.sequencer.tree.size).toBe(0);
    second.store.close();
  });

  it('admits an event once though it is sent twice, and refuses its id with other content', () => {
    const { sequencer, store } = open(newFile(), programme.nowMs);
    sequencer.admit(submissions);
    expect(sequencer.admit(submissions.slice(-3)).map((one) => one.ok && one.value.sequence)).toEqual([
      null,
      null,
      null,
    ]);
    expect(sequencer.tree.size).toBe(submissions.length);
    const [teller] = programme.tellers;
    const last = submissions.at(-1)!.event;
    const other = { ...programme.made(teller, { kind: 'freeze', account, reason: 'x' }), id: last.id };
    const [outcome] = sequencer.admit([{ event: other, evidence: teller.sign([other])[0]!, details: [] }]);
    expect(outcome?.ok === false && outcome.refusal.type).toBe('duplicate');
    store.close();
  });
});
