import type { ApartLedger } from '@loyalty/bench';
import type { Runtime } from '@loyalty/service';
import { programOf, SERVICES, Supervised } from '../apart/index.ts';
import { caughtUp } from '../caught-up.ts';
import { benchVariables, openRuntime, record } from './benched-ledger.ts';

export interface ApartOptions {
  /** Of an empty database. */
  readonly url: string;
  /** The command line's entry. */
  readonly cli: string;
  /** Each service as a process of its own, over these brokers. @default all in one process, without */
  readonly kafka?: { readonly brokers: readonly string[]; readonly topicPrefix: string };
}

type Variables = Readonly<Record<string, string>>;

interface Program {
  readonly name: string;
  readonly program: string;
  readonly programArguments?: readonly string[];
}

const POINTS = 'points-ledger';
const POINTS_PROGRAM: Program = { name: POINTS, program: programOf(POINTS) };

/** Services outside of this process, which joins them as a command does. */
export async function apartLedger({ url, cli, kafka }: ApartOptions): Promise<ApartLedger> {
  const variables: Variables = {
    DATABASE_URL: url,
    LOYALTY_DEMO: 'false',
    LOG_LEVEL: 'warn',
    ...(kafka && {
      EVENT_LOG: 'kafka',
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAFKA_TOPIC_PREFIX: kafka.topicPrefix,
    }),
  };
  const programs: readonly Program[] = kafka
    ? SERVICES.map((name) => ({ name, program: programOf(name) }))
    : [{ name: 'loyalty', program: cli, programArguments: ['start'] }];
  const services = new Services(variables, programs);
  try {
    const urls = await services.ready();
    const [first = ''] = urls.values();
    const guest = await Guest.join(variables);
    return {
      urls: { ingest: urls.get('purchase-ingest') ?? first, points: urls.get(POINTS) ?? first },
      key: guest.key,
      consumers: guest.consumers,
      importFile: (file) => guest.importFile(file),
      recordFile: (file) => guest.recordFile(file),
      caughtUp: () => guest.caughtUp(),
      stopPoints: () => services.stop(POINTS),
      startPoints: () => services.start(POINTS_PROGRAM),
      close: async () => {
        await guest.leave();
        await services.stopAll();
      },
    };
  } catch (error) {
    await services.stopAll();
    throw error;
  }
}

/** Processes, by name. */
class Services {
  readonly #variables: Variables;
  readonly #running = new Map<string, Supervised>();
  readonly #failure = Promise.withResolvers<never>();

  constructor(variables: Variables, programs: readonly Program[]) {
    this.#variables = variables;
    // Heard where something is waited for.
    this.#failure.promise.catch(() => undefined);
    for (const program of programs) this.#spawn(program);
  }

  /** Where each of them answers. */
  async ready(): Promise<Map<string, string>> {
    const ready = [...this.#running].map(async ([name, each]) => [name, await each.ready] as const);
    return new Map(await Promise.race([Promise.all(ready), this.#failure.promise]));
  }

  async start(program: Program): Promise<void> {
    await Promise.race([this.#spawn(program).ready, this.#failure.promise]);
  }

  async stop(name: string): Promise<void> {
    await this.#running.get(name)?.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map((each) => each.stop()));
  }

  #spawn(program: Program): Supervised {
    const supervised = new Supervised({
      ...program,
      env: { ...benchVariables(), ...this.#variables, PORT: '0' },
      onLine: () => undefined,
      onGivenUp: (reason) => this.#failure.reject(new Error(`${program.name}: ${reason}`)),
    });
    this.#running.set(program.name, supervised);
    return supervised;
  }
}

/** This process among the services: what it does not leave to others it does itself. */
class Guest {
  readonly key: string;
  readonly consumers: Runtime['consumers'];
  readonly #variables: Variables;
  #runtime: Runtime | undefined;

  private constructor(variables: Variables, runtime: Runtime, key: string) {
    this.#variables = variables;
    this.#runtime = runtime;
    this.key = key;
    this.consumers = runtime.consumers;
  }

  static async join(variables: Variables): Promise<Guest> {
    const runtime = await open(variables);
    return new Guest(variables, runtime, await runtime.keys.create('bench', ['*']));
  }

  async importFile(file: string) {
    const report = await record(await this.#joined(), file);
    await this.caughtUp();
    return report;
  }

  async recordFile(file: string): Promise<void> {
    // Whoever joins with all services does the work of one that is stopped.
    await this.leave();
    this.#runtime = await open(this.#variables, ['purchases']);
    await record(this.#runtime, file);
    await this.leave();
  }

  async caughtUp(): Promise<void> {
    await caughtUp(await this.#joined());
  }

  async leave(): Promise<void> {
    await this.#runtime?.close();
    this.#runtime = undefined;
  }

  async #joined(): Promise<Runtime> {
    return (this.#runtime ??= await open(this.#variables));
  }
}

function open(variables: Variables, services?: readonly string[]): Promise<Runtime> {
  return openRuntime({ ...variables, SWEEP_SECONDS: '0', WEBHOOK_DELIVERIES: '0' }, { guest: true, services });
}
