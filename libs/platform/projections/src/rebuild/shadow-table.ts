import { transaction } from '@loyalty/database';
import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { Db, KeyColumn, RebuildPlan } from './rebuild-plan.ts';

interface IndexOf {
  readonly oid: number;
  readonly name: string;
  readonly definition: string;
  readonly unique: boolean;
  /** `PRIMARY KEY (…)`, `UNIQUE (…)`; null for an index that is no constraint. */
  readonly constraint: string | null;
}

async function indexesOf(db: Db, table: string): Promise<IndexOf[]> {
  const { rows } = await db.query<IndexOf>(
    `SELECT c.oid::int8 AS oid, c.relname AS name, pg_get_indexdef(c.oid) AS definition, i.indisunique AS "unique", pg_get_constraintdef(k.oid) AS "constraint"
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid LEFT JOIN pg_constraint AS k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x') AND k.conrelid = i.indrelid
WHERE i.indrelid = $1::regclass ORDER BY i.indisprimary DESC, c.relname`,
    [table],
  );
  return rows;
}

/** The key columns, by which rows are told apart. Throws where there is no primary key, or something a swap would lose. */
export async function keyOf(db: Db, table: string): Promise<KeyColumn[]> {
  const { rows } = await db.query<{ kind: string; triggers: boolean; foreign: boolean; key: KeyColumn[] | null }>(
    `SELECT c.relkind AS kind, EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) AS triggers,
  EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND (conrelid = c.oid OR confrelid = c.oid)) AS foreign,
  (SELECT json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY n.ord) FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS n (attnum, ord)
    JOIN pg_attribute AS a ON a.attnum = n.attnum WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid) AS key
FROM pg_class AS c WHERE c.oid = $1::regclass`,
    [table],
  );
  const found = rows[0];
  if (found?.kind !== 'r') throw new Error(`${table} is not a plain table`);
  if (found.triggers || found.foreign)
    throw new Error(`${table} has triggers or foreign keys, which a rebuilt table would not have`);
  if (found.key === null) throw new Error(`${table} has no primary key: rebuilt rows could not be compared`);
  return found.key;
}

/** Changes with the statement, the columns and the indexes: what was filled under another one is of no use. */
export async function fingerprintOf(db: Db, { model, live, events }: RebuildPlan): Promise<string> {
  const { rows } = await db.query<{ columns: string }>(
    `SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS columns
FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [live],
  );
  const indexes = await indexesOf(db, live);
  const text = [
    model.sql,
    model.parsed,
    model.events.join(),
    typeof events === 'string' ? events : 'elsewhere',
    rows[0]?.columns,
    ...indexes.map(({ definition }) => definition),
  ].join('\n');
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The shadow table and its progress rows, made anew unless a rebuild of the same fingerprint was interrupted. Unlogged while it is
 * filled, with the unique indexes that ON CONFLICT needs; the others are cheaper made at the end.
 */
export async function openShadow(pool: Pool, plan: RebuildPlan, fingerprint: string): Promise<{ continued: boolean }> {
  const { schema, model, live, shadow, shards } = plan;
  return transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ ready: boolean }>(
      `SELECT to_regclass($2) IS NOT NULL AND (SELECT count(*) = $4 FROM ${schema}.rebuilds WHERE read_model = $1 AND fingerprint = $3) AS ready`,
      [model.name, shadow, fingerprint, shards],
    );
    if (rows[0]?.ready) return { continued: true };
    await dropShadow(tx, plan);
    await dropOld(tx, plan);
    await tx.query(`CREATE UNLOGGED TABLE ${shadow} (LIKE ${live} INCLUDING ALL EXCLUDING INDEXES)`);
    await copyStorage(tx, live, shadow);
    for (const index of await indexesOf(tx, live)) {
      if (index.unique) await tx.query(createIndex(index, shadow));
    }
    await tx.query(
      `INSERT INTO ${schema}.rebuilds (read_model, shard, position, fingerprint) SELECT $1, n, 0, $2 FROM generate_series(0, $3 - 1) AS n`,
      [model.name, fingerprint, shards],
    );
    return { continued: false };
  });
}

export async function dropShadow(db: Db, { schema, model, shadow }: RebuildPlan): Promise<void> {
  // In the order in which a range is filled: one that an interrupted rebuild is still busy with is waited for, not met in a deadlock.
  await db.query(`DELETE FROM ${schema}.rebuilds WHERE read_model = $1`, [model.name]);
  await db.query(`DROP TABLE IF EXISTS ${shadow}`);
}

/** Everything a live table has that was left out while filling: the other indexes, safety from crashes, statistics. */
export async function finishShadow(pool: Pool, { live, shadow }: RebuildPlan): Promise<void> {
  await transaction(pool, async (tx) => {
    await tx.query(`SET LOCAL maintenance_work_mem = '256MB'`);
    const { rows } = await tx.query<{ name: string; unlogged: boolean }>(
      `SELECT c.relname AS name, t.relpersistence = 'u' AS unlogged FROM pg_class AS t LEFT JOIN pg_index AS i ON i.indrelid = t.oid LEFT JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE t.oid = $1::regclass`,
      [shadow],
    );
    if (rows[0]?.unlogged) await tx.query(`ALTER TABLE ${shadow} SET LOGGED`);
    const made = new Set(rows.map(({ name }) => name));
    for (const index of await indexesOf(tx, live)) {
      if (!made.has(shadowName(index))) await tx.query(createIndex(index, shadow));
    }
  });
  await pool.query(`ANALYZE ${shadow}`);
}

/**
 * Puts the shadow in the live table's place, under its names and rights. In the swap's transaction. The old table stays until
 * `dropOld`: giving back the files of a large one takes up to a second, in which nobody should wait.
 */
export async function swap(tx: PoolClient, plan: RebuildPlan): Promise<void> {
  const { schema, model, live, shadow, viewsSql } = plan;
  const indexes = await indexesOf(tx, live);
  await tx.query(`ALTER TABLE ${live} RENAME TO ${oldName(plan)}`);
  await tx.query(`ALTER TABLE ${shadow} RENAME TO ${model.name}`);
  await copyRights(tx, `${schema}.${oldName(plan)}`, live);
  for (const index of indexes) {
    await tx.query(`ALTER INDEX ${schema}."${index.name}" RENAME TO replaced_${index.oid}`);
    await tx.query(`ALTER INDEX ${schema}.${shadowName(index)} RENAME TO "${index.name}"`);
  }
  // Views follow the table they were made on, not its name.
  if (viewsSql !== null) await tx.query(viewsSql);
  await refuseDependents(tx, `${schema}.${oldName(plan)}`);
  await tx.query(`DELETE FROM ${schema}.rebuilds WHERE read_model = $1`, [model.name]);
  if (model.kind === 'exact') await tx.query(`UPDATE ${schema}.heads SET generation = generation + 1`);
}

export async function dropOld(db: Db, plan: RebuildPlan): Promise<void> {
  await db.query(`DROP TABLE IF EXISTS ${plan.schema}.${oldName(plan)}`);
}

function oldName({ model }: RebuildPlan): string {
  return `${model.name}__replaced`;
}

async function refuseDependents(tx: PoolClient, table: string): Promise<void> {
  const { rows } = await tx.query<{ name: string }>(
    `SELECT DISTINCT r.ev_class::regclass::text AS name FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::regclass AND r.ev_class <> d.refobjid`,
    [table],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  throw new Error(`${names} would go on reading the replaced table: the service's views file has to make them anew`);
}

/** Known by the live index it stands for, whatever the length of its name. */
function shadowName({ oid }: IndexOf): string {
  return `rebuild_${oid}`;
}

function createIndex(index: IndexOf, table: string): string {
  if (index.constraint !== null) return `ALTER TABLE ${table} ADD CONSTRAINT ${shadowName(index)} ${index.constraint}`;
  const using = index.definition.slice(index.definition.indexOf(' USING '));
  return `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${shadowName(index)} ON ${table}${using}`;
}

/** LIKE leaves out storage parameters such as the fillfactor. */
async function copyStorage(tx: PoolClient, from: string, to: string): Promise<void> {
  const { rows } = await tx.query<{ options: string | null }>(
    `SELECT (SELECT string_agg(o, ', ') FROM unnest(reloptions) AS o) AS options FROM pg_class WHERE oid = $1::regclass`,
    [from],
  );
  if (rows[0]?.options) await tx.query(`ALTER TABLE ${to} SET (${rows[0].options})`);
}

async function copyRights(tx: PoolClient, from: string, to: string): Promise<void> {
  const { rows } = await tx.query<{ statement: string }>(
    `SELECT format('ALTER TABLE %s OWNER TO %I', $2::text, pg_get_userbyid(relowner)) AS statement FROM pg_class WHERE oid = $1::regclass
UNION ALL
SELECT format('GRANT %s ON %s TO %s', a.privilege_type, $2::text, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.oid = $1::regclass AND a.grantee <> c.relowner`,
    [from, to],
  );
  for (const { statement } of rows) await tx.query(statement);
}
