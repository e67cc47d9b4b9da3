import { readFile } from 'node:fs/promises';
import type { KafkaSettings } from '@loyalty/event-log';
import type { Environment } from './environment.ts';

/**
 * What a Kafka client is given out of the environment.
 * @throws {Error} naming the variable whose file cannot be read
 */
export async function kafkaSettings(environment: Environment, clientId: string): Promise<KafkaSettings> {
  const { KAFKA_BROKERS = '', KAFKA_TLS, KAFKA_SASL, KAFKA_USERNAME, KAFKA_PASSWORD } = environment;
  return {
    brokers: KAFKA_BROKERS.split(',').map((each) => each.trim()),
    clientId,
    ...(KAFKA_TLS && { tls: await tlsOf(environment) }),
    ...(KAFKA_SASL !== 'none' && {
      sasl: { mechanism: KAFKA_SASL, username: KAFKA_USERNAME ?? '', password: KAFKA_PASSWORD ?? '' },
    }),
  };
}

async function tlsOf(environment: Environment): Promise<NonNullable<KafkaSettings['tls']>> {
  const { KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = environment;
  return {
    ...(ca !== undefined && { ca: await pem('KAFKA_TLS_CA', ca) }),
    ...(cert !== undefined && { cert: await pem('KAFKA_TLS_CERT', cert) }),
    ...(key !== undefined && { key: await pem('KAFKA_TLS_KEY', key) }),
  };
}

async function pem(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`${variable}=${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
