import { ConflictError } from '@loyalty/service';
import type { Pool } from 'pg';
import { SCHEMA } from '../purchases-schema.ts';
import { findDeadLetter, view, type DeadLetterView, type LetterRow } from './dead-letter.ts';
import { noLetter } from './resubmit.ts';
import { FORGET } from './settle.ts';

export interface Discard {
  readonly id: string;
  readonly reason: string;
  /** Who says so. */
  readonly by: string;
}

/**
 * Gives a dead letter up for ever. `done`: now, not before.
 * @throws {NotFoundError} 404 `dead_letter_not_found`
 * @throws {ConflictError} 409 `dead_letter_resubmitted` (or being so), `dead_letter_discarded` for another reason
 */
export async function discard(
  pool: Pool,
  { id, reason, by }: Discard,
): Promise<{ readonly letter: DeadLetterView; readonly done: boolean }> {
  const found = await findDeadLetter(pool, id);
  if (found === undefined) throw noLetter(id);
  const { rows } = await pool.query<LetterRow>(
    `UPDATE ${SCHEMA}.dead_letters SET state = 'discarded', again = NULL, reason = $2, settled = clock_timestamp(), settled_by = $3, ${FORGET}
WHERE id = $1 AND state = 'waiting' AND document IS NULL RETURNING *`,
    [found.id, reason, by],
  );
  if (rows[0]) return { letter: view(rows[0]), done: true };
  const now = (await findDeadLetter(pool, id)) as LetterRow;
  if (now.state !== 'discarded')
    throw new ConflictError(`Dead letter ${id} was resubmitted: void the purchase instead.`, 'dead_letter_resubmitted');
  if (now.reason !== reason)
    throw new ConflictError(`Dead letter ${id} was discarded for another reason.`, 'dead_letter_discarded');
  return { letter: view(now), done: false };
}
