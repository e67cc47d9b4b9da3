import { setTimeout } from 'node:timers/promises';
import { freePorts } from '@loyalty/broker';
import { service, temporaryHome, type Spawned } from './process.fixture.ts';

const TIMEOUT_MS = 120_000;

type Details = Record<string, Record<string, unknown>>;
const MOST_MS = 30_000;
const purchase = {
  source: 'till-7',
  id: '000123',
  member: 'M-2048',
  at: '2026-05-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [{ item: 'coffee', quantity: '1', unitPrice: '19.90' }],
};

/** A service on a database of its own, and a port where nobody answers for Kafka. */
async function withoutBroker(
  name: string,
  client: string,
  work: (running: Spawned, url: string) => Promise<void>,
): Promise<void> {
  const place = await temporaryHome();
  const [port] = await freePorts(1);
  const running = service(name, place.home, {
    EVENT_LOG: 'kafka',
    KAFKA_BROKERS: `127.0.0.1:${port}`,
    KAFKA_CLIENT: client,
    PORT: '0',
  });
  try {
    const [, url = ''] = await running.line(/^ready (\S+)$/m);
    await work(running, url);
  } finally {
    running.child.kill('SIGKILL');
    await running.ended();
    await place.remove();
  }
}

describe('a service whose Kafka is away', () => {
  it.each(['kafkajs', 'platformatic'])(
    'starts, records, says what waits, and ends when it is told to: %s',
    async (client) => {
      await withoutBroker('purchase-ingest', client, async (running, url) => {
        const [, key] = await running.line(/(loyalty_\S+)/);
        const answer = await fetch(`${url}/v1/purchases`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify(purchase),
        });
        expect(answer.status).toBe(201);
        const relay = async () => {
          const health = await fetch(`${url}/health/ready`);
          const { details } = (await health.json()) as { details: Details };
          return { code: health.status, ...details['purchases relay'] };
        };
        const deadline = performance.now() + MOST_MS;
        while (!('waiting' in (await relay())) && performance.now() < deadline) await setTimeout(100);
        expect(await relay()).toMatchObject({ code: 200, lag: 1, waiting: expect.stringContaining('shard 0') });
        running.child.kill('SIGTERM');
        expect(await running.ended()).toEqual([null, 'SIGTERM']);
      });
    },
    TIMEOUT_MS,
  );

  it.each(['kafkajs', 'platformatic'])(
    'starts also where it follows others, stays ready and says that it cannot see them: %s',
    async (client) => {
      await withoutBroker('tier-engine', client, async (_, url) => {
        const health = await fetch(`${url}/health/ready`);
        const { details } = (await health.json()) as { details: Details };
        expect([health.status, details['tiers<purchases']]).toEqual([
          200,
          {
            status: 'up',
            parked: 0,
            waiting: expect.stringContaining('the end of the log of purchases cannot be seen'),
          },
        ]);
      });
    },
    TIMEOUT_MS,
  );
});
