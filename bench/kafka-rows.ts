import type { Pool } from 'pg';
import type { ApartLedger } from './apart-ledger.ts';
import { catchUpBench } from './catch-up.ts';
import { consumeBench } from './consume.ts';
import { endToEndBench } from './end-to-end.ts';
import { kafkaPipelineBench } from './kafka-pipeline.ts';
import { filledLog } from './kafka-topics.ts';
import type { BenchedLedger } from './pipeline.ts';
import { relayBench, type RelayBenchOptions } from './relay.ts';
import type { BenchRow } from './row.ts';

/** Rows that need a broker. */
export const kafkaNames = ['kafkaPipeline', 'relay', 'consume', 'endToEnd', 'catchUp'] as const;
export type KafkaName = (typeof kafkaNames)[number];

export interface Brokers {
  readonly brokers: readonly string[];
  close(): Promise<void>;
}

export interface KafkaBenchOptions {
  /** Makes an empty database on the same server; `max` bounds the pool. Closed by whoever made it. */
  readonly database: (name: string, max?: number) => Promise<{ pool: Pool; url: string; close(): Promise<void> }>;
  /** All five services in this process on that database. */
  readonly openLedger: (url: string) => Promise<BenchedLedger>;
  /** The services outside of this process: apart over Kafka, or all in one process. */
  readonly openApart: (
    url: string,
    kafka?: { readonly brokers: readonly string[]; readonly topicPrefix: string },
  ) => Promise<ApartLedger>;
  readonly purchases?: number;
  readonly longPurchases?: number;
  readonly onProgress?: (what: string) => void;
}

export async function runKafka(
  name: KafkaName,
  { database, openLedger, openApart, purchases, longPurchases, onProgress }: KafkaBenchOptions,
  { pool, url }: { readonly pool: Pool; readonly url: string },
  brokers: readonly string[],
): Promise<BenchRow[]> {
  const progress = onProgress && { onProgress };
  // Of this run: the broker may be one that was used before.
  const topicPrefix = `bench.${name}.${Date.now()}.`;
  const apart = (): Promise<ApartLedger> => openApart(url, { brokers, topicPrefix });
  /** Beside services in one process, on a database of their own. */
  const beside = async (measure: (url: string) => Promise<BenchRow>): Promise<BenchRow[]> => {
    const other = await database('bench_together');
    try {
      return [await measure(other.url)];
    } finally {
      await other.close();
    }
  };
  switch (name) {
    case 'relay':
    case 'consume': {
      const heads = await filledLog(pool, (what) => onProgress?.(`${name}: ${what}`));
      const measure = name === 'relay' ? relayBench : consumeBench;
      const measured = (client: RelayBenchOptions['client']): Promise<BenchRow> =>
        measure({ pool, brokers, client, heads, prefix: `${topicPrefix}${client}.`, ...progress });
      return [await measured('kafkajs'), await measured('platformatic')];
    }
    case 'catchUp':
      return [await catchUpBench({ pool, apart, ...progress, ...(longPurchases && { purchases: longPurchases }) })];
    case 'endToEnd':
      return beside((together) => endToEndBench({ together: () => openApart(together), apart, ...progress }));
    case 'kafkaPipeline':
      return beside((together) =>
        kafkaPipelineBench({
          embedded: () => openLedger(together),
          apart,
          ...progress,
          ...(purchases && { purchases }),
        }),
      );
  }
}
