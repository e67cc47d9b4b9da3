import type { PoolClient } from 'pg';
import type { Positions, RebuildPlan } from './rebuild-plan.ts';

/** A row that differs between the live table and the one rebuilt from the log. */
export interface Difference {
  /** The member (or other subject) where the model names its column, else the key as `column=value`. */
  readonly subject: string;
  readonly key: string;
  readonly kind: 'only live' | 'only rebuilt' | 'different';
  readonly live: unknown;
  readonly rebuilt: unknown;
}

export interface Comparison {
  readonly different: number;
  /** The first ones by subject. */
  readonly examples: readonly Difference[];
}

const EXAMPLES = 20;

/** All rows of both tables, as the transaction sees them. Compared by their stored image: any type, and 1.0 is not 1.00. */
export async function compareAll(tx: PoolClient, plan: RebuildPlan, key: readonly string[]): Promise<Comparison> {
  return different(tx, plan, key, `${plan.live} AS l FULL JOIN ${plan.shadow} AS r USING (${key.join(', ')})`);
}

/** Marks when everything was compared: rows whose `xmin` the snapshot does not cover were written later. */
export interface Moment {
  readonly xmax: string;
  readonly running: string;
  readonly positions: Positions;
}

export async function momentOf(tx: PoolClient, positions: Positions): Promise<Moment> {
  const { rows } = await tx.query<{ xmax: string; running: string }>(
    `SELECT pg_snapshot_xmax(s)::xid::text AS xmax, ARRAY(SELECT x::xid FROM pg_snapshot_xip(s) AS x)::text AS running FROM pg_current_snapshot() AS s`,
  );
  return { ...(rows[0] as { xmax: string; running: string }), positions };
}

/**
 * What remains to be compared, while writers wait, when everything was equal at that moment: the subjects of the events since, where
 * the model names their column; else the rows written since, and the number of rows.
 */
export async function compareSince(
  tx: PoolClient,
  plan: RebuildPlan,
  key: readonly string[],
  since: Moment,
  to: Positions,
): Promise<Comparison> {
  const tail = [...to].filter(([shard, position]) => position > (since.positions.get(shard) ?? 0));
  if (tail.length === 0) return { different: 0, examples: [] };
  // The planner overrates how much was touched and would read the whole tables.
  await tx.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off');
  if (plan.model.subject === undefined) return compareWritten(tx, plan, key, since);
  const { rows } = await tx.query<{ subjects: string[] }>(
    `SELECT coalesce(array_agg(DISTINCT e.subject), '{}') AS subjects
FROM unnest($1::int2[], $2::int8[], $3::int8[]) AS t (shard, after, upto) JOIN ${plan.events} AS e ON e.shard = t.shard AND e.position > t.after AND e.position <= t.upto`,
    [
      tail.map(([shard]) => shard),
      tail.map(([shard]) => since.positions.get(shard) ?? 0),
      tail.map(([, upto]) => upto),
    ],
  );
  // Materialized: joined by hash of what was found, not probed again for each row.
  await tx.query('SET LOCAL enable_hashjoin = on');
  const of = (table: string) => `SELECT * FROM ${table} WHERE "${plan.model.subject}" = ANY ($1)`;
  return different(
    tx,
    plan,
    key,
    `(${of(plan.live)} OFFSET 0) AS l FULL JOIN (${of(plan.shadow)} OFFSET 0) AS r USING (${key.join(', ')})`,
    [rows[0]?.subjects ?? []],
  );
}

/** Scanning a million rows for their xmin takes a quarter of a second, comparing them all takes seconds. */
async function compareWritten(
  tx: PoolClient,
  plan: RebuildPlan,
  key: readonly string[],
  since: Moment,
): Promise<Comparison> {
  const keys = key.join(', ');
  const later = (table: string) =>
    `SELECT ${keys} FROM ${table} WHERE age(xmin) <= age('${since.xmax}'::xid) OR xmin = ANY ('${since.running}'::xid[])`;
  const touched = `(${later(plan.live)} UNION ${later(plan.shadow)}) AS t`;
  const found = await different(
    tx,
    plan,
    key,
    `${touched} LEFT JOIN ${plan.live} AS l USING (${keys}) LEFT JOIN ${plan.shadow} AS r USING (${keys})`,
  );
  if (found.different > 0) return found;
  const { rows } = await tx.query<{ live: number; rebuilt: number }>(
    `SELECT (SELECT count(*) FROM ${plan.live}) AS live, (SELECT count(*) FROM ${plan.shadow}) AS rebuilt`,
  );
  const { live, rebuilt } = rows[0] as { live: number; rebuilt: number };
  // A row that only one of them lost; which one, the full comparison tells.
  return live === rebuilt ? found : compareAll(tx, plan, key);
}

async function different(
  tx: PoolClient,
  { model }: RebuildPlan,
  key: readonly string[],
  from: string,
  values: unknown[] = [],
): Promise<Comparison> {
  const first = key[0] as string;
  const label = key.map((column) => `'${column.replaceAll("'", "''")}=' || ${column}::text`).join(` || ' ' || `);
  const { rows } = await tx.query<Difference & { total: number }>(
    `SELECT coalesce(${model.subject === undefined ? 'NULL' : `coalesce(l."${model.subject}", r."${model.subject}")::text`}, ${label}) AS subject, ${label} AS key,
  CASE WHEN l.${first} IS NULL THEN 'only rebuilt' WHEN r.${first} IS NULL THEN 'only live' ELSE 'different' END AS kind,
  CASE WHEN l.${first} IS NOT NULL THEN to_jsonb(l) END AS live, CASE WHEN r.${first} IS NOT NULL THEN to_jsonb(r) END AS rebuilt, count(*) OVER () AS total
FROM ${from}
WHERE (l.${first} IS NULL) <> (r.${first} IS NULL) OR (l.${first} IS NOT NULL AND r.${first} IS NOT NULL AND l.* OPERATOR(pg_catalog.*<>) r.*)
ORDER BY 1, 2 LIMIT ${EXAMPLES}`,
    values,
  );
  return { different: rows[0]?.total ?? 0, examples: rows.map(({ total: _, ...example }) => example) };
}
