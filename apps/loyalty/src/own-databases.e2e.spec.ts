import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describeWithBroker } from '@loyalty/broker';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { SERVICES, type ServiceName } from './apart/service-names.ts';
import { smallRetailer } from './one-answer.fixture.ts';
import { loyaltyJson, service, temporaryHome, type Spawned } from './process.fixture.ts';

const TIMEOUT_MS = 300_000;
const MOST_MS = 120_000;
const SHARDS = '4';
const AT = '2026-06-01T00:00:00Z';
const KEY = 'loyalty_known-to-all-services-of-this-test';
const SCHEMAS: Readonly<Record<ServiceName, string>> = {
  'purchase-ingest': 'purchases',
  'tier-engine': 'tiers',
  'points-ledger': 'points',
  feedback: 'feedback',
  analytics: 'analytics',
  webhooks: 'webhooks',
};
/** What was rated anew in between depends on what was there first; what a day's purchases were worth does not. */
const VIEWS = [
  'analytics.v_daily_sales',
  '(SELECT day, program, issued + corrected AS worth, reversed, expired FROM analytics.v_daily_points)',
  'analytics.v_points_outstanding',
  'analytics.v_tier_counts',
];

interface Checksum {
  readonly checksum: string;
  readonly parts: Readonly<Record<string, string>>;
}

interface Counts {
  readonly accepted: number;
}

interface Rebuilt {
  readonly ok: boolean;
  readonly models: readonly { readonly events: number }[];
}

interface Health {
  readonly status: number;
  readonly lags: Readonly<Record<string, number | undefined>>;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${MOST_MS} ms in vain for ${holds}`);
    await setTimeout(50);
  }
}

await describeWithBroker('services with databases of their own, over Kafka', (brokers) => {
  const databases = new Map<ServiceName | 'together', TestDatabase>();
  const running = new Map<ServiceName, Spawned>();
  const urls = new Map<ServiceName, string>();
  const delivered = new Set<string>();
  let place: Awaited<ReturnType<typeof temporaryHome>>;
  let receiver: Server;
  let file: string;

  const kafka = {
    EVENT_LOG: 'kafka',
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC_PREFIX: `own.${process.pid}.${Date.now()}.`,
  };
  const common = { LOYALTY_DEMO: 'false', LOG_SHARDS: SHARDS, PORT: '0', FIRST_API_KEY: KEY };
  const databaseOf = (name: ServiceName | 'together'): TestDatabase => databases.get(name) as TestDatabase;
  const of = (name: ServiceName | 'together') => {
    return { ...common, ...(name !== 'together' && kafka), DATABASE_URL: databaseOf(name).url };
  };

  beforeAll(async () => {
    place = await temporaryHome();
    for (const name of [...SERVICES, 'together'] as const) databases.set(name, await testDatabase());
    receiver = createServer((request, response) => {
      delivered.add(String(request.headers['webhook-id']));
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    file = join(place.home, 'documents.ndjson');
    await writeFile(
      file,
      smallRetailer(20_261_124)
        .map((document) => JSON.stringify(document))
        .join('\n'),
    );
    for (const name of SERVICES) await start(name);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all([...running.keys()].map(stop));
    receiver.closeAllConnections();
    receiver.close();
    for (const database of databases.values()) await database.close();
    await place.remove();
  }, TIMEOUT_MS);

  async function start(name: ServiceName): Promise<void> {
    const process = service(name, place.home, { ...of(name), WEBHOOK_PRIVATE_TARGETS: 'true' });
    running.set(name, process);
    urls.set(name, (await process.line(/^ready (\S+)$/m))[1] as string);
  }

  async function stop(name: ServiceName): Promise<void> {
    running.get(name)?.child.kill('SIGTERM');
    await running.get(name)?.ended();
  }

  async function ask<T>(name: ServiceName, path: string, body?: object): Promise<{ status: number; body: T }> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(`${urls.get(name)}${path}`, init);
    return { status: answer.status, body: (await answer.json()) as T };
  }

  async function health(name: ServiceName): Promise<Health> {
    const { status, body } = await ask<{ details: Record<string, { lag?: number }> }>(name, '/health/ready');
    const lags = Object.entries(body.details).map(([part, { lag }]) => [part, lag] as const);
    return { status, lags: Object.fromEntries(lags) };
  }

  async function caughtUp(name: ServiceName, part: string): Promise<void> {
    await until(async () => (await health(name)).lags[part] === 0);
  }

  const checksum = async (name: ServiceName | 'together'): Promise<Checksum> => {
    const { code, result } = await loyaltyJson<Checksum>(['checksum', '--at', AT], place.home, of(name));
    expect(code).toBe(0);
    return result;
  };

  it(
    'take a file in, and come to what one process comes to in one database',
    async () => {
      const hooks = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
      const made = await ask('webhooks', '/v1/webhooks', { id: 'crm', url: hooks, types: ['points.*'] });
      expect(made.status).toBe(201);
      const apart = await loyaltyJson<Counts>(['import', file], place.home, of('purchase-ingest'));
      const together = await loyaltyJson<Counts>(['import', file], place.home, of('together'));
      expect(apart.result.accepted).toBeGreaterThan(500);
      expect(apart.result).toEqual(together.result);
      await caughtUp('purchase-ingest', 'purchases relay');
      await caughtUp('tier-engine', 'tiers<purchases');
      await caughtUp('tier-engine', 'tiers relay');
      await caughtUp('points-ledger', 'points<tiers');
      const expected = await checksum('together');
      const { parts: tiers } = await checksum('tier-engine');
      const { parts: points } = await checksum('points-ledger');
      expect({ ...points, ...tiers }).toEqual(expected.parts);
    },
    TIMEOUT_MS,
  );

  const seen = async (name: ServiceName | 'together'): Promise<string[]> => {
    const client = await databaseOf(name).pool.connect();
    try {
      await client.query(`SELECT set_config('loyalty.at', $1, false)`, [AT]);
      const all: string[] = [];
      for (const view of VIEWS) {
        const text = `SELECT row_to_json(v)::text AS row FROM ${view} AS v ORDER BY 1`;
        const { rows } = await client.query<{ row: string }>(text);
        expect([view, rows.length > 0]).toEqual([view, true]);
        all.push(...rows.map(({ row }) => row));
      }
      return all;
    } finally {
      client.release(true);
    }
  };

  it(
    'tell analysts the same, also when all of it is read anew',
    async () => {
      await caughtUp('points-ledger', 'points relay');
      const read = async () => {
        for (const source of ['purchases', 'tiers', 'points']) await caughtUp('analytics', `analytics<${source}`);
        return seen('analytics');
      };
      const together = await seen('together');
      expect(await read()).toEqual(together);
      await stop('analytics');
      await databaseOf('analytics').pool.query('DROP SCHEMA analytics CASCADE');
      await start('analytics');
      expect(await read()).toEqual(together);
    },
    TIMEOUT_MS,
  );

  it(
    'send every event of the ledger to whom it was promised',
    async () => {
      const { rows } = await databaseOf('points-ledger').pool.query<{ id: string }>(
        `SELECT DISTINCT id FROM points.events WHERE type LIKE 'points.%'`,
      );
      expect(rows.length).toBeGreaterThan(500);
      await until(async () => delivered.size >= rows.length);
      expect([...delivered].sort()).toEqual(rows.map(({ id }) => id).sort());
    },
    TIMEOUT_MS,
  );

  it(
    'are all well, and none holds anything of another',
    async () => {
      for (const name of SERVICES) {
        expect([name, (await health(name)).status]).toEqual([name, 200]);
        const { rows } = await databaseOf(name).pool.query<{ name: string }>(
          `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)' ORDER BY 1`,
        );
        expect(rows.map((row) => row.name)).toEqual(['access', SCHEMAS[name]].sort());
      }
    },
    TIMEOUT_MS,
  );

  it(
    'explain an entry, and say where its rating is explained',
    async () => {
      const { rows } = await databaseOf('points-ledger').pool.query<{ shard: number; position: number }>(
        `SELECT shard, position FROM points.events WHERE type = 'points.earned.v1' ORDER BY shard, position LIMIT 1`,
      );
      const path = `/v1/entries/${rows[0]?.shard}/${rows[0]?.position}/explanation`;
      const { body } = await ask<{ rating: unknown; links: { rating: string } }>('points-ledger', path);
      expect(body.rating).toBeNull();
      const { status, body: rating } = await ask<{ matches?: boolean }>('tier-engine', body.links.rating);
      expect([status, rating]).toEqual([200, expect.objectContaining({})]);
    },
    TIMEOUT_MS,
  );

  it(
    'are proved one by one by the commands, which refuse what takes several',
    async () => {
      for (const name of ['purchase-ingest', 'tier-engine', 'points-ledger'] as const) {
        const { result } = await loyaltyJson<{ ok: boolean; checks: object[] }>(['verify'], place.home, of(name));
        expect([name, result.ok, result.checks.length > 0]).toEqual([name, true, true]);
      }
      for (const name of ['tier-engine', 'analytics'] as const) {
        const { result } = await loyaltyJson<Rebuilt>(['rebuild', 'all'], place.home, of(name));
        expect([name, result.ok]).toEqual([name, true]);
        expect(result.models.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThan(500);
      }
      const refused = async (args: readonly string[], name: ServiceName): Promise<string> => {
        const { code, result } = await loyaltyJson<{ error: string }>(args, place.home, of(name));
        expect(code).toBe(1);
        return result.error;
      };
      expect(await refused(['import', file], 'points-ledger')).toContain('holds points and not purchases');
      expect(await refused(['demo'], 'tier-engine')).toContain('holds tiers and not purchases, points');
      expect(await refused(['checksum'], 'feedback')).toContain('holds feedback and not points, tiers');
    },
    TIMEOUT_MS,
  );

  it(
    'are refused where they would read each other from PostgreSQL',
    async () => {
      const variables = { ...of('tier-engine'), EVENT_LOG: 'embedded' };
      const process = service('tier-engine', place.home, variables);
      const [code] = await process.ended();
      expect([code, process.out.stderr]).toEqual([
        1,
        expect.stringContaining('tiers has read the log of purchases, and it is not in this database'),
      ]);
    },
    TIMEOUT_MS,
  );
});
