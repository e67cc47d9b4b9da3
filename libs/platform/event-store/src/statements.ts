import type { Statement } from '@loyalty/database';

export type Statements = ReturnType<typeof readingStatements> & ReturnType<typeof writingStatements>;

/** Every statement of a group commit. Row order inside each is by key, so that two writers never wait for each other in a ring. */
export function statementsOf(schema: string): Statements {
  return { ...readingStatements(schema), ...writingStatements(schema) };
}

function statement(name: string, text: string): Statement {
  return { name: `store_${name}`, text };
}

function readingStatements(schema: string) {
  return {
    // The clock is read behind the locks: a statement that waited must not stamp the time at which it began to wait.
    lockHeads: statement(
      'lock_heads',
      `WITH locked AS MATERIALIZED (
         SELECT shard, position, hash, recorded, generation FROM ${schema}.heads WHERE shard = ANY ($1::int2[]) ORDER BY shard FOR UPDATE)
       SELECT shard, position, hash, recorded, generation, clock_timestamp() AS clock FROM locked`,
    ),
    // OFFSET 0 keeps it a nested loop of index probes whatever the planner believes about the size of the table.
    findKeys: statement(
      'find_keys',
      `SELECT asked.at, kept.hash, kept.shard, kept.position, kept.refused, kept.answer
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked(namespace, key, at)
       CROSS JOIN LATERAL (
         SELECT * FROM ${schema}.keys WHERE keys.namespace = asked.namespace AND keys.key = asked.key OFFSET 0) AS kept`,
    ),
    findCheckpoints: statement(
      'find_checkpoints',
      `SELECT asked.at, kept.position
       FROM unnest($1::text[], $2::text[], $3::int2[]) WITH ORDINALITY AS asked(consumer, source, shard, at)
       JOIN ${schema}.checkpoints AS kept USING (consumer, source, shard)`,
    ),
  };
}

function writingStatements(schema: string) {
  return {
    copyEvents: statement(
      'copy_events',
      `COPY ${schema}.events (shard, position, id, type, subject, time, recorded, correlation, causation, trace, data, hash)
       FROM STDIN (FORMAT binary)`,
    ),
    // No ON CONFLICT: a key that another shard's writer took since we looked fails the batch, which then finds it.
    copyKeys: statement(
      'copy_keys',
      `COPY ${schema}.keys (namespace, key, hash, shard, subject, position, refused, answer) FROM STDIN (FORMAT binary)`,
    ),
    // Fails where it does not find what was expected; CASE asks `must` only then. As a CTE whose rows are counted it took a sixth
    // more of the server's time (116 instead of 99 µs for four shards, beside 400 µs for twenty events and their keys).
    moveHeads: statement(
      'move_heads',
      `UPDATE ${schema}.heads AS head
       SET position = CASE WHEN head.position = next.start AND head.hash = next.start_hash AND head.generation = next.generation
             THEN next.position WHEN ${schema}.must(false, 'a head moved') THEN 0 END,
           hash = next.hash, recorded = next.recorded, generation = next.generation + $8
       FROM unnest($1::int2[], $2::int8[], $3::bytea[], $4::int8[], $5::int8[], $6::bytea[], $7::timestamptz[])
         AS next(shard, start, start_hash, generation, position, hash, recorded)
       WHERE head.shard = next.shard`,
    ),
    moveCheckpoints: statement(
      'move_checkpoints',
      `WITH next AS MATERIALIZED (
         SELECT * FROM unnest($1::text[], $2::text[], $3::int2[], $4::int8[], $5::int8[], $6::bytea[])
           AS next(consumer, source, shard, expected, position, hash)),
       moved AS (
         UPDATE ${schema}.checkpoints AS kept SET position = next.position, hash = next.hash FROM next
         WHERE (kept.consumer, kept.source, kept.shard, kept.position) = (next.consumer, next.source, next.shard, next.expected) RETURNING 1),
       first AS (
         INSERT INTO ${schema}.checkpoints (consumer, source, shard, position, hash)
         SELECT consumer, source, shard, position, hash FROM next WHERE expected = 0
           AND NOT EXISTS (SELECT FROM ${schema}.checkpoints AS kept
             WHERE (kept.consumer, kept.source, kept.shard) = (next.consumer, next.source, next.shard)) RETURNING 1)
       SELECT ${schema}.must((SELECT count(*) FROM moved) + (SELECT count(*) FROM first) = cardinality($3::int2[]), 'a checkpoint moved')`,
    ),
    subjectKeys: statement(
      'subject_keys',
      `WITH fresh AS (
         INSERT INTO ${schema}.subject_keys (subject, key) SELECT * FROM unnest($1::text[], $2::bytea[])
         ON CONFLICT DO NOTHING RETURNING subject, key)
       SELECT subject, key FROM fresh UNION ALL SELECT subject, key FROM ${schema}.subject_keys WHERE subject = ANY ($1::text[])`,
    ),
    commit: statement('commit', 'COMMIT'),
    hashAt: statement('hash_at', `SELECT hash FROM ${schema}.events WHERE shard = $1 AND position = $2`),
  };
}
