import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describeWithBroker } from '@loyalty/broker';
import { openKafkaClient, type KafkaClient } from '@loyalty/event-log';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { loyaltyJson, service, temporaryHome, type Spawned } from './process.fixture.ts';

const TIMEOUT_MS = 300_000;
const MOST_MS = 60_000;
const PARTITIONS = 4;
const DOCUMENTS = 20_000;
/** Sent before each kill. */
const PART = 5_000;
const BAD_EVERY = 300;

const document = (n: number) => ({
  source: 'till-7',
  id: `n-${n}`,
  member: `M-${n % 97}`,
  at: '2026-05-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [{ item: 'coffee', quantity: '1', unitPrice: '19.90' }],
});
const isBad = (n: number): boolean => n % BAD_EVERY === 7;
const isTwice = (n: number): boolean => n % 3 === 0;
const bad = (n: number) => ({ ...document(n), currency: 'yuan' });

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${MOST_MS} ms in vain for ${holds}`);
    await setTimeout(10);
  }
}

await describeWithBroker('purchase-ingest reading the retailer’s topic', (brokers) => {
  const topic = `inbound.e2e.${process.pid}.${Date.now()}`;
  const running = new Set<Spawned>();
  let place: Awaited<ReturnType<typeof temporaryHome>>;
  let database: TestDatabase;
  let client: KafkaClient;
  let variables: Record<string, string>;

  beforeAll(async () => {
    place = await temporaryHome();
    database = await testDatabase();
    client = await openKafkaClient('platformatic', { brokers, clientId: 'e2e' });
    await client.createTopic(topic, PARTITIONS, 1);
    variables = {
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_INBOUND_TOPIC: topic,
      KAFKA_DEAD_LETTER_TOPIC: `${topic}.dead`,
      PORT: '0',
    };
  }, TIMEOUT_MS);

  afterAll(async () => {
    for (const each of running) each.child.kill('SIGTERM');
    await Promise.all([...running].map((each) => each.ended()));
    await client.close();
    await database.close();
    await place.remove();
  }, TIMEOUT_MS);

  async function start(name: 'kafkajs' | 'platformatic'): Promise<{ process: Spawned; url: string }> {
    const process = service('purchase-ingest', place.home, { ...variables, KAFKA_CLIENT: name });
    running.add(process);
    return { process, url: (await process.line(/^ready (\S+)$/m))[1] as string };
  }

  async function kill({ process }: { process: Spawned }): Promise<void> {
    process.child.kill('SIGKILL');
    await process.ended();
    running.delete(process);
  }

  async function count(text: string): Promise<number> {
    return (await database.pool.query<{ n: number }>(text)).rows[0]?.n ?? 0;
  }

  const recorded = () => count(`SELECT coalesce(sum(position), 0)::int AS n FROM purchases.heads`);

  it(
    'loses nothing and doubles nothing, however often it is killed on the way',
    async () => {
      // Some documents in two partitions, so that they are read twice at the same time, by another process too; most in one only, so
      // that a record left out shows.
      const partition = (n: number) => n % PARTITIONS;
      const send = async (which: number, ns: readonly number[]): Promise<void> => {
        const values = ns.map((n) => JSON.stringify(isBad(n) ? bad(n) : document(n)));
        await client.send(
          topic,
          which,
          values.map((value) => ({ key: null, value, headers: {} })),
        );
      };
      let [first, second] = [await start('kafkajs'), await start('platformatic')];
      const all = Array.from({ length: DOCUMENTS }, (_, n) => n);
      for (let from = 0; from < DOCUMENTS; from += PART) {
        const part = all.slice(from, from + PART);
        for (let which = 0; which < PARTITIONS; which++) {
          await send(
            which,
            part.filter((n) => partition(n) === which || (isTwice(n) && partition(n + 1) === which)),
          );
        }
        const behind = all.slice(0, from).filter((n) => !isBad(n)).length;
        await until(async () => (await recorded()) > behind + PART / 10);
        await kill(first);
        expect(await recorded()).toBeLessThan(all.slice(0, from + PART).filter((n) => !isBad(n)).length);
        [first, second] = [second, await start(from % (2 * PART) === 0 ? 'kafkajs' : 'platformatic')];
      }
      const wanted = DOCUMENTS - all.filter(isBad).length;
      // One for each record, not for each document: they are what was sent.
      const letters = all.filter(isBad).reduce((sum, n) => sum + (isTwice(n) ? 2 : 1), 0);
      const next = async () =>
        (await client.offsetsOf(topic)).reduce((sum, { next: end }) => sum + end, 0) -
        (await count('SELECT coalesce(sum(next), 0)::int AS n FROM purchases.inbound_offsets'));
      await until(async () => (await next()) === 0);
      expect(await recorded()).toBe(wanted);
      const ids = `SELECT count(DISTINCT data::json ->> 'id')::int AS n FROM purchases.events`;
      expect(await count(ids)).toBe(wanted);
      expect(await count('SELECT count(*)::int AS n FROM purchases.dead_letters')).toBe(letters);
      // Which are published at least once, also those that a killed process had not published yet.
      await until(async () => ((await client.offsetsOf(`${topic}.dead`))[0]?.next ?? 0) >= letters);
      await until(
        async () =>
          (await count('SELECT count(*)::int AS n FROM purchases.dead_letters WHERE published IS NULL')) === 0,
      );
      const health = (await (await fetch(`${second.url}/health/ready`)).json()) as { details: Record<string, object> };
      expect(health.details['inbound purchases']).toMatchObject({ topic, deadLetters: letters, tooEarly: 0, lost: 0 });
    },
    TIMEOUT_MS,
  );

  it(
    'has its dead letters looked after by the command line',
    async () => {
      interface Letters {
        readonly deadLetters: readonly { readonly id: string; readonly code: string }[];
      }
      const cli = <T>(...args: string[]) => loyaltyJson<T>(['dead-letters', ...args], place.home, variables);
      const { result } = await cli<Letters>('list');
      const [one, two] = result.deadLetters as [Letters['deadLetters'][0], Letters['deadLetters'][0]];
      expect(one.code).toBe('unknown_currency');
      const shown = await cli<{ body: string }>('show', one.id);
      const sent = JSON.parse(shown.result.body) as ReturnType<typeof document>;
      const file = join(place.home, 'corrected.json');
      await writeFile(file, JSON.stringify({ ...sent, currency: 'CNY' }));
      expect(await cli('resubmit', one.id)).toMatchObject({ code: 1, result: { code: 'unknown_currency' } });
      for (let times = 0; times < 2; times++) {
        expect(await cli('resubmit', one.id, '--document', file, '--by', 'kim')).toMatchObject({
          code: 0,
          result: { id: sent.id, status: 'recorded' },
        });
      }
      expect((await cli('discard', two.id, '--reason', 'twin')).code).toBe(2);
      const discarded = await cli('discard', two.id, '--reason', 'twin', '--by', 'kim');
      expect(discarded).toMatchObject({ code: 0, result: { state: 'discarded', reason: 'twin', settledBy: 'kim' } });
      expect(await cli('show', '0')).toMatchObject({ code: 1, result: { found: false } });
      expect((await cli<Letters>('list', '--state', 'resubmitted')).result.deadLetters).toMatchObject([{ id: one.id }]);
      expect((await cli('list', '--state', 'x')).code).toBe(2);
    },
    TIMEOUT_MS,
  );
});
