import { setTimeout } from 'node:timers/promises';
import { installEventStore } from '@loyalty/event-store';
import { installProjections, type ServiceDefinition } from '@loyalty/projections';
import { migrate } from '@loyalty/database';
import { createPointsWriter, openLotWork, points, type PointsWriter, type PointsWriterOptions } from '@loyalty/points';
import type { Pool } from 'pg';
import { seededRandom, zipf } from './zipf.ts';

export const PROGRAM = 'bench';
const DAY = 86_400_000;

/** An empty points ledger in a schema of its own database, without the other services. */
export async function emptyLedger(pool: Pool, options: PointsWriterOptions = {}): Promise<PointsWriter> {
  await drop(pool);
  await install(pool, points);
  const writer = createPointsWriter(pool, options);
  const data = { program: PROGRAM, version: 'v1', effectiveFrom: '2020-01-01T00:00:00.000Z', timeZone: 'UTC' };
  const time = Date.parse(data.effectiveFrom);
  await writer.broadcast(`program:${PROGRAM}`, [{ type: 'terms.learned.v1', time, data }]);
  return writer;
}

async function drop(pool: Pool): Promise<void> {
  await pool.query(`DROP SCHEMA IF EXISTS ${points.schema} CASCADE`);
}

async function install(pool: Pool, { service, schema, migrations }: ServiceDefinition): Promise<void> {
  await installEventStore(pool, { service, schema });
  await installProjections(pool, schema);
  await migrate(pool, schema, migrations);
}

/** A balance large enough for every redemption of a bench. */
export async function fund(writer: PointsWriter, members: readonly string[], amount: number): Promise<void> {
  const now = Date.now();
  const works = members.map((member) =>
    openLotWork(member, {
      program: PROGRAM,
      points: amount,
      earnedAt: now - 30 * DAY,
      activeFrom: now - 30 * DAY,
      expiresAt: now + 300 * DAY,
      reference: `fund-${member}`,
    }),
  );
  for (let i = 0; i < works.length; i += 1000) {
    const outcomes = await writer.executeMany(works.slice(i, i + 1000));
    for (const outcome of outcomes)
      if (outcome.kind !== 'accepted') throw new Error(`not funded: ${JSON.stringify(outcome)}`);
  }
}

export interface Earning {
  readonly count: number;
  readonly seed: number;
  readonly members: number;
  readonly prefix: string;
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
  /** Paces it. @default as fast as it goes */
  readonly perSecond?: number;
}

/** Ratings of purchases as the tier engine would send them, straight into the ledger: one lot each. Bounded in flight. */
export async function earn(
  writer: PointsWriter,
  { count, seed, members, prefix, onProgress, signal, perSecond }: Earning,
): Promise<number> {
  const random = seededRandom(seed);
  const rank = zipf(members, 1, random);
  const flights = new Set<Promise<unknown>>();
  const size = perSecond === undefined ? 500 : Math.max(1, Math.ceil(perSecond / 20));
  const begun = performance.now();
  const start = Date.now() - 60 * DAY;
  let sent = 0;
  while (sent < count && !signal?.aborted) {
    const works = Array.from({ length: Math.min(size, count - sent) }, (_, i) => {
      const at = start + (sent + i) * 5;
      const worth = 1 + Math.floor(random() * 200);
      return {
        subject: memberName(rank()),
        input: {
          kind: 'rate' as const,
          first: true,
          reason: 'purchase',
          rating: {
            purchase: { source: 'bench', id: `${prefix}-${sent + i}` },
            at: new Date(at).toISOString(),
            program: PROGRAM,
            version: 'v1',
            tier: 'bronze',
            points: worth,
            cells: [{ line: 1, rule: 'base', points: worth }],
            activeFrom: new Date(at).toISOString(),
            expiresAt: new Date(at + 365 * DAY).toISOString(),
            shortfall: 'owe' as const,
          },
        },
      };
    });
    sent += works.length;
    const flight: Promise<unknown> = writer.executeMany(works).then(() => flights.delete(flight));
    flights.add(flight);
    if (flights.size >= 8) await Promise.race(flights);
    onProgress?.(sent);
    if (perSecond !== undefined) await until(begun + (sent / perSecond) * 1000, signal);
  }
  await Promise.all(flights);
  return sent;
}

async function until(instant: number, signal?: AbortSignal): Promise<void> {
  const left = instant - performance.now();
  if (left > 0 && !signal?.aborted) await setTimeout(left);
}

export const memberName = (rank: number): string => `m-${String(rank).padStart(6, '0')}`;
