import { POINTS_SCHEMA, type PointsWriter } from '@loyalty/points';
import type { Pool } from 'pg';
import { commandMix } from './command-mix.ts';
import { CALLERS, inTurns, OPENING } from './commands.ts';
import { emptyLedger, fund, memberName } from './ledger.ts';
import { pointsMix } from './points-mix.ts';
import { benchRow, type BenchRow } from './row.ts';

const MEMBERS = 100_000;
/** Events of the small log, and of the large one. Both have an opening for each member; the rest are the mix's own. */
const SMALL = 150_000;
const TIMES = 10;
/** Make larger batches while a log is filled; not so many that popular members have spent what one of them returns. */
const FILLERS = 256;
const STEP = 50_000;

export interface GrowthBenchOptions {
  /** Of two databases on one server. */
  readonly small: Pool;
  readonly large: Pool;
  /** Of each measurement. @default 5 */
  readonly seconds?: number;
  readonly onProgress?: (what: string) => void;
}

/**
 * Mixed commands a second on a log of 1,500,000 events, in turns with one of 150,000, of the same members with the same habits. Popular
 * members have a tenth of them: what a command costs must not follow from what its member did in all the years before.
 */
export async function growthBench({ small, large, seconds = 5, onProgress }: GrowthBenchOptions): Promise<BenchRow> {
  const told = (text: string): void => onProgress?.(`growth: ${text}`);
  const writers: PointsWriter[] = [];
  const contestant = async (pool: Pool, name: string, events: number): ReturnType<typeof grown> => {
    const made = await grown(pool, name, events, told);
    writers.push(made.writer);
    return made;
  };
  try {
    const less = await contestant(small, 'small log', SMALL);
    const more = await contestant(large, 'large log', SMALL * TIMES);
    const [own, baseline] = await inTurns([more, less], seconds, told);
    return benchRow({
      name: 'growth',
      what: `${CALLERS} callers, mixed commands: a log of ${more.events} events ÷ one of ${less.events}`,
      value: own.perSecond,
      baseline: baseline.perSecond,
      unit: 'commands/s',
      goal: 0.9,
    });
  } finally {
    for (const writer of writers) await writer.close();
  }
}

/** A log of so many events or a few more, and the writer that wrote them: what it has in memory is what one has that runs for days. */
async function grown(pool: Pool, name: string, atLeast: number, told: (text: string) => void) {
  const writer = await emptyLedger(pool);
  await fund(
    writer,
    Array.from({ length: MEMBERS }, (_, i) => memberName(i)),
    OPENING,
  );
  const mix = commandMix({ members: MEMBERS, callers: FILLERS, seed: 12, prefix: 'f' });
  let events = await eventsOf(pool);
  while (events < atLeast) {
    await mix(pointsMix(writer), { commands: Math.min(STEP, atLeast - events) });
    events = await eventsOf(pool);
    told(`${name}: ${events} events`);
  }
  await pool.query('VACUUM ANALYZE');
  const measured = commandMix({ members: MEMBERS, callers: CALLERS, seed: 13, prefix: 'g' });
  return { name, writer, events, ledger: pointsMix(writer), mix: measured };
}

async function eventsOf(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ events: string }>(
    `SELECT sum(position)::text AS events FROM ${POINTS_SCHEMA}.heads`,
  );
  return Number(rows[0]?.events);
}
