import { exactModel } from '@loyalty/projections';

const EVENTS = ['points.reserved.v1', 'points.captured.v1', 'points.voided.v1', 'points.released.v1'] as const;

/** One row a reservation. It is closed once at most, so the order of its two events is known without looking. */
export const reservationsModel = exactModel('points', {
  name: 'reservations',
  subject: 'member',
  events: EVENTS,
  sql: `
INSERT INTO {table} AS kept (member, reservation, program, shard, at, points, until, state, captured, reward, piece)
SELECT subject, reservation, program, shard,
  max(time) FILTER (WHERE type = 'points.reserved.v1'),
  max(points) FILTER (WHERE type = 'points.reserved.v1'),
  max(until),
  coalesce(max(CASE type WHEN 'points.captured.v1' THEN 'captured' WHEN 'points.voided.v1' THEN 'voided'
    WHEN 'points.released.v1' THEN 'ended' END), 'open'),
  coalesce(max(points) FILTER (WHERE type = 'points.captured.v1'), 0),
  max(reward) FILTER (WHERE type = 'points.reserved.v1'),
  max(piece) FILTER (WHERE type = 'points.reserved.v1')
FROM {events} AS e
CROSS JOIN LATERAL json_to_record(e.data::json) AS d(reservation text, program text, points bigint, until timestamptz, reward text, piece bigint)
WHERE type IN (${EVENTS.map((type) => `'${type}'`).join(', ')})
GROUP BY subject, reservation, program, shard
ORDER BY subject COLLATE "C", reservation
ON CONFLICT (member, reservation) DO UPDATE SET state = excluded.state, captured = excluded.captured`,
});
