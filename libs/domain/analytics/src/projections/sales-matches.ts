import { defineProjection } from '@loyalty/projections';

/** What each return undoes, by purchase. An amendment carries the whole new matching, so the last event about a return is its state. */
export const salesMatches = defineProjection('purchases', {
  name: 'sales_matches',
  events: ['purchase.returned.v1', 'purchase.amended.v1'],
  sql: `
WITH latest AS (
  SELECT DISTINCT ON (shard, ref ->> 'source', ref ->> 'id') shard, ref ->> 'source' AS source, ref ->> 'id' AS id, d
  FROM (
    SELECT shard, position, d, CASE type WHEN 'purchase.amended.v1' THEN d -> 'return' ELSE d END AS ref
    FROM (
      SELECT shard, position, type, data::jsonb AS d
      FROM {events}
      WHERE type IN ('purchase.returned.v1', 'purchase.amended.v1')
      OFFSET 0
    ) AS parsed
  ) AS referring
  ORDER BY shard, ref ->> 'source', ref ->> 'id', position DESC
)
INSERT INTO {table} AS t (shard, source, id, of_source, of_id, quantity)
SELECT shard, source, id, coalesce(of_source, '{}'), coalesce(of_id, '{}'), coalesce(quantity, '{}')
FROM latest
CROSS JOIN LATERAL (
  SELECT array_agg(of_source ORDER BY of_source COLLATE "C", of_id COLLATE "C") AS of_source,
    array_agg(of_id ORDER BY of_source COLLATE "C", of_id COLLATE "C") AS of_id,
    array_agg(quantity ORDER BY of_source COLLATE "C", of_id COLLATE "C") AS quantity
  FROM (
    SELECT match ->> 'source' AS of_source, match ->> 'id' AS of_id, sum((match ->> 'quantity')::numeric) AS quantity
    FROM jsonb_array_elements(d -> 'lines') AS line, jsonb_array_elements(line -> 'matches') AS match
    GROUP BY 1, 2
  ) AS by_purchase
) AS matched
ON CONFLICT (shard, source, id) DO UPDATE SET of_source = excluded.of_source, of_id = excluded.of_id, quantity = excluded.quantity`,
});
