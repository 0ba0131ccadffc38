// G2: one instruction at a time, as a teller makes them: proposed, judged, the assertion verified, the operator's own key opened,
// sealed, judged again, durable with its head record. Against one slim row and one sync at a time. The touch is not counted: the
// software authenticator stands in for a person's finger.

import { rmSync } from 'node:fs';
import { accepted } from '../../testing/desk.ts';
import { openClient, openTestOffice, type TestOffice } from '../../testing/office.ts';
import { flushTimes } from '../fdatasync.ts';
import { atLeast, atMost, type Goal, goalOf, inTurns, median, quantile } from '../goal.ts';
import { splitCeiling } from '../split-ceiling.ts';

const rounds = 5;
/** As many wait in the outbox at most: a terminal synchronises on its own every few seconds. */
const betweenSyncs = 10;

export async function g2(postings: number): Promise<Goal> {
  const perRound = Math.round(postings / rounds);
  const office = await openTestOffice();
  const account = await openClient(office, 'ann', 10_000_000n);
  const teller = new Teller(office, account);
  await teller.work(betweenSyncs * 3); // compiled, and the WAL as long as it gets
  teller.forget();
  const flushes: number[] = [];
  const measured = await inTurns(rounds, {
    ceiling: () => splitCeiling(perRound, 1),
    flush: () => {
      flushes.push(...flushTimes(perRound));
      return median(flushes);
    },
    posting: () => teller.work(perRound),
  });
  await office.depository.close();
  rmSync(office.directory, { recursive: true });
  const { operations, commits } = teller;
  const ms = (values: readonly number[], share: number) => quantile(values, share).toFixed(2);
  const spread = (values: readonly number[]) =>
    `p50 ${ms(values, 0.5)}, p95 ${ms(values, 0.95)}, p99 ${ms(values, 0.99)} ms`;
  return goalOf(
    'G2',
    [
      atLeast(
        {
          what: 'one instruction made and signed at a time, beside one row at a time',
          unit: 'postings/s',
          target: 0.6,
        },
        { figure: measured.posting, ceiling: measured.ceiling },
      ),
      atLeast(
        { what: 'its durable commit alone, head record included', unit: 'commits/s', target: 0.6 },
        { figure: 1000 / median(commits), ceiling: measured.ceiling },
      ),
      atMost(
        { what: 'p99 of the whole posting beside the p95 of one flush', unit: 'ms', target: 3 },
        { figure: quantile(operations, 0.99), ceiling: quantile(flushes, 0.95) },
      ),
    ],
    {
      notes: [
        `the whole posting ${spread(operations)}; of it the commit with the head record ${spread(commits)}`,
        `one flush of 4 KiB: ${spread(flushes)}`,
        'synced: the database by SQLite (FULL), then the head record beside it; the ceiling syncs the database alone',
      ],
    },
  );
}

class Teller {
  readonly operations: number[] = [];
  readonly commits: number[] = [];
  readonly #office: TestOffice;
  readonly #account: string;
  #made = 0;

  constructor(office: TestOffice, account: string) {
    this.#office = office;
    this.#account = account;
    const { session } = office.terminals[0];
    if (session === undefined) throw new Error('nobody is at the terminal');
    const commit = session.commit.bind(session);
    session.commit = (work) => {
      const began = performance.now();
      commit(work);
      this.commits.push(performance.now() - began);
    };
  }

  forget(): void {
    this.operations.length = 0;
    this.commits.length = 0;
  }

  /** Postings per second of the time that the terminal itself needs. */
  async work(postings: number): Promise<number> {
    const { client, person } = this.#office.maker;
    let spentMs = 0;
    for (let i = 0; i < postings; i++) {
      if (this.#made % betweenSyncs === 0) await this.#sync();
      this.#made += 1;
      const who = { name: 'Payee', account: `62220000${this.#made}`, agent: null };
      const payee = { ...who, endToEndId: `E${this.#made}`, remittance: null };
      const draft = { kind: 'payment', account: this.#account, asset: 'CNY', amount: '1', payee } as const;
      const asked = performance.now();
      const { request } = accepted(await client.make({ drafts: [{ draft, source: null }] }));
      const answered = performance.now();
      if (request === null) throw new Error('nothing to sign');
      const assertion = person.authenticator.get(request.options);
      const touched = performance.now();
      const { queued } = accepted(await client.sign({ ceremony: request.ceremony, assertion }));
      const took = answered - asked + (performance.now() - touched);
      if (queued.length !== 1) throw new Error('one event was signed');
      this.operations.push(took);
      spentMs += took;
    }
    return postings / (spentMs / 1000);
  }

  async #sync(): Promise<void> {
    const before = this.commits.length;
    await this.#office.maker.sync();
    this.commits.length = before; // those of the sync are not a person's
  }
}
