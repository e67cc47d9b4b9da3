import { BadInputError, NotFoundError } from '@loyalty/service';
import type { Pool } from 'pg';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';

/**
 * The program whose wallet a statement is about.
 * @throws {BadInputError} 400 `program_required` where the member has several and none is named
 * @throws {NotFoundError} 404 `unknown_member`, `not_in_program`
 */
export async function statementWallet(pool: Pool, member: string, program: string | undefined): Promise<string> {
  const { rows } = await pool.query<{ program: string }>({
    name: 'points programs of a member',
    text: `SELECT program FROM ${schema}.wallets WHERE member = $1 ORDER BY program`,
    values: [member],
  });
  const held = rows.map((row) => row.program);
  const [first] = held;
  if (first === undefined) {
    throw new NotFoundError(`No points of member ${member} were ever booked.`, 'unknown_member');
  }
  if (program === undefined) {
    if (held.length === 1) return first;
    const message = `the member has several wallets: name one of ${held.join(', ')}`;
    throw new BadInputError([{ pointer: '/program', in: 'query', message }], undefined, 'program_required');
  }
  if (held.includes(program)) return program;
  throw new NotFoundError(`Member ${member} is not in program ${program}; in: ${held.join(', ')}.`, 'not_in_program');
}
