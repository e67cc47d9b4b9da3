import type { Pool, PoolClient } from 'pg';
import type { MixedLedger } from './command-mix.ts';

const YEAR_MS = 365 * 86_400_000;
/** Lots that a redemption looks at first: one that needs more looks again. */
const LOTS = 8;

const SCHEMA = `
DROP SCHEMA IF EXISTS row_lock CASCADE;
CREATE SCHEMA row_lock;
CREATE TABLE row_lock.accounts (member text COLLATE "C" PRIMARY KEY, active bigint NOT NULL, reserved bigint NOT NULL, owed bigint NOT NULL)
  WITH (fillfactor = 80);
CREATE TABLE row_lock.lots (member text COLLATE "C" NOT NULL, lot text COLLATE "C" NOT NULL, expires_at timestamptz NOT NULL,
  held bigint NOT NULL, open boolean NOT NULL GENERATED ALWAYS AS (held > 0) STORED, PRIMARY KEY (member, lot)) WITH (fillfactor = 90);
CREATE INDEX ON row_lock.lots (member, expires_at, lot) WHERE open;
CREATE TABLE row_lock.reservations (id text COLLATE "C" PRIMARY KEY, member text NOT NULL, points bigint NOT NULL, until timestamptz NOT NULL,
  captured boolean NOT NULL);
CREATE TABLE row_lock.events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text COLLATE "C" NOT NULL UNIQUE, member text NOT NULL,
  type text NOT NULL, recorded timestamptz NOT NULL, points bigint NOT NULL, lots json)`;

const FUND = `
WITH named AS (SELECT 'm-' || lpad(n::text, 6, '0') AS member FROM generate_series(0, $1::int - 1) AS n),
  account AS (INSERT INTO row_lock.accounts SELECT member, $2, 0, 0 FROM named),
  lot AS (INSERT INTO row_lock.lots SELECT member, 'opening', now() + interval '300 days', $2 FROM named)
INSERT INTO row_lock.events (key, member, type, recorded, points) SELECT 'opening ' || member, member, 'opened', now(), $2 FROM named`;

/** The member's row is locked; the key's event is looked up in the same round trip, and its uniqueness catches who came in between. */
const LOCK = `
SELECT active, (SELECT id FROM row_lock.events WHERE key = $2) AS answered FROM row_lock.accounts WHERE member = $1 FOR UPDATE`;

const EARN = `
WITH account AS (UPDATE row_lock.accounts SET active = active + $3 WHERE member = $1),
  lot AS (INSERT INTO row_lock.lots (member, lot, expires_at, held) VALUES ($1, $2, $4, $3))
INSERT INTO row_lock.events (key, member, type, recorded, points) VALUES ($2, $1, 'earned', now(), $3)`;

/** Takes from the first lots to expire; says how much it found in them. */
const TAKE = `
WITH first AS MATERIALIZED (
    SELECT lot, held, coalesce(sum(held) OVER (ORDER BY expires_at, lot ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM (SELECT lot, held, expires_at FROM row_lock.lots WHERE member = $1 AND open ORDER BY expires_at, lot LIMIT ${LOTS}) AS soonest),
  taken AS (
    UPDATE row_lock.lots AS lots SET held = lots.held - least(first.held, $2 - before)
    FROM first WHERE lots.member = $1 AND lots.lot = first.lot AND before < $2
    RETURNING lots.lot, least(first.held, $2 - before) AS points)
SELECT json_agg(taken) AS lots, sum(points) AS found FROM taken`;

const REDEEMED = `
WITH account AS (UPDATE row_lock.accounts SET active = active - $3 WHERE member = $1)
INSERT INTO row_lock.events (key, member, type, recorded, points, lots) VALUES ($2, $1, 'redeemed', now(), $3, $4)`;

const RESERVED = `
WITH account AS (UPDATE row_lock.accounts SET active = active - $3, reserved = reserved + $3 WHERE member = $1),
  reservation AS (INSERT INTO row_lock.reservations VALUES ($2, $1, $3, now() + interval '15 minutes', false))
INSERT INTO row_lock.events (key, member, type, recorded, points, lots) VALUES ($2, $1, 'reserved', now(), $3, $4)`;

const CAPTURE = `
WITH reservation AS (
    UPDATE row_lock.reservations SET captured = true WHERE id = $3 AND NOT captured AND until > now() RETURNING points),
  account AS (UPDATE row_lock.accounts SET reserved = reserved - points FROM reservation WHERE accounts.member = $1)
INSERT INTO row_lock.events (key, member, type, recorded, points) SELECT $2, $1, 'captured', now(), points FROM reservation`;

/** What the lot no longer holds is owed. */
const GIVE_BACK = `
WITH lot AS MATERIALIZED (SELECT held, least(held, $4) AS there FROM row_lock.lots WHERE member = $1 AND lot = $3),
  less AS (UPDATE row_lock.lots SET held = lots.held - there FROM lot WHERE member = $1 AND lots.lot = $3),
  account AS (UPDATE row_lock.accounts SET active = active - there, owed = owed + $4 - there FROM lot WHERE member = $1)
INSERT INTO row_lock.events (key, member, type, recorded, points) SELECT $2, $1, 'returned', now(), $4 FROM lot`;

/**
 * The ledger that one would write by hand, in plain SQL and just as durable: one transaction a command, which locks the member's row,
 * looks the key up, writes event, lots and balance, and commits. Four round trips, five where lots are taken; prepared statements.
 */
export async function rowLockLedger(pool: Pool, members: number, opening: number): Promise<MixedLedger> {
  await pool.query(SCHEMA);
  await pool.query(FUND, [members, opening]);
  await pool.query('VACUUM ANALYZE');

  const command = async (
    member: string,
    key: string,
    points: number,
    change: (client: PoolClient) => Promise<unknown>,
  ): Promise<boolean> => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ active: number; answered: number | null }>(
        prepared('lock', LOCK, [member, key]),
      );
      const [account] = rows;
      if (!account || account.answered !== null) throw new Error(`${key}: no such member, or answered before`);
      const enough = account.active >= points;
      if (enough) await change(client);
      await client.query(enough ? 'COMMIT' : 'ROLLBACK');
      return enough;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };
  const spend = (name: string, text: string, member: string, key: string, points: number): Promise<boolean> =>
    command(member, key, points, async (client) => {
      const lots = await take(client, member, points);
      await client.query(prepared(name, text, [member, key, points, JSON.stringify(lots)]));
    });
  return {
    earn: (member, purchase, points) =>
      command(member, purchase, 0, (client) =>
        client.query(prepared('earn', EARN, [member, purchase, points, new Date(Date.now() + YEAR_MS).toISOString()])),
      ),
    redeem: (member, key, points) => spend('redeemed', REDEEMED, member, key, points),
    reserve: (member, key, points) => spend('reserved', RESERVED, member, key, points),
    capture: (member, key, reservation) =>
      command(member, `capture ${key}`, 0, (client) =>
        changed(client, prepared('capture', CAPTURE, [member, `capture ${key}`, reservation])),
      ),
    giveBack: (member, key, purchase, points) =>
      command(member, key, 0, (client) =>
        changed(client, prepared('give_back', GIVE_BACK, [member, key, purchase, points])),
      ),
  };
}

type Prepared = ReturnType<typeof prepared>;

function prepared(name: string, text: string, values: unknown[]): { name: string; text: string; values: unknown[] } {
  return { name: `row_lock_${name}`, text, values };
}

async function changed(client: PoolClient, statement: Prepared): Promise<void> {
  const { rowCount } = await client.query(statement);
  if (rowCount !== 1) throw new Error(`${statement.name} changed ${rowCount} rows`);
}

async function take(client: PoolClient, member: string, points: number): Promise<unknown[]> {
  const lots: unknown[] = [];
  for (let rest = points; rest > 0;) {
    const { rows } = await client.query<{ lots: unknown[] | null; found: string | null }>(
      prepared('take', TAKE, [member, rest]),
    );
    const [taken] = rows;
    if (!taken?.lots) throw new Error(`${member}: ${rest} of ${points} points are in no lot`);
    lots.push(...taken.lots);
    rest -= Number(taken.found);
  }
  return lots;
}
