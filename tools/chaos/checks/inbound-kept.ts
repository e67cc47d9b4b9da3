import { setTimeout } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Produced, Retailer } from '../retailer.ts';

const LOOK_MS = 250;
const SHOWN = 10;

interface Letter {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
}

const placeOf = ({ partition, offset }: Pick<Produced, 'partition' | 'offset'>): string => `${partition}/${offset}`;

/**
 * What the broker acknowledged is in the retailer's topic; of what is there every record was read, and those that are no documents, and no
 * others, are dead letters, once each and published. That documents are recorded once is asked elsewhere.
 */
export async function inboundKept(pool: Pool, retailer: Retailer, mostMs: number): Promise<string[]> {
  const records = await retailer.inbound();
  const there = new Map(records.map((record) => [placeOf(record), record.value]));
  const gone = retailer.acknowledged.filter((each) => there.get(placeOf(each)) !== each.value);
  const { rows: letters } = await pool.query<Letter>(
    'SELECT id::text, partition, at_offset::float8 AS offset, code FROM purchases.dead_letters',
  );
  const dead = new Set(letters.map(placeOf));
  const wrong = records.filter(({ value }) => retailer.malformed.has(value));
  const kept = wrong.filter((record) => !dead.has(placeOf(record)));
  const sound = letters.filter((letter) => !retailer.malformed.has(there.get(placeOf(letter)) ?? ''));
  return [
    ...gone.map((each) => `missing: record ${placeOf(each)} was acknowledged by the broker`),
    ...kept.map((each) => `missing: record ${placeOf(each)} is no document, and no dead letter`),
    ...sound.map((each) => `record ${placeOf(each)} is in order, and a dead letter all the same (${each.code})`),
    ...(dead.size < letters.length ? ['applied twice: some record is two dead letters'] : []),
    ...(await unread(pool, records)),
    ...(await unpublished(pool, retailer, letters, mostMs)),
  ].slice(0, SHOWN);
}

/** Every partition was read to its end, and nothing was passed over. */
async function unread(pool: Pool, records: readonly Produced[]): Promise<string[]> {
  const { rows } = await pool.query<{ partition: number; next: number; lost: number }>(
    'SELECT partition, next::float8 AS next, lost::float8 AS lost FROM purchases.inbound_offsets',
  );
  const ends = new Map<number, number>();
  for (const { partition, offset } of records) ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1));
  return [...ends].flatMap(([partition, end]) => {
    const { next = 0, lost = 0 } = rows.find((row) => row.partition === partition) ?? {};
    return next === end && lost === 0
      ? []
      : [`partition ${partition} of the retailer’s topic ends at ${end}, and was read to ${next}, ${lost} lost`];
  });
}

async function unpublished(
  pool: Pool,
  retailer: Retailer,
  letters: readonly Letter[],
  mostMs: number,
): Promise<string[]> {
  const deadline = performance.now() + mostMs;
  const waiting = async (): Promise<boolean> =>
    (await pool.query('SELECT FROM purchases.dead_letters WHERE published IS NULL LIMIT 1')).rows.length > 0;
  while ((await waiting()) && performance.now() < deadline) await setTimeout(LOOK_MS);
  const published = new Set(await retailer.published());
  return letters
    .filter(({ id }) => !published.has(id))
    .map(({ id }) => `missing: dead letter ${id} was not published in ${mostMs / 1_000} s`);
}
