import { exactModel } from '@loyalty/projections';

/** Terms of program versions. They stand in every shard; shard 0 is enough. */
export const termsModel = exactModel('points', {
  name: 'terms',
  events: ['terms.learned.v1'],
  sql: `
INSERT INTO {table} (program, version, effective_from, position, data)
SELECT d ->> 'program', d ->> 'version', (d ->> 'effectiveFrom')::timestamptz, max(position), min(data)
FROM (SELECT position, data, data::json AS d FROM {events} WHERE type = 'terms.learned.v1' AND shard = 0) AS learned
GROUP BY 1, 2, 3
ON CONFLICT (program, version, effective_from) DO UPDATE SET position = excluded.position, data = excluded.data`,
});
