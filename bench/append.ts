import { createHash, hash as digest, randomUUID } from 'node:crypto';
import { createWriter, installEventStore, type Decider, type Work, type Writer } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { median } from './row.ts';
import { seededRandom, zipf } from './zipf.ts';

export interface AppendFigure {
  readonly name: string;
  /** Events a second. */
  readonly value: number;
  readonly baseline: number;
  readonly ratio: number;
}

export interface AppendBenchOptions {
  /** A database of its own: schemas `bench_append` and `bench_raw` are dropped and made. */
  readonly pool: Pool;
  /** Concurrent callers, one row each. @default [64, 512] */
  readonly callers?: readonly number[];
  /** Of each measurement. @default 4 */
  readonly seconds?: number;
  /** Measurements of each; the median counts. @default 3 */
  readonly rounds?: number;
  /** @default 50_000 */
  readonly members?: number;
  /** @default 1 */
  readonly seed?: number;
  readonly onProgress?: (what: string) => void;
}

const SCHEMA = 'bench_append';
const RAW = 'bench_raw';
const ROWS_A_STATEMENT = 1_000;

/**
 * Appends with idempotency and chain on, one command and one event a call, by callers that each wait for their answer before they
 * ask again, over Zipf-distributed members; divided by raw `INSERT … SELECT unnest` of the same event rows, 1,000 a statement, into
 * a table of the same columns and primary key: one connection, text arrays, a prepared statement, as in the other baselines. (With
 * the binary arrays of @loyalty/database that statement is 1.7 to 2 times as fast.) Measured in turns in the same run.
 *
 * What was tried, with 2 busy cores, processor time an event (node + server), 22 events a batch / 190 a batch:
 * - statements one by one, each awaited: seven round trips; a third of the throughput at 64 callers;
 * - pg's own pipelining: a Describe, a Sync and a Result for each statement; now only where something is read;
 * - always locking and looking up first: two round trips instead of one; now only after having been overtaken;
 * - `INSERT … SELECT unnest` with binary arrays: 13.5 / 8.6 µs of the server's time a row, COPY 10.2 / 7.5;
 * - UUIDs with randomness fetched one by one: 13 µs; by 256: under 1. Hashes as Buffers: 1.4 µs, as text: 0.9;
 * - Unix sockets instead of TCP: no difference beyond noise;
 * - `wal_sync_method = open_datasync`: no difference beyond noise.
 * What is left: server 29 / 14 µs (events 12 / 7.5, keys 5.5 / 3.4, heads 6 / 1, commit and wire the rest), node 36 / 21 µs.
 */
export async function appendBench(options: AppendBenchOptions): Promise<AppendFigure[]> {
  const { pool, callers = [64, 512], rounds = 3, seconds = 4, members = 50_000, seed = 1, onProgress } = options;
  await pool.query(
    `DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; DROP SCHEMA IF EXISTS ${RAW} CASCADE; CREATE SCHEMA ${RAW}`,
  );
  await installEventStore(pool, { schema: SCHEMA, service: 'bench' });
  await pool.query(`CREATE TABLE ${RAW}.events (LIKE ${SCHEMA}.events, PRIMARY KEY (shard, position))`);
  const rank = zipf(members, 1, seededRandom(seed));
  const member = (): string => `m${rank()}`;
  const writer = createWriter({ pool, schema: SCHEMA, service: 'bench', decider: benchDecider(), loops: 2 });
  const raw = rawInserter(pool, member);
  try {
    // Until prepared statements, caches and the table's first pages are there.
    await append(writer, member, 64, 1);
    await raw(1);
    const rows: AppendFigure[] = [];
    for (const concurrency of callers) {
      const values: number[] = [];
      const baselines: number[] = [];
      for (let round = 0; round < rounds; round++) {
        baselines.push(await raw(seconds));
        values.push(await append(writer, member, concurrency, seconds));
        onProgress?.(`append ${concurrency}: ${Math.round(values.at(-1) ?? 0)} / ${Math.round(baselines.at(-1) ?? 0)}`);
      }
      const value = median(values);
      const baseline = median(baselines);
      rows.push({ name: `append, ${concurrency} callers`, value, baseline, ratio: value / baseline });
    }
    return rows;
  } finally {
    await writer.close();
  }
}

interface Bought {
  readonly purchase: string;
}

let sequence = 0;

function payload(purchase: string, member: string) {
  const at = '2026-01-25T02:00:00.000Z';
  return {
    program: 'default',
    at,
    lot: `shop/${purchase}`,
    points: 123,
    cause: { source: 'shop', id: purchase },
    version: 'd2b5ca33bd970f64a6301fa75ae2eb22d2b5ca33bd970f64a6301fa75ae2eb22',
    tier: 'silver',
    shortfall: 'owe',
    activeFrom: at,
    expiresAt: '2028-01-25T02:00:00.000Z',
    cells: [
      { line: 1, rule: 'base', points: 100 },
      { line: 2, rule: 'base', points: 23 },
    ],
    postings: [
      { lot: `shop/${purchase}`, bucket: 'issued', points: -123 },
      { lot: `shop/${purchase}`, bucket: 'held', points: 123 },
    ],
    member,
  };
}

/** Callers that each keep one command under way until the time is over. Commands a second. */
async function append(
  writer: Writer<Bought, null>,
  member: () => string,
  callers: number,
  seconds: number,
): Promise<number> {
  const started = performance.now();
  const end = started + seconds * 1000;
  let done = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < end) {
      const purchase = `p${++sequence}`;
      const subject = member();
      const hash = digest('sha256', `purchase 1 ${subject} ${purchase}`);
      const work: Work<Bought> = {
        subject,
        input: { purchase },
        key: { namespace: 'purchase:shop', key: purchase, hash },
      };
      const outcome = await writer.execute(work);
      if (outcome.kind !== 'accepted' || outcome.replayed) throw new Error(`append gave ${outcome.kind}`);
      done++;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return done / ((performance.now() - started) / 1000);
}

/** Decides nothing, but keeps a state for each member and looks it up when it is not in memory: as a real one would. */
function benchDecider(): Decider<{ last: number }, Bought, null> {
  return {
    models: [],
    weigh: () => 100,
    loadGlobal: async () => undefined,
    load: async (_, subjects) => new Map(subjects.map(({ subject }) => [subject, { last: 0 }])),
    decide: ({ purchase }, state, { now }) => ({
      kind: 'accepted',
      events: [{ type: 'points.earned.v1', time: now, data: payload(purchase, String(state.last)) }],
      answer: null,
    }),
    evolve: (state, { position }: StoredEvent) => {
      state.last = position;
      return state;
    },
  };
}

/** Gives a function that inserts for some seconds and tells rows a second. The rows are made beforehand. */
function rawInserter(pool: Pool, member: () => string): (seconds: number) => Promise<number> {
  const made = Array.from({ length: 20 * ROWS_A_STATEMENT }, (_, index) => ({
    shard: index % 8,
    id: randomUUID(),
    subject: member(),
    data: JSON.stringify(payload(`p${index}`, '12345')),
    hash: createHash('sha256').update(String(index)).digest(),
  }));
  let position = 0;
  return async (seconds) => {
    const client = await pool.connect();
    const started = performance.now();
    let done = 0;
    try {
      for (let from = 0; performance.now() < started + seconds * 1000; from = (from + ROWS_A_STATEMENT) % made.length) {
        const rows = made.slice(from, from + ROWS_A_STATEMENT);
        const now = new Date().toISOString();
        await client.query({
          name: 'bench_raw',
          text: `INSERT INTO ${RAW}.events SELECT * FROM unnest($1::int2[], $2::int8[], $3::uuid[], $4::text[], $5::text[],
            $6::timestamptz[], $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[])`,
          values: [
            rows.map((row) => row.shard),
            rows.map(() => ++position),
            rows.map((row) => row.id),
            rows.map(() => 'points.earned.v1'),
            rows.map((row) => row.subject),
            rows.map(() => now),
            rows.map(() => now),
            rows.map(() => null),
            rows.map(() => null),
            rows.map(() => null),
            rows.map((row) => row.data),
            rows.map((row) => row.hash),
          ],
        });
        done += rows.length;
      }
      return done / ((performance.now() - started) / 1000);
    } finally {
      client.release();
    }
  };
}
