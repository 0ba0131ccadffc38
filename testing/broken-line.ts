// A line to PostgreSQL that breaks on request around one statement: before the server has read it, or after the server has
// done it and before its answer arrives. Whoever sent it cannot tell the two apart.

import { chmodSync, mkdtempSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';

export interface BreakableLine {
  readonly connection: pg.PoolConfig;
  /** The next statement of at least `fromBytes` is lost on its way, or its answer is. */
  breakAt(lost: 'statement' | 'answer', fromBytes: number): void;
  close(): void;
}

export async function lineTo(connection: pg.PoolConfig): Promise<BreakableLine> {
  const folder = mkdtempSync(join(tmpdir(), 'custos-line-'));
  chmodSync(folder, 0o700);
  const socketName = '.s.PGSQL.5432';
  let armed: { readonly lost: 'statement' | 'answer'; readonly fromBytes: number } | undefined;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection(join(String(connection.host), socketName));
    let losesAnswer = false;
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        open.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk) => {
      const hit = armed !== undefined && chunk.length >= armed.fromBytes ? armed.lost : undefined;
      if (hit !== undefined) armed = undefined;
      if (hit === 'statement') return cut();
      if (hit === 'answer') losesAnswer = true;
      upstream.write(chunk);
    });
    // The server answers once the statement is done, so its first word means that the commit is made.
    upstream.on('data', (chunk) => (losesAnswer ? cut() : void client.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(join(folder, socketName), resolve));
  return {
    connection: { ...connection, host: folder },
    breakAt(lost, fromBytes) {
      armed = { lost, fromBytes };
    },
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
