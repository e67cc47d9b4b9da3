import type { Database } from '@loyalty/database';
import { readHeads, verifyLog, type Anchor, type ChainResult, type Head } from '@loyalty/event-store';
import type { TreeAnchor } from '@loyalty/event-store/check-receipt';
import type { ConsumerPlace } from '@loyalty/event-log';
import type { ServiceDefinition } from '@loyalty/projections';
import type { Pool } from 'pg';
import type { CheckOutcome } from './check-outcome.ts';

export interface ChainsOptions {
  readonly database: Pick<Database, 'pool' | 'url'>;
  readonly definitions: readonly ServiceDefinition[];
  readonly consumers: readonly ConsumerPlace[];
  /** Kept outside. */
  readonly anchors: readonly TreeAnchor[];
  readonly onProgress: (checked: number) => void;
}

const SHOWN = 20;

/**
 * Every log's hash chain, from its first event, against its heads, its consumers' checkpoints and what was kept outside; and its
 * closed blocks against its events.
 */
export async function verifyChains(options: ChainsOptions): Promise<CheckOutcome[]> {
  const { definitions, consumers, anchors, onProgress } = options;
  const { pool, url } = options.database;
  const outcomes: CheckOutcome[] = [];
  let before = 0;
  for (const { service, schema, eventCheck } of definitions) {
    const outside = anchors.filter((anchor) => anchor.service === service);
    const known = [...outside, ...(await checkpointAnchors(pool, consumers, service))];
    const heads = await readHeads(pool, schema);
    if (heads.every(({ position }) => position === 0) && known.length === 0) continue;
    const progress = (checked: number): void => onProgress(before + checked);
    const results = await verifyLog(pool, { schema, service, anchors: known, eventCheck, url, onProgress: progress });
    const checked = sum(results.map((each) => each.checked));
    before += checked;
    const missing = outside.filter(({ shard }) => !heads.some((head) => head.shard === shard));
    const problems = [
      ...problemsOf(results, (kind) => kind !== 'block'),
      ...missing.map(({ shard }) => `there is an anchor for shard ${shard}, but no such shard`),
    ];
    const blockProblems = problemsOf(results, (kind) => kind === 'block');
    const note = noteOn(heads, outside);
    outcomes.push({
      name: `${service}: hash chain`,
      ok: problems.length === 0,
      checked,
      unit: 'events',
      problems: problems.slice(0, SHOWN),
      ...(note !== undefined && { note }),
    });
    outcomes.push({
      name: `${service}: Merkle blocks`,
      ok: blockProblems.length === 0,
      checked: sum(results.map(({ blocks }) => blocks)),
      unit: 'blocks',
      problems: blockProblems.slice(0, SHOWN),
    });
    if (eventCheck) outcomes.push(oddEvents(`${service}: ${eventCheck.name}`, results));
  }
  return outcomes;
}

function oddEvents(name: string, results: readonly ChainResult[]): CheckOutcome {
  const problems = results.flatMap(({ shard, odd }) =>
    odd.map(({ position, message }) => `event ${shard}/${position} ${message}`),
  );
  const checked = sum(results.map((each) => each.checked));
  return { name, ok: problems.length === 0, checked, unit: 'events', problems: problems.slice(0, SHOWN) };
}

function problemsOf(results: readonly ChainResult[], wanted: (kind: string) => boolean): string[] {
  return results.flatMap(({ shard, problem }) =>
    problem && wanted(problem.kind) ? [`shard ${shard}, position ${problem.position}: ${problem.message}`] : [],
  );
}

/** How far what was kept outside reaches. Undefined: to the end. */
function noteOn(heads: readonly Head[], outside: readonly TreeAnchor[]): string | undefined {
  if (outside.length === 0)
    return 'consistent in itself; only an anchor kept elsewhere (--anchor) proves that nobody rewrote all of it';
  const reached = heads.map((head) =>
    Math.max(0, ...outside.filter(({ shard }) => shard === head.shard).map(({ position }) => position)),
  );
  const [vouched, all] = [sum(reached), sum(heads.map(({ position }) => position))];
  return vouched < all
    ? `anchors vouch for ${vouched} of ${all} events; those after them are consistent in themselves`
    : undefined;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What a consumer applied last, with the hash it had then: kept in the consumer's schema, so an anchor of the source. */
async function checkpointAnchors(pool: Pool, consumers: readonly ConsumerPlace[], source: string): Promise<Anchor[]> {
  const anchors: Anchor[] = [];
  for (const place of consumers.filter((each) => each.source === source)) {
    const { rows } = await pool.query<Anchor>(
      `SELECT shard, position, encode(hash, 'hex') AS hash FROM ${place.schema}.checkpoints
       WHERE consumer = $1 AND source = $2 AND position > 0`,
      [place.consumer, place.source],
    );
    anchors.push(...rows);
  }
  return anchors;
}
