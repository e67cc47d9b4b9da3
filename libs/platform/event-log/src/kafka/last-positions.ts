import type { StoredEvent } from '@loyalty/kernel';
import { eventOf } from './event-record.ts';
import type { Feed, KafkaClient } from './kafka-client.ts';

/** The end of a partition: its last record's event, and the offset that the next record gets. */
export interface PartitionEnd {
  readonly last: StoredEvent | undefined;
  readonly next: number;
}

const PATIENCE_MS = 30_000;

/** Where each partition of a topic ends, by one look at the last record of each. */
export async function partitionEnds(
  client: KafkaClient,
  topic: string,
  shards: readonly number[],
): Promise<Map<number, PartitionEnd>> {
  const ranges = await client.offsetsOf(topic);
  const ends = new Map<number, PartitionEnd>();
  const open = new Set<number>();
  for (const shard of shards) {
    const { first = 0, next = 0 } = ranges[shard] ?? {};
    ends.set(shard, { last: undefined, next });
    if (next > first) open.add(shard);
  }
  if (open.size === 0) return ends;
  let feed: Feed | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the last records of ${topic} did not come`)), PATIENCE_MS);
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        end();
      };
      const listener = {
        records: (shard: number, records: readonly Parameters<typeof eventOf>[0][]) => {
          const record = records[records.length - 1];
          if (record === undefined || !open.delete(shard)) return;
          feed?.pause(shard);
          try {
            ends.set(shard, { last: eventOf(record), next: record.offset + 1 });
            if (open.size === 0) settle(resolve);
          } catch (error) {
            settle(() => reject(error as Error));
          }
        },
      };
      client.feed(topic, listener).then(
        (made) => {
          feed = made;
          for (const shard of open) made.read(shard, (ranges[shard]?.next ?? 1) - 1);
        },
        (error: unknown) => settle(() => reject(error as Error)),
      );
    });
  } finally {
    await feed?.close();
  }
  return ends;
}
