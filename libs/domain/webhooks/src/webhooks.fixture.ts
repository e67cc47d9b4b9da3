import { migrate, type Database } from '@loyalty/database';
import { EmbeddedEventLog, type ConsumerPlace } from '@loyalty/event-log';
import { installEventStore } from '@loyalty/event-store';
import { installProjections } from '@loyalty/projections';
import { shardOf } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { sources } from './core/event-types.ts';
import { Sender, type SenderOptions } from './send.ts';
import { WebhookFollower, type WebhookFollowerOptions } from './webhook-follower.ts';
import { createWebhook } from './webhook-store.ts';
import { webhooks, WEBHOOKS_SCHEMA } from './webhooks.ts';

const SHARDS = 8;

/** Empty logs of the services that events come from, and everything of webhooks. */
export async function installForTests(pool: Pool): Promise<void> {
  for (const source of sources) await installEventStore(pool, { schema: source, service: source, shards: SHARDS });
  await installProjections(pool, WEBHOOKS_SCHEMA);
  await migrate(pool, WEBHOOKS_SCHEMA, webhooks.migrations);
}

export interface Told {
  readonly type: string;
  readonly subject: string;
  readonly data?: object;
  /** ISO 8601. @default now */
  readonly recorded?: string;
}

/** Lays events into a log, each into its subject's shard. Their chain is not what is tested here. */
export async function happen(pool: Pool, source: string, events: readonly Told[]): Promise<void> {
  const places = events.map((event) => ({ ...event, shard: shardOf(event.subject, SHARDS) }));
  for (const shard of new Set(places.map((place) => place.shard))) await lay(pool, source, shard, places);
}

/** One event that stands in every shard, as a published program does. */
export async function happenEverywhere(pool: Pool, source: string, event: Told): Promise<void> {
  for (let shard = 0; shard < SHARDS; shard++) await lay(pool, source, shard, [{ ...event, shard }]);
}

async function lay(pool: Pool, source: string, shard: number, events: readonly (Told & { shard: number })[]) {
  const own = events.filter((event) => event.shard === shard);
  const told = own.map(({ data = {}, recorded = null, ...rest }) => ({
    ...rest,
    recorded,
    data: JSON.stringify(data),
  }));
  await pool.query(
    `WITH laid AS (
  INSERT INTO ${source}.events (shard, position, id, type, subject, time, recorded, data, hash)
  SELECT $1, h.position + e.nth, uuidv7(), type, subject, coalesce(e.recorded, clock_timestamp()), coalesce(e.recorded, clock_timestamp()), data, ''
  FROM ${source}.heads AS h, ROWS FROM (json_to_recordset($2) AS (type text, subject text, recorded timestamptz, data text))
    WITH ORDINALITY AS e (type, subject, recorded, data, nth)
  WHERE h.shard = $1
) UPDATE ${source}.heads SET position = position + $3, hash = '' WHERE shard = $1`,
    [shard, JSON.stringify(told), own.length],
  );
}

/** Subscribes, and gives the secret. */
export async function subscribe(
  pool: Pool,
  id: string,
  url: string,
  types: readonly string[] = ['*'],
): Promise<string> {
  const logs = sources.map((source) => ({ source, schema: source }));
  const made = await createWebhook(pool, { id, url, types }, logs, Date.now());
  if (made.kind !== 'created') throw new Error(`the webhook is ${made.kind}`);
  return made.secret;
}

export interface Running {
  readonly follower: WebhookFollower;
  close(): Promise<void>;
}

/** What should not happen is seen; what a test means to happen it takes itself. */
export const heard = { log: () => undefined, warn: console.warn, error: console.error };

/** What a process does for webhooks. */
export async function startFollowing(
  { pool }: Pick<Database, 'pool'>,
  options: SenderOptions & WebhookFollowerOptions = {},
): Promise<Running> {
  const transport = new EmbeddedEventLog({ pool, pollMs: 20 });
  const sender = new Sender({ privateTargets: true, ...options });
  const follower = new WebhookFollower(pool, sender, { poll_ms: 20, logger: heard, ...options });
  await follower.start(transport, places());
  return {
    follower,
    close: async () => {
      await follower.close();
      await transport.close();
    },
  };
}

export function places(): ConsumerPlace[] {
  return sources.map((source) => {
    return { schema: WEBHOOKS_SCHEMA, consumer: 'webhooks', source, sourceSchema: source, shards: SHARDS };
  });
}

const PATIENCE_MS = 10_000;
const LOOK_MS = 10;

/** Resolves once what is asked gives something that is not undefined and not false; rejects after ten seconds. */
export async function eventually<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`did not come true: ${ask.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
