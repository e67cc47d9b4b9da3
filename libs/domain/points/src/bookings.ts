import type { DocumentRef } from '@loyalty/contracts';
import { int2Array, int8Array, textArray } from '@loyalty/database';
import type { Pool } from 'pg';
import { type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from './entry.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';
import { NOTHING_MOVED, traceOf } from './reactions.ts';

/** What somebody waits for. */
export interface Awaited {
  readonly shard: number;
  readonly member: string;
  readonly cause: DocumentRef;
  /** Position up to which the member's entries have been looked through. */
  readonly after: number;
}

export interface Look {
  /** Entries with this cause; none at all where it was worth nothing; null where it is not booked yet. */
  readonly items: readonly Entry[] | null;
  /** Where the shard ended. */
  readonly head: number;
}

interface Ask extends Awaited {
  resolve(look: Look): void;
  reject(error: unknown): void;
}

interface Row extends Omit<EntryRow, 'position'> {
  readonly n: number;
  readonly head: number;
  readonly nothing: boolean;
  /** Null where there is no entry. */
  readonly position: number | null;
}

/** Entries of one cause. */
const MOST = 500;
const AT_ONCE = 256;

/**
 * Looks whether purchases and returns are booked, for everybody who asks: whatever was asked while one statement ran goes into the next.
 * (A statement for each who waits, looking again after commits, gave 128 tills 310 receipts a second and kept the database busy
 * with nothing else.)
 */
export class Bookings {
  readonly #pool: Pool;
  #asks: Ask[] = [];
  #looking = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  look(awaited: Awaited): Promise<Look> {
    return new Promise((resolve, reject) => {
      this.#asks.push({ ...awaited, resolve, reject });
      if (!this.#looking) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#looking = true;
    while (this.#asks.length > 0) {
      const asks = this.#asks.slice(0, AT_ONCE);
      this.#asks = this.#asks.slice(AT_ONCE);
      try {
        const looks = await this.#find(asks);
        asks.forEach((ask, i) => ask.resolve(looks[i] as Look));
      } catch (error) {
        for (const ask of asks) ask.reject(error);
      }
    }
    this.#looking = false;
  }

  async #find(asks: readonly Awaited[]): Promise<Look[]> {
    const { rows } = await this.#pool.query<Row>({
      name: 'points entries by cause',
      // The cause as the core writes it; strpos of a member's latest events, found by index, is cheaper than parsing them. The arrays stand
      // in subselects so that the planner cannot look into them: it would plan every call anew (0.5 ms, five times what it then takes).
      text: `SELECT asked.n::int AS n, heads.position AS head, found.*, EXISTS (
    SELECT FROM ${schema}.keys WHERE namespace = $6 AND key = asked.trace AND keys.subject = asked.member) AS nothing
  FROM unnest((SELECT $1::int2[]), (SELECT $2::text[]), (SELECT $3::text[]), (SELECT $4::text[]), (SELECT $5::int8[]))
    WITH ORDINALITY AS asked (in_shard, member, cause, trace, after, n)
  JOIN ${schema}.heads ON heads.shard = asked.in_shard
  LEFT JOIN LATERAL (SELECT ${ENTRY_COLUMNS} FROM ${schema}.events
    WHERE shard = asked.in_shard AND subject = asked.member AND position > asked.after AND strpos(data, asked.cause) > 0
    ORDER BY position LIMIT ${MOST}) AS found ON true
  ORDER BY asked.n, found.position`,
      values: [
        int2Array(asks.map(({ shard }) => shard)),
        textArray(asks.map(({ member }) => member)),
        textArray(asks.map(({ cause: { source, id } }) => `"cause":${JSON.stringify({ source, id })}`)),
        textArray(asks.map(({ cause }) => traceOf(cause))),
        int8Array(asks.map(({ after }) => after)),
        NOTHING_MOVED,
      ],
    });
    const looks = asks.map(({ after }) => ({ items: null as Entry[] | null, head: after }));
    for (const { n, head, nothing, ...row } of rows) {
      const look = looks[n - 1] as (typeof looks)[number];
      look.head = head;
      if (row.position !== null) (look.items ??= []).push(entryOf(row as EntryRow));
      else if (nothing) look.items = [];
    }
    return looks;
  }
}
