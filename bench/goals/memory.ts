// Memory: the resident size of a process that takes in a log of 10,000, 100,000 and 1,000,000 receipts: a terminal's vault, whose
// books are on disk, and a gateway's books, which are in memory. Records come one batch at a time and are not kept.

import { spawnSync } from 'node:child_process';
import { atMost, type Goal, goalOf } from '../goal.ts';

interface Seen {
  readonly events: number;
  readonly megabytes: number;
}

export async function memory(most: number): Promise<Goal> {
  const sizes = [most / 100, most / 10, most].map((size) => Math.max(1000, Math.round(size)));
  const terminal = sizes.map((events) => replayApart('terminal', events));
  const gateway = sizes.map((events) => replayApart('gateway', events));
  const [, middle, last] = terminal as [Seen, Seen, Seen];
  const perEvent = ([, from, to]: readonly Seen[]) =>
    Math.round((((to?.megabytes ?? 0) - (from?.megabytes ?? 0)) * 1e6) / ((to?.events ?? 1) - (from?.events ?? 0)));
  const listed = (runs: readonly Seen[]) => runs.map((one) => `${one.events}: ${one.megabytes} MB`).join(', ');
  return goalOf(
    'memory',
    [
      atMost(
        { what: `terminal after ${last.events} events beside ${middle.events}`, unit: 'MB', target: 1.5 },
        { figure: last.megabytes, ceiling: middle.megabytes },
      ),
    ],
    {
      notes: [
        `terminal ${listed(terminal)}: ${perEvent(terminal)} bytes for each further event (two hashes of the tree, two keys of the index)`,
        `gateway ${listed(gateway)}: ${perEvent(gateway)} bytes for each further event (ids, references and cash legs of its books)`,
      ],
    },
  );
}

function replayApart(kind: 'terminal' | 'gateway', events: number): Seen {
  const script = new URL('../replay-memory.ts', import.meta.url).pathname;
  // The first as the terminal's worker is started.
  const args = ['--max-semi-space-size=8', '--expose-gc', '--max-old-space-size=8192', script, kind, String(events)];
  const child = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.status !== 0) throw new Error(`the replay of ${events} events by a ${kind} failed`);
  return { events, megabytes: Number(child.stdout.toString()) };
}
