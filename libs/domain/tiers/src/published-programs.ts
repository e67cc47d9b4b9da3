import type { ClientBase, Pool } from 'pg';
import { Programs } from './core/programs.ts';
import type { ProgramVersion } from './core/program.ts';
import { readProgram } from './program/read-program.ts';
import { FALLBACK_PROGRAM, TIERS_SCHEMA } from './names.ts';

/** A version's text never changes, so it is read once. Bounded by what was ever published. */
const read = new Map<string, ProgramVersion>();

/** All published versions. `fallback` is the default program as long as none is recorded. */
export async function loadPrograms(
  db: ClientBase | Pool,
  schema = TIERS_SCHEMA,
  fallback = FALLBACK_PROGRAM,
): Promise<Programs> {
  const { rows } = await db.query<{ version: string; document: string }>(
    `SELECT DISTINCT ON (program, effective_from) version, document FROM ${schema}.programs ORDER BY program, effective_from, shard`,
  );
  const versions = rows.map(({ version, document }) => versionOf(version, document));
  return new Programs(versions, (await recordedDefault(db, schema)) ?? fallback);
}

async function recordedDefault(db: ClientBase | Pool, schema: string): Promise<string | undefined> {
  const { rows } = await db.query<{ program: string }>(`SELECT program FROM ${schema}.default_program`);
  return rows[0]?.program;
}

/** Records the default program with the first start. Throws where another one was recorded then. */
export async function recordDefaultProgram(pool: Pool, program: string, schema = TIERS_SCHEMA): Promise<void> {
  await pool.query(`INSERT INTO ${schema}.default_program (program) VALUES ($1) ON CONFLICT DO NOTHING`, [program]);
  const recorded = await recordedDefault(pool, schema);
  if (recorded === program) return;
  throw new Error(
    `the default program of this ledger is ${recorded}, not ${program}: it was chosen with the first start. ` +
      'To move a source to another program, publish a version of that program with the source under "sources".',
  );
}

function versionOf(name: string, document: string): ProgramVersion {
  let version = read.get(name);
  if (!version) {
    const result = readProgram(document);
    if (!result.ok)
      throw new Error(`published program version ${name} cannot be read any more: ${JSON.stringify(result.mistakes)}`);
    version = result.version;
    read.set(name, version);
  }
  return version;
}
