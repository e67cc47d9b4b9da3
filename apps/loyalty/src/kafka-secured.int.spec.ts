import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWithJars, LocalBroker } from '@loyalty/broker';
import { openKafkaClient, type KafkaClient } from '@loyalty/event-log';
import { kafkaSettings, readEnvironment } from '@loyalty/service';

const TIMEOUT_MS = 120_000;
const CLIENTS = ['kafkajs', 'platformatic'] as const;
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const USER = 'ledger';
const PASSWORD = 'not so secret: & + % #';
const run = promisify(execFile);

/** A certificate that signs itself, valid for this machine's own address, and its key: `name.crt`, `name.key`. */
async function certify(folder: string, name: string): Promise<void> {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
  await run('openssl', ['req', '-x509', ...key, '-out', `${name}.crt`, '-days', '2', ...subject], { cwd: folder });
}

/** `mutual` asks clients for a certificate, `login` for a password. */
async function securedBroker(jars: string, folder: string): Promise<LocalBroker> {
  for (const name of ['broker', 'client', 'stranger']) await certify(folder, name);
  const text = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');
  await writeFile(join(folder, 'broker.pem'), (await text('broker.key')) + (await text('broker.crt')));
  const store = (listener: string): string[] => [
    `listener.name.${listener}.ssl.keystore.type=PEM`,
    `listener.name.${listener}.ssl.keystore.location=${join(folder, 'broker.pem')}`,
    `listener.name.${listener}.ssl.truststore.type=PEM`,
    `listener.name.${listener}.ssl.truststore.location=${join(folder, 'client.crt')}`,
  ];
  const modules = 'org.apache.kafka.common.security';
  return LocalBroker.start({
    jars,
    listeners: { MUTUAL: 'SSL', LOGIN: 'SASL_SSL' },
    scram: MECHANISMS.slice(1).map((mechanism) => `${mechanism}=[name=${USER},password="${PASSWORD}"]`),
    properties: [
      ...store('mutual'),
      ...store('login'),
      'listener.name.mutual.ssl.client.auth=required',
      `listener.name.login.sasl.enabled.mechanisms=${MECHANISMS.join(',')}`,
      `listener.name.login.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
      ...MECHANISMS.slice(1).map(
        (mechanism) =>
          `listener.name.login.${mechanism.toLowerCase()}.sasl.jaas.config=${modules}.scram.ScramLoginModule required;`,
      ),
    ],
  });
}

await describeWithJars('a Kafka that asks who one is', (jars) => {
  let folder: string;
  let broker: LocalBroker | undefined;
  let count = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loyalty-secured-'));
    broker = await securedBroker(jars, folder);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await broker?.close();
    await rm(folder, { recursive: true });
  });

  /** As a service is told by its environment. */
  async function open(listener: string, variables: Record<string, string>): Promise<KafkaClient> {
    const environment = readEnvironment({
      EVENT_LOG: 'kafka',
      KAFKA_BROKERS: `127.0.0.1:${broker?.ports[listener]}`,
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA: join(folder, 'broker.crt'),
      ...variables,
    });
    return openKafkaClient(environment.KAFKA_CLIENT, await kafkaSettings(environment, 'secured'));
  }

  /** Everything that the port does: topics, sending, reading. */
  async function works(client: KafkaClient): Promise<void> {
    try {
      const topic = `t${++count}`;
      await client.createTopic(topic, 1, 1);
      expect(await client.describeTopic(topic)).toMatchObject({ partitions: 1 });
      await client.send(topic, 0, [{ key: 'k', value: 'v', headers: {} }]);
      const got = await new Promise<string | undefined>((resolve, reject) => {
        const listener = {
          records: (_: number, records: readonly { value: Buffer | null }[]) => resolve(records[0]?.value?.toString()),
        };
        client.feed(topic, listener).then((feed) => feed.read(0, 0), reject);
      });
      expect(got).toBe('v');
      expect(await client.offsetsOf(topic)).toEqual([{ first: 0, next: 1 }]);
    } finally {
      await client.close();
    }
  }

  async function fails(client: KafkaClient, reason: RegExp): Promise<void> {
    try {
      await expect(client.partitionsOf('t')).rejects.toThrow(reason);
    } finally {
      await client.close();
    }
  }

  describe.each(CLIENTS)('%s', (KAFKA_CLIENT) => {
    const certificate = (name: string) => ({
      KAFKA_CLIENT,
      KAFKA_TLS_CERT: join(folder, `${name}.crt`),
      KAFKA_TLS_KEY: join(folder, `${name}.key`),
    });
    const login = (KAFKA_SASL: string, KAFKA_PASSWORD = PASSWORD) => {
      return { KAFKA_CLIENT, KAFKA_SASL, KAFKA_USERNAME: USER, KAFKA_PASSWORD };
    };

    it('shows its certificate', async () => works(await open('MUTUAL', certificate('client'))), TIMEOUT_MS);
    it(
      'is refused with a stranger’s',
      async () => fails(await open('MUTUAL', certificate('stranger')), /certificate|closed|EPIPE|reset/i),
      TIMEOUT_MS,
    );
    it(
      'does not speak to a broker whose certificate nobody signed that it knows',
      async () =>
        fails(
          await open('MUTUAL', { ...certificate('client'), KAFKA_TLS_CA: join(folder, 'stranger.crt') }),
          /self-signed certificate/,
        ),
      TIMEOUT_MS,
    );
    it.each(MECHANISMS)('logs in by %s', async (mechanism) => works(await open('LOGIN', login(mechanism))), TIMEOUT_MS);
    it.each(MECHANISMS)(
      'is refused by %s with another password',
      async (mechanism) => {
        await fails(await open('LOGIN', login(mechanism, 'wrong')), /authentication failed/i);
      },
      TIMEOUT_MS,
    );
  });
});
