import type { KafkaClient } from './kafka-client.ts';

/** Of a service's log: partition n is shard n. */
export function topicOf(prefix: string, source: string): string {
  return `${prefix}${source}.events`;
}

/** The topic cannot hold the log as it is: somebody has to look at it. */
export class TopicError extends Error {
  override name = 'TopicError';
}

/**
 * Makes the topic where it is not there.
 * @throws {TopicError} when it has another number of partitions than the log has shards
 */
export async function ensureTopic(
  client: KafkaClient,
  topic: string,
  { shards, replication }: { readonly shards: number; readonly replication: number },
): Promise<void> {
  let partitions = await client.partitionsOf(topic);
  if (partitions === undefined) {
    await client.createTopic(topic, shards, replication);
    partitions = await client.partitionsOf(topic);
  }
  if (partitions !== undefined && partitions !== shards) {
    throw new TopicError(
      `topic ${topic} has ${partitions} partitions, but the log has ${shards} shards: delete the topic, it is made and filled again from the log`,
    );
  }
}
