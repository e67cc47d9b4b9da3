import type { FeedbackWriter } from '@loyalty/feedback';
import type { PointsWriter } from '@loyalty/points';
import type { PurchasesWriter } from '@loyalty/purchases';
import { assertHere, type Runtime } from '@loyalty/service';
import { caughtUp } from '../caught-up.ts';
import type { CommandResult } from '../command.ts';
import { withLedger } from '../open-ledger.ts';
import { startProgress } from '../progress.ts';
import { DAY_MS } from './local-time.ts';
import { loadRetailer } from './load-retailer.ts';
import { createRandom } from './random.ts';
import { retailer, type RetailerOptions } from './retailer.ts';
import { careForCases, spend } from './spend-and-care.ts';
import { demoSummary, summaryText, type DemoSummary } from './summary.ts';

export type DemoSize = RetailerOptions;

/** `loyalty demo`. */
export function runDemo(size: DemoSize, json: boolean): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    assertHere(runtime.parts, ['purchases', 'tiers', 'points', 'feedback', 'analytics']);
    const summary = await loadDemo(runtime, size);
    return { json: summary, text: json ? '' : summaryText(summary) };
  });
}

/** Makes a retailer up and loads it into running services. The same size gives the same retailer, and only duplicates the second time. */
export async function loadDemo(runtime: Runtime, size: DemoSize): Promise<DemoSummary> {
  const started = performance.now();
  const until = Math.floor(size.until / DAY_MS) * DAY_MS;
  const options = { ...size, until };
  const { pool } = runtime.database;
  const feedback = runtime.writer('feedback') as FeedbackWriter;
  const purchases = { pool, writer: runtime.writer('purchases') as PurchasesWriter };
  const days = [...retailer(options)];
  const total = days.reduce((sum, day) => sum + day.length, 0);
  const progress = startProgress('demo', 'happenings', total);
  const counts = await loadRetailer(days, { purchases, feedback }, (done) => progress.at(done));
  progress.stop();
  await caughtUp(runtime);
  const random = createRandom(size.seed + 1);
  const members = new Set(
    days.flatMap((day) => day.flatMap((each) => (each.kind === 'document' ? (each.document.member ?? []) : []))),
  );
  const spenders = [...members].filter(() => random.chance(0.25));
  const run = `${size.seed}-${size.members}-${size.months}-${until / DAY_MS}`;
  const spent = await spend(random, spenders, runtime.writer('points') as PointsWriter, run);
  const care = await careForCases(random, pool, feedback);
  await caughtUp(runtime);
  const seconds = (performance.now() - started) / 1000;
  return demoSummary(runtime, { size: options, seconds, counts, spent, care });
}
