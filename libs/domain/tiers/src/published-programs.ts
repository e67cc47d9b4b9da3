import type { ClientBase, Pool } from 'pg';
import { Programs } from './core/programs.ts';
import type { ProgramVersion } from './core/program.ts';
import { readProgram } from './program/read-program.ts';

/** A version's text never changes, so it is read once. Bounded by what was ever published. */
const read = new Map<string, ProgramVersion>();

/** All published versions. `fallback` rates what no version claims. */
export async function loadPrograms(db: ClientBase | Pool, schema: string, fallback: string): Promise<Programs> {
  const { rows } = await db.query<{ version: string; document: string }>(
    `SELECT DISTINCT ON (program, effective_from) version, document FROM ${schema}.programs ORDER BY program, effective_from, shard`,
  );
  return new Programs(
    rows.map(({ version, document }) => versionOf(version, document)),
    fallback,
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
