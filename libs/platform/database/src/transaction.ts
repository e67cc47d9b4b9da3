import type { Pool, PoolClient } from 'pg';

/**
 * Runs `work` in one transaction: COMMIT when it resolves, ROLLBACK when it rejects (and rejects with the same error).
 * A connection that cannot even roll back is thrown away.
 */
export async function transaction<T>(
  pool: Pool,
  work: (tx: PoolClient) => Promise<T>,
  begin:
    'BEGIN' | 'BEGIN ISOLATION LEVEL REPEATABLE READ' | 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' = 'BEGIN',
): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  try {
    await tx.query(begin);
    const result = await work(tx);
    const done = await tx.query('COMMIT');
    // An aborted transaction answers COMMIT with ROLLBACK, without an error.
    if (done.command !== 'COMMIT') throw new Error('the transaction was aborted: a statement in it failed unnoticed');
    return result;
  } catch (error) {
    await tx.query('ROLLBACK').catch((lost: Error) => (broken = lost));
    throw error;
  } finally {
    tx.release(broken);
  }
}
