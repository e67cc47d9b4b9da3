import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describeWithBroker } from '@loyalty/broker';
import { events } from '../contract/contract-world.ts';
import { until } from '../contract/stage.ts';
import { recordOf } from './event-record.ts';
import { openKafkaClient, type KafkaClient } from './kafka-client.ts';

const PROGRAM = '../../../../../docs/examples/consumer.mjs';
const PAGE = '../../../../../docs/concepts/events.md';
const MOST_MS = 60_000;
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

it('the page shows the program that is tried here', async () => {
  const [program, page] = await Promise.all([readFile(at(PROGRAM), 'utf8'), readFile(at(PAGE), 'utf8')]);
  expect(/^```js\n([\s\S]*?)^```/m.exec(page)?.[1]).toBe(program);
});

await describeWithBroker('the consumer that the page shows', (brokers) => {
  const topic = `example.${process.pid}.${Date.now()}`;
  let client: KafkaClient;
  const running = new Set<ChildProcess>();
  let folder: string;
  let file: string;
  beforeAll(async () => {
    client = await openKafkaClient('platformatic', { brokers, clientId: 'example' });
    folder = await mkdtemp(join(tmpdir(), 'loyalty-example-'));
    file = join(folder, 'consumer.db');
    await client.createTopic(topic, 2, 1);
  });
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await client.close();
    await rm(folder, { recursive: true });
  });

  async function publish(shard: number, first: number, count: number): Promise<void> {
    await client.send(topic, shard, events('points', shard, first, count).map(recordOf));
  }

  function start(): ChildProcess {
    const env = { PATH: process.env['PATH'], KAFKA_BROKERS: brokers.join(','), TOPIC: topic, FILE: file };
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', at(PROGRAM)], { env });
    running.add(child.once('exit', () => running.delete(child)));
    return child;
  }

  function look<Row>(sql: string): Row[] {
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file, { readOnly: true });
      return db.prepare(sql).all() as Row[];
    } catch {
      // Not made yet, or being written.
      return [];
    } finally {
      db?.close();
    }
  }

  const readTo = (): number[] =>
    look<{ position: number }>(
      'SELECT max(position) AS position FROM happened GROUP BY partition ORDER BY partition',
    ).map(({ position }) => position);

  it('has everything once, although some is there twice and it is killed on the way', async () => {
    await publish(0, 1, 300);
    await publish(0, 251, 100);
    await publish(1, 1, 20);
    const first = start();
    await until(() => (readTo()[0] ?? 0) > 10, MOST_MS);
    first.kill('SIGKILL');
    await once(first, 'exit');
    await publish(1, 11, 30);
    const second = start();
    await until(() => readTo().join() === '350,40', MOST_MS);
    second.kill('SIGKILL');
    await once(second, 'exit');
    const happened = look<{ position: number; member: string }>(
      'SELECT position, member FROM happened ORDER BY partition, position',
    );
    const wanted = [0, 1].flatMap((shard) => events('points', shard, 1, shard === 0 ? 350 : 40));
    expect(happened).toEqual(
      wanted.map(({ position, subject }) => expect.objectContaining({ position, member: subject })),
    );
  }, 120_000);
});
