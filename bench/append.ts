import { createHash } from 'node:crypto';
import {
  byteaArray,
  int2Array,
  int8Array,
  textArray,
  timestamptzArray,
  timestamptzArrayFromMs,
  uuidArray,
} from '@loyalty/database';
import { createWriter, installEventStore, type Decider, type Work, type Writer } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';

export interface BenchRow {
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
 * Appends with idempotency and chain on, one command and one event per call, by many callers that each wait for their answer before
 * they ask again, over Zipf-distributed members; divided by raw `INSERT … SELECT unnest` of the same kind of rows, 1,000 a statement,
 * binary parameters, into a table of the same columns and primary key, one connection. Both measured in turns in the same run.
 */
export async function appendBench(options: AppendBenchOptions): Promise<BenchRow[]> {
  const { pool, callers = [64, 512], rounds = 3, seconds = 4, members = 50_000, seed = 1, onProgress } = options;
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; DROP SCHEMA IF EXISTS ${RAW} CASCADE; CREATE SCHEMA ${RAW}`);
  await installEventStore(pool, { schema: SCHEMA, service: 'bench' });
  await pool.query(`CREATE TABLE ${RAW}.events (LIKE ${SCHEMA}.events, PRIMARY KEY (shard, position))`);
  const random = generator(seed);
  const member = zipf(members, random);
  const writer = createWriter({ pool, schema: SCHEMA, service: 'bench', decider: benchDecider(SCHEMA), loops: 2 });
  const raw = rawInserter(pool, member);
  try {
    // Until prepared statements, caches and the table's first pages are there.
    await append(writer, member, 64, 1);
    await raw(1);
    const rows: BenchRow[] = [];
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
async function append(writer: Writer<Bought, null>, member: () => string, callers: number, seconds: number): Promise<number> {
  const started = performance.now();
  const end = started + seconds * 1000;
  let done = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < end) {
      const purchase = `p${++sequence}`;
      const subject = member();
      const hash = createHash('sha256').update(`purchase 1 ${subject} ${purchase}`).digest('hex');
      const work: Work<Bought> = { subject, input: { purchase }, key: { namespace: 'purchase:shop', key: purchase, hash } };
      const outcome = await writer.execute(work);
      if (outcome.kind !== 'accepted' || outcome.replayed) throw new Error(`append gave ${outcome.kind}`);
      done++;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return done / ((performance.now() - started) / 1000);
}

/** Decides nothing, but keeps a state for each member and looks it up when it is not in memory: as a real one would. */
function benchDecider(schema: string): Decider<{ last: number }, Bought, null> {
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

/** Gives a function that inserts for some seconds and tells rows a second. Rows are made beforehand, their encoding is measured. */
function rawInserter(pool: Pool, member: () => string): (seconds: number) => Promise<number> {
  const positions = Array.from({ length: 8 }, () => 0);
  const made = Array.from({ length: 20 * ROWS_A_STATEMENT }, (_, index) => ({
    shard: index % 8,
    id: createHash('md5').update(String(index)).digest(),
    subject: member(),
    data: JSON.stringify(payload(`p${index}`, '12345')),
    hash: createHash('sha256').update(String(index)).digest(),
  }));
  const nulls = made.slice(0, ROWS_A_STATEMENT).map(() => null);
  return async (seconds) => {
    const client = await pool.connect();
    const started = performance.now();
    let done = 0;
    try {
      for (let from = 0; performance.now() < started + seconds * 1000; from = (from + ROWS_A_STATEMENT) % made.length) {
        const rows = made.slice(from, from + ROWS_A_STATEMENT);
        const now = Date.now();
        await client.query({
          name: 'bench_raw',
          text: `INSERT INTO ${RAW}.events SELECT * FROM unnest($1::int2[], $2::int8[], $3::uuid[], $4::text[], $5::text[],
            $6::timestamptz[], $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[])`,
          values: [
            int2Array(rows.map((row) => row.shard)),
            int8Array(rows.map((row) => (positions[row.shard] = (positions[row.shard] ?? 0) + 1))),
            uuidArray(rows.map((row) => row.id)),
            textArray(rows.map(() => 'points.earned.v1')),
            textArray(rows.map((row) => row.subject)),
            timestamptzArrayFromMs(rows.map(() => now)),
            timestamptzArray(rows.map(() => now * 1000)),
            textArray(nulls),
            textArray(nulls),
            textArray(nulls),
            textArray(rows.map((row) => row.data)),
            byteaArray(rows.map((row) => row.hash)),
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

/** Mulberry32: small, seeded, good enough to choose members. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Members by Zipf's law with exponent 1: the hundredth buys a hundredth as often as the first. */
function zipf(members: number, random: () => number): () => string {
  const sums = new Float64Array(members);
  let total = 0;
  for (let rank = 0; rank < members; rank++) sums[rank] = total += 1 / (rank + 1);
  return () => {
    const at = random() * total;
    let low = 0;
    let high = members - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return `m${low}`;
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
