import { CheckpointMovedError, PoisonError, type Writer } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { startConsumer, type Consumer, type EffectBatch, type Effects, type ShardHealth } from './consumer.ts';
import { faultOf, reasonOf, ShardStoppedError } from './faults.ts';
import { backOffMs, realPacing, type Pacing } from './pacing.ts';
import { ParkingRate } from './parking-rate.ts';
import { parkBehind, parkedSubjects, parkFailed, readCheckpoint, type ShardPlace } from './parking.ts';
import { translate, type Handlers } from './translate.ts';
import type { Checkpoint, EventLogTransport } from './transport.ts';

/** The part of a service's writer that a reactor needs. */
export type ReactingWriter<Input> = Pick<Writer<Input, unknown>, 'react'>;

export interface ReactorOptions<Input> {
  readonly consumer: string;
  readonly source: string;
  /** The consumer's own schema. */
  readonly schema: string;
  readonly shards: number;
  readonly handlers: Handlers<Input>;
  readonly writer: ReactingWriter<Input>;
  readonly pool: Pool;
  readonly transport: EventLogTransport;
  /** Tries of an event that fails on its own before it is parked. @default 5 */
  readonly attempts?: number;
  readonly pacing?: Pacing;
  readonly onHealth?: (health: ShardHealth) => void;
  /** Told of each event parked because it failed, for logs and metrics. */
  readonly onParked?: (event: StoredEvent, reason: string) => void;
}

/** Follows a source and turns its events into work of the own service. Resolves when it follows; `close` ends it. */
export async function createReactor<Input>(options: ReactorOptions<Input>): Promise<Consumer> {
  return startConsumer({ ...options, effects: new Reactions(options) });
}

const FIRST_RETRY_MS = 20;
const MOST_RETRY_MS = 1_000;

class Reactions<Input> implements Effects {
  private readonly parked = new Map<number, Set<string>>();
  private readonly rates = new Map<number, ParkingRate>();
  private readonly pacing: Pacing;

  private readonly options: ReactorOptions<Input>;

  constructor(options: ReactorOptions<Input>) {
    this.options = options;
    this.pacing = options.pacing ?? realPacing;
  }

  async checkpoint(shard: number): Promise<Checkpoint> {
    this.parked.set(shard, await parkedSubjects(this.options.pool, this.place(shard)));
    if (!this.rates.has(shard)) this.rates.set(shard, new ParkingRate());
    return readCheckpoint(this.options.pool, this.place(shard));
  }

  async apply({ shard, from, events }: EffectBatch, signal: AbortSignal): Promise<Checkpoint> {
    this.rateOf(shard).saw(events.length, this.pacing.now());
    return this.narrow(shard, from, events, signal);
  }

  /**
   * All at once if possible. The writer names the event that it cannot apply and has committed what came before; where a handler
   * threw, the batch is halved until the event at fault is alone.
   */
  private async narrow(
    shard: number,
    from: Checkpoint,
    events: readonly StoredEvent[],
    signal: AbortSignal,
  ): Promise<Checkpoint> {
    try {
      return await this.react(shard, from, events);
    } catch (error) {
      if (faultOf(error) !== 'poison' || signal.aborted) throw error;
      if (error instanceof PoisonError) return this.around(shard, events, error, signal);
      if (events.length === 1) return this.alone(shard, from, events[0] as StoredEvent, error, signal);
    }
    const middle = events.length >> 1;
    const at = await this.narrow(shard, from, events.slice(0, middle), signal);
    return this.narrow(shard, at, events.slice(middle), signal);
  }

  /** Goes on around the event that the writer named. */
  private async around(
    shard: number,
    events: readonly StoredEvent[],
    error: PoisonError,
    signal: AbortSignal,
  ): Promise<Checkpoint> {
    const at = await readCheckpoint(this.options.pool, this.place(shard));
    const i = events.findIndex(({ position }) => position === error.position);
    if (i < 0 || at.position >= error.position) throw new CheckpointMovedError(error.message, at.position);
    const past = await this.alone(shard, at, events[i] as StoredEvent, error.cause, signal);
    return i + 1 === events.length ? past : this.narrow(shard, past, events.slice(i + 1), signal);
  }

  private async react(shard: number, from: Checkpoint, events: readonly StoredEvent[]): Promise<Checkpoint> {
    const { consumer, source, handlers, writer } = this.options;
    const { position, hash } = events[events.length - 1] as StoredEvent;
    const work = await translate(handlers, await this.withoutParked(shard, events));
    await writer.react({ consumer, source, shard, from: from.position, to: position, hash, work });
    return { position, hash };
  }

  private async withoutParked(shard: number, events: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const parked = this.parkedOf(shard);
    if (parked.size === 0) return events;
    const behind = events.filter(({ subject }) => parked.has(subject));
    if (behind.length === 0) return events;
    for (const subject of await parkBehind(this.options.pool, this.place(shard), behind)) parked.delete(subject);
    return events.filter(({ subject }) => !parked.has(subject));
  }

  private async alone(
    shard: number,
    from: Checkpoint,
    event: StoredEvent,
    first: unknown,
    signal: AbortSignal,
  ): Promise<Checkpoint> {
    const { attempts = 5, pool, onParked } = this.options;
    let reason = reasonOf(first);
    for (let attempt = 1; attempt < attempts; attempt++) {
      await this.pacing.pause(backOffMs(attempt, this.pacing.random(), FIRST_RETRY_MS, MOST_RETRY_MS), signal);
      if (signal.aborted) throw signal.reason;
      try {
        return await this.react(shard, from, [event]);
      } catch (error) {
        if (faultOf(error) !== 'poison') throw error;
        reason = reasonOf(error instanceof PoisonError ? error.cause : error);
      }
    }
    const tooMany = this.rateOf(shard).park(this.pacing.now());
    if (tooMany !== null) throw new ShardStoppedError(`${tooMany}; last at position ${event.position}: ${reason}`);
    await parkFailed(pool, this.place(shard), from.position, event, reason, attempts);
    this.parkedOf(shard).add(event.subject);
    onParked?.(event, reason);
    return { position: event.position, hash: event.hash };
  }

  private place(shard: number): ShardPlace {
    const { schema, consumer, source } = this.options;
    return { schema, consumer, source, shard };
  }

  private parkedOf(shard: number): Set<string> {
    return this.parked.get(shard) as Set<string>;
  }

  private rateOf(shard: number): ParkingRate {
    return this.rates.get(shard) as ParkingRate;
  }
}
