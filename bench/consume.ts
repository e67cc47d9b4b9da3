import { transaction } from '@loyalty/database';
import { KafkaEventLog, moveCheckpoint, readCheckpoint, startConsumer, type Effects } from '@loyalty/event-log';
import { points, POINTS_SCHEMA } from '@loyalty/points';
import type { Pool } from 'pg';
import { bareConsume } from './bare-kafka.ts';
import { sum, withClient } from './kafka-topics.ts';
import { relayed, type RelayBenchOptions } from './relay.ts';
import { benchRow, median, type BenchRow } from './row.ts';

const ROUNDS = 3;

/**
 * Events a second through a consumer that checks their order and moves its checkpoint, in turns with the bare client that reads the
 * same records and parses them. Both from the first batch on.
 */
export async function consumeBench(options: RelayBenchOptions): Promise<BenchRow> {
  const { pool, brokers, client, heads, prefix, onProgress } = options;
  const topicPrefix = `${prefix}consume.`;
  await relayed(options, topicPrefix);
  const events = sum(heads);
  const own: number[] = [];
  const bare: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const consumer = `bench-${client}-${round}`;
    own.push(
      await withClient(client, brokers, async (opened) => {
        const transport = new KafkaEventLog({ client: opened, pool, topicPrefix });
        try {
          return await consumed(pool, transport, consumer, heads);
        } finally {
          await transport.close();
        }
      }),
    );
    bare.push(await bareConsume(client, brokers, `${topicPrefix}${points.service}.events`, events));
    onProgress?.(`consume by ${client}: ${Math.round(own.at(-1) ?? 0)} and ${Math.round(bare.at(-1) ?? 0)} events/s`);
  }
  return benchRow({
    name: client === 'kafkajs' ? 'consume' : 'consumePlatformatic',
    what: `${events} events through a consumer that only checkpoints, by ${client} ÷ the bare client and JSON.parse`,
    value: median(own),
    baseline: median(bare),
    unit: 'events/s',
    goal: 0.5,
  });
}

async function consumed(pool: Pool, transport: KafkaEventLog, consumer: string, heads: readonly number[]) {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const place = { schema: POINTS_SCHEMA, consumer, source: points.service };
  let started: number | undefined;
  let left = sum(heads);
  const effects: Effects = {
    checkpoint: (shard) => readCheckpoint(pool, { ...place, shard }),
    async apply({ shard, from, events }) {
      started ??= performance.now();
      const { position, hash } = events.at(-1) ?? from;
      await transaction(pool, (tx) => moveCheckpoint(tx, { ...place, shard }, from.position, { position, hash }));
      left -= events.length;
      if (left === 0) resolve();
      return { position, hash };
    },
  };
  const running = await startConsumer({ ...place, shards: heads.length, transport, effects });
  try {
    await done;
    return sum(heads) / ((performance.now() - (started ?? 0)) / 1000);
  } finally {
    await running.close();
  }
}
