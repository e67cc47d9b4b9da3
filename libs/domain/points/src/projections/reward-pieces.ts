import { exactModel } from '@loyalty/projections';

const EVENTS = [
  'code.added.v1',
  'reward.held.v1',
  'reward.reserved.v1',
  'reward.taken.v1',
  'reward.freed.v1',
  'reward.returned.v1',
] as const;

/** One row a piece, as its last event left it. A piece that was freed is held again for somebody else. */
export const rewardPiecesModel = exactModel('points', {
  name: 'reward_pieces',
  events: EVENTS,
  sql: `
INSERT INTO {table} AS kept (program, reward, piece, shard, code, state, restocked, redemption, member, asked, until)
SELECT DISTINCT ON (program COLLATE "C", reward COLLATE "C", piece) program, reward, piece, shard,
  max(code) OVER (PARTITION BY program, reward, piece),
  CASE type WHEN 'reward.held.v1' THEN 'held' WHEN 'reward.reserved.v1' THEN 'reserved' WHEN 'reward.taken.v1' THEN 'taken'
    WHEN 'reward.returned.v1' THEN 'returned' ELSE 'free' END,
  coalesce(restocked, false),
  CASE WHEN type <> 'reward.freed.v1' THEN redemption END,
  CASE WHEN type <> 'reward.freed.v1' THEN member END,
  asked::text,
  until
FROM {events} AS e
CROSS JOIN LATERAL json_to_record(e.data::json) AS d(
  program text, reward text, piece bigint, code text, restocked boolean, redemption text, member text, asked json, until timestamptz)
WHERE type IN (${EVENTS.map((type) => `'${type}'`).join(', ')})
ORDER BY program COLLATE "C", reward COLLATE "C", piece, position DESC
ON CONFLICT (program, reward, piece) DO UPDATE SET
  code = coalesce(kept.code, excluded.code), state = excluded.state, restocked = excluded.restocked,
  redemption = excluded.redemption, member = excluded.member, asked = excluded.asked, until = excluded.until`,
});
