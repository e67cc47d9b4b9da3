import { createWriteStream, existsSync, readFileSync, writeFileSync, type WriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOf, SERVICES, Supervised, type ServiceName } from '@loyalty/app/apart';
import { kafkaJars, LocalBroker, Proxy } from '@loyalty/broker';
import { createPool, startEmbedded, type Embedded } from '@loyalty/database';
import { mountDisk, type Disk } from './disk.ts';
import type { Control } from './in-service.ts';
import { Retailer, RETAILER_TOPICS } from './retailer.ts';

export const TOPIC_PREFIX = 'chaos.';
/** Whom the load speaks to. */
export const SPOKEN_TO = ['purchase-ingest', 'points-ledger', 'feedback'] as const;
export type SpokenTo = (typeof SPOKEN_TO)[number];

const IN_SERVICE = fileURLToPath(new URL('./in-service.ts', import.meta.url));
/** Nothing here is ever given up: a service that dies again and again is what the run is to show. */
const SUPERVISION = { quickDeaths: Infinity, pauseMs: 1_000, onGivenUp: () => undefined };

export interface WorldOptions {
  readonly clients: Readonly<Record<ServiceName, 'kafkajs' | 'platformatic'>>;
  /** Modules loaded into every service besides. */
  readonly preload: readonly string[];
  readonly log: (line: string) => void;
}

/** A broker, a database, and every service as a process of its own, with a proxy wherever two of them meet. */
export class World {
  readonly services = new Map<ServiceName, Supervised>();
  /** Further instances, for as long as they live. */
  readonly extras = new Set<Supervised>();
  readonly links: { readonly database: Proxy; readonly kafka: Proxy; readonly http: ReadonlyMap<SpokenTo, Proxy> };
  readonly broker: LocalBroker;
  readonly retailer: Retailer;
  /** The reason where there is none. */
  readonly disk: Disk | string;
  readonly home: string;
  key = '';
  /** Services that answered, and then ended without having been killed: nothing that is done to them is to do that. */
  readonly collapses: string[] = [];
  /** Changed by faults; written for the services by `tell`. */
  readonly control: { clockMs: Record<string, number>; lost: Record<string, number> } = { clockMs: {}, lost: {} };
  readonly #database: Embedded;
  readonly #logs: WriteStream;
  readonly #options: WorldOptions;

  private constructor(
    options: WorldOptions,
    made: Pick<World, 'home' | 'disk' | 'broker' | 'retailer' | 'links'> & { readonly database: Embedded },
  ) {
    this.#options = options;
    this.home = made.home;
    this.disk = made.disk;
    this.broker = made.broker;
    this.retailer = made.retailer;
    this.links = made.links;
    this.#database = made.database;
    this.#logs = createWriteStream(this.logFile);
  }

  static async start(options: WorldOptions): Promise<World> {
    const home = await mkdtemp(join(tmpdir(), 'loyalty-chaos-'));
    // As root the database runs as another user, who must be able to pass.
    await chmod(home, 0o755);
    const folder = join(home, 'postgres');
    await mkdir(folder);
    const disk = mountDisk(folder);
    const [kafka, database, ...https] = await Promise.all(
      Array.from({ length: 2 + SPOKEN_TO.length }, () => Proxy.open()),
    );
    if (kafka === undefined || database === undefined) throw new Error('no proxies');
    const links = { kafka, database, http: new Map(SPOKEN_TO.map((name, i) => [name, https[i] as Proxy])) };
    const [broker, embedded] = await Promise.all([
      kafkaJars().then((jars) => LocalBroker.start({ jars, advertisedPort: kafka.port })),
      startEmbedded({ dir: folder }),
    ]);
    kafka.forwardTo(broker.port);
    const retailer = await Retailer.open(broker.brokers);
    const world = new World(options, { home, disk, broker, retailer, links, database: embedded });
    await world.prepareDatabase();
    world.tell();
    for (const service of SERVICES) world.services.set(service, world.supervise(service, '0'));
    await world.ready();
    return world;
  }

  /** Straight to the database, past the proxy. */
  get databaseUrl(): string {
    const url = new URL(this.#database.url);
    url.port = String(this.databasePort);
    return url.href;
  }

  get logFile(): string {
    return join(this.home, 'services.log');
  }

  /** Of the database's first process; undefined while it is down. */
  get databasePid(): number | undefined {
    const file = join(this.home, 'postgres', 'data', 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
  }

  /** After a crash it may come back elsewhere. */
  followDatabase(): void {
    this.links.database.forwardTo(this.databasePort);
  }

  /** Shows the services what `control` says. */
  tell(): void {
    writeFileSync(this.controlFile, JSON.stringify(this.control satisfies Control));
  }

  service(name: ServiceName): Supervised {
    return this.services.get(name) as Supervised;
  }

  /** One more instance of a service. */
  add(name: ServiceName): Supervised {
    const extra = this.supervise(name, '0', ', another');
    this.extras.add(extra);
    return extra;
  }

  /** Takes an instance away, as an operator does or by force. */
  async remove(extra: Supervised, force: boolean): Promise<void> {
    if (force && extra.pid !== undefined) process.kill(extra.pid, 'SIGKILL');
    await extra.stop();
    this.extras.delete(extra);
  }

  async stopServices(): Promise<void> {
    await Promise.all([...this.services.values(), ...this.extras].map((each) => each.stop()));
  }

  /** @param keepLogs for whoever wants to know why */
  async close(keepLogs: boolean): Promise<void> {
    await this.stopServices();
    await this.retailer.close();
    await this.broker.close();
    await this.#database.stop();
    await Promise.all([this.links.database, this.links.kafka, ...this.links.http.values()].map((each) => each.close()));
    if (typeof this.disk !== 'string') this.disk.close();
    await new Promise((ended) => this.#logs.end(() => ended(undefined)));
    await rm(join(this.home, 'postgres'), { recursive: true, force: true });
    if (!keepLogs) await rm(this.home, { recursive: true, force: true });
  }

  private get controlFile(): string {
    return join(this.home, 'control.json');
  }

  private get databasePort(): number {
    return Number(readFileSync(join(this.home, 'postgres', 'port'), 'utf8'));
  }

  /** Its write-ahead log must stay small: the disk is. */
  private async prepareDatabase(): Promise<void> {
    this.followDatabase();
    const pool = createPool({ url: this.#database.url, max: 1, name: 'chaos' });
    try {
      await pool.query("ALTER SYSTEM SET max_wal_size = '160MB'");
      await pool.query("ALTER SYSTEM SET min_wal_size = '64MB'");
      await pool.query('SELECT pg_reload_conf()');
    } finally {
      await pool.end();
    }
  }

  private async ready(): Promise<void> {
    await Promise.all([...this.services.values()].map(({ ready }) => ready));
    for (const name of SPOKEN_TO) {
      const url = await this.service(name).ready;
      this.links.http.get(name)?.forwardTo(Number(new URL(url).port));
    }
  }

  private supervise(name: ServiceName, port: string, suffix = ''): Supervised {
    const url = new URL(this.#database.url);
    url.port = String(this.links.database.port);
    let answered = false;
    const preload = [IN_SERVICE, ...this.#options.preload].flatMap((file) => ['--import', file]);
    return new Supervised({
      ...SUPERVISION,
      name: `${name}${suffix}`,
      program: programOf(name),
      nodeArguments: ['--disable-warning=ExperimentalWarning', ...preload],
      env: {
        PATH: process.env['PATH'],
        CHAOS_CONTROL: this.controlFile,
        CHAOS_SERVICE: name,
        DATABASE_URL: url.href,
        DATABASE_POOL: '10',
        EVENT_LOG: 'kafka',
        KAFKA_BROKERS: this.broker.brokers.join(','),
        KAFKA_CLIENT: this.#options.clients[name],
        KAFKA_DEAD_LETTER_TOPIC: RETAILER_TOPICS.deadLetters,
        KAFKA_INBOUND_TOPIC: RETAILER_TOPICS.inbound,
        KAFKA_TOPIC_PREFIX: TOPIC_PREFIX,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'warn',
        // Set already, so the process need not replace itself to have it: it would load all this twice.
        MALLOC_ARENA_MAX: '1',
        PORT: port,
      },
      onLine: (line) => {
        const [, how] = /^DIED \(([^)]+)\)/.exec(line) ?? [];
        if (how !== undefined && how !== 'SIGKILL' && answered)
          this.collapses.push(`${name}${suffix} ended by itself: ${how}`);
        if (how !== undefined) answered = false;
        answered ||= line.startsWith('answers at ');
        const [, key] = /^API key \(shown once\): (\S+)$/.exec(line) ?? [];
        if (key === undefined) this.#logs.write(`${new Date().toISOString()} ${name}${suffix} | ${line}\n`);
        else this.key = key;
      },
    });
  }
}
