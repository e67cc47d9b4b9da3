import { readHeads, verifyChain, type Anchor, type Head } from '@loyalty/event-store';
import type { ConsumerPlace } from '@loyalty/event-log';
import type { ServiceDefinition } from '@loyalty/projections';
import type { Pool } from 'pg';
import type { CheckOutcome } from './check-outcome.ts';
import type { ExportedAnchor } from './anchors-file.ts';

export interface ChainsOptions {
  readonly pool: Pool;
  readonly definitions: readonly ServiceDefinition[];
  readonly consumers: readonly ConsumerPlace[];
  /** Kept outside. */
  readonly anchors: readonly ExportedAnchor[];
  readonly onProgress: (checked: number) => void;
}

/** Every log's hash chain, from its first event, against its heads, its consumers' checkpoints and what was kept outside. */
export async function verifyChains({
  pool,
  definitions,
  consumers,
  anchors,
  onProgress,
}: ChainsOptions): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  let before = 0;
  for (const { service, schema } of definitions) {
    const outside = anchors.filter((anchor) => anchor.service === service);
    const known = [...outside, ...(await checkpointAnchors(pool, consumers, service))];
    const heads = await readHeads(pool, schema);
    if (heads.every(({ position }) => position === 0) && known.length === 0) continue;
    let checked = 0;
    const problems: string[] = [];
    for (const { shard } of heads) {
      const own = known.filter((anchor) => anchor.shard === shard);
      const result = await verifyChain(pool, {
        schema,
        service,
        shard,
        anchors: own,
        onProgress: (at) => onProgress(before + checked + at),
      });
      checked += result.checked;
      if (result.problem)
        problems.push(`shard ${shard}, position ${result.problem.position}: ${result.problem.message}`);
    }
    const missing = outside.filter(({ shard }) => !heads.some((head) => head.shard === shard));
    problems.push(...missing.map(({ shard }) => `there is an anchor for shard ${shard}, but no such shard`));
    before += checked;
    const note = noteOn(heads, outside);
    outcomes.push({
      name: `${service}: hash chain`,
      ok: problems.length === 0,
      checked,
      unit: 'events',
      problems: problems.slice(0, 20),
      ...(note !== undefined && { note }),
    });
  }
  return outcomes;
}

/** How far what was kept outside reaches. Undefined: to the end. */
function noteOn(heads: readonly Head[], outside: readonly ExportedAnchor[]): string | undefined {
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
