import type { StoredEvent } from '@loyalty/kernel';
import { browse } from './browse.ts';
import { eventOf } from './event-record.ts';
import type { KafkaClient } from './kafka-client.ts';

/** The end of a partition: its last record's event, and the offset that the next record gets. */
export interface PartitionEnd {
  readonly last: StoredEvent | undefined;
  readonly next: number;
}

/** Where each partition of a topic ends, by one look at the last record of each. */
export async function partitionEnds(
  client: KafkaClient,
  topic: string,
  shards: readonly number[],
): Promise<Map<number, PartitionEnd>> {
  const ranges = await client.offsetsOf(topic);
  const ends = new Map<number, PartitionEnd>();
  const filled: number[] = [];
  for (const shard of shards) {
    const { first = 0, next = 0 } = ranges[shard] ?? {};
    ends.set(shard, { last: undefined, next });
    if (next > first) filled.push(shard);
  }
  if (filled.length === 0) return ends;
  await browse(client, topic, (recordsAt) =>
    Promise.all(
      filled.map(async (shard) => {
        const record = (await recordsAt(shard, (ranges[shard]?.next ?? 1) - 1)).at(-1);
        if (record !== undefined) ends.set(shard, { last: eventOf(record), next: record.offset + 1 });
      }),
    ),
  );
  return ends;
}
