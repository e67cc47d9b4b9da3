import type { ClientBase, Pool } from 'pg';

/** Subjects of publications, which are about no single member. */
const NOT_MEMBERS = 'program:';

/** The next members of a shard by name: one index seek each, because the log has many events a member. */
export async function membersAfter(
  db: ClientBase | Pool,
  schema: string,
  shard: number,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ subject: string }>(
    `WITH RECURSIVE next AS (
       (SELECT subject FROM ${schema}.events WHERE shard = $1 AND subject > $2 ORDER BY subject LIMIT 1)
       UNION ALL
       SELECT (SELECT e.subject FROM ${schema}.events AS e WHERE e.shard = $1 AND e.subject > next.subject ORDER BY e.subject LIMIT 1)
       FROM next WHERE next.subject IS NOT NULL
     )
     SELECT subject FROM next WHERE subject IS NOT NULL LIMIT $3`,
    [shard, after, limit],
  );
  return rows.map(({ subject }) => subject);
}

export const isMember = (subject: string): boolean => !subject.startsWith(NOT_MEMBERS);
