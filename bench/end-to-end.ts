import type { ApartLedger } from './apart-ledger.ts';
import { openLoop, quantile } from './baselines.ts';
import { purchaseDocuments } from './load.ts';
import { benchRow, type BenchRow } from './row.ts';

const CALLERS = 128;
const WARM_S = 4;
const FULL_S = 8;
const SECONDS = 15;
const LIMIT_MS = 250;
/** More than all calls of one run. */
const MOST = 1_000_000;

export interface EndToEndOptions {
  /** All services in one process, which is not this one. */
  readonly together: () => Promise<ApartLedger>;
  /** Each as a process of its own, over Kafka. */
  readonly apart: () => Promise<ApartLedger>;
  readonly onProgress?: (what: string) => void;
}

interface Latency {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/**
 * From the moment at which a purchase was to be sent over HTTP until the answer that shows its points, at half of the rate at which as
 * many callers as help get through.
 */
export async function endToEndBench({ together, apart, onProgress }: EndToEndOptions): Promise<BenchRow> {
  const one = await measured(together);
  onProgress?.(`endToEnd: in one process ${describe(one)}`);
  const kafka = await measured(apart);
  onProgress?.(`endToEnd: over Kafka ${describe(kafka)}`);
  return benchRow({
    name: 'endToEnd',
    what: `purchase sent until its points are seen, p99 over Kafka at half load: ${describe(kafka)}; in one process ${describe(one)}`,
    value: kafka.p99,
    baseline: LIMIT_MS,
    unit: 'ms',
    goal: 1,
    direction: 'atMost',
  });
}

const describe = ({ perSecond, p50, p99 }: Latency): string =>
  `${Math.round(perSecond)}/s, p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`;

async function measured(open: () => Promise<ApartLedger>): Promise<Latency> {
  const ledger = await open();
  try {
    const documents = purchaseDocuments(MOST, { seed: 31, prefix: 'e' });
    const call = (): Promise<void> => purchaseSeen(ledger, documents.next().value as string);
    await most(call, WARM_S);
    const perSecond = (await most(call, FULL_S)) / 2;
    const latencies = await openLoop(perSecond, SECONDS, call);
    return { perSecond, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
  } finally {
    await ledger.close();
  }
}

async function most(call: () => Promise<void>, seconds: number): Promise<number> {
  const started = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (; performance.now() - started < seconds * 1000; done++) await call();
    }),
  );
  return done / ((performance.now() - started) / 1000);
}

async function purchaseSeen({ urls, key }: ApartLedger, document: string): Promise<void> {
  const { source, id, member } = JSON.parse(document) as { source: string; id: string; member: string };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const recorded = await fetch(`${urls.ingest}/v1/purchases`, { method: 'POST', headers, body: document });
  await recorded.arrayBuffer();
  if (recorded.status !== 201) throw new Error(`purchase ${id} was answered with ${recorded.status}`);
  const seen = await fetch(`${urls.points}/v1/members/${member}/entries?cause=${source}/${id}&wait=10`, { headers });
  const { items } = (await seen.json()) as { items: unknown[] };
  if (items.length === 0) throw new Error(`the points of purchase ${id} were not there within 10 s`);
}
