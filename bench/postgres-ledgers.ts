// Two ledgers inside PostgreSQL to measure beside: the least that one can do with one set-based statement for each batch, and a
// stand-in for pgledger, a function call for each transfer with locked accounts and running balances. Neither judges, hashes
// in a chain or signs anything.

import pg from 'pg';

/** It is not pgledger, whose code is no part of this project. */
export const peerName = 'stand-in for pgledger (a plpgsql call for each transfer)';

const accounts = 1000;

const minimal = `
CREATE TABLE least_accounts (id int PRIMARY KEY, balance bigint NOT NULL, version bigint NOT NULL);
INSERT INTO least_accounts SELECT n, 0, 0 FROM generate_series(1, ${accounts}) n;
CREATE TABLE least_transfers (id bigserial PRIMARY KEY, debit int NOT NULL, credit int NOT NULL, amount bigint NOT NULL CHECK (amount > 0), hash bytea NOT NULL);
CREATE FUNCTION least_post(debits int[], credits int[], amounts bigint[]) RETURNS void LANGUAGE sql AS $$
  WITH given AS (SELECT * FROM unnest(debits, credits, amounts) AS t (debit, credit, amount)),
  stored AS (INSERT INTO least_transfers (debit, credit, amount, hash) SELECT debit, credit, amount, sha256(int8send(amount)) FROM given),
  changes AS (SELECT id, sum(change)::bigint AS change, count(*) AS times FROM (
    SELECT debit AS id, -amount AS change FROM given UNION ALL SELECT credit, amount FROM given) one GROUP BY id)
  UPDATE least_accounts a SET balance = balance + c.change, version = version + c.times FROM changes c WHERE a.id = c.id;
$$;`;

const perTransfer = `
CREATE TABLE peer_accounts (id text PRIMARY KEY, balance numeric NOT NULL, version bigint NOT NULL);
INSERT INTO peer_accounts SELECT 'account ' || n, 0, 0 FROM generate_series(1, ${accounts}) n;
CREATE TABLE peer_transfers (id text PRIMARY KEY, from_account text NOT NULL REFERENCES peer_accounts, to_account text NOT NULL REFERENCES peer_accounts,
  amount numeric NOT NULL CHECK (amount > 0), created_at timestamptz NOT NULL);
CREATE TABLE peer_entries (id text PRIMARY KEY, account text NOT NULL REFERENCES peer_accounts, transfer text NOT NULL REFERENCES peer_transfers,
  amount numeric NOT NULL, previous_balance numeric NOT NULL, current_balance numeric NOT NULL, account_version bigint NOT NULL);
CREATE INDEX ON peer_entries (account);
CREATE INDEX ON peer_entries (transfer);
CREATE FUNCTION peer_post(from_id text, to_id text, given numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE transfer text := gen_random_uuid()::text; source peer_accounts; target peer_accounts;
BEGIN
  PERFORM 1 FROM peer_accounts WHERE id IN (from_id, to_id) ORDER BY id FOR UPDATE;
  UPDATE peer_accounts SET balance = balance - given, version = version + 1 WHERE id = from_id RETURNING * INTO source;
  UPDATE peer_accounts SET balance = balance + given, version = version + 1 WHERE id = to_id RETURNING * INTO target;
  INSERT INTO peer_transfers VALUES (transfer, from_id, to_id, given, now());
  INSERT INTO peer_entries VALUES
    (gen_random_uuid()::text, from_id, transfer, -given, source.balance + given, source.balance, source.version),
    (gen_random_uuid()::text, to_id, transfer, given, target.balance - given, target.balance, target.version);
  RETURN transfer;
END $$;`;

export async function createLedgers(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(minimal);
  await client.query(perTransfer);
  // Plans made over empty tables would make both several times slower.
  await post(client, 'least', 2, 1000);
  await post(client, 'peer', 2, 1000);
  await client.query('ANALYZE');
  await client.end();
}

/** Transfers per second in batches of `batch`, each batch one committed, synced statement, by one client. */
export async function ledgerRate(
  connection: pg.ClientConfig,
  which: 'least' | 'peer',
  rows: number,
  batch: number,
): Promise<number> {
  const client = new pg.Client(connection);
  await client.connect();
  const began = performance.now();
  await post(client, which, Math.ceil(rows / batch), batch);
  const seconds = (performance.now() - began) / 1000;
  const { rows: found } = await client.query(`SELECT sum(balance)::text AS sum FROM ${which}_accounts`);
  await client.end();
  if (Number(found[0]?.sum) !== 0) throw new Error('the ledger beside ours does not balance');
  return rows / seconds;
}

let seed = 12_345;
function random(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed;
}

async function post(client: pg.Client, which: 'least' | 'peer', batches: number, batch: number): Promise<void> {
  for (let i = 0; i < batches; i++) {
    const debits = Array.from({ length: batch }, () => 1 + (random() % accounts));
    const credits = debits.map((debit) => 1 + ((debit + (random() % (accounts - 1))) % accounts));
    const amounts = debits.map(() => 1 + (random() % 1_000_000));
    if (which === 'least')
      await client.query({ name: 'least', text: 'SELECT least_post($1, $2, $3)', values: [debits, credits, amounts] });
    else {
      const text =
        "SELECT count(peer_post('account ' || d, 'account ' || c, a)) FROM unnest($1::int[], $2::int[], $3::bigint[]) AS t (d, c, a)";
      await client.query({ name: 'peer', text, values: [debits, credits, amounts] });
    }
  }
}
