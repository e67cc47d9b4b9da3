import { environmentVariables } from './environment-variable.ts';
import { EnvironmentError, readEnvironment } from './read-environment.ts';

const failure = (variables: Record<string, string>): string => {
  try {
    readEnvironment(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return (error as Error).message;
  }
  throw new Error('was accepted');
};

describe('the environment', () => {
  it('has a default for everything but a database of one’s own, the analysts’ time zone and where and who one is in Kafka', () => {
    const environment = readEnvironment({});
    expect(environment).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      LOYALTY_HOME: '.loyalty',
      EVENT_LOG: 'embedded',
    });
    const without = new Set(
      [
        'DATABASE_URL',
        'REPORTING_ZONE',
        ...['BROKERS', 'INBOUND_TOPIC', 'USERNAME', 'PASSWORD'].map((each) => `KAFKA_${each}`),
      ].concat(['CA', 'CERT', 'KEY'].map((each) => `KAFKA_TLS_${each}`)),
    );
    for (const { name } of environmentVariables()) {
      if (!without.has(name)) expect(environment).toHaveProperty(name);
    }
  });

  it('reads numbers and switches, and takes an empty variable for an absent one', () => {
    expect(readEnvironment({ PORT: '0', LOYALTY_DEMO: 'false', HOST: '' })).toMatchObject({
      PORT: 0,
      LOYALTY_DEMO: false,
      HOST: '127.0.0.1',
    });
  });

  it('names variable, value and what is allowed', () => {
    expect(failure({ PORT: '70000' })).toBe('PORT=70000 is not allowed: it takes a whole number from 0 to 65535.');
    expect(failure({ LOG_LEVEL: 'loud', WRITER_LOOPS: '2.5', LOYALTY_DEMO: 'yes' }).split('\n')).toEqual([
      'WRITER_LOOPS=2.5 is not allowed: it takes a whole number from 1 to 64.',
      'LOG_LEVEL=loud is not allowed: it takes fatal, error, warn, info, debug, trace or silent.',
      'LOYALTY_DEMO=yes is not allowed: it takes true or false.',
    ]);
  });

  it('knows time zones by name, not by offset', () => {
    for (const zone of ['Asia/Shanghai', 'UTC', 'America/Argentina/Ushuaia'])
      expect(readEnvironment({ REPORTING_ZONE: zone }).REPORTING_ZONE).toBe(zone);
    for (const zone of ['Asia/Shangai', '+08:00', 'somewhere', 'Asia/Shanghai; DROP']) {
      expect(failure({ REPORTING_ZONE: zone })).toBe(
        `REPORTING_ZONE=${zone} is not allowed: it takes the name of a time zone such as Asia/Shanghai or UTC.`,
      );
    }
  });

  it('keeps a password out of its errors', () => {
    expect(failure({ DATABASE_URL: 'mysql://me:secret@host/db' })).toBe(
      'DATABASE_URL=*** is not allowed: it takes a URL postgres://user:password@host:port/database.',
    );
    expect(readEnvironment({ DATABASE_URL: 'postgres://me:secret@host:5432/db' }).DATABASE_URL).toMatch(/^postgres:/);
  });

  it('asks for what Kafka needs, when Kafka is asked for', () => {
    expect(failure({ EVENT_LOG: 'kafka' })).toBe(
      'KAFKA_BROKERS is missing: it takes host:port of one broker or several, separated by commas.',
    );
    expect(failure({ KAFKA_BROKERS: 'localhost' })).toMatch(/^KAFKA_BROKERS=localhost is not allowed/);
    const kafka = { EVENT_LOG: 'kafka', KAFKA_BROKERS: 'a:9092, b:9092' };
    expect(readEnvironment(kafka)).toMatchObject({ KAFKA_CLIENT: 'kafkajs', KAFKA_TOPIC_PREFIX: 'loyalty.' });
    expect(failure({ ...kafka, KAFKA_SASL: 'PLAIN', KAFKA_USERNAME: 'me' })).toBe(
      'KAFKA_PASSWORD is missing: it takes text.',
    );
    expect(failure({ ...kafka, KAFKA_TLS: 'true', KAFKA_TLS_CERT: 'me.pem' })).toMatch(/^KAFKA_TLS_KEY is missing/);
  });
});
