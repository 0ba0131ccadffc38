// G15: the gateway on PostgreSQL takes in receipts in bulk, over the same server in the same minute as the least that SQL can
// do, and as a stand-in for pgledger. A real server with its own settings: every commit of all three is synced.

import { openPostgresStore } from '../../depository/store/postgres.ts';
import { postgresBinaries, startPostgres } from '../../testing/postgres.ts';
import { gatewayLoad, gatewayRate } from '../gateway.ts';
import { atLeast, type Goal, goalOf, inTurns } from '../goal.ts';
import { createLedgers, ledgerRate, peerName } from '../postgres-ledgers.ts';

const batch = 1000;

export async function g15(rows: number): Promise<Goal> {
  if (postgresBinaries() === undefined) throw new Error('NOT MEASURED: PostgreSQL is not installed');
  const load = gatewayLoad(rows);
  const cluster = await startPostgres();
  try {
    const { connection } = cluster;
    await createLedgers(connection);
    let programmes = 0;
    const { least, peer, figure } = await inTurns(3, {
      least: () => ledgerRate(connection, 'least', rows, batch),
      peer: () => ledgerRate(connection, 'peer', Math.max(batch, rows / 5), batch),
      figure: async () => {
        programmes += 1;
        return gatewayRate(await openPostgresStore({ connection, programme: `bench-${programmes}` }), load);
      },
    });
    const what = 'gateway on PostgreSQL, bulk, signed baskets of 200,';
    return goalOf(
      'G15',
      [
        atLeast(
          { what: `${what} beside the least set-based SQL ledger`, unit: 'events/s', target: 0.25 },
          { figure, ceiling: least },
        ),
        atLeast({ what: `${what} beside a ${peerName}`, unit: 'events/s', target: 3 }, { figure, ceiling: peer }),
      ],
      {
        peer: { name: peerName, figure: peer },
        notes: ['fsync, full_page_writes and synchronous_commit on; one client; batches of 1,000 for all three'],
      },
    );
  } finally {
    await cluster.stop();
  }
}
