// A temporary PostgreSQL cluster for tests and measurements, on a Unix socket in a folder of its own; real settings, so that
// every commit is synced. PostgreSQL refuses to run as root, so a root caller hands it to the `postgres` or `nobody` user.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface PostgresCluster {
  readonly connection: pg.PoolConfig;
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
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'shared_buffers=256MB', '-c', 'max_wal_size=2GB'],
    options,
  );
  const connection = { host: folder, user: 'custos', database: 'postgres' };
  await waitUntilReady(connection);
  return {
    connection,
    stop: () =>
      new Promise((resolve) => {
        server.once('exit', () => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        });
        server.kill('SIGINT');
      }),
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
