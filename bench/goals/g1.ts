// G1: the whole posting pipeline on rows that nobody signed, against the store alone, and against a stand-in for pgledger. G3: the
// rate at the end of a long run against that at its start, on the real schema, with bank references in no order.

import { postgresBinaries, startPostgres } from '../../testing/postgres.ts';
import { receiptLeaves } from '../business.ts';
import { atLeast, type Goal, goalOf, inTurns, median } from '../goal.ts';
import { createLedgers, ledgerRate, peerName } from '../postgres-ledgers.ts';
import { batch, postingRate, postingTimes, sum } from '../posting.ts';
import { ceilingSettings, splitCeiling } from '../split-ceiling.ts';

export async function g1(rows: number): Promise<Goal> {
  const leaves = receiptLeaves(rows, 0);
  await postingRate(leaves.slice(0, 20_000)); // compiled
  const cluster = postgresBinaries() === undefined ? undefined : await startPostgres();
  try {
    if (cluster !== undefined) await createLedgers(cluster.connection);
    const { ceiling, figure, peer } = await inTurns(3, {
      ceiling: () => splitCeiling(rows, batch),
      figure: () => postingRate(leaves),
      peer: () =>
        cluster === undefined ? 0 : ledgerRate(cluster.connection, 'peer', Math.max(batch, rows / 50), batch),
    });
    const about = { what: `posting pipeline, batch 1,000, ${rows} unsigned rows`, unit: 'rows/s', target: 0.6 };
    const own = atLeast(about, { figure, ceiling });
    const notes = [`pipeline and ceiling: ${ceilingSettings}`];
    if (cluster === undefined) {
      notes.push('NOT MEASURED: five times the stand-in for pgledger, as PostgreSQL is not installed');
      return { ...goalOf('G1', [own], { notes }), met: false };
    }
    notes.push(`${peerName}: PostgreSQL with fsync and synchronous_commit on, batches of 1,000 as well`);
    const beside = { what: `the same beside a ${peerName}`, unit: 'rows/s', target: 5 };
    return goalOf('G1', [own, atLeast(beside, { figure, ceiling: peer })], {
      peer: { name: peerName, figure: peer },
      notes,
    });
  } finally {
    await cluster?.stop();
  }
}

const rounds = 3;

export async function g3(rows: number): Promise<Goal> {
  const leaves = receiptLeaves(rows, 0);
  await postingRate(leaves.slice(0, 20_000)); // compiled, or the start would look slower than it is
  const share = Math.max(1, Math.round(rows / 20 / batch));
  const [first, last]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    const times = await postingTimes(leaves);
    first.push((share * batch) / sum(times.slice(0, share)));
    last.push((share * batch) / sum(times.slice(-share - 1, -1)));
  }
  const what = `rate of the last ${share * batch} of ${rows} rows beside that of the first ${share * batch}`;
  return goalOf('G3', [
    atLeast({ what, unit: 'rows/s', target: 0.8 }, { figure: median(last), ceiling: median(first) }),
  ]);
}
