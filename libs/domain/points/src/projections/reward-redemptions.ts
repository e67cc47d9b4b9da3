import { exactModel } from '@loyalty/projections';

/** One row a redemption that took a piece of a reward: what the pieces must agree with. */
export const rewardRedemptionsModel = exactModel('points', {
  name: 'reward_redemptions',
  subject: 'member',
  events: ['points.redeemed.v1', 'points.captured.v1', 'points.undone.v1'],
  sql: `
INSERT INTO {table} AS kept (member, redemption, shard, program, reward, piece, undo)
SELECT subject, coalesce(redemption, reservation), shard, program, reward, piece, max(CASE WHEN whole THEN undo END)
FROM {events} AS e
CROSS JOIN LATERAL json_to_record(e.data::json) AS d(
  redemption text, reservation text, program text, reward text, piece bigint, undo text, whole boolean)
WHERE type IN ('points.redeemed.v1', 'points.captured.v1', 'points.undone.v1') AND data LIKE '%"piece":%' AND piece IS NOT NULL
GROUP BY subject, coalesce(redemption, reservation), shard, program, reward, piece
ORDER BY subject COLLATE "C", coalesce(redemption, reservation)
ON CONFLICT (member, redemption) DO UPDATE SET undo = coalesce(kept.undo, excluded.undo)`,
});
