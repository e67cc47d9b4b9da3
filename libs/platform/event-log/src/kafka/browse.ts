import type { Feed, KafkaClient, KafkaRecord } from './kafka-client.ts';

/** The records that stand at an offset and right behind it, as many as come at once; waits where none stands there yet. */
export type RecordsAt = (partition: number, offset: number) => Promise<readonly KafkaRecord[]>;

const PATIENCE_MS = 30_000;

interface Wanted {
  resolve(records: readonly KafkaRecord[]): void;
  reject(error: Error): void;
}

/**
 * Looks at records here and there in a topic, by one feed that is closed afterwards. Of one partition only one place at a time.
 * Rejects with what `work` rejects with, or when wanted records did not come for half a minute.
 */
export async function browse<T>(
  client: KafkaClient,
  topic: string,
  work: (recordsAt: RecordsAt) => Promise<T>,
): Promise<T> {
  const wanted = new Map<number, Wanted>();
  const feed: Feed = await client.feed(topic, {
    records: (partition, records) => {
      feed.pause(partition);
      const waiting = wanted.get(partition);
      wanted.delete(partition);
      waiting?.resolve(records);
    },
  });
  const recordsAt: RecordsAt = (partition, offset) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly KafkaRecord[]>();
    const late = (): void => reject(new Error(`the records of ${topic}/${partition} at offset ${offset} did not come`));
    // Nobody waits for it when the client is closed meanwhile.
    const timer = setTimeout(late, PATIENCE_MS).unref();
    wanted.set(partition, { resolve, reject });
    feed.read(partition, offset);
    return promise.finally(() => clearTimeout(timer));
  };
  try {
    return await work(recordsAt);
  } finally {
    await feed.close();
  }
}
