import type { Pool } from 'pg';
import { appendBench } from './append.ts';
import type { ApartLedger } from './apart-ledger.ts';
import { asOfBench } from './as-of.ts';
import { commandsBench, ROW_LOCK_CONNECTIONS } from './commands.ts';
import { growthBench } from './growth.ts';
import { hotMemberBench } from './hot-member.ts';
import { kafkaNames, runKafka, type Brokers, type KafkaBenchOptions, type KafkaName } from './kafka-rows.ts';
import { memoryBench } from './memory.ts';
import { pipelineBench, type BenchedLedger } from './pipeline.ts';
import { proofBench } from './proof.ts';
import { rebuildBench } from './rebuild.ts';
import { redeemBench } from './redeem.ts';
import { benchRow, type BenchRow } from './row.ts';
import { verifyBench } from './verify.ts';

export type { ApartLedger, BenchedLedger, BenchRow };

const ownNames = [
  'append',
  'pipeline',
  'hotMember',
  'rebuild',
  'redeem',
  'commands',
  'hot',
  'growth',
  'asOf',
  'proof',
  'verify',
  'memory',
] as const;
type OwnName = (typeof ownNames)[number];

export const benchNames = [...ownNames, ...kafkaNames] as const;
export type BenchName = (typeof benchNames)[number];

export function needsKafka(name: BenchName): name is KafkaName {
  return (kafkaNames as readonly string[]).includes(name);
}

export interface BenchOptions extends KafkaBenchOptions {
  /** Which rows. @default all */
  readonly only?: readonly BenchName[];
  /** Found or started for the rows that need one, and given back after the last. */
  readonly broker: () => Promise<Brokers>;
  readonly cli: string;
  readonly events?: number;
}

const GOALS: Readonly<Record<number, number>> = { 64: 0.45, 512: 0.65 };
/** How large a row's pool is, where the default is not what is measured. */
const CONNECTIONS: Partial<Record<BenchName, number>> = {
  hotMember: 74,
  commands: ROW_LOCK_CONNECTIONS,
  hot: ROW_LOCK_CONNECTIONS,
};

/** Runs the rows one after the other, each on an empty database of its own: they must not disturb each other. */
export async function runBench(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const names = options.only ?? benchNames;
  const kafka = names.some(needsKafka) ? await options.broker() : undefined;
  try {
    for (const name of names) {
      const database = await options.database(`bench_${name.toLowerCase()}`, CONNECTIONS[name]);
      try {
        rows.push(
          ...(needsKafka(name)
            ? await runKafka(name, options, database, (kafka as Brokers).brokers)
            : await run(name, options, database)),
        );
      } finally {
        await database.close();
      }
    }
  } finally {
    await kafka?.close();
  }
  return rows;
}

async function run(
  name: OwnName,
  options: BenchOptions,
  { pool, url }: { pool: Pool; url: string },
): Promise<BenchRow[]> {
  const { onProgress, purchases, events, longPurchases, openLedger, cli } = options;
  const progress = onProgress && { onProgress };
  switch (name) {
    case 'append':
      return append(pool, onProgress);
    case 'pipeline':
      return [
        await pipelineBench({ pool, openLedger: () => openLedger(url), ...progress, ...(purchases && { purchases }) }),
      ];
    case 'hotMember':
      return [await hotMemberBench(pool)];
    case 'rebuild':
      return [await rebuildBench({ pool, ...progress, ...(events && { events }) })];
    case 'redeem':
      return [await redeemBench(pool)];
    case 'asOf':
      return [await asOfBench({ pool, url, ...progress })];
    case 'commands':
    case 'hot':
      return [await commandsBench({ pool, name, ...progress })];
    case 'growth':
      return [await growth(pool, options)];
    case 'proof':
      return [await proofBench({ pool, ...progress })];
    case 'verify':
      return [await verifyBench({ pool, url, ...progress, ...(events && { events }) })];
    case 'memory':
      return [
        await memoryBench({ cli, databaseUrl: url, ...progress, ...(longPurchases && { purchases: longPurchases }) }),
      ];
  }
}

async function growth(large: Pool, { database, onProgress }: BenchOptions): Promise<BenchRow> {
  const { pool: small, close } = await database('bench_growth_small');
  try {
    return await growthBench({ small, large, ...(onProgress && { onProgress }) });
  } finally {
    await close();
  }
}

async function append(pool: Pool, onProgress?: (what: string) => void): Promise<BenchRow[]> {
  const callers = [64, 512];
  const measured = await appendBench({ pool, callers, ...(onProgress && { onProgress }) });
  return measured.map(({ value, baseline }, i) => {
    const asking = callers[i] as number;
    const what = `${asking} callers, idempotency and chain on ÷ raw INSERT … SELECT unnest`;
    return benchRow({
      name: `append${asking}`,
      what,
      value,
      baseline,
      unit: 'events/s',
      goal: GOALS[asking] as number,
    });
  });
}
