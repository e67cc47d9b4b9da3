import { Logger } from '@nestjs/common';
import {
  backOffMs,
  realPacing,
  reasonOf,
  startConsumer,
  type Consumer,
  type Pacing,
  type ShardHealth,
} from '@loyalty/event-log';
import type { ConsumerPlace, EventLogTransport } from '@loyalty/event-log';
import type { EpochMs } from '@loyalty/kernel';
import type { LogFollower } from '@loyalty/service';
import type { Pool } from 'pg';
import { catchUp } from './catching-up.ts';
import { sources } from './core/event-types.ts';
import { PATIENCE, type Patience } from './core/verdict.ts';
import { pruneAttempts } from './delivery.ts';
import { disable } from './disable.ts';
import { Dispatcher } from './dispatcher.ts';
import { fromBroker } from './from-broker.ts';
import { countAttempt, countDisabled } from './metrics.ts';
import { CONSUMER, Queueing } from './queueing.ts';
import type { Sender } from './send.ts';
import { Sources, type Source } from './sources.ts';
import type { EndOfLog } from './webhook-store.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

export interface WebhookFollowerOptions {
  /** Deliveries of this process under way at most; 0 = others queue and deliver. @default 64 */
  readonly deliveries?: number;
  readonly patience?: Patience;
  readonly now?: () => EpochMs;
  readonly pacing?: Pacing;
  /** Between two looks for what other processes queued or changed. @default 500 */
  readonly poll_ms?: number;
  readonly logger?: Pick<Logger, 'log' | 'warn' | 'error'>;
}

const MINUTE_MS = 60_000;
const TROUBLE = { first_ms: 100, most_ms: 10_000 } as const;

/**
 * Follows every log as long as there is a webhook, and delivers. Without one nothing is read at all: making the first webhook puts
 * the checkpoints to the ends of the logs.
 */
export class WebhookFollower implements LogFollower {
  readonly sources = sources;
  private readonly now: () => EpochMs;
  private readonly pacing: Pacing;
  private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>;
  private readonly stopping = new AbortController();
  private readonly schemas = new Map<string, string>();
  private consumers: Consumer[] = [];
  private logs: Sources | null = null;
  private running: Promise<void> | null = null;
  private waking = new AbortController();
  private woken = false;
  private pruned = 0;
  private trouble: string | null = null;
  private catchingUp: Promise<void> | null = null;
  private catchUpFailures = 0;
  private catchUpAfter = 0;
  /** Why those who are behind stay so for now. */
  waiting: string | null = null;

  constructor(
    private readonly pool: Pool,
    private readonly sender: Sender,
    private readonly options: WebhookFollowerOptions = {},
  ) {
    this.now = options.now ?? Date.now;
    this.pacing = options.pacing ?? realPacing;
    this.logger = options.logger ?? new Logger('webhooks');
  }

  /** Where events are read from; known once it was started. */
  get reach(): Sources {
    if (this.logs === null) throw new TypeError('the webhooks’ logs are known after the start');
    return this.logs;
  }

  /** Shards that stopped here, and why the last turn failed. */
  get troubles(): readonly string[] {
    const stopped = this.consumers.flatMap((consumer) => consumer.health()).filter(({ state }) => state === 'stopped');
    const reasons = stopped.map(({ source, shard, reason }) => `${source} shard ${shard} stopped: ${reason}`);
    return this.trouble === null ? reasons : [...reasons, this.trouble];
  }

  /**
   * What the first webhook begins behind. Before the start a log's schema has its service's own name.
   * Rejects with UnavailableError while far logs cannot be asked.
   */
  async endsOfLogs(): Promise<EndOfLog[]> {
    const { some } = await this.webhooks();
    return Promise.all(
      this.sources.map(async (source) => {
        const far = this.logs?.far.get(source);
        if (far === undefined) return { source, schema: this.schemas.get(source) ?? source };
        return { source, ends: some ? [] : await fromBroker(() => far.ends()) };
      }),
    );
  }

  async start(transport: EventLogTransport, places: readonly ConsumerPlace[]): Promise<void> {
    const known = places.map(({ source, sourceSchema, sourceLog: log, shards }): [string, Source] => {
      if (log !== undefined) return [source, { shards, log }];
      if (sourceSchema !== undefined) this.schemas.set(source, sourceSchema);
      const table = transport.tableOf?.(source);
      if (table === undefined) throw new TypeError(`webhooks send from the log of ${source}, which is not in reach`);
      return [source, { shards, table }];
    });
    this.logs = new Sources(new Map(known));
    if (this.options.deliveries !== 0) this.running = this.run(transport, places);
  }

  /** Something was queued or changed: look at once. */
  wake(): void {
    this.woken = true;
    this.waking.abort();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.waking.abort();
    await this.running;
    this.sender.close();
  }

  private async run(transport: EventLogTransport, places: readonly ConsumerPlace[]): Promise<void> {
    const dispatcher = this.dispatcher();
    for (let failures = 0; !this.stopping.signal.aborted;) {
      this.woken = false;
      this.waking = new AbortController();
      let pause: number;
      try {
        pause = await this.turn(dispatcher, transport, places);
        failures = 0;
        this.trouble = null;
      } catch (error) {
        this.trouble = reasonOf(error);
        this.logger.error(`webhooks cannot go on: ${this.trouble}; tried again`);
        pause = backOffMs(++failures, this.pacing.random(), TROUBLE.first_ms, TROUBLE.most_ms);
      }
      if (!this.woken && !this.stopping.signal.aborted) await this.pacing.pause(pause, this.waking.signal);
    }
    await this.catchingUp;
    await dispatcher.stop();
    await this.unfollow();
  }

  /** Gives how long nothing will be due, in milliseconds. */
  private async turn(
    dispatcher: Dispatcher,
    transport: EventLogTransport,
    places: readonly ConsumerPlace[],
  ): Promise<number> {
    const poll_ms = this.options.poll_ms ?? 500;
    const { some, behind } = await this.webhooks();
    if (!some) {
      await this.unfollow();
      return poll_ms;
    }
    await this.follow(transport, places);
    await this.prune();
    if (behind) this.catchUp();
    const next = await dispatcher.turn();
    return next === null ? poll_ms : Math.min(poll_ms, Math.max(0, next - this.now()));
  }

  /** Beside the deliveries: a broker that is away holds up what is to be caught up with, and nothing else. */
  private catchUp(): void {
    if (this.pacing.now() < this.catchUpAfter) return;
    this.catchingUp ??= catchUp(this.pool, this.reach, this.now())
      .then(
        (some) => {
          this.catchUpFailures = 0;
          this.waiting = null;
          return some;
        },
        (error: unknown) => {
          this.waiting = `what webhooks have missed cannot be read: ${reasonOf(error)}`;
          const pause = backOffMs(++this.catchUpFailures, this.pacing.random(), TROUBLE.first_ms, TROUBLE.most_ms);
          this.catchUpAfter = this.pacing.now() + pause;
          if (this.catchUpFailures === 1) this.logger.warn(`${this.waiting}; tried again`);
          return false;
        },
      )
      .then((some) => {
        this.catchingUp = null;
        if (some) this.wake();
      });
  }

  /** `some`: there is a webhook. `behind`: one may have something to catch up with. */
  private async webhooks(): Promise<{ readonly some: boolean; readonly behind: boolean }> {
    const { rows } = await this.pool.query<{ some: boolean; behind: boolean }>({
      name: 'webhooks-any',
      text: `SELECT EXISTS (SELECT FROM ${S}.webhooks) AS some,
  EXISTS (SELECT FROM ${S}.cursors AS c JOIN ${S}.webhooks AS w ON w.id = c.webhook WHERE w.disabled IS NULL) AS behind`,
    });
    return rows[0] ?? { some: false, behind: false };
  }

  private async follow(transport: EventLogTransport, places: readonly ConsumerPlace[]): Promise<void> {
    if (this.consumers.length > 0) return;
    const onHealth = (health: ShardHealth): void => {
      if (health.state === 'stopped') this.logger.error({ ...health, msg: 'a consumer has stopped' });
    };
    for (const { source, shards } of places) {
      const payload = this.reach.far.has(source);
      const effects = new Queueing(this.pool, source, shards, payload, this.now, () => this.wake());
      const place = { schema: S, consumer: CONSUMER, source, shards };
      this.consumers.push(
        await startConsumer({ ...place, transport, effects, payload, pacing: this.pacing, onHealth }),
      );
    }
  }

  private async unfollow(): Promise<void> {
    const consumers = this.consumers;
    this.consumers = [];
    await Promise.all(consumers.map((consumer) => consumer.close()));
  }

  private async prune(): Promise<void> {
    if (this.now() - this.pruned < MINUTE_MS) return;
    this.pruned = this.now();
    while ((await pruneAttempts(this.pool, this.now())) > 0 && !this.stopping.signal.aborted);
  }

  private dispatcher(): Dispatcher {
    return new Dispatcher({
      pool: this.pool,
      sources: this.reach,
      sender: this.sender,
      patience: this.options.patience ?? PATIENCE,
      backOff: (attempt, first_ms, most_ms) => backOffMs(attempt, this.pacing.random(), first_ms, most_ms),
      now: this.now,
      most: this.options.deliveries ?? 64,
      onLost: async (webhook, because, reason) => {
        if (!(await disable(this.pool, webhook, because, this.now()))) return;
        countDisabled(webhook, because);
        this.logger.error(
          `the webhook ${webhook} is disabled (${because}): ${reason}. Nothing is lost: mend the receiver, then enable it`,
        );
      },
      onAttempt: countAttempt,
      onEnded: () => this.wake(),
      onTrouble: (error) => this.logger.warn(`a delivery was not noted: ${reasonOf(error)}`),
    });
  }
}
