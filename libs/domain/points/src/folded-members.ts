import type { ClientBase, Pool } from 'pg';
import type { FullState } from './core/wallet.ts';
import { loadFull } from './load-states.ts';
import { shardOfMember } from './member-lots.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** Members whose entries are in memory at once. */
const CHUNK = 100;

/** Members' wallets worked out from their entries, in the members' order, as `tx` sees them. */
export async function* foldedMembers(
  tx: ClientBase,
  pool: Pool,
  members: readonly string[],
): AsyncGenerator<[member: string, state: FullState]> {
  for (let from = 0; from < members.length; from += CHUNK) {
    const chunk = members.slice(from, from + CHUNK);
    const subjects = await Promise.all(
      chunk.map(async (subject) => ({ subject, shard: await shardOfMember(pool, subject) })),
    );
    yield* await loadFull(tx, schema, subjects);
  }
}
