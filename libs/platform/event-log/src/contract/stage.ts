import type { StoredEvent } from '@loyalty/kernel';
import type { Consumer, ShardHealth } from '../consumer.ts';
import type { Pacing } from '../pacing.ts';
import { listParked, type ParkedEvent } from '../parked.ts';
import { createReactor } from '../reactor.ts';
import type { Handlers } from '../translate.ts';
import type { EventLogTransport } from '../transport.ts';
import {
  CONSUMER_TABLES,
  events,
  NotingWriter,
  type ContractProcess,
  type ContractWorld,
  type Noted,
  type NotingHooks,
} from './contract-world.ts';

export const SHARDS = 3;
export const CONSUMER = 'reader';

/** Retries at once: what is tested is that they happen, not how long they take. */
const eager: Pacing = {
  now: () => performance.now(),
  random: () => 0.5,
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

const noting: Handlers<Noted> = {
  'thing.begun.v1': (batch) => batch.map(note),
  'thing.ended.v1': async (batch) => batch.map(note),
};

export function note({ subject, shard, position }: StoredEvent) {
  return { subject, input: { shard, position } };
}

export interface StartOptions {
  readonly handlers?: Handlers<Noted>;
  readonly batchEvents?: number;
  readonly wrap?: (transport: EventLogTransport) => EventLogTransport;
}

/** Where an example of the contract plays: a fresh source, processes that follow it, and what they did. */
export class Stage {
  world!: ContractWorld;
  source = '';
  #count = 0;
  #processes: ContractProcess[] = [];
  #consumers: Consumer[] = [];

  async open(make: () => Promise<ContractWorld>): Promise<void> {
    this.world = await make();
    await this.world.pool.query(CONSUMER_TABLES);
  }

  async begin(): Promise<void> {
    this.source = `source_${++this.#count}`;
    await this.world.source(this.source, SHARDS);
  }

  async end(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.close();
    for (const process of this.#processes) await process.close();
    this.#processes = [];
    this.#consumers = [];
  }

  async start(who: string, hooks: NotingHooks = {}, { handlers = noting, batchEvents = 7, wrap }: StartOptions = {}) {
    const { pool } = this.world;
    const process = await this.world.process(batchEvents);
    this.#processes.push(process);
    const writer = new NotingWriter(pool, who, hooks);
    const reactor = await createReactor<Noted>({
      consumer: CONSUMER,
      source: this.source,
      schema: 'consumer',
      shards: SHARDS,
      handlers,
      writer,
      pool,
      transport: wrap?.(process.transport) ?? process.transport,
      pacing: eager,
    });
    this.#consumers.push(reactor);
    const end = async () => {
      this.#consumers = this.#consumers.filter((each) => each !== reactor);
      await reactor.close();
    };
    return { reactor, process, writer, end };
  }

  deliver(shard: number, first: number, count: number, members?: number): Promise<void> {
    return this.world.deliver(this.source, events(this.source, shard, first, count, members));
  }

  /** Positions in the order in which they took effect. */
  async applied(shard: number): Promise<number[]> {
    const { rows } = await this.world.pool.query<{ position: number }>(
      'SELECT position FROM consumer.effects WHERE source = $1 AND shard = $2 ORDER BY n',
      [this.source, shard],
    );
    return rows.map(({ position }) => position);
  }

  reaches(shard: number, count: number): Promise<void> {
    return until(async () => (await this.applied(shard)).length >= count);
  }

  async stops(reactor: Consumer, shard: number): Promise<ShardHealth> {
    await until(() => reactor.health()[shard]?.state === 'stopped');
    return reactor.health()[shard] as ShardHealth;
  }

  parked(): Promise<ParkedEvent[]> {
    return listParked(this.world.pool, 'consumer', { source: this.source });
  }
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export async function until(holds: () => boolean | Promise<boolean>, mostMs = 10_000): Promise<void> {
  const deadline = performance.now() + mostMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${mostMs / 1_000} s in vain for ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
