import type { ApartLedger } from '@loyalty/bench';
import type { Runtime } from '@loyalty/service';
import { programOf, SERVICES, Supervised } from '../apart/index.ts';
import { caughtUp } from '../caught-up.ts';
import { openRuntime, record } from './benched-ledger.ts';

export interface ApartOptions {
  /** Of an empty database. */
  readonly url: string;
  /** The command line's entry. */
  readonly cli: string;
  /** Each service as a process of its own, over these brokers. @default all in one process, without */
  readonly kafka?: { readonly brokers: readonly string[]; readonly topicPrefix: string };
}

interface Program {
  readonly name: string;
  readonly program: string;
  readonly programArguments?: readonly string[];
}

const POINTS = 'points-ledger';

/** Services outside of this process, which joins them as a command does. */
export async function apartLedger({ url, cli, kafka }: ApartOptions): Promise<ApartLedger> {
  const variables: Record<string, string> = {
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
  const failure = Promise.withResolvers<never>();
  // Heard where something is waited for.
  failure.promise.catch(() => undefined);
  const start = (program: Program): Supervised =>
    new Supervised({
      ...program,
      env: { ...process.env, ...variables, PORT: '0' },
      onLine: () => undefined,
      onGivenUp: (reason) => failure.reject(new Error(`${program.name}: ${reason}`)),
    });
  const running = new Map(programs.map((program) => [program.name, start(program)]));
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((each) => each.stop()));
  };
  try {
    const ready = [...running].map(async ([name, { ready: answered }]) => [name, await answered] as const);
    const urls = new Map(await Promise.race([Promise.all(ready), failure.promise]));
    const join = (services?: readonly string[]): Promise<Runtime> =>
      openRuntime({ ...variables, SWEEP_SECONDS: '0', WEBHOOK_DELIVERIES: '0' }, { guest: true, services });
    const opened = await join();
    const key = await opened.keys.create('bench', ['*']);
    let guest: Runtime | undefined = opened;
    const joined = async (): Promise<Runtime> => (guest ??= await join());
    const leave = async (): Promise<void> => {
      await guest?.close();
      guest = undefined;
    };
    const [first = ''] = urls.values();
    return {
      urls: { ingest: urls.get('purchase-ingest') ?? first, points: urls.get(POINTS) ?? first },
      key,
      consumers: opened.consumers,
      importFile: async (file) => {
        const report = await record(await joined(), file);
        await caughtUp(await joined());
        return report;
      },
      recordFile: async (file) => {
        // Whoever joins with all services does the work of one that is stopped.
        await leave();
        guest = await join(['purchases']);
        await record(guest, file);
        await leave();
      },
      caughtUp: async () => caughtUp(await joined()),
      stopPoints: async () => running.get(POINTS)?.stop(),
      startPoints: async () => {
        const points = start({ name: POINTS, program: programOf(POINTS) });
        running.set(POINTS, points);
        await points.ready;
      },
      close: async () => {
        await leave();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
