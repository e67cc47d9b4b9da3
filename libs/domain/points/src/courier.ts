import type { PointsSent } from '@loyalty/contracts';
import { type Handlers, parkFailed, type ParkingPlace, reasonOf } from '@loyalty/event-log';
import { CheckpointMovedError, PoisonError, readLog, readShard, type SourceWork } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import { Logger } from '@nestjs/common';
import type { Pool } from 'pg';
import type { PointsInput } from './core/input.ts';
import { POINTS_SCHEMA as schema, type PointsWriter } from './points-writer.ts';

/** The courier's name among the consumers of the points log. */
export const COURIER = 'transfers';
/** Where the courier stands, and where it puts aside what it cannot deliver. */
export const TRANSFERS: ParkingPlace = { schema, consumer: COURIER, source: schema };
const MOST = 500;
/** More that fail in one round are no receivers' fault but the code's: a bad deploy must not put everything aside. */
const MOST_PARKED = 20;

const logger = new Logger('points courier');

type Parcel = Pick<StoredEvent, 'position' | 'hash' | 'subject' | 'id' | 'correlation' | 'trace' | 'data'>;

/**
 * Takes what was sent to its receivers, who may be in other shards: the second step of a transfer. It goes along each shard's
 * transfers from a checkpoint that moves in the receivers' own transaction, so each arrives once, in order, whatever crashes and
 * however many processes do this at once. A reactor on the whole log would do the same, but read every earning for the few
 * events that are transfers.
 *
 * One that cannot arrive (its receiver's wallet has no room) is parked, as a reactor parks an event, and the others go on. Nothing
 * waits behind it: transfers are lots of their own, in any order.
 */
export class Courier {
  readonly #pool: Pool;
  readonly #writer: Pick<PointsWriter, 'react'>;
  /** By shard: the round that has not begun yet, which will see everything sent before it was asked for. */
  readonly #next = new Map<number, Promise<void>>();
  readonly #running = new Map<number, Promise<void>>();

  constructor(pool: Pool, writer: Pick<PointsWriter, 'react'>) {
    this.#pool = pool;
    this.#writer = writer;
  }

  /** Once it is resolved, all that a shard's members had sent when it was called has arrived. Rejects like `Writer.react`. */
  deliver(shard: number): Promise<void> {
    const waiting = this.#next.get(shard);
    if (waiting) return waiting;
    const before = this.#running.get(shard) ?? Promise.resolve();
    const round = before
      .catch(() => undefined)
      .then(() => {
        this.#next.delete(shard);
        this.#running.set(shard, round);
        return this.#round(shard);
      })
      .finally(() => {
        if (this.#running.get(shard) === round) this.#running.delete(shard);
      });
    this.#next.set(shard, round);
    return round;
  }

  /** The same for every shard: for what was left behind by a process that died. One that fails does not keep the others back. */
  async deliverAll(): Promise<void> {
    const { shards } = await readLog(this.#pool, schema);
    const failures: unknown[] = [];
    for (let shard = 0; shard < shards; shard += 1) await this.deliver(shard).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async #round(shard: number): Promise<void> {
    for (let parked = 0; ;) {
      const from = await this.#checkpoint(shard);
      const parcels = await this.#sentAfter(shard, from);
      const last = parcels.at(-1);
      if (!last) return;
      const { position: to, hash } = last;
      try {
        await this.#writer.react({
          consumer: COURIER,
          source: schema,
          shard,
          from,
          to,
          hash,
          work: parcels.map(workOf),
        });
        if (parcels.length < MOST) return;
      } catch (error) {
        if (error instanceof PoisonError) await this.#park(shard, error, ++parked);
        // Another process was here before: go on from where it is.
        else if (!(error instanceof CheckpointMovedError)) throw error;
      }
    }
  }

  /** Puts the transfer at fault aside, which is the next one: those before it have arrived. */
  async #park(shard: number, error: PoisonError, parked: number): Promise<void> {
    const { position } = error;
    const reason = reasonOf(error.cause);
    if (parked > MOST_PARKED) {
      const message = `more than ${MOST_PARKED} transfers of shard ${shard} failed at once; last at position ${position}: ${reason}`;
      throw new Error(message, { cause: error });
    }
    const from = await this.#checkpoint(shard);
    const [next] = await this.#sentAfter(shard, from);
    const one = { service: schema, shard, after: position - 1, upto: position, limit: 1 };
    const [event] = await readShard(this.#pool, schema, one);
    if (!event || next?.position !== position) return;
    try {
      await parkFailed(this.#pool, { ...TRANSFERS, shard }, from, event, reason, 1);
    } catch (moved) {
      if (moved instanceof CheckpointMovedError) return;
      throw moved;
    }
    logger.error(`transfer ${shard}/${position} is parked: ${reason}`);
  }

  async #checkpoint(shard: number): Promise<number> {
    const { rows } = await this.#pool.query<{ position: number }>({
      name: 'points delivered',
      text: `SELECT position FROM ${schema}.checkpoints WHERE consumer = $1 AND source = $2 AND shard = $3`,
      values: [COURIER, schema, shard],
    });
    return rows[0]?.position ?? 0;
  }

  async #sentAfter(shard: number, position: number): Promise<Parcel[]> {
    const { rows } = await this.#pool.query<Parcel>({
      name: 'points under way',
      text: `SELECT e.position, encode(e.hash, 'hex') AS hash, e.subject, e.id, e.correlation, e.trace, e.data
             FROM (SELECT shard, position FROM ${schema}.transfers WHERE shard = $1 AND position > $2
                   ORDER BY position LIMIT ${MOST}) AS sent
             JOIN ${schema}.events AS e USING (shard, position) ORDER BY e.position`,
      values: [shard, position],
    });
    return rows;
  }
}

/** For parked transfers, tried again. */
export const arrivals: Handlers<PointsInput> = { 'points.sent.v1': (events) => events.map(workOf) };

/** The sender's entry as work for the receiver. */
function workOf({ position, hash, subject: from, id, correlation, trace, data }: Parcel): SourceWork<PointsInput> {
  const sent = JSON.parse(data) as PointsSent;
  const input: PointsInput = { kind: 'receive', from, sent };
  return { subject: sent.to, input, correlation, causation: id, trace, position, hash };
}
