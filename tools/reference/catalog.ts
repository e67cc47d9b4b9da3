import type { Pool } from 'pg';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly initial: string | null;
  readonly comment: string | null;
}

/** A table or view as PostgreSQL's own catalog describes it. Partitions are left out: their parent tells all. */
export interface Relation {
  readonly name: string;
  readonly kind: 'table' | 'partitioned table' | 'view';
  readonly comment: string | null;
  readonly partitioning: string | null;
  readonly columns: readonly Column[];
  readonly constraints: readonly string[];
  readonly indexes: readonly string[];
  readonly triggers: readonly string[];
}

const sorted = (aggregate: string, from: string): string =>
  `(SELECT coalesce(json_agg(${aggregate}), '[]') FROM ${from})`;

const RELATIONS = `
SELECT c.relname AS name,
  CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' ELSE 'view' END AS kind,
  obj_description(c.oid, 'pg_class') AS comment,
  CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partitioning,
  ${sorted(
    `json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'required', attnotnull,
      'initial', pg_get_expr(adbin, adrelid), 'comment', col_description(attrelid, attnum)) ORDER BY attnum`,
    `pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped`,
  )} AS columns,
  ${sorted(
    'pg_get_constraintdef(oid) ORDER BY contype, pg_get_constraintdef(oid)',
    `pg_constraint WHERE conrelid = c.oid AND contype <> 'n'`,
  )} AS constraints,
  ${sorted(
    'pg_get_indexdef(indexrelid) ORDER BY pg_get_indexdef(indexrelid)',
    `pg_index WHERE indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
  )} AS indexes,
  ${sorted(
    'pg_get_triggerdef(oid) ORDER BY tgname',
    `pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal AND tgparentid = 0`,
  )} AS triggers
FROM pg_class c
WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
ORDER BY c.relname COLLATE "C"`;

/** Every table and view of a schema, by name. */
export async function relationsOf(pool: Pool, schema: string): Promise<Relation[]> {
  const { rows } = await pool.query<Relation>(RELATIONS, [schema]);
  return rows;
}

/** The schemas that are not PostgreSQL's own. */
export async function schemasOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
     ORDER BY nspname COLLATE "C"`,
  );
  return rows.map((row) => row.name);
}

export interface SqlFunction {
  readonly signature: string;
  readonly result: string;
  readonly comment: string;
}

/** The functions of a schema that are meant to be called by people: those with a comment. */
export async function functionsOf(pool: Pool, schema: string): Promise<SqlFunction[]> {
  const { rows } = await pool.query<SqlFunction>(
    `SELECT proname || '(' || pg_get_function_identity_arguments(oid) || ')' AS signature, pg_get_function_result(oid) AS result,
       obj_description(oid, 'pg_proc') AS comment
     FROM pg_proc WHERE pronamespace = $1::regnamespace AND obj_description(oid, 'pg_proc') IS NOT NULL
     ORDER BY proname COLLATE "C"`,
    [schema],
  );
  return rows;
}
