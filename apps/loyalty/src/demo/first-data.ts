import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setReportingZone } from '@loyalty/analytics';
import type { Environment, Runtime } from '@loyalty/service';
import type { RetailerOptions } from './retailer.ts';
import { loadDemo } from './run-demo.ts';
import { summaryText } from './summary.ts';

/** A story that takes a first start some seconds, not minutes. */
const SIZE = { members: 700, months: 14, seed: 1 } as const;

/**
 * Loads the demonstration into an empty ledger, unless LOYALTY_DEMO is false. One that was interrupted is finished at the next
 * start: what it was going to load stands in LOYALTY_HOME until it is done.
 * @returns a member to look at, where it knows one
 */
export async function firstData(
  runtime: Runtime,
  { LOYALTY_DEMO, LOYALTY_HOME, DATABASE_URL, REPORTING_ZONE }: Environment,
): Promise<string | undefined> {
  // Beside somebody's own server nothing is made up unasked.
  if (!LOYALTY_DEMO || DATABASE_URL !== undefined) return undefined;
  const file = join(LOYALTY_HOME, 'demo.json');
  const known = await readStory(file);
  if (known?.done) return known.member;
  if (known === undefined && !(await isEmpty(runtime))) return undefined;
  const size = known?.size ?? { ...SIZE, until: Date.now() };
  await writeStory(file, { size, done: false });
  // Where its shops stand, unless somebody has chosen.
  if (REPORTING_ZONE === undefined) await setReportingZone(runtime.database.pool, 'Asia/Shanghai');
  const summary = await loadDemo(runtime, size);
  const member = summary.member ?? undefined;
  await writeStory(file, { size, done: true, member });
  process.stdout.write(`${summaryText(summary)}\n`);
  return member;
}

interface Story {
  readonly size: RetailerOptions;
  readonly done: boolean;
  readonly member?: string | undefined;
}

async function readStory(file: string): Promise<Story | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Story);
}

async function writeStory(file: string, story: Story): Promise<void> {
  await writeFile(file, `${JSON.stringify(story)}\n`);
}

/** Programs are there from the start, and may have reached other services already; nothing else is. */
async function isEmpty({ database: { pool }, parts }: Runtime): Promise<boolean> {
  for (const { definition } of parts) {
    const { rows } = await pool.query<{ used: boolean }>(
      `SELECT EXISTS (SELECT FROM ${definition.schema}.events WHERE NOT starts_with(subject, 'program:')) AS used`,
    );
    if (rows[0]?.used) return false;
  }
  return true;
}
