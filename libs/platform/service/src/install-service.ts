import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { migrate, transaction } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import { installProjections, type ServiceDefinition } from '@loyalty/projections';
import type { Pool } from 'pg';

const VIEWS = 'views';
const LOCK = 'SELECT pg_advisory_xact_lock(7203)';

/**
 * Makes a service's schema what its code expects: log, tables, views. Runs at every start of every process, and does nothing
 * where nothing is new. A service without a log of its own has the empty one: its checkpoints live beside it.
 * @param shards of a log that is created now
 */
export async function installService(pool: Pool, definition: ServiceDefinition, shards: number): Promise<void> {
  const { service, schema, migrations, views } = definition;
  const { rows } = await pool.query<{ known: boolean }>('SELECT to_regclass($1) IS NOT NULL AS known', [
    `${schema}.log`,
  ]);
  await installEventStore(pool, { service, schema, ...(!rows[0]?.known && { shards }) });
  await installProjections(pool, schema);
  await migrate(pool, schema, migrations);
  if (views) await installViews(pool, schema, views);
}

/** Views are replaced when their text changed: dropping them at each start would break whoever is reading. */
async function installViews(pool: Pool, schema: string, file: URL): Promise<void> {
  const text = await readFile(file, 'utf8');
  const sha256 = createHash('sha256').update(text).digest('hex');
  await transaction(pool, async (tx) => {
    await tx.query(LOCK);
    const { rows } = await tx.query<{ sha256: string }>(
      `SELECT sha256 FROM ${schema}.migrations WHERE set = $1 AND name = $1`,
      [VIEWS],
    );
    if (rows[0]?.sha256 === sha256) return;
    await tx.query(text.replaceAll('{schema}', schema));
    await tx.query(
      `INSERT INTO ${schema}.migrations (set, name, sha256) VALUES ($1, $1, $2)
       ON CONFLICT (set, name) DO UPDATE SET sha256 = excluded.sha256, applied = clock_timestamp()`,
      [VIEWS, sha256],
    );
  });
}
