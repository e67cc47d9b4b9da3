import { freePorts } from './free-ports.ts';
import type { FoundBroker } from './find-broker.ts';

/** Of the Apache project itself. */
const IMAGE = 'apache/kafka:4.3.1';
const INSIDE = 9094;

/** A broker in a container. @returns the reason where there is no container engine or no such image */
export async function containerBroker(): Promise<FoundBroker | string> {
  const [port] = (await freePorts(1)) as [number];
  try {
    // Only for development: an installation without it is one without containers.
    const { GenericContainer, Wait } = await import('testcontainers');
    const container = await new GenericContainer(IMAGE)
      .withExposedPorts({ container: INSIDE, host: port })
      .withEnvironment(environment(port))
      .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
      .start();
    return {
      brokers: [`127.0.0.1:${port}`],
      kind: 'container',
      close: async () => void (await container.stop()),
    };
  } catch (error) {
    return `no container (${(error as Error).message.split('\n')[0]})`;
  }
}

function environment(port: number): Record<string, string> {
  return {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENERS: `CONTROLLER://:9093,INSIDE://:9092,HOST://:${INSIDE}`,
    KAFKA_ADVERTISED_LISTENERS: `INSIDE://localhost:9092,HOST://127.0.0.1:${port}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,HOST:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  };
}
