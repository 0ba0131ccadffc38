import { expect, it } from 'vitest';
import { postgresBinaries } from '../testing/postgres.ts';
import { failover } from './failover.ts';

const hasPostgres = postgresBinaries() !== undefined;
if (!hasPostgres) console.warn('SKIPPED: the failover test, as no PostgreSQL server is installed');

it.skipIf(!hasPostgres)(
  'a node killed under load is followed by another; no acknowledged event is lost or doubled',
  {
    timeout: 120_000,
  },
  async () => {
    const seen = await failover({ seconds: 3, leaseMs: 1000 });
    console.info(JSON.stringify(seen));
    expect(seen).toMatchObject({ lost: 0, doubled: 0, terminalWentOn: true });
    expect(seen.acknowledged).toBeGreaterThan(100);
    // It was a real interruption, and a real recovery.
    expect(seen.pauseMs).toBeGreaterThan(seen.leaseMs / 2);
    expect(seen.after).toBeGreaterThan(0);
  },
);
