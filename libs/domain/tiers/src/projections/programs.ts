import { exactModel } from '@loyalty/projections';

export const programsModel = exactModel('tiers', {
  name: 'programs',
  events: ['program.published.v1'],
  sql: `
INSERT INTO {table} (shard, program, effective_from, version, position, document)
SELECT shard, d ->> 'program', (d ->> 'effectiveFrom')::timestamptz, d ->> 'version', position, d ->> 'document'
FROM {events} CROSS JOIN LATERAL (SELECT data::jsonb AS d OFFSET 0) AS parsed
WHERE type = 'program.published.v1'
ON CONFLICT DO NOTHING`,
});
