import type { Pool } from 'pg';
import { CROWDED, WALLET_CAPACITY } from './core/capacity.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** Points that may still come into a member's wallets, by program: only of those that are nearly full, so of hardly anybody. */
export async function crowdedRooms(pool: Pool, member: string): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ program: string; room: number }>({
    name: 'points crowded wallets',
    text: `SELECT program, ${WALLET_CAPACITY} + issued + received AS room FROM ${schema}.wallets
           WHERE member = $1 AND issued + received < -${CROWDED}`,
    values: [member],
  });
  return Object.fromEntries(rows.map(({ program, room }) => [program, room]));
}
