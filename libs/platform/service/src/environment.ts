import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsTimeZone, IsUrl, Matches, Max, Min, ValidateIf } from 'class-validator';
import { Variable } from './environment-variable.ts';

const number = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
);
const flag = Transform(({ value }: { value: unknown }) =>
  value === 'true' ? true : value === 'false' ? false : value,
);

/** Every variable a process of this system reads, checked once at start. `OTEL_*` are OpenTelemetry's own and not listed. */
export class Environment {
  @Variable('TCP port of the HTTP server; 0 takes any free one', 'a whole number from 0 to 65535')
  @number
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly PORT: number = 3000;

  @Variable('Address to listen on. Beyond 127.0.0.1, put TLS in front', 'a host name or an IP address')
  @Matches(/^[A-Za-z0-9.:_-]{1,255}$/)
  readonly HOST: string = '127.0.0.1';

  @Variable('Folder for the embedded database and everything else kept between starts', 'a path')
  @Matches(/\S/)
  readonly LOYALTY_HOME: string = '.loyalty';

  @Variable(
    'A PostgreSQL server to use instead of the embedded one',
    'a URL postgres://user:password@host:port/database',
    { secret: true },
  )
  @IsOptional()
  @IsUrl({ protocols: ['postgres', 'postgresql'], require_protocol: true, require_tld: false, require_host: false })
  readonly DATABASE_URL?: string;

  @Variable(
    'Secret of the first API key where a database holds none yet, so that services with databases of their own know the same. Not set: one is made and shown',
    'loyalty_ and 32 to 200 letters, digits, - and _',
    { secret: true },
  )
  @IsOptional()
  @Matches(/^loyalty_[A-Za-z0-9_-]{32,200}$/)
  readonly FIRST_API_KEY?: string;

  @Variable('Connections of the process to PostgreSQL at most', 'a whole number from 5 to 200')
  @number
  @IsInt()
  @Min(5)
  @Max(200)
  readonly DATABASE_POOL: number = 20;

  @Variable('How services read each other: from PostgreSQL, or over Kafka', 'embedded or kafka')
  @IsIn(['embedded', 'kafka'])
  readonly EVENT_LOG: 'embedded' | 'kafka' = 'embedded';

  @Variable(
    'Where Kafka is, with EVENT_LOG=kafka or KAFKA_INBOUND_TOPIC',
    'host:port of one broker or several, separated by commas',
  )
  @ValidateIf(
    ({ EVENT_LOG, KAFKA_BROKERS, KAFKA_INBOUND_TOPIC }: Environment) =>
      EVENT_LOG === 'kafka' || (KAFKA_BROKERS ?? KAFKA_INBOUND_TOPIC) !== undefined,
  )
  @Matches(/^[^\s,:]+:\d{1,5}(\s*,\s*[^\s,:]+:\d{1,5})*$/)
  readonly KAFKA_BROKERS?: string;

  @Variable('Which client speaks to Kafka', 'platformatic or kafkajs')
  @IsIn(['platformatic', 'kafkajs'])
  readonly KAFKA_CLIENT: 'platformatic' | 'kafkajs' = 'kafkajs';

  @Variable('What the names of the topics begin with: one installation’s own', 'letters, digits, dots, _ and -')
  @Matches(/^[A-Za-z0-9._-]{0,150}$/)
  readonly KAFKA_TOPIC_PREFIX: string = 'loyalty.';

  @Variable(
    'Topic from which purchases and returns are taken in, as `purchases.inbound`; it is yours to make. Not set: none',
    'letters, digits, dots, _ and -',
  )
  @IsOptional()
  @Matches(/^[A-Za-z0-9._-]{1,249}$/)
  readonly KAFKA_INBOUND_TOPIC?: string;

  @Variable(
    'Topic that gets what could not be recorded of them, with the reason; made where it is not there',
    'letters, digits, dots, _ and -',
  )
  @Matches(/^[A-Za-z0-9._-]{1,249}$/)
  readonly KAFKA_DEAD_LETTER_TOPIC: string = 'purchases.dead-letters';

  @Variable('Copies that Kafka keeps of each record. Used when a topic is made', 'a whole number from 1 to 9')
  @number
  @IsInt()
  @Min(1)
  @Max(9)
  readonly KAFKA_REPLICATION: number = 1;

  @Variable('Whether Kafka is spoken to over TLS', 'true or false')
  @flag
  @IsBoolean()
  readonly KAFKA_TLS: boolean = false;

  @Variable('Certificates of those who sign the brokers’; not set: those known to Node', 'the path of a PEM file')
  @IsOptional()
  @Matches(/\S/)
  readonly KAFKA_TLS_CA?: string;

  @Variable('Certificate of this process, where brokers ask for one', 'the path of a PEM file')
  @IsOptional()
  @Matches(/\S/)
  readonly KAFKA_TLS_CERT?: string;

  @Variable('Key of that certificate', 'the path of a PEM file')
  @ValidateIf(({ KAFKA_TLS_CERT, KAFKA_TLS_KEY }: Environment) => (KAFKA_TLS_CERT ?? KAFKA_TLS_KEY) !== undefined)
  @Matches(/\S/)
  readonly KAFKA_TLS_KEY?: string;

  @Variable('How this process says who it is', 'none, PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512')
  @IsIn(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
  readonly KAFKA_SASL: 'none' | 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' = 'none';

  @Variable('User of KAFKA_SASL', 'a name')
  @ValidateIf(({ KAFKA_SASL }: Environment) => KAFKA_SASL !== 'none')
  @Matches(/\S/)
  readonly KAFKA_USERNAME?: string;

  @Variable('Password of that user', 'text', { secret: true })
  @ValidateIf(({ KAFKA_SASL }: Environment) => KAFKA_SASL !== 'none')
  @Matches(/\S/)
  readonly KAFKA_PASSWORD?: string;

  @Variable(
    'Shards of each log. Used when a log is created; later starts read what was recorded then',
    'a whole number from 1 to 256',
  )
  @number
  @IsInt()
  @Min(1)
  @Max(256)
  readonly LOG_SHARDS: number = 8;

  @Variable('Writer loops a service: as many as the database can use at once', 'a whole number from 1 to 64')
  @number
  @IsInt()
  @Min(1)
  @Max(64)
  readonly WRITER_LOOPS: number = 2;

  @Variable('Commands that may wait in a service before it answers 503', 'a whole number from 1 to 1000000')
  @number
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly QUEUE_LIMIT: number = 10_000;

  @Variable('Memory for members kept by each service’s writers, in MB', 'a whole number from 1 to 100000')
  @number
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly CACHE_MB: number = 16;

  @Variable(
    'Seconds between two looks for expired points and repaid debts to write entries for; 0 = never',
    'a whole number from 0 to 86400',
  )
  @number
  @IsInt()
  @Min(0)
  @Max(86_400)
  readonly SWEEP_SECONDS: number = 60;

  @Variable(
    'Webhook deliveries of the process under way at most; 0 = other processes queue and deliver',
    'a whole number from 0 to 1000',
  )
  @number
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly WEBHOOK_DELIVERIES: number = 64;

  @Variable(
    'Whether webhooks may be sent to private networks and, also by http, to this machine. For trying them out',
    'true or false',
  )
  @flag
  @IsBoolean()
  readonly WEBHOOK_PRIVATE_TARGETS: boolean = false;

  @Variable('Largest request body, in MB', 'a whole number from 1 to 100')
  @number
  @IsInt()
  @Min(1)
  @Max(100)
  readonly BODY_LIMIT_MB: number = 10;

  @Variable(
    'Requests that one API key may make of a process in a minute before it is answered 429; a batch is one. 0 = no limit',
    'a whole number from 0 to 10000000',
  )
  @number
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  readonly RATE_LIMIT: number = 0;

  @Variable(
    'Seconds a stopping process waits for requests under way before it cuts them off',
    'a whole number from 1 to 600',
  )
  @number
  @IsInt()
  @Min(1)
  @Max(600)
  readonly SHUTDOWN_SECONDS: number = 10;

  @Variable('What is logged', 'fatal, error, warn, info, debug, trace or silent')
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  readonly LOG_LEVEL: string = 'info';

  @Variable('JSON lines, or text for people. auto: text on a terminal, else JSON', 'auto, json or pretty')
  @IsIn(['auto', 'json', 'pretty'])
  readonly LOG_FORMAT: 'auto' | 'json' | 'pretty' = 'auto';

  @Variable('Program that rates purchases which name none, from sources that no program claims', 'the id of a program')
  @Matches(/^[a-z0-9][a-z0-9-]{0,99}$/)
  readonly DEFAULT_PROGRAM: string = 'standard';

  @Variable(
    'Time zone in which a business day of the views for analysts begins. Recorded at start; not set: as recorded, UTC at first',
    'the name of a time zone such as Asia/Shanghai or UTC',
  )
  @IsOptional()
  @IsTimeZone()
  @Matches(/^[A-Z]/i)
  readonly REPORTING_ZONE?: string;

  @Variable('Whether the first start of an empty ledger loads demonstration data', 'true or false')
  @flag
  @IsBoolean()
  readonly LOYALTY_DEMO: boolean = true;

  @Variable('Whether /docs and /docs/openapi.json are served', 'true or false')
  @flag
  @IsBoolean()
  readonly API_DOCS: boolean = true;
}
