import type { ExactModel } from '@loyalty/event-store';

/** Who ever brought something back, and when last. Greatest and OR: the order of events is nothing to it. */
export const returningMembers: ExactModel & { readonly subject: string } = {
  name: 'returning_members',
  subject: 'subject',
  events: ['purchase.returned.v1'],
  sql: `
    INSERT INTO {table} AS known (subject, shard, latest_return, waiting)
    SELECT subject, shard, max(time), bool_or(EXISTS (
      SELECT FROM json_array_elements(data::json -> 'lines') AS line
      WHERE line -> 'of' IS NOT NULL AND line ->> 'unmatched' <> '0'))
    FROM {events}
    WHERE type = 'purchase.returned.v1'
    GROUP BY subject, shard
    ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET
      latest_return = greatest(known.latest_return, excluded.latest_return),
      waiting = known.waiting OR excluded.waiting`,
};
