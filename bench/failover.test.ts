import { describe, expect, it } from 'vitest';
import { postgresBinaries } from '../testing/postgres.ts';
import { failover } from './failover.ts';

const hasPostgres = postgresBinaries() !== undefined;
if (!hasPostgres) console.warn('SKIPPED: the failover test, as no PostgreSQL server is installed');

describe.skipIf(!hasPostgres)('the node that orders a programme goes away under load', { timeout: 240_000 }, () => {
  it.each([
    ['is killed', 'kill'],
    ['sleeps past its lease and wakes up', 'stop'],
  ] as const)(
    'and %s: another takes over, no acknowledged event is lost or doubled, terminals go on',
    async (_, how) => {
      const seen = await failover({ how, seconds: 2, leaseMs: 1500 });
      console.info(JSON.stringify(seen));
      expect(seen).toMatchObject({ lost: 0, doubled: 0, takenOver: true, terminalWentOn: true });
      expect(seen.acknowledged).toBeGreaterThan(100);
      // It was a real interruption: nobody ordered before the lease was over. The kernel delivers answers a moment late.
      expect(seen.pauseMs).toBeGreaterThan(seen.leaseLeftMs - 100);
      // And a real recovery.
      expect(seen.after).toBeGreaterThan(0);
    },
  );
});
