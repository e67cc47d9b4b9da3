import { commitChannel, senderOf } from '@loyalty/event-store';
import type { LogPosition } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { realPacing, backOffMs, type Pacing } from '../pacing.ts';
import type { EventLogTransport, Follower, Following } from '../transport.ts';
import { lockClass } from '../lock-class.ts';
import { Ownership, type Claim } from '../ownership/ownership.ts';
import { Session } from '../ownership/session.ts';
import { ShardReads, type ReadLimits } from './shard-reads.ts';

export interface EmbeddedEventLogOptions {
  readonly pool: Pool;
  /** Schema of a source's log. @default the source's own name */
  readonly schemaOf?: (source: string) => string;
  /** Looked for new events at least this often, whatever was or was not signalled. @default 500 */
  readonly pollMs?: number;
  /** Connections of the pool that all consumers of the process together read with. @default 3 */
  readonly maxReads?: number;
  /** Events a shard gets in one batch. @default 1000 */
  readonly batchEvents?: number;
  /** Rough bytes a shard gets in one batch; twice that is held a shard. @default 1 MiB */
  readonly batchBytes?: number;
  /** Reads while no other process is there to read, and gives way to one: for commands beside a server. @default false */
  readonly guest?: boolean;
  readonly pacing?: Pacing;
}

interface Feed {
  readonly source: string;
  readonly reads: ShardReads;
}

/**
 * The event log without a broker: it reads the sources' `events` tables, and nothing else of theirs. One per process.
 * Consumers are woken by `committed` (writers of the same process, with the same pool), by the writers' NOTIFY (of other processes, at
 * most one in 10 ms), and look every half second in case a notice was lost.
 */
export class EmbeddedEventLog implements EventLogTransport {
  private readonly feeds = new Set<Feed>();
  private readonly session: Session;
  private readonly ownership: Ownership;
  private readonly options: Required<EmbeddedEventLogOptions>;
  private readonly poll: NodeJS.Timeout;
  private readonly closing = new AbortController();
  private readonly listening = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private reads = 0;
  private failures = 0;

  constructor(options: EmbeddedEventLogOptions) {
    this.options = {
      schemaOf: (source) => source,
      pollMs: 500,
      maxReads: 3,
      batchEvents: 1_000,
      batchBytes: 1_048_576,
      guest: false,
      pacing: realPacing,
      ...options,
    };
    this.session = new Session(this.options.pool, this.options.pacing, {
      opened: () => void this.opened(),
      lost: () => this.ownership.lost(),
      notified: (channel, sender) => {
        if (sender !== senderOf(this.options.pool)) this.wake(channel);
      },
    });
    this.ownership = new Ownership(this.session, this.options.guest);
    this.poll = setInterval(() => {
      void this.ownership.claim();
      for (const { reads } of this.feeds) reads.wake();
    }, this.options.pollMs);
  }

  async follow(following: Following): Promise<Follower> {
    const { consumer, source, schema, shards, payload } = following;
    // Without payload a batch costs this process next to nothing, and larger sets cost the database less an event.
    const size = payload ? 1 : 4;
    const limits: ReadLimits = { events: this.options.batchEvents * size, bytes: this.options.batchBytes * size };
    const sourceSchema = this.options.schemaOf(source);
    const reads = new ShardReads({
      pool: this.options.pool,
      source,
      schema: sourceSchema,
      payload,
      limits,
      slot: this.slot,
      onError: this.failed,
    });
    const feed = { source, reads };
    const lock = lockClass('own', schema, consumer, source);
    const claims = shards.map((shard): Claim => {
      return { lock, shard, run: (signal) => following.own({ shard, signal, reader: reads.reader(shard, signal) }) };
    });
    this.ownership.add(claims);
    this.feeds.add(feed);
    await this.listen(commitChannel(sourceSchema));
    return {
      close: async () => {
        this.feeds.delete(feed);
        await this.ownership.remove(claims);
      },
    };
  }

  tableOf(source: string): string {
    return `${this.options.schemaOf(source)}.events`;
  }

  /**
   * Wakes this process's consumers of the service at once: `writer.onCommitted((heads) => log.committed('points', heads))`.
   * With heads only the shards that have something new are looked at. The writer itself tells other processes.
   */
  committed(source: string, heads?: readonly LogPosition[]): void {
    for (const feed of this.feeds) if (feed.source === source) feed.reads.wake(heads);
  }

  /** Ends the connection kept. Consumers are to be closed first. */
  async close(): Promise<void> {
    clearInterval(this.poll);
    this.closing.abort();
    await this.session.close();
  }

  private async opened(): Promise<void> {
    for (const channel of this.listening) await this.session.query(`LISTEN ${channel}`);
    await this.ownership.claim();
  }

  private async listen(channel: string): Promise<void> {
    if (this.listening.has(channel)) return;
    this.listening.add(channel);
    await this.session.query(`LISTEN ${channel}`);
  }

  private wake(channel: string): void {
    for (const { source, reads } of this.feeds)
      if (commitChannel(this.options.schemaOf(source)) === channel) reads.wake();
  }

  /** At most `maxReads` reads at once: the pool is for the writers first. */
  private readonly slot = async <T>(read: () => Promise<T>): Promise<T> => {
    if (this.reads >= this.options.maxReads) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.reads++;
    try {
      const result = await read();
      this.failures = 0;
      return result;
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.reads--;
      else next();
    }
  };

  private readonly failed = async (): Promise<void> => {
    const { pacing } = this.options;
    await pacing.pause(backOffMs(++this.failures, pacing.random(), 50, 2_000), this.closing.signal);
  };
}
