import { setTimeout } from 'node:timers/promises';
import { EmbeddedEventLog, Relay, type KafkaClientName } from '@loyalty/event-log';
import { points, POINTS_SCHEMA } from '@loyalty/points';
import type { Pool } from 'pg';
import { bareProducer } from './bare-kafka.ts';
import { sum, withClient } from './kafka-topics.ts';
import { benchRow, median, type BenchRow } from './row.ts';

const BATCH = 1_000;
const ROUNDS = 3;
const LOOK_MS = 5;

export interface RelayBenchOptions {
  readonly pool: Pool;
  readonly brokers: readonly string[];
  readonly client: KafkaClientName;
  /** Events in each shard of the points log. */
  readonly heads: readonly number[];
  /** Before the names of topics: new ones for each call. */
  readonly prefix: string;
  readonly onProgress?: (what: string) => void;
}

/** Events a second that a relay publishes, in turns with the same rows read and sent by the bare client in batches of the same size. */
export async function relayBench(options: RelayBenchOptions): Promise<BenchRow> {
  const { client, heads, prefix, onProgress } = options;
  const own: number[] = [];
  const bare: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    own.push(await relayed(options, `${prefix}${round}.`));
    bare.push(await sent(options, `${prefix}${round}.bare`));
    onProgress?.(`relay by ${client}: ${Math.round(own.at(-1) ?? 0)} and ${Math.round(bare.at(-1) ?? 0)} events/s`);
  }
  return benchRow({
    name: client === 'kafkajs' ? 'relay' : 'relayPlatformatic',
    what: `${sum(heads)} events of 8 shards published by ${client} ÷ the same rows as JSON, sent by the bare client`,
    value: median(own),
    baseline: median(bare),
    unit: 'events/s',
    goal: 0.7,
  });
}

/** Publishes the points log into a topic of this prefix. */
export async function relayed({ pool, brokers, client: name, heads }: RelayBenchOptions, topicPrefix: string) {
  return withClient(name, brokers, async (client) => {
    const topic = `${topicPrefix}${points.service}.events`;
    // Made before the clock starts, as the other one's is.
    await client.createTopic(topic, heads.length, 1);
    const log = new EmbeddedEventLog({ pool, schemaOf: () => POINTS_SCHEMA });
    const own = { service: points.service, schema: POINTS_SCHEMA, shards: heads.length };
    const relay = new Relay({ client, log, pool, topicPrefix, ...own });
    const started = performance.now();
    try {
      await relay.start();
      while (heads.some((head, shard) => (relay.health()[shard]?.position ?? 0) < head)) await setTimeout(LOOK_MS);
      return sum(heads) / ((performance.now() - started) / 1000);
    } finally {
      await relay.close();
      await log.close();
    }
  });
}

interface Row {
  readonly position: number;
  readonly subject: string;
}

async function sent({ pool, brokers, client: name, heads }: RelayBenchOptions, topic: string): Promise<number> {
  await withClient(name, brokers, (client) => client.createTopic(topic, heads.length, 1));
  const producer = await bareProducer(name, brokers);
  const started = performance.now();
  const send = async (shard: number): Promise<void> => {
    for (let after = 0; ;) {
      const { rows } = await pool.query<Row>({
        name: 'bench_bare_rows',
        text: `SELECT position, id, type, subject, time, recorded, correlation, causation, trace, data, encode(hash, 'hex') AS hash
FROM ${POINTS_SCHEMA}.events WHERE shard = $1 AND position > $2 ORDER BY shard, position LIMIT ${BATCH}`,
        values: [shard, after],
      });
      if (rows.length === 0) return;
      await producer.send(
        topic,
        shard,
        rows.map((row) => ({ key: row.subject, value: JSON.stringify(row) })),
      );
      after = (rows.at(-1) as Row).position;
    }
  };
  try {
    await Promise.all(heads.map((_, shard) => send(shard)));
    return sum(heads) / ((performance.now() - started) / 1000);
  } finally {
    await producer.close();
  }
}
