// The gateway's store on PostgreSQL, for several nodes and programmes in one database. Every table begins with the programme,
// so that it can be distributed by it; a batch is one statement, which is one database transaction and one sync.

import pg from 'pg';
import { type Batch, LeaseLost, type LogStore } from './log-store.ts';

const schema = `
CREATE TABLE IF NOT EXISTS custos_logs (
  programme text PRIMARY KEY, size bigint NOT NULL, note text, holder text, epoch bigint NOT NULL, until timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS custos_records (
  programme text, sequence bigint, leaf bytea NOT NULL, PRIMARY KEY (programme, sequence));
CREATE TABLE IF NOT EXISTS custos_details (
  programme text, commitment text, json text NOT NULL, PRIMARY KEY (programme, commitment));
CREATE TABLE IF NOT EXISTS custos_cosignatures (
  programme text, size bigint, name text, line text NOT NULL, PRIMARY KEY (programme, size, name));
CREATE TABLE IF NOT EXISTS custos_bank_queue (
  programme text, position bigint, instruction text NOT NULL, sent boolean NOT NULL, PRIMARY KEY (programme, position),
  UNIQUE (programme, instruction));
CREATE TABLE IF NOT EXISTS custos_bank_inbox (programme text, message text, PRIMARY KEY (programme, message));
`;

/** Settings without which an acknowledged commit might be lost with the power. */
const durable = { fsync: ['on'], synchronous_commit: ['on', 'remote_apply'], full_page_writes: ['on'] } as const;

// The records come as one value in binary and are cut apart by the server: an array of them would be written out in hexadecimal
// here and read back there.
const appendText = `
WITH moved AS (
  UPDATE custos_logs SET size = $3 + cardinality($9::int[]), note = $5
  WHERE programme = $1 AND epoch = $2 AND size = $3 RETURNING 1
), stored AS (
  INSERT INTO custos_records
  SELECT $1, $3 + n - 1, substring($4::bytea FROM first FOR length)
  FROM unnest($9::int[], $10::int[]) WITH ORDINALITY AS leaves (first, length, n), moved
), explained AS (
  INSERT INTO custos_details
  SELECT $1, commitment, json FROM unnest($6::text[], $7::text[]) AS details (commitment, json), moved
  ON CONFLICT DO NOTHING
), queued AS (
  INSERT INTO custos_bank_queue
  SELECT $1, $3 * 1000 + n, instruction, false FROM unnest($8::text[]) WITH ORDINALITY AS queue (instruction, n), moved
)
SELECT count(*)::int AS moved FROM moved`;

const claimText = `
UPDATE custos_logs SET
  holder = $2, until = now() + $3 * interval '1 millisecond',
  epoch = CASE WHEN holder = $2 AND epoch = $4 THEN epoch ELSE epoch + 1 END
WHERE programme = $1 AND (holder = $2 OR holder IS NULL OR until < now()) RETURNING epoch`;

/** Rejects when the server does not sync every commit, or cannot be reached. */
export async function openPostgresStore(parts: {
  readonly connection: pg.PoolConfig;
  readonly programme: string;
}): Promise<LogStore> {
  const { programme } = parts;
  const pool = new pg.Pool({
    max: 4,
    connectionTimeoutMillis: 10_000,
    // A server that has gone silent must not hold a node for ever: what became of the statement is found out by reloading.
    query_timeout: 30_000,
    keepAlive: true,
    // A session may differ from the one that was looked at before, by a setting of its user or of a server started anew.
    verify: (client: pg.PoolClient, done: (failure?: Error) => void) => {
      refuseCareless(client).then(() => done(), done);
    },
    ...parts.connection,
  } as pg.PoolConfig);
  // A connection that breaks while nobody uses it is replaced at the next use.
  pool.on('error', () => {});
  try {
    await prepare(pool, programme);
  } catch (failure) {
    await pool.end();
    throw failure;
  }
  const rows = async (text: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
    (await pool.query({ text, values: [programme, ...values] })).rows;
  const column = async <T>(name: string, text: string, ...values: unknown[]): Promise<T[]> =>
    (await rows(text, ...values)).map((row) => row[name] as T);

  async function append({ epoch, from, leaves, details, toBank, note }: Batch): Promise<void> {
    const lengths = leaves.map((leaf) => leaf.length);
    let end = 1; // SQL counts bytes from one
    const firsts = lengths.map((length) => {
      end += length;
      return end - length;
    });
    const explained = [[...details.keys()], [...details.values()]];
    const values = [programme, epoch, from, Buffer.concat(leaves), note, ...explained, toBank, firsts, lengths];
    const { rows: found } = await pool.query({ name: 'append', text: appendText, values });
    if (found[0]?.moved !== 1) throw new LeaseLost('another node orders this log now');
  }

  return {
    async claim(holder, ttlMs, known) {
      // A server can be told to stop syncing while it runs: a node does not go on ordering on it.
      await refuseCareless(pool);
      const [epoch] = await column<string>('epoch', claimText, holder, ttlMs, known ?? null);
      return epoch === undefined ? undefined : Number(epoch);
    },
    async release(epoch) {
      await rows('UPDATE custos_logs SET until = now(), holder = NULL WHERE programme = $1 AND epoch = $2', epoch);
    },
    async checkpoint() {
      const [row] = await rows('SELECT size, note FROM custos_logs WHERE programme = $1 AND note IS NOT NULL');
      return row === undefined ? undefined : { size: Number(row.size), note: row.note as string };
    },
    leaves: async (from, to) =>
      (
        await column<Buffer>(
          'leaf',
          'SELECT leaf FROM custos_records WHERE programme = $1 AND sequence >= $2 AND sequence < $3 ORDER BY sequence',
          from,
          to,
        )
      ).map((blob) => new Uint8Array(blob)),
    details: (commitments) =>
      column('json', 'SELECT json FROM custos_details WHERE programme = $1 AND commitment = ANY ($2)', commitments),
    append,
    async cosign(name, size, line) {
      await rows(
        'INSERT INTO custos_cosignatures VALUES ($1, $2, $3, $4) ON CONFLICT (programme, size, name) DO UPDATE SET line = excluded.line',
        size,
        name,
        line,
      );
    },
    cosignatures: (size) =>
      column('line', 'SELECT line FROM custos_cosignatures WHERE programme = $1 AND size = $2 ORDER BY name', size),
    unsent: () =>
      column(
        'instruction',
        'SELECT instruction FROM custos_bank_queue WHERE programme = $1 AND NOT sent ORDER BY position',
      ),
    async markSent(instruction) {
      await rows('UPDATE custos_bank_queue SET sent = true WHERE programme = $1 AND instruction = $2', instruction);
    },
    async takeIn(message) {
      await rows('INSERT INTO custos_bank_inbox VALUES ($1, $2) ON CONFLICT DO NOTHING', message);
    },
    hasTakenIn: async (message) =>
      (await rows('SELECT 1 FROM custos_bank_inbox WHERE programme = $1 AND message = $2', message)).length === 1,
    close: () => pool.end(),
  };
}

/** Rejects when a commit on this connection might not survive a power cut. */
async function refuseCareless(connection: pg.Pool | pg.PoolClient): Promise<void> {
  const names = Object.keys(durable);
  const asked = names.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
  const { rows } = await connection.query(`SELECT ${asked}`);
  for (const [name, allowed] of Object.entries(durable)) {
    const value = String(rows[0]?.[name]);
    if (!(allowed as readonly string[]).includes(value))
      throw new Error(`the database runs with ${name} = ${value}: an acknowledged event could be lost`);
  }
}

async function prepare(pool: pg.Pool, programme: string): Promise<void> {
  const client = await pool.connect();
  try {
    // Two nodes that start together would otherwise both create the tables.
    await client.query('BEGIN; SELECT pg_advisory_xact_lock(7305808869231650);');
    await client.query(schema);
    await client.query('COMMIT');
    await client.query(
      "INSERT INTO custos_logs VALUES ($1, 0, NULL, NULL, 0, 'epoch') ON CONFLICT (programme) DO NOTHING",
      [programme],
    );
  } finally {
    client.release();
  }
}
