import { exactModel } from '@loyalty/projections';

/** One row a transfer, where the sender's entry stands. */
export const transfersModel = exactModel('points', {
  name: 'transfers',
  subject: 'member',
  events: ['points.sent.v1'],
  sql: `
INSERT INTO {table} (shard, position, transfer, member, receiver, program, points, at)
SELECT shard, position, d.transfer, subject, d."to", d.program, d.points, time
FROM {events} AS e
CROSS JOIN LATERAL json_to_record(e.data::json) AS d(transfer text, "to" text, program text, points bigint)
WHERE type = 'points.sent.v1'
ORDER BY shard, position`,
});
