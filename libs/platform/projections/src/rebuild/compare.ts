import type { PoolClient } from 'pg';
import type { KeyColumn, RebuildPlan } from './rebuild-plan.ts';

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
export async function compareAll(tx: PoolClient, plan: RebuildPlan): Promise<Comparison> {
  await tx.query('SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on');
  return different(tx, plan, `${plan.live} AS l FULL JOIN ${plan.shadow} AS r USING (${namesOf(plan.key)})`);
}

/** Marks when everything was compared: rows whose `xmin` the snapshot does not cover were written later. */
export interface Moment {
  readonly xmax: string;
  readonly running: string;
}

export async function momentOf(tx: PoolClient): Promise<Moment> {
  const { rows } = await tx.query<Moment>(
    `SELECT pg_snapshot_xmax(s)::xid::text AS xmax, ARRAY(SELECT x::xid FROM pg_snapshot_xip(s) AS x)::text AS running FROM pg_current_snapshot() AS s`,
  );
  return rows[0] as Moment;
}

/**
 * Rows that either table got since a moment at which all were equal, and the number of rows: as good as comparing all. Scanning a
 * million rows for their xmin takes a quarter of a second, comparing them all takes seconds.
 */
export async function compareWritten(tx: PoolClient, plan: RebuildPlan, since: Moment): Promise<Comparison> {
  const names = namesOf(plan.key);
  const later = (table: string) =>
    `SELECT ${names} FROM ${table} WHERE age(xmin) <= age('${since.xmax}'::xid) OR xmin = ANY ('${since.running}'::xid[])`;
  await probing(tx);
  const found = await different(tx, plan, probed(plan, `(${later(plan.live)} UNION ${later(plan.shadow)})`));
  if (found.different > 0) return found;
  const { rows } = await tx.query<{ live: number; rebuilt: number }>(
    `SELECT (SELECT count(*) FROM ${plan.live}) AS live, (SELECT count(*) FROM ${plan.shadow}) AS rebuilt`,
  );
  const { live, rebuilt } = rows[0] as { live: number; rebuilt: number };
  // A row that only one of them lost; which one, the full comparison tells.
  return live === rebuilt ? found : compareAll(tx, plan);
}

/**
 * The rows that the last tail wrote, and nothing else: milliseconds, while writers wait. All rows of the tail's members, tried
 * instead, took 1.8 s for 2,400 of them: the popular ones have thousands.
 * @param keys one text array a key column
 */
export async function compareKeys(
  tx: PoolClient,
  plan: RebuildPlan,
  keys: readonly (readonly string[])[],
): Promise<Comparison> {
  const columns = plan.key.map(({ name, type }) => `${name}::${type} AS ${name}`).join(', ');
  const parameters = plan.key.map((_, i) => `$${i + 1}::text[]`).join(', ');
  await probing(tx);
  const touched = `(SELECT DISTINCT ${columns} FROM unnest(${parameters}) AS k (${namesOf(plan.key)}))`;
  return different(tx, plan, probed(plan, touched), keys);
}

function probed({ key, live, shadow }: RebuildPlan, touched: string): string {
  const names = namesOf(key);
  return `${touched} AS t LEFT JOIN ${live} AS l USING (${names}) LEFT JOIN ${shadow} AS r USING (${names})`;
}

/** The planner takes a third of the table for touched and would hash both tables; it is a handful of rows. */
async function probing(tx: PoolClient): Promise<void> {
  await tx.query('SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off');
}

async function different(
  tx: PoolClient,
  { model, key }: RebuildPlan,
  from: string,
  values: readonly unknown[] = [],
): Promise<Comparison> {
  const first = key[0]?.name as string;
  const label = key.map(({ name }) => `'${name.replaceAll("'", "''")}=' || ${name}::text`).join(` || ' ' || `);
  const subject = model.subject === undefined ? 'NULL' : `coalesce(l."${model.subject}", r."${model.subject}")::text`;
  const { rows } = await tx.query<Difference & { total: number }>(
    `SELECT coalesce(${subject}, ${label}) AS subject, ${label} AS key,
  CASE WHEN l.${first} IS NULL THEN 'only rebuilt' WHEN r.${first} IS NULL THEN 'only live' ELSE 'different' END AS kind,
  CASE WHEN l.${first} IS NOT NULL THEN to_jsonb(l) END AS live, CASE WHEN r.${first} IS NOT NULL THEN to_jsonb(r) END AS rebuilt,
  count(*) OVER () AS total
FROM ${from}
WHERE (l.${first} IS NULL) <> (r.${first} IS NULL)
  OR (l.${first} IS NOT NULL AND r.${first} IS NOT NULL AND l.* OPERATOR(pg_catalog.*<>) r.*)
ORDER BY 1, 2 LIMIT ${EXAMPLES}`,
    [...values],
  );
  return { different: rows[0]?.total ?? 0, examples: rows.map(({ total: _, ...example }) => example) };
}

function namesOf(key: readonly KeyColumn[]): string {
  return key.map(({ name }) => name).join(', ');
}
