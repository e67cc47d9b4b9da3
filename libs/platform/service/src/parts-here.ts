import type { Pool } from 'pg';
import type { ServicePart } from './service-part.ts';

/**
 * Which of the services live in a database: all of them, unless there are signs that some have databases of their own. A service there
 * has read the log of one that is not there, or has recorded something and none of those who read it is there. Without such signs what is
 * missing is new, and installed.
 * @param asInstalled what is not installed lives elsewhere, without any signs: for commands over Kafka, which install nothing beside others
 */
export async function partsHere(
  pool: Pool,
  parts: readonly ServicePart[],
  asInstalled = false,
): Promise<readonly ServicePart[]> {
  const here: ServicePart[] = [];
  for (const part of parts) if (await isInstalled(pool, part)) here.push(part);
  const away = parts.filter((part) => !here.includes(part));
  if (here.length === 0 || away.length === 0) return parts;
  if (asInstalled) return here;
  const names = away.map(({ definition }) => definition.service);
  for (const part of here) {
    const { service, schema } = part.definition;
    const readers = parts.filter((each) => sourcesOf(each).has(service));
    const unread = readers.length > 0 && readers.every((each) => away.includes(each));
    if (await hasReadAny(pool, schema, names)) return here;
    if (unread && (await hasRecorded(pool, schema))) return here;
  }
  return parts;
}

/** Other services that a part reads, as far as its definition tells. */
function sourcesOf({ definition, reactors }: ServicePart): Set<string> {
  const models = definition.readModels.flatMap((model) => (model.kind === 'asynchronous' ? [model.source] : []));
  const sources = new Set([...reactors.map(({ source }) => source), ...models]);
  sources.delete(definition.service);
  return sources;
}

async function isInstalled(pool: Pool, { definition: { schema } }: ServicePart): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL AS there',
    [`${schema}.heads`, `${schema}.checkpoints`],
  );
  return rows[0]?.there === true;
}

async function hasReadAny(pool: Pool, schema: string, sources: readonly string[]): Promise<boolean> {
  const text = `SELECT FROM ${schema}.checkpoints WHERE source = ANY ($1::text[]) AND position > 0 LIMIT 1`;
  return (await pool.query(text, [sources])).rowCount === 1;
}

async function hasRecorded(pool: Pool, schema: string): Promise<boolean> {
  return (await pool.query(`SELECT FROM ${schema}.heads WHERE position > 0 LIMIT 1`)).rowCount === 1;
}

/** Thrown where services are wanted that live in other databases. */
export class PartAwayError extends Error {
  override readonly name = 'PartAwayError';

  constructor(wanted: readonly string[], here: readonly ServicePart[]) {
    const all = here.map(({ definition }) => definition.service).join(', ');
    super(
      `This database holds ${all} and not ${wanted.join(', ')}: the services have databases of their own. Set DATABASE_URL to the right one; what takes several services together cannot be done then.`,
    );
  }
}

/** @throws {PartAwayError} unless these services are all among the parts */
export function assertHere(parts: readonly ServicePart[], services: readonly string[]): void {
  const missing = services.filter((service) => parts.every(({ definition }) => definition.service !== service));
  if (missing.length > 0) throw new PartAwayError(missing, parts);
}
