import { shardOf, type LogPosition, type NewEvent } from '@loyalty/kernel';
import type { Broadcast } from './broadcast.ts';
import type { DecideContext, Decision, Work } from './decider.ts';
import { readLog } from './install.ts';
import { KeptStates } from './kept-states.ts';
import type { LoopContext } from './loop-context.ts';
import { ModelStatements } from './model-statements.ts';
import { CommitNotifier } from './notifier.ts';
import { WriterClosedError, type ListedOutcome, type Outcome } from './outcome.ts';
import { Optimism } from './optimism.ts';
import { Partitions } from './partitions.ts';
import { StateCache } from './state-cache.ts';
import { statementsOf } from './statements.ts';
import { WriterLoop } from './writer-loop.ts';
import type { BroadcastOptions, CommitListener, SourceBatch, Writer, WriterOptions } from './writer.ts';

const MEBIBYTE = 1_048_576;

/** The loops once the log is known, and how its subjects are spread. */
interface Opened<State, Input, Answer, Global> {
  readonly shards: number;
  readonly loops: readonly WriterLoop<State, Input, Answer, Global>[];
}

/** See `Writer`. Opens the log at its first use. */
export class GroupCommitWriter<State, Input, Answer, Global> implements Writer<Input, Answer, Global> {
  readonly #options: WriterOptions<State, Input, Answer, Global>;
  readonly #listeners = new Set<CommitListener>();
  readonly #notifier: CommitNotifier | undefined;
  #opened: Opened<State, Input, Answer, Global> | undefined;
  #opening: Promise<Opened<State, Input, Answer, Global>> | undefined;
  #closed = false;

  constructor(options: WriterOptions<State, Input, Answer, Global>) {
    this.#options = options;
    this.#notifier = options.notify === false ? undefined : new CommitNotifier(options.pool, options.schema);
  }

  async execute(work: Work<Input>): Promise<Outcome<Answer>> {
    this.#assertOpen();
    const opened = this.#opened ?? (await this.#open());
    return this.#enqueue(opened, work);
  }

  async executeMany(works: readonly Work<Input>[]): Promise<ListedOutcome<Answer>[]> {
    this.#assertOpen();
    const opened = this.#opened ?? (await this.#open());
    const counts = new Map<WriterLoop<State, Input, Answer, Global>, number>();
    for (const work of works) {
      const loop = loopOf(opened, shardOf(work.subject, opened.shards));
      counts.set(loop, (counts.get(loop) ?? 0) + 1);
    }
    for (const [loop, count] of counts) loop.assertRoom(count);
    return Promise.all(
      works.map((work) =>
        this.#enqueue(opened, work).catch((error: Error): ListedOutcome<Answer> => ({ kind: 'failed', error })),
      ),
    );
  }

  async react(batch: SourceBatch<Input>): Promise<void> {
    this.#assertOpen();
    const { shards, loops } = this.#opened ?? (await this.#open());
    for (const work of batch.work) assertStorable(work);
    return new Promise((resolve, reject) => {
      const loop = loopOf({ loops }, batch.shard % shards);
      loop.addStretch({ batch, position: batch.from, done: 0, settled: false, resolve, reject });
    });
  }

  async broadcast(
    subject: string,
    events: readonly NewEvent[] | ((context: DecideContext<Global>) => Decision<Answer>),
    options: BroadcastOptions = {},
  ): Promise<Outcome<Answer>> {
    this.#assertOpen();
    const { loops } = this.#opened ?? (await this.#open());
    assertStorable({ subject, ...options });
    return new Promise((resolve, reject) => {
      const broadcast: Broadcast<Answer, Global> = { subject, events, options, resolve, reject };
      (loops[0] as (typeof loops)[number]).addBroadcast(broadcast);
    });
  }

  onCommitted(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Who asked while the log was being opened is in the queue before this goes on: they waited for it first.
    const opened = this.#opened ?? (await this.#opening?.catch(() => undefined));
    await Promise.all(opened?.loops.map((loop) => loop.drain()) ?? []);
    await this.#notifier?.close();
  }

  #enqueue(opened: Opened<State, Input, Answer, Global>, work: Work<Input>): Promise<Outcome<Answer>> {
    return new Promise((resolve, reject) => {
      assertStorable(work);
      const shard = shardOf(work.subject, opened.shards);
      const loop = loopOf(opened, shard);
      loop.assertRoom(1);
      loop.add({ work: this.#traced(work), shard, resolve, reject });
    });
  }

  /** With who asks, as long as that can be known: the loop runs in nobody's name. */
  #traced(work: Work<Input>): Work<Input> {
    const { observer } = this.#options;
    if (!observer || work.trace) return work;
    return { ...work, trace: observer.traceparent() ?? null };
  }

  #assertOpen(): void {
    if (this.#closed) throw new WriterClosedError(`the writer of ${this.#options.service} is closed`);
  }

  /** Once; a failure is told to those who waited and tried again by the next. */
  #open(): Promise<Opened<State, Input, Answer, Global>> {
    this.#opening ??= this.#openLog().then(
      (opened) => (this.#opened = opened),
      (error: Error) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  async #openLog(): Promise<Opened<State, Input, Answer, Global>> {
    const { pool, schema, service, decider, loops = 2, cacheBytes = 64 * MEBIBYTE } = this.#options;
    const log = await readLog(pool, schema);
    if (log.service !== service) throw new Error(`schema ${schema} holds the log of ${log.service}, not of ${service}`);
    const {
      queueLimit = 8192,
      batchLimit = 1024,
      sourceLimit = 512,
      retryMs = 30_000,
      aheadMs = 300_000,
    } = this.#options;
    const statements = statementsOf(schema);
    const models = new ModelStatements(schema, decider.models);
    const count = Math.min(loops, log.shards);
    return {
      shards: log.shards,
      loops: Array.from({ length: count }, () => {
        const kept = decider.keeping && new KeptStates(pool, schema, decider.keeping);
        const context: LoopContext<State, Input, Answer, Global> = {
          service,
          decider,
          statements,
          models,
          contracts: this.#options.contracts ?? {},
          validate: this.#options.validate ?? false,
          chained: this.#options.chained ?? true,
          shards: log.shards,
          aheadMs,
          clock: this.#options.clock,
          cache: new StateCache(Math.ceil(cacheBytes / count), decider, kept && kept.add.bind(kept)),
          kept,
          partitions: new Partitions(schema, log.partition),
          global: undefined,
          reading: undefined,
          optimism: new Optimism(),
          observer: this.#options.observer,
        };
        return new WriterLoop(pool, context, { queueLimit, batchLimit, sourceLimit, retryMs }, (heads) =>
          this.#committed(heads),
        );
      }),
    };
  }

  #committed(heads: readonly LogPosition[]): void {
    this.#notifier?.tell();
    for (const listener of this.#listeners) {
      try {
        listener(heads);
      } catch (error) {
        // What is committed is committed: a listener's fault must not look like the writer's.
        process.emitWarning(error as Error);
      }
    }
  }
}

function loopOf<Loop>({ loops }: { readonly loops: readonly Loop[] }, shard: number): Loop {
  return loops[shard % loops.length] as Loop;
}

/** PostgreSQL text holds neither zero bytes nor half characters; a subject that was silently changed would be somebody else's. */
function assertStorable({ subject, key }: Pick<Work<unknown>, 'subject' | 'key'>): void {
  for (const text of key ? [subject, key.key, key.namespace] : [subject]) {
    if (text.includes('\0') || !text.isWellFormed())
      throw new TypeError(`not storable as text: ${JSON.stringify(text)}`);
  }
}
