import { defineProjection } from '@loyalty/projections';

/** One row an answer: score and place, never the comment. */
export const feedbackAnswers = defineProjection('feedback', {
  name: 'feedback_answers',
  events: ['feedback.answered.v1'],
  sql: `
INSERT INTO {table} (shard, position, at, question, score, store, channel)
SELECT shard, position, time, d ->> 'kind', (d ->> 'score')::smallint, d ->> 'store', d ->> 'channel'
FROM (SELECT shard, position, time, data::jsonb AS d FROM {events} WHERE type = 'feedback.answered.v1' OFFSET 0) AS parsed`,
});
