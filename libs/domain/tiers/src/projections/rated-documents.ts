import { exactModel } from '@loyalty/projections';

/** The document stands first in a rating, but an id may hold any character: only the parser knows where it ends. */
export const ratedDocumentsModel = exactModel('tiers', {
  name: 'rated_documents',
  subject: 'member',
  events: ['purchase.rated.v1', 'return.rated.v1'],
  sql: `
INSERT INTO {table} (source, id, member)
SELECT document ->> 'source', document ->> 'id', subject
FROM (
  SELECT subject, CASE type WHEN 'purchase.rated.v1' THEN data::json -> 'purchase' ELSE data::json -> 'return' END AS document
  FROM {events}
  WHERE type IN ('purchase.rated.v1', 'return.rated.v1')
  OFFSET 0
) AS rated
ON CONFLICT (source, id) DO NOTHING`,
});
