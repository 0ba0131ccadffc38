// A temporary PostgreSQL cluster for tests and measurements, on a Unix socket in a folder of its own; real settings, so that
// every commit is synced. PostgreSQL refuses to run as root, so a root caller hands it to the `postgres` or `nobody` user.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface PostgresCluster {
  readonly connection: pg.PoolConfig;
  /** Ends every server process at once, as `pg_ctl stop -m immediate` does: the next start has to recover. */
  crash(): Promise<void>;
  /** Starts it again over what is on disk. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The folder of the newest installed server, or undefined where there is none. */
export function postgresBinaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((one) => join(root, one, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** User and group ids to run the server as; undefined when this process is not root. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody'])
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // the next one
    }
  throw new Error('there is no user to run PostgreSQL as');
}

export async function startPostgres(): Promise<PostgresCluster> {
  const bin = postgresBinaries();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'custos-pg-'));
  const user = serverUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder, stdio: 'ignore' as const };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'custos', '-A', 'trust', '-E', 'UTF8', '--locale=C'], options);
  const connection = { host: folder, user: 'custos', database: 'postgres' };
  const settings = [
    'listen_addresses=',
    'shared_buffers=256MB',
    'max_wal_size=2GB',
    `unix_socket_directories=${folder}`,
  ];
  const commandLine = ['-D', data, ...settings.flatMap((one) => ['-c', one])];
  let server: ChildProcess | undefined;
  const end = (signal: 'SIGQUIT' | 'SIGINT') =>
    new Promise<void>((resolve) => {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return resolve();
      server.once('exit', () => resolve());
      server.kill(signal);
    });
  const start = async () => {
    server = spawn(join(bin, 'postgres'), commandLine, options);
    await waitUntilReady(connection);
  };
  await start();
  return {
    connection,
    crash: () => end('SIGQUIT'),
    start,
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function waitUntilReady(connection: pg.ClientConfig): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client(connection);
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (failure) {
      if (tries > 200) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
