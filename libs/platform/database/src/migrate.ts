import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Pool, PoolClient } from 'pg';
import { transaction } from './transaction.ts';

const NAME = /^\d{4}_[a-z0-9_]+\.sql$/;
const IDENTIFIER = /^[a-z][a-z0-9_]{0,40}$/;
/** One lock for all schemas: migrations are rare, and two at once would wait for each other's tables. */
const LOCK = 0x10a1;

/** Thrown when an applied migration's file is no longer what was applied, or is gone. */
export class MigrationChangedError extends Error {
  override name = 'MigrationChangedError';
}

/**
 * Applies the numbered, forward-only `.sql` files of a folder to a schema, all or none, each once.
 * `{schema}` and the names in `placeholders` are replaced in the text; what is recorded is the file's own SHA-256.
 * Several folders may feed one schema as long as `set` tells them apart (`store`, `domain`).
 * Rejects with MigrationChangedError when history was edited, else with what PostgreSQL said, naming the file.
 */
export async function migrate(
  pool: Pool,
  schema: string,
  directory: URL,
  options: { readonly set?: string; readonly placeholders?: Readonly<Record<string, string | number>> } = {},
): Promise<string[]> {
  if (!IDENTIFIER.test(schema)) throw new TypeError(`not a schema name: ${schema}`);
  const { set = 'domain', placeholders = {} } = options;
  const files = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const applied: string[] = [];
  await transaction(pool, async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await tx.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await tx.query(`CREATE TABLE IF NOT EXISTS ${schema}.migrations (
      set text NOT NULL, name text NOT NULL, sha256 text NOT NULL, applied timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (set, name))`);
    const known = await knownMigrations(tx, schema, set);
    for (const name of known.keys()) {
      if (!files.includes(name))
        throw new MigrationChangedError(`${schema}: migration ${name} was applied, but its file is gone`);
    }
    for (const name of files) {
      if (!NAME.test(name)) throw new TypeError(`a migration is named 0001_what_it_does.sql, not ${name}`);
      const text = await readFile(new URL(name, directory), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      const before = known.get(name);
      if (before === sha256) continue;
      if (before !== undefined)
        throw new MigrationChangedError(`${schema}: migration ${name} was changed after it was applied`);
      await apply(tx, schema, name, filled(text, { ...placeholders, schema }, name));
      await tx.query(`INSERT INTO ${schema}.migrations (set, name, sha256) VALUES ($1, $2, $3)`, [set, name, sha256]);
      applied.push(name);
    }
  });
  return applied;
}

async function knownMigrations(tx: PoolClient, schema: string, set: string): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ name: string; sha256: string }>(
    `SELECT name, sha256 FROM ${schema}.migrations WHERE set = $1`,
    [set],
  );
  return new Map(rows.map((row) => [row.name, row.sha256]));
}

async function apply(tx: PoolClient, schema: string, name: string, sql: string): Promise<void> {
  try {
    await tx.query(sql);
  } catch (error) {
    throw new Error(`${schema}: migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

/** Only lower-case words in braces are placeholders: JSON and PL/pgSQL may use braces freely. */
function filled(text: string, values: Readonly<Record<string, string | number>>, name: string): string {
  return text.replace(/\{([a-z]+)\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new TypeError(`${name}: no value for the placeholder {${key}}`);
    return String(value);
  });
}
