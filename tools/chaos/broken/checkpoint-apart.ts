import { rewrite } from './rewrite.ts';

/** A writer that commits a checkpoint, and what was made of the events up to it a moment later: killed between the two, it has skipped them. */
rewrite('event-store/dist/writing.js', [
  [
    'shots.push({ statement: statements.moveCheckpoints, values: checkpointColumns(slices) });',
    `{
        if (locked) await connection.command('ROLLBACK');
        await connection.fire([{ statement: statements.moveCheckpoints, values: checkpointColumns(slices) }]);
        await new Promise((later) => setTimeout(later, 100));
        if (locked) await connection.command('BEGIN');
    }`,
  ],
]);
