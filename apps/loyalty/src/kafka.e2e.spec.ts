import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describeWithBroker } from '@loyalty/broker';
import { createPool } from '@loyalty/database';
import { openKafkaClient, type KafkaClient } from '@loyalty/event-log';
import { readHeads } from '@loyalty/event-store';
import { smallRetailer } from './one-answer.fixture.ts';
import { databaseUrl, loyaltyJson, service, temporaryHome, type Spawned } from './process.fixture.ts';

/** As in one-answer.e2e.spec.ts: ONE_ANSWER=<the real CSV> takes that file instead of a small retailer. */
const FILE = process.env['ONE_ANSWER'];
const TIMEOUT_MS = FILE ? 1_800_000 : 300_000;
const MOST_MS = 60_000;
const SEED = 20_261_123;
const INSTANTS = FILE ? ['2011-06-30T12:00:00Z', '2026-01-01T00:00:00Z'] : ['2026-06-01T00:00:00Z'];
const APPS = ['purchase-ingest', 'tier-engine', 'points-ledger', 'feedback', 'analytics'];
const purchase = {
  source: 'till-7',
  id: '000123',
  member: 'M-2048',
  at: '2026-05-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [{ item: 'coffee', category: 'coffee', quantity: '1', unitPrice: '19.90' }],
};

interface Counts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${MOST_MS} ms in vain for ${holds}`);
    await setTimeout(50);
  }
}

await describeWithBroker('services as processes of their own, over Kafka', (brokers) => {
  const places: Awaited<ReturnType<typeof temporaryHome>>[] = [];
  const prefix = `e2e.${process.pid}.${Date.now()}.`;
  const variables = {
    EVENT_LOG: 'kafka',
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC_PREFIX: prefix,
    LOYALTY_DEMO: 'false',
    PORT: '0',
  };
  const running: Spawned[] = [];
  let home: string;
  let imported: readonly string[];
  let client: KafkaClient;
  let key: string;
  const urls = new Map<string, string>();

  beforeAll(async () => {
    home = await fresh();
    client = await openKafkaClient('kafkajs', { brokers, clientId: 'e2e' });
    imported = ['import', ...(FILE ? [FILE, '--preset', 'online-retail'] : [await smallFile()])];
    for (const app of APPS) await start(app, app);
    key = (await (running[0] as Spawned).line(/(loyalty_\S+)/))[1] as string;
  }, TIMEOUT_MS);

  afterAll(async () => {
    await client.close();
    for (const each of running) each.child.kill('SIGTERM');
    await Promise.all(running.map((each) => each.ended()));
    for (const place of places) await place.remove();
  }, TIMEOUT_MS);

  async function fresh(): Promise<string> {
    const place = await temporaryHome();
    places.push(place);
    return place.home;
  }

  async function smallFile(): Promise<string> {
    const file = join(home, 'documents.ndjson');
    await writeFile(file, [purchase, ...smallRetailer(SEED)].map((document) => JSON.stringify(document)).join('\n'));
    return file;
  }

  async function oneMore(where: string): Promise<string> {
    const file = join(where, 'one.ndjson');
    await writeFile(file, JSON.stringify(purchase));
    return file;
  }

  async function checksums(where: string, more = {}): Promise<string[]> {
    const sums: string[] = [];
    for (const at of INSTANTS) {
      const { code, result } = await loyaltyJson<{ checksum: string }>(['checksum', '--at', at], where, more);
      expect(code).toBe(0);
      sums.push(result.checksum);
    }
    return sums;
  }

  async function start(app: string, as: string): Promise<Spawned> {
    const process = service(app, home, variables);
    running.push(process);
    urls.set(as, (await process.line(/^ready (\S+)$/m))[1] as string);
    return process;
  }

  async function ask(app: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    return fetch(`${urls.get(app)}${path}`, { ...init, headers });
  }

  async function health(
    app: string,
  ): Promise<{ status: number; parts: Record<string, { lag?: number; shards?: number }> }> {
    const answer = await fetch(`${urls.get(app)}/health/ready`);
    const { details } = (await answer.json()) as { details: Record<string, { lag?: number; shards?: number }> };
    return { status: answer.status, parts: details };
  }

  it(
    'turn a purchase into points',
    async () => {
      const recorded = await ask('purchase-ingest', '/v1/purchases', {
        method: 'POST',
        body: JSON.stringify(purchase),
      });
      expect(recorded.status).toBe(201);
      const receipt = await ask('points-ledger', '/v1/members/M-2048/entries?cause=till-7/000123&wait=10');
      expect([receipt.status, JSON.stringify(await receipt.json())]).toEqual([200, expect.stringContaining('19')]);
    },
    TIMEOUT_MS,
  );

  it(
    'come to the checksum of one process without Kafka, although one of two instances is killed',
    async () => {
      const second = await start('points-ledger', 'second points-ledger');
      // It shares the work: some shards are its own by now.
      await until(async () => ((await health('second points-ledger')).parts['points relay']?.shards ?? 0) >= 4);
      const importing = loyaltyJson<Counts>(imported, home, variables);
      await until(async () => ((await client.offsetsOf(`${prefix}tiers.events`))[0]?.next ?? 0) > 20);
      second.child.kill('SIGKILL');
      const apart = await importing;
      expect(apart.code).toBe(0);

      const other = await fresh();
      const together = await loyaltyJson<Counts>(imported, other);
      // The purchase sent before is in the small file, too; of the real one it is one more, which is no member's of that file.
      const { duplicate: before, accepted } = together.result;
      const known = FILE ? 0 : 1;
      expect(apart.result).toMatchObject({ accepted: accepted - known, duplicate: before + known });
      expect(together.result.rejected).toBe(apart.result.rejected);
      if (FILE) expect((await loyaltyJson(['import', await oneMore(other)], other)).code).toBe(0);
      expect(await checksums(home, variables)).toEqual(await checksums(other));
    },
    TIMEOUT_MS,
  );

  it(
    'publish all they write, and say so',
    async () => {
      const pool = createPool({ url: databaseUrl(home) as string, max: 1, name: 'e2e' });
      try {
        for (const [app, source] of [
          ['purchase-ingest', 'purchases'],
          ['tier-engine', 'tiers'],
          ['points-ledger', 'points'],
        ] as const) {
          await until(async () => (await health(app)).parts[`${source} relay`]?.lag === 0);
          expect((await health(app)).status).toBe(200);
          const heads = (await readHeads(pool, source)).map(({ position }) => position);
          const records = (await client.offsetsOf(`${prefix}${source}.events`)).map(({ next }) => next);
          expect(heads.reduce((sum, position) => sum + position)).toBeGreaterThan(0);
          // More than that only where two relays published the same.
          expect(heads.every((position, shard) => (records[shard] ?? 0) >= position)).toBe(true);
        }
      } finally {
        await pool.end();
      }
    },
    TIMEOUT_MS,
  );
});
