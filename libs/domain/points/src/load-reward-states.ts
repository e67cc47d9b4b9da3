import { textArray } from '@loyalty/database';
import type { SubjectRef } from '@loyalty/event-store';
import type { ClientBase, Pool } from 'pg';
import { type HeldPiece, rewardState, type RewardState } from './core/reward-state.ts';

const PREFIX = 'reward:';

/** Under which subject the pieces of a reward are counted. Programs and rewards have ids without slashes. */
export const rewardSubject = (program: string, reward: string): string => `${PREFIX}${program}/${reward}`;

/** No member has such an id: they are refused. */
export const isRewardSubject = (subject: string): boolean => subject.startsWith(PREFIX);

interface Row {
  readonly subject: string;
  readonly next: number;
  readonly first_code: number;
  readonly last_code: number;
  readonly restocked: number;
  readonly freed: number[] | null;
  readonly open: { redemption: string; piece: number; member: string; until: number | null }[] | null;
}

/** What is known of rewards' pieces, each figure by an index: a pool of a million codes loads as fast as one of ten. */
export async function loadRewardStates(
  db: Pool | ClientBase,
  schema: string,
  subjects: readonly SubjectRef[],
): Promise<Map<string, RewardState>> {
  const named = subjects.map(({ subject }) => subject);
  const parts = named.map((subject) => subject.slice(PREFIX.length).split('/') as [string, string]);
  const own = `FROM ${schema}.reward_pieces AS p WHERE p.program = asked.program AND p.reward = asked.reward`;
  const { rows } = await db.query<Row>({
    name: `${schema} reward states`,
    text: `SELECT subject, last_out.next, restocked,
             coalesce((SELECT min(piece) ${own} AND code IS NOT NULL), 0) AS first_code,
             coalesce((SELECT max(piece) ${own} AND code IS NOT NULL), 0) AS last_code,
             (SELECT json_agg(piece ORDER BY piece) ${own} AND state = 'free' AND piece < last_out.next) AS freed,
             (SELECT json_agg(json_build_object('redemption', redemption, 'piece', piece, 'member', member,
               'until', (extract(epoch FROM until) * 1000)::bigint)) ${own} AND state IN ('held', 'reserved')) AS open
           FROM unnest($1::text[], $2::text[], $3::text[]) AS asked(subject, program, reward)
           CROSS JOIN LATERAL (SELECT coalesce(max(piece), 0) + 1 AS next ${own} AND state <> 'free') AS last_out
           CROSS JOIN LATERAL (SELECT count(*) AS restocked ${own} AND restocked) AS back`,
    values: [
      textArray(named),
      textArray(parts.map(([program]) => program)),
      textArray(parts.map(([, reward]) => reward)),
    ],
  });
  return new Map(
    rows.map(({ subject, next, first_code: firstCode, last_code: lastCode, restocked, freed, open }) => {
      const held = new Map((open ?? []).map(({ redemption, until, ...each }) => [redemption, heldPiece(each, until)]));
      return [subject, rewardState({ next, firstCode, lastCode, restocked, freed: freed ?? [], open: held })];
    }),
  );
}

const heldPiece = (held: HeldPiece, until: number | null): HeldPiece => (until === null ? held : { ...held, until });
