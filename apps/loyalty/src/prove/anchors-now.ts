import { closeBlocks, treeAnchors } from '@loyalty/event-store';
import type { TreeAnchor } from '@loyalty/event-store/check-receipt';
import type { ServiceDefinition } from '@loyalty/projections';
import type { Pool } from 'pg';

/** The ends of a service's shards with their roots. */
export async function anchorsNow(
  pool: Pool,
  { schema, service }: Pick<ServiceDefinition, 'schema' | 'service'>,
): Promise<TreeAnchor[]> {
  await closeAll(pool, schema);
  return treeAnchors(pool, schema, service);
}

/** Closes what is full: after an import of millions the background has not come to the end yet. */
export async function closeAll(pool: Pool, schema: string): Promise<void> {
  while ((await closeBlocks(pool, schema)).closed > 0);
}
