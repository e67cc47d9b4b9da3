import { containerBroker } from './container-broker.ts';
import { kafkaJars } from './kafka-jars.ts';
import { LocalBroker } from './local-broker.ts';

export interface FoundBroker {
  readonly brokers: readonly string[];
  /** `given`: by KAFKA_BROKERS. `container`: by Docker. `local`: Kafka's own jars on this machine's Java. */
  readonly kind: 'given' | 'container' | 'local';
  /** Gives back what was started for it. */
  close(): Promise<void>;
}

export interface BrokerOptions {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A broker to test or try with, in this order: the one of KAFKA_BROKERS; a container, where Docker answers; Apache Kafka from its
 * jars, where Java 17 and Maven are.
 * @returns the reasons why there is none, in words, where none of them can be had
 */
export async function findBroker({ env = process.env }: BrokerOptions = {}): Promise<FoundBroker | string> {
  const given = env['KAFKA_BROKERS'];
  if (given) {
    return { brokers: given.split(',').map((each) => each.trim()), kind: 'given', close: async () => undefined };
  }
  const container = await containerBroker();
  if (typeof container !== 'string') return container;
  const jars = await kafkaJars().catch((error: unknown) => error as Error);
  if (jars instanceof Error) return `KAFKA_BROKERS is not set; ${container}; ${jars.message}`;
  const broker = await LocalBroker.start({ jars });
  return { brokers: broker.brokers, kind: 'local', close: () => broker.close() };
}
