import type { Bucket, Posting } from '@loyalty/contracts';
import { parseTimestamptz } from '@loyalty/database';
import { formatInstant } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { BUCKETS } from '../core/buckets.ts';
import { type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from '../entry.ts';
import { causeOf } from '../parameters.ts';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';
import { causeOfEntry, type EntryCause, isFact } from './entry-cause.ts';
import { type AppliedCap, appliedCaps } from './applied-caps.ts';
import { type BucketChange, bucketChanges } from './bucket-changes.ts';
import { ratingTold, type ToldRating } from './told-rating.ts';
import type { RatingsLookup } from './ratings-lookup.ts';

/** A lot that an entry touched. */
export interface TouchedLot {
  readonly lot: string;
  readonly origin: string | null;
  readonly at: string | null;
  readonly activeFrom: string | null;
  /** As it is now; null = never, or not known yet. */
  readonly expiresAt: string | null;
  /** By bucket, signed as posted. */
  readonly postings: Readonly<Partial<Record<Bucket, number>>>;
  /** The rating of the purchase that opened it. */
  readonly rating?: string;
}

/** Why an entry is in the ledger and what it did. */
export interface EntryFacts {
  readonly member: string;
  readonly entry: Entry;
  readonly cause: EntryCause;
  /** Since when the entry's rule version is in force; left out where it has none, or the ledger has not heard of it. */
  readonly inForceSince?: string;
  /** Of entries that rest on one. Null where the tier engine is out of reach here: ask at `links.rating`. */
  readonly rating?: ToldRating | null;
  /** Limits that kept it from giving more, as far as its rating is known here; empty where none did. */
  readonly caps: readonly AppliedCap[];
  /** In the order in which the entry names them: points are taken from the lots that expire first. */
  readonly lots: readonly TouchedLot[];
  /** Its wallet, bucket by bucket, as booked before and after it. Buckets that hold nothing and are not touched are left out. */
  readonly buckets: readonly BucketChange[];
  readonly timeZone: string;
  readonly links: { readonly member: string; readonly rating?: string };
  /** The payload as the log has it. */
  readonly data: Readonly<Record<string, unknown>>;
}

interface FoundRow extends EntryRow {
  readonly subject: string;
  readonly causation: string | null;
}

/** Why the entry at a position of the log is what it is; null where none stands there. */
export async function explainEntry(
  pool: Pool,
  ratings: RatingsLookup,
  shard: number,
  position: number,
): Promise<EntryFacts | null> {
  const row = await find(pool, shard, position);
  if (!row) return null;
  const { subject: member, causation } = row;
  const plain = entryOf(row);
  const data = JSON.parse(row.data) as Record<string, unknown>;
  const { program } = plain;
  const { kind } = causeOfEntry(plain, causation, null);
  const [rating, inForceSince, buckets, lots, timeZone] = await Promise.all([
    isFact(kind) && causation !== null ? ratings(shard, member, causation) : null,
    plain.version == null || program === undefined ? null : sinceOf(pool, program, plain.version),
    program === undefined ? [] : bucketChanges(pool, { shard, position, member, program, postings: plain.postings }),
    touchedLots(pool, member, plain),
    zoneOf(pool, program ?? (await firstProgram(pool, member))),
  ]);
  const balance = balanceOf(buckets);
  const toldRating = rating && ratingTold(rating);
  const cause = causeOfEntry(plain, causation, rating);
  return {
    member,
    entry: program === undefined ? plain : { ...plain, balance },
    cause,
    ...(inForceSince !== null && { inForceSince }),
    ...(isFact(kind) && { rating: toldRating }),
    caps: appliedCaps(toldRating),
    lots,
    buckets,
    timeZone,
    links: {
      member: `/v1/members/${encodeURIComponent(member)}/entries`,
      ...(cause.document && { rating: ratingLink(cause.document) }),
    },
    data,
  };
}

async function find(pool: Pool, shard: number, position: number): Promise<FoundRow | undefined> {
  const { rows } = await pool.query<FoundRow>({
    name: 'points entry at',
    text: `SELECT ${ENTRY_COLUMNS}, subject, causation FROM ${schema}.events
           WHERE shard = $1 AND position = $2 AND (type LIKE 'points.%' OR type LIKE 'adjustment.%' OR type LIKE 'account.%')`,
    values: [shard, position],
  });
  return rows[0];
}

/** What the wallet held less what it owed, once the entry was booked. */
function balanceOf(buckets: readonly BucketChange[]): number {
  let balance = 0;
  for (const { bucket, after } of buckets) {
    if (bucket === 'held') balance += after;
    if (bucket === 'owed') balance -= after;
  }
  return balance;
}

interface LotDates {
  readonly lot: string;
  readonly origin: string | null;
  readonly at: string | null;
  readonly active_from: string | null;
  readonly expires_at: string | null;
}

async function touchedLots(pool: Pool, member: string, entry: Entry): Promise<TouchedLot[]> {
  const byLot = Map.groupBy(entry.postings, ({ lot }) => lot);
  if (entry.lot !== undefined && byLot.size === 0) byLot.set(entry.lot, []);
  const { rows } = await pool.query<LotDates>({
    name: 'points lots of an entry',
    text: `SELECT lot, origin, at, active_from, expires_at FROM ${schema}.lots WHERE member = $1 AND program = $2 AND lot = ANY ($3::text[])`,
    values: [member, entry.program ?? null, [...byLot.keys()]],
  });
  const known = new Map(rows.map((row) => [row.lot, row]));
  return [...byLot].map(([lot, postings]) => {
    const dates = known.get(lot);
    return {
      lot,
      origin: dates?.origin ?? null,
      at: instantOrNull(dates?.at),
      activeFrom: instantOrNull(dates?.active_from),
      expiresAt: instantOrNull(dates?.expires_at),
      postings: byBucket(postings),
      ...(dates?.origin === 'purchase' && { rating: ratingLink(causeOf(lot)) }),
    };
  });
}

function byBucket(postings: readonly Posting[]): Partial<Record<Bucket, number>> {
  const sums: Partial<Record<Bucket, number>> = {};
  for (const bucket of BUCKETS) {
    const own = postings.filter((posting) => posting.bucket === bucket);
    if (own.length > 0) sums[bucket] = own.reduce((sum, { points }) => sum + points, 0);
  }
  return sums;
}

const instantOrNull = (text: string | null | undefined): string | null =>
  text == null ? null : formatInstant(parseTimestamptz(text) / 1000);

/** Where the tier engine explains a document, and runs its rating again. */
function ratingLink({ source, id }: { readonly source: string; readonly id: string }): string {
  return `/v1/ratings/${encodeURIComponent(source)}/${encodeURIComponent(id)}?recompute=true`;
}

async function sinceOf(pool: Pool, program: string, version: string): Promise<string | null> {
  const { rows } = await pool.query<{ since: string }>(
    `SELECT effective_from AS since FROM ${schema}.terms WHERE program = $1 AND version = $2 ORDER BY effective_from LIMIT 1`,
    [program, version],
  );
  return instantOrNull(rows[0]?.since);
}

/** The program whose calendar tells when something befell an account. */
async function firstProgram(pool: Pool, member: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ program: string }>(
    `SELECT program FROM ${schema}.wallets WHERE member = $1 ORDER BY program LIMIT 1`,
    [member],
  );
  return rows[0]?.program;
}

/** The time zone of the program's latest version; UTC where the ledger has heard of none. */
export async function zoneOf(pool: Pool, program: string | undefined): Promise<string> {
  const { rows } = await pool.query<{ zone: string }>(
    `SELECT data::json ->> 'timeZone' AS zone FROM ${schema}.terms WHERE program = $1 ORDER BY effective_from DESC LIMIT 1`,
    [program ?? null],
  );
  return rows[0]?.zone ?? 'UTC';
}
