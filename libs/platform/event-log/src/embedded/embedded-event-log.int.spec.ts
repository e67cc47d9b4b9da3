import { jest } from '@jest/globals';
import { createPool, textArray, int8Array } from '@loyalty/database';
import { testDatabase } from '@loyalty/testing';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { cutOff } from '../contract/contract-world.ts';
import { eventLogContract } from '../contract/event-log-contract.ts';
import { EmbeddedEventLog } from './embedded-event-log.ts';

// Machines that run everything at once are slow; nothing here waits for its own sake.
jest.setTimeout(30_000);

async function createSource(pool: Pool, schema: string): Promise<void> {
  await pool.query(`CREATE SCHEMA ${schema};
CREATE TABLE ${schema}.events (shard smallint, position bigint, id uuid, type text, subject text, time timestamptz, recorded timestamptz,
  correlation text, causation text, trace text, data text, hash bytea, PRIMARY KEY (shard, position))`);
}

async function insert(pool: Pool, schema: string, events: readonly StoredEvent[]): Promise<void> {
  await pool.query(
    `INSERT INTO ${schema}.events SELECT e.shard, e.position, e.id, e.type, e.subject, to_timestamp(e.time / 1000.0), to_timestamp(e.recorded / 1000000.0),
  NULL, NULL, NULL, e.data, decode(e.hash, 'hex')
FROM unnest($1::int8[], $2::int8[], $3::text[]) WITH ORDINALITY AS ask (shard, position, json, n),
  json_to_record(ask.json::json) AS e (shard smallint, position bigint, id uuid, type text, subject text, time numeric, recorded numeric, data text, hash text)
ORDER BY n ON CONFLICT DO NOTHING`,
    [
      int8Array(events.map((e) => e.shard)),
      int8Array(events.map((e) => e.position)),
      textArray(events.map((e) => JSON.stringify(e))),
    ],
  );
}

eventLogContract('the embedded transport', async () => {
  const database = await testDatabase();
  let count = 0;
  return {
    pool: database.pool,
    source: (name) => createSource(database.pool, name),
    deliver: (source, events) => insert(database.pool, source, events),
    process: async (batchEvents) => {
      const name = `process ${++count}`;
      const pool = createPool({ url: database.url, max: 4, name });
      const log = new EmbeddedEventLog({ pool, batchEvents, pollMs: 10 });
      let ended: Promise<void> | null = null;
      const close = () => (ended ??= log.close().then(() => pool.end()));
      return {
        transport: log,
        die: () => cutOff(pool, database.pool, name),
        close,
      };
    },
    close: () => database.close(),
  };
});
