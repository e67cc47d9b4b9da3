import { exactModel } from '@loyalty/projections';

/** One row a closing or reopening; a member's last one says how the account stands. */
export const accountStepsModel = exactModel('points', {
  name: 'account_steps',
  subject: 'member',
  events: ['account.closed.v1', 'account.reopened.v1'],
  sql: `
INSERT INTO {table} (member, position, shard, at, closed)
SELECT subject, position, shard, time, type = 'account.closed.v1'
FROM {events}
WHERE type IN ('account.closed.v1', 'account.reopened.v1')
ORDER BY subject COLLATE "C", position`,
});
