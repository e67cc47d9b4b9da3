import { kafkaSettings, type Environment } from '@loyalty/service';
import type { InboundOptions } from './inbound.ts';

/** What the module is given out of the environment; undefined where no topic is named. */
export function inboundOptions(environment: Environment): InboundOptions | undefined {
  const { KAFKA_CLIENT, KAFKA_INBOUND_TOPIC: topic, KAFKA_DEAD_LETTER_TOPIC, KAFKA_REPLICATION } = environment;
  if (topic === undefined) return undefined;
  return {
    client: KAFKA_CLIENT,
    settings: () => kafkaSettings(environment, 'purchases-inbound'),
    topic,
    deadLetterTopic: KAFKA_DEAD_LETTER_TOPIC,
    replication: KAFKA_REPLICATION,
  };
}
