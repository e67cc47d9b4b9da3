import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { Courier } from './courier.ts';
import { settleWork } from './points-work.ts';
import { RewardDesk } from './reward-desk.ts';
import { POINTS_SCHEMA as schema, type PointsWriter } from './points-writer.ts';

export interface Swept {
  readonly members: number;
}

/**
 * Writes what became true by `until` and is not written yet: ends of reservations, expiries, repayments. It only picks members out
 * and has each settled by the ledger's own rules, so a sweep may run at any time, any number of times and in several processes: no
 * balance at any instant changes by it. Redemptions of rewards and transfers that a process left halfway when it died are brought to
 * their end last.
 * @param batch members asked at once
 * @param stop asked between batches
 */
export async function sweep(
  pool: Pool,
  writer: PointsWriter,
  until: EpochMs,
  { batch = 500, stop = () => false }: { readonly batch?: number; readonly stop?: () => boolean } = {},
): Promise<Swept> {
  const at = formatInstant(until);
  const ended = await settleAll(writer, stop, () => ending(pool, at, batch));
  const expired = await settleAll(writer, stop, () => expiring(pool, at, batch));
  const idled = await settleAll(writer, stop, (after) => idling(pool, at, after, batch));
  const repaid = await settleAll(writer, stop, (after) => repaying(pool, at, after, batch));
  await new RewardDesk(pool, writer).finish(undefined, undefined, at);
  await new Courier(pool, writer).deliverAll();
  return { members: ended + expired + idled + repaid };
}

/** Settles page after page, until a page is empty or, so that a lot nobody can settle does not turn this in circles, changes nothing. */
async function settleAll(
  writer: PointsWriter,
  stop: () => boolean,
  page: (after: string) => Promise<string[]>,
): Promise<number> {
  let members = 0;
  for (let last = ''; ;) {
    const due = await page(last);
    if (due.length === 0 || stop()) return members;
    const outcomes = await writer.executeMany(due.map(settleWork));
    const failed = outcomes.find((outcome) => outcome.kind === 'failed');
    if (failed) throw failed.error;
    const written = outcomes.filter((outcome) => outcome.kind === 'accepted' && outcome.position !== null).length;
    members += written;
    if (written === 0) return members;
    last = due.at(-1) as string;
  }
}

/** Soonest first. Settled reservations leave the index, so the next page starts over. */
async function ending(pool: Pool, until: string, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ member: string }>({
    name: 'points ending',
    text: `SELECT DISTINCT member FROM (
             SELECT member FROM ${schema}.reservations WHERE state = 'open' AND until <= $1 ORDER BY until LIMIT $2) AS due`,
    values: [until, limit],
  });
  return rows.map(({ member }) => member);
}

/** Soonest first. Settled lots leave the index, so the next page starts over. */
async function expiring(pool: Pool, until: string, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ member: string }>({
    name: 'points expiring',
    text: `SELECT DISTINCT member FROM (
             SELECT member FROM ${schema}.lots WHERE open AND expires_at <= $1 ORDER BY expires_at LIMIT $2) AS due`,
    values: [until, limit],
  });
  return rows.map(({ member }) => member);
}

/**
 * Points that activity kept: every entry of a wallet settles it, so only what is idle since the last one can be due. Where the last
 * activity was undone they are written later than they could be, which changes no balance.
 */
async function idling(pool: Pool, until: string, after: string, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ member: string }>({
    name: 'points idling',
    text: `SELECT DISTINCT member FROM ${schema}.wallets WHERE idle AND kept_until <= $1 AND member > $2 ORDER BY member LIMIT $3`,
    values: [until, after, limit],
  });
  return rows.map(({ member }) => member);
}

/** Every entry of a wallet that owes settles it, so only what became active since the last one can be due. */
async function repaying(pool: Pool, until: string, after: string, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ member: string }>({
    name: 'points repaying',
    text: `SELECT DISTINCT member FROM ${schema}.wallets AS wallet
           WHERE owing AND member > $2 AND EXISTS (
             SELECT FROM ${schema}.lots AS lot
             WHERE lot.member = wallet.member AND lot.program = wallet.program AND lot.origin = 'purchase' AND open
               AND active_from <= $1 AND active_from > wallet.recorded)
           ORDER BY member LIMIT $3`,
    values: [until, after, limit],
  });
  return rows.map(({ member }) => member);
}
