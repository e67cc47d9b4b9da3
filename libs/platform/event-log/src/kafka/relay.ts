import { readHeads } from '@loyalty/event-store';
import type { Pool } from 'pg';
import { ShardStoppedError } from '../faults.ts';
import { backOffMs, realPacing, type Pacing } from '../pacing.ts';
import type { EventLogTransport, Follower, OwnedShard } from '../transport.ts';
import { browse } from './browse.ts';
import { eventOf, recordOf } from './event-record.ts';
import type { KafkaClient } from './kafka-client.ts';
import { partitionEnds, type PartitionEnd } from './last-positions.ts';
import { ReadAhead } from './read-ahead.ts';
import { ensureTopic, TopicError, topicOf } from './topic.ts';

export interface RelayOptions {
  readonly client: KafkaClient;
  /** How the service's own log is read: the embedded transport. */
  readonly log: EventLogTransport;
  readonly pool: Pool;
  readonly service: string;
  readonly schema: string;
  readonly shards: number;
  /** @default 'loyalty.' */
  readonly topicPrefix?: string;
  /** @default 1 */
  readonly replication?: number;
  readonly pacing?: Pacing;
  readonly onHealth?: (health: RelayHealth) => void;
}

/** `elsewhere`: another process publishes the shard. `waiting`: trying again. `stopped`: needs people. */
export interface RelayHealth {
  readonly service: string;
  readonly shard: number;
  readonly state: 'elsewhere' | 'running' | 'waiting' | 'stopped';
  readonly reason: string | null;
  /** Last published, as this process knows it. */
  readonly position: number;
}

/** What was seen of the ends is good for this long. Older is no harm, but published again. */
const ENDS_MS = 1_000;

/**
 * Publishes a service's log: partition n gets shard n, in order, one request at a time. Keeps no checkpoint: it goes on behind the
 * last record it finds in each partition, and after any doubt it looks again. Two relays of one shard (one that was thought
 * dead) make duplicates, all identical, which readers skip by their positions.
 */
export class Relay {
  readonly #options: Required<Omit<RelayOptions, 'onHealth'>> & Pick<RelayOptions, 'onHealth'>;
  readonly #topic: string;
  readonly #health: RelayHealth[];
  /** Of all shards, looked at once and soon forgotten: asked one by one, eight shards would make eight readers. */
  #ends: Promise<Map<number, PartitionEnd>> | undefined;
  #follower: Follower | undefined;

  constructor(options: RelayOptions) {
    this.#options = { topicPrefix: 'loyalty.', replication: 1, pacing: realPacing, ...options };
    const { service, shards, topicPrefix } = this.#options;
    this.#topic = topicOf(topicPrefix, service);
    this.#health = Array.from({ length: shards }, (_, shard) => {
      return { service, shard, state: 'elsewhere', reason: null, position: 0 };
    });
  }

  async start(): Promise<void> {
    const { log, service, schema } = this.#options;
    this.#follower = await log.follow({
      consumer: 'relay',
      source: service,
      schema,
      shards: this.#health.map(({ shard }) => shard),
      payload: true,
      own: (owned) => this.publish(owned),
    });
  }

  health(): readonly RelayHealth[] {
    return [...this.#health];
  }

  async close(): Promise<void> {
    await this.#follower?.close();
  }

  private async publish({ shard, signal, reader }: OwnedShard): Promise<void> {
    const ahead = new ReadAhead(reader);
    const { pacing } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const end = await this.endOf(shard, attempt === 1);
        await this.goOn(shard, ahead, end, () => (attempt = 1));
      } catch (error) {
        if (signal.aborted) break;
        const reason = (error as Error).message;
        if (error instanceof ShardStoppedError || error instanceof TopicError) {
          this.note(shard, { state: 'stopped', reason });
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          break;
        }
        this.note(shard, { state: 'waiting', reason });
        await pacing.pause(backOffMs(attempt, pacing.random(), 50, 2_000), signal);
      }
    }
    this.note(shard, { state: 'elsewhere', reason: null });
  }

  private async goOn(shard: number, ahead: ReadAhead, end: PartitionEnd, well: () => void): Promise<void> {
    const { client } = this.#options;
    let { next } = end;
    let at = end.last?.position ?? 0;
    if (at > next) throw holed(this.#topic, shard);
    if (end.last !== undefined) await this.assertSameHistory(shard, end.last.position);
    this.note(shard, { state: 'running', reason: null, position: at });
    // One back, to see that the topic holds this very log.
    ahead.seek(Math.max(0, at - 1));
    for (;;) {
      let events = await ahead.next();
      if (events[0]?.position === at && at > 0) {
        if (events[0].hash !== end.last?.hash) throw another(this.#topic, shard, at);
        events = events.slice(1);
      }
      const last = events.at(-1);
      if (last === undefined) continue;
      const base = await client.send(this.#topic, shard, events.map(recordOf));
      // Whatever is acknowledged stands behind everything before it. A client that is told otherwise has lost something.
      if (base < next)
        throw new Error(`the broker put records of ${this.#topic}/${shard} at ${base}, where ${next} was due`);
      if (base + 1 < (events[0]?.position ?? 1)) throw holed(this.#topic, shard);
      const between = base - next;
      next = base + events.length;
      at = last.position;
      well();
      this.note(shard, { state: 'running', reason: null, position: at });
      if (between > 0) await this.assertOurs(shard, base - 1);
    }
  }

  private async endOf(shard: number, first: boolean): Promise<PartitionEnd> {
    const { client, shards, replication } = this.#options;
    const all = Array.from({ length: shards }, (_, each) => each);
    const look = async (which: readonly number[]) => {
      await ensureTopic(client, this.#topic, { shards, replication });
      return partitionEnds(client, this.#topic, which);
    };
    const forget = (): void => void setTimeout(() => (this.#ends = undefined), ENDS_MS).unref();
    const ends = await (first ? (this.#ends ??= look(all).finally(forget)) : look([shard]));
    return ends.get(shard) ?? { last: undefined, next: 0 };
  }

  private async assertSameHistory(shard: number, position: number): Promise<void> {
    const { pool, schema } = this.#options;
    const head = (await readHeads(pool, schema)).find((each) => each.shard === shard);
    if ((head?.position ?? 0) < position) throw another(this.#topic, shard, position);
  }

  /** Somebody else has published before us: a relay that was thought dead the same as we, that of another log something else. */
  private async assertOurs(shard: number, offset: number): Promise<void> {
    const { client, pool, schema } = this.#options;
    const [record] = await browse(client, this.#topic, (recordsAt) => recordsAt(shard, offset));
    if (record === undefined) return;
    const { position, hash } = eventOf(record);
    const { rows } = await pool.query<{ hash: string }>(
      `SELECT encode(hash, 'hex') AS hash FROM ${schema}.events WHERE shard = $1 AND position = $2`,
      [shard, position],
    );
    if (rows[0]?.hash !== hash) throw another(this.#topic, shard, position);
  }

  private note(shard: number, change: Partial<RelayHealth>): void {
    const before = this.#health[shard] as RelayHealth;
    const after = { ...before, ...change };
    this.#health[shard] = after;
    if (before.state !== after.state || before.reason !== after.reason) this.#options.onHealth?.(after);
  }
}

function another(topic: string, shard: number, position: number): ShardStoppedError {
  return new ShardStoppedError(
    `${topic}/${shard} holds another event ${position} than the log: the log was restored from an older backup, or the topic belongs to another installation (set KAFKA_TOPIC_PREFIX)`,
  );
}

function holed(topic: string, shard: number): ShardStoppedError {
  return new ShardStoppedError(
    `${topic}/${shard} has lost records: delete the topic, it is made and filled again from the log`,
  );
}
