import { exactModel } from '@loyalty/projections';

/**
 * The document stands first in a rating and `at` follows it, so the parser gets that head alone, a tenth of the payload. Inside a
 * JSON string every quote has a backslash before it: `},"at":` cannot be part of an id. Without it the whole payload is parsed.
 */
export const ratedDocumentsModel = exactModel('tiers', {
  name: 'rated_documents',
  subject: 'member',
  events: ['purchase.rated.v1', 'return.rated.v1'],
  sql: `
INSERT INTO {table} (source, id, member)
SELECT document ->> 'source', document ->> 'id', subject
FROM (
  SELECT subject, head -> CASE type WHEN 'purchase.rated.v1' THEN 'purchase' ELSE 'return' END AS document
  FROM {events}
  CROSS JOIN LATERAL (SELECT strpos(data, '},"at":') AS length) AS found
  CROSS JOIN LATERAL (SELECT (CASE WHEN length > 0 THEN left(data, length) || '}' ELSE data END)::json AS head OFFSET 0) AS parsed
  WHERE type IN ('purchase.rated.v1', 'return.rated.v1')
  OFFSET 0
) AS rated
ON CONFLICT (source, id) DO NOTHING`,
});
