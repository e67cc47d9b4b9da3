import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { aliveBrokers } from './alive-brokers.ts';
import { freePorts } from './free-ports.ts';

const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const READY_MS = 60_000;
const LOOK_MS = 50;
const STOP_MS = 20_000;

/**
 * Runs a command and tells its process id. If whoever started this is gone first, however it ended (standard input closes while the
 * command runs), the command is killed and its folder removed: nothing is left behind.
 */
const GUARD = `exec 3<&0
"$@" </dev/null 2>&1 &
pid=$!
(cat <&3; kill -9 $pid && rm -rf "$OWN_DIR") >/dev/null 2>&1 &
echo "pid $pid"
wait $pid`;

export interface LocalBrokerOptions {
  /** Of Kafka's jars. */
  readonly jars: string;
  /** For its data. @default a new one in the temporary folder, removed by `close` */
  readonly dir?: string;
  /** What clients are told to connect to, instead of the broker's own port: a proxy in between. */
  readonly advertisedPort?: number;
  /** Of the heap. @default 256 */
  readonly heapMb?: number;
  /** Further listeners by name, each with a port of its own: where clients prove who they are. */
  readonly listeners?: Readonly<Record<string, 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'>>;
  /** Further lines of its configuration. */
  readonly properties?: readonly string[];
  /** Who may log in by SCRAM: `SCRAM-SHA-256=[name=…,password=…]`. */
  readonly scram?: readonly string[];
}

/** A real Apache Kafka of one node (KRaft), on ports of its own of 127.0.0.1. */
export class LocalBroker {
  /** `127.0.0.1:port`, as clients are told. */
  readonly brokers: readonly string[];
  readonly port: number;
  /** Of the further listeners, by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** With its data. */
  readonly dir: string;
  readonly #options: LocalBrokerOptions;
  #running: { readonly guard: ChildProcess; readonly pid: number; readonly ended: Promise<unknown> } | undefined;

  private constructor(options: LocalBrokerOptions, dir: string, port: number, ports: Readonly<Record<string, number>>) {
    this.#options = options;
    this.dir = dir;
    this.port = port;
    this.ports = ports;
    this.brokers = [`127.0.0.1:${options.advertisedPort ?? port}`];
  }

  /** Starts one and waits until topics can be made (about 2 s). @throws {Error} with what it printed when it does not start */
  static async start(options: LocalBrokerOptions): Promise<LocalBroker> {
    const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'loyalty-kafka-')));
    await mkdir(dir, { recursive: true });
    const names = Object.keys(options.listeners ?? {});
    const [port, controller, ...further] = (await freePorts(2 + names.length)) as [number, number, ...number[]];
    const ports = Object.fromEntries(names.map((name, i) => [name, further[i] as number]));
    const broker = new LocalBroker(options, dir, port, ports);
    await writeFile(join(dir, 'server.properties'), properties(broker, controller, options));
    await writeFile(join(dir, 'log4j2.yaml'), LOGGING);
    // May begin with a dash, hence not as an argument of its own.
    const id = randomBytes(16).toString('base64url');
    const format = [
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      `--cluster-id=${id}`,
      '-c',
      'server.properties',
      ...(options.scram ?? []).flatMap((user) => ['--add-scram', user]),
    ];
    await promisify(execFile)('java', [...JVM, '-Xmx128m', ...broker.classPath, ...format], { cwd: dir });
    await broker.resume();
    return broker;
  }

  /** Of the JVM; undefined while it is down. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** Starts it again on the same data and ports, after `stop` or `kill`. */
  async resume(): Promise<void> {
    const { heapMb = 256 } = this.#options;
    const java = ['java', `-Xms${heapMb}m`, `-Xmx${heapMb}m`, ...JVM, '-Dlog4j2.configurationFile=log4j2.yaml'];
    const command = [...java, ...this.classPath, 'kafka.Kafka', 'server.properties'];
    const guard = spawn('sh', ['-c', GUARD, 'sh', ...command], {
      cwd: this.dir,
      env: { ...process.env, OWN_DIR: this.#options.dir === undefined ? this.dir : '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = once(guard, 'exit');
    let said = '';
    const pid = await new Promise<number>((resolve, reject) => {
      guard.stdout?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-20_000);
        const found = /pid (\d+)/.exec(said);
        if (found) resolve(Number(found[1]));
      });
      guard.once('error', reject);
      void ended.then(() => reject(new Error(`Kafka did not start: ${said}`)));
    });
    this.#running = { guard, pid, ended };
    let down = false;
    void ended.then(() => (down = true));
    const deadline = performance.now() + READY_MS;
    while ((await aliveBrokers(this.port)) === 0) {
      if (down || performance.now() > deadline) throw new Error(`Kafka did not start: ${said}`);
      await setTimeout(LOOK_MS);
    }
    // It must not keep a process alive that has nothing else to do; the guard ends it with that process.
    for (const each of [guard, guard.stdin as Socket, guard.stdout as Socket]) each.unref();
  }

  /** As an operator stops it. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** As a power cut stops it, the page cache apart. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stops it and removes its data, if the folder was its own. */
  async close(): Promise<void> {
    await this.end('SIGKILL');
    if (this.#options.dir === undefined) await rm(this.dir, { recursive: true, force: true });
  }

  private get classPath(): string[] {
    return ['-cp', join(this.#options.jars, '*')];
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    try {
      process.kill(running.pid, signal);
    } catch {
      // Ended by itself.
    }
    running.guard.ref();
    const late = setTimeout(STOP_MS, undefined, { ref: false }).then(() => process.kill(running.pid, 'SIGKILL'));
    late.catch(() => undefined);
    await running.ended;
    running.guard.stdin?.destroy();
  }
}

const LOGGING = `Configuration:
  Appenders:
    Console: { name: out, PatternLayout: { pattern: "%p %c{1} %m%n" } }
  Loggers:
    Root: { level: error, AppenderRef: { ref: out } }
`;

function properties({ dir, port, ports }: LocalBroker, controller: number, options: LocalBrokerOptions): string {
  const { advertisedPort = port, listeners = {}, properties: further = [] } = options;
  const open = Object.entries(ports).map(([name, each]) => `,${name}://127.0.0.1:${each}`);
  const protocols = Object.entries(listeners).map(([name, protocol]) => `,${name}:${protocol}`);
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}${open.join('')}
advertised.listeners=PLAINTEXT://127.0.0.1:${advertisedPort}${open.join('')}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT${protocols.join('')}
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(dir, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
# After kill -9 it is back in 2.5 s: with its default it waits 9 s for its own old registration to lapse.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
# Taken from the heap at once: the default of 128 MB is more than a small heap has.
log.cleaner.dedupe.buffer.size=4194304
${further.join('\n')}
`;
}
