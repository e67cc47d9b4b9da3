import type { PoolClient } from 'pg';
import type { RebuildPlan } from './rebuild-plan.ts';

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

/** Marks a moment: rows whose `xmin` is not covered by it were written later. */
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
 * Only rows that either table got since that moment, and the number of rows: what remains to be compared when everything was
 * equal then. A scan of a million rows for their xmin takes a tenth of a second, comparing them all takes seconds.
 */
export async function compareSince(tx: PoolClient, plan: RebuildPlan, key: readonly string[], since: Moment): Promise<Comparison> {
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

async function different(tx: PoolClient, { model }: RebuildPlan, key: readonly string[], from: string): Promise<Comparison> {
  const first = key[0] as string;
  const label = key.map((column) => `'${column.replaceAll("'", "''")}=' || ${column}::text`).join(` || ' ' || `);
  const { rows } = await tx.query<Difference & { total: number }>(
    `SELECT coalesce(${model.subject === undefined ? 'NULL' : `coalesce(l."${model.subject}", r."${model.subject}")::text`}, ${label}) AS subject, ${label} AS key,
  CASE WHEN l.${first} IS NULL THEN 'only rebuilt' WHEN r.${first} IS NULL THEN 'only live' ELSE 'different' END AS kind,
  CASE WHEN l.${first} IS NOT NULL THEN to_jsonb(l) END AS live, CASE WHEN r.${first} IS NOT NULL THEN to_jsonb(r) END AS rebuilt, count(*) OVER () AS total
FROM ${from}
WHERE (l.${first} IS NULL) <> (r.${first} IS NULL) OR (l.${first} IS NOT NULL AND r.${first} IS NOT NULL AND l.* OPERATOR(pg_catalog.*<>) r.*)
ORDER BY 1, 2 LIMIT ${EXAMPLES}`,
  );
  return { different: rows[0]?.total ?? 0, examples: rows.map(({ total: _, ...example }) => example) };
}
