import { join, resolve } from 'node:path';
import { findBroker, type FoundBroker } from '@loyalty/broker';
import { startEmbedded } from '@loyalty/database';
import { openKafkaClient } from '@loyalty/event-log';
import { createLogger, endBySignal, readEnvironment, type Environment } from '@loyalty/service';
import { withoutPassword } from '../without-password.ts';
import { programOf, SERVICES } from './service-names.ts';
import { Supervised } from './supervised.ts';

const KINDS: Readonly<Record<FoundBroker['kind'], string>> = {
  given: 'KAFKA_BROKERS',
  container: 'a container, ends with this',
  local: 'Kafka’s own jars, ends with this; its topics are filled again from the logs',
};
/** Unless `KAFKA_INBOUND_TOPIC` names another. */
const INBOUND_TOPIC = 'purchases.inbound';
const INBOUND_PARTITIONS = 3;
const WIDTH = Math.max(...SERVICES.map(({ length }) => length));

/**
 * `loyalty start --kafka`: a broker, a database and every service as a process of its own, looked after until a signal ends them all.
 * What the services write comes line by line, headed by the service's name.
 */
export async function startApart(): Promise<void> {
  const environment = readEnvironment();
  const logger = await createLogger(environment, 'start');
  // Given back in the opposite order: services, then what they stand on.
  const closing: (() => Promise<unknown>)[] = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll(closing));
  endBySignal(close, logger);
  try {
    const broker = await findBroker();
    if (typeof broker === 'string')
      throw new Error(
        `There is no Kafka to run over. Set KAFKA_BROKERS, start Docker, or install Java 17 and Maven. (${broker})`,
      );
    closing.push(() => broker.close());
    const inbound = await inboundTopic(environment, broker);
    const database = await databaseOf(environment);
    closing.push(database.stop);
    if (closed !== undefined) return await closeAll(closing);
    const services = startServices(environment, { broker, inbound, url: database.url });
    closing.push(() => Promise.all(services.all.map((each) => each.stop())));
    const urls = await Promise.race([Promise.all(services.all.map(({ ready }) => ready)), services.givenUp]);
    if (closed !== undefined) return;
    print({ urls, broker, inbound, database: database.url, key: services.key() });
    void services.givenUp.catch((error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
      return close();
    });
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeAll(closing: (() => Promise<unknown>)[]): Promise<void> {
  for (let next = closing.pop(); next; next = closing.pop()) await next();
}

async function databaseOf({ DATABASE_URL, LOYALTY_HOME }: Environment) {
  if (DATABASE_URL !== undefined) return { url: DATABASE_URL, stop: async () => undefined };
  return startEmbedded({ dir: join(resolve(LOYALTY_HOME), 'postgres') });
}

/** The retailer's topic. On a broker of our own there is no retailer, so it is made here; on another it is waited for. */
async function inboundTopic({ KAFKA_INBOUND_TOPIC: topic = INBOUND_TOPIC }: Environment, broker: FoundBroker) {
  if (broker.kind === 'given') return topic;
  const client = await openKafkaClient('platformatic', { brokers: broker.brokers, clientId: 'start' });
  try {
    await client.createTopic(topic, INBOUND_PARTITIONS, 1);
  } finally {
    await client.close();
  }
  return topic;
}

interface Standing {
  readonly broker: FoundBroker;
  readonly inbound: string;
  /** Of the database. */
  readonly url: string;
}

function startServices({ PORT, LOG_FORMAT }: Environment, { broker: { brokers }, inbound, url }: Standing) {
  const env = {
    ...process.env,
    EVENT_LOG: 'kafka',
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_INBOUND_TOPIC: inbound,
    DATABASE_URL: url,
    // What they write to is a pipe, whatever stands at its end.
    LOG_FORMAT: LOG_FORMAT === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : LOG_FORMAT,
  };
  let key: string | undefined;
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const all = SERVICES.map((name, i) => {
    return new Supervised({
      name,
      program: programOf(name),
      env: { ...env, PORT: String(PORT === 0 ? 0 : PORT + i) },
      onLine: (line) => {
        key ??= /^API key \(shown once\): (\S+)$/.exec(line)?.[1];
        if (!line.startsWith('API key')) process.stdout.write(`${name.padEnd(WIDTH)} | ${line}\n`);
      },
      onGivenUp: (reason) => reject(new Error(`${name} is given up: ${reason}. Everything is stopped.`)),
    });
  });
  return { all, givenUp, key: () => key };
}

interface Running {
  readonly urls: readonly string[];
  readonly broker: FoundBroker;
  readonly inbound: string;
  readonly database: string;
  readonly key: string | undefined;
}

function purchase(id: number): string {
  const lines = [{ item: 'tea', quantity: '1', unitPrice: '19.90' }];
  const at = new Date().toISOString();
  return JSON.stringify({ source: 'till-7', id: String(id), member: 'M-1', at, currency: 'CNY', lines });
}

function print({ urls, broker, inbound, database, key }: Running): void {
  const brokers = broker.brokers.join(',');
  const row = (name: string, text: string): string => `  ${name.padEnd(WIDTH)}  ${text}`;
  const [ingest, , points] = urls;
  const lines = [
    '',
    'Loyalty Ledger is running, each service as a process of its own, over Kafka. Stop it all with Ctrl-C.',
    '',
    ...SERVICES.map((name, i) => row(name, `${urls[i]}/docs`)),
    row('Kafka', `${broker.brokers.join(', ')}  (${KINDS[broker.kind]})`),
    row('purchases from', `the topic ${inbound}${broker.kind === 'given' ? ', as soon as it is there' : ''}`),
    row('database', withoutPassword(database)),
    key === undefined
      ? row('API key', 'the one shown at the first start, or another: npx loyalty key create <name>')
      : row('API key', `${key}  (shown this once)`),
    '',
    'Record a purchase, and see its points:',
    `  curl -H 'Authorization: Bearer ${key ?? '<key>'}' -H 'Content-Type: application/json' '${ingest}/v1/purchases' \\`,
    `    -d '${purchase(1)}'`,
    `  curl -H 'Authorization: Bearer ${key ?? '<key>'}' '${points}/v1/members/M-1/entries?cause=till-7/1&wait=2'`,
    '',
    'Send one over Kafka:',
    `  echo '${purchase(2)}' \\`,
    `    | KAFKA_BROKERS=${brokers} TOPIC=${inbound} npx node docs/examples/producer.mjs`,
  ];
  process.stdout.write(`${lines.join('\n')}\nready ${ingest}\n`);
}
