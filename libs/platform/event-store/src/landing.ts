import type { WriterConnection } from './connection.ts';
import type { Round } from './group-commit.ts';
import type { LoopContext } from './loop-context.ts';
import { int2Array } from '@loyalty/database';

/**
 * Whether a COMMIT whose answer was lost was carried out: never guessed, read from the log. The head is locked first, so that a
 * server process that is still busy with that COMMIT is waited for. A round without events says no: its keys and checkpoints
 * make trying it again harmless.
 */
export async function didLand<S, I, A, G>(
  connection: WriterConnection,
  { statements }: LoopContext<S, I, A, G>,
  { buffer }: Round<S, I, A>,
): Promise<boolean> {
  const [tail] = buffer.moved();
  if (!tail) return false;
  await connection.command('BEGIN');
  await connection.run(statements.lockHeads, [int2Array([tail.shard])]);
  // Others may have written since: what counts is what stands at our position.
  const { rows } = await connection.run(statements.hashAt, [tail.shard, tail.position]);
  await connection.command('COMMIT');
  return rows[0]?.hash.equals(tail.hash) ?? false;
}
