import { exactModel } from '@loyalty/projections';

/** One row a case, as it stands. MERGE, because a batch may hold a case's later steps without its opening. */
export const casesModel = exactModel('feedback', {
  name: 'cases',
  subject: 'subject',
  events: ['case.opened.v1', 'case.assigned.v1', 'case.acted.v1', 'case.resolved.v1'],
  sql: `
MERGE INTO {table} AS t
USING (
  SELECT d ->> 'case' AS case_id,
    min(shard) AS shard,
    min(subject) AS subject,
    min(d ->> 'answer') AS answer,
    min(d ->> 'member') AS member,
    min(d ->> 'reason') AS reason,
    min(d ->> 'kind') AS question,
    min((d ->> 'score')::smallint) AS score,
    min(time) FILTER (WHERE type = 'case.opened.v1') AS opened_at,
    min(position) FILTER (WHERE type = 'case.opened.v1') AS opened_position,
    (array_agg(d ->> 'assignee' ORDER BY position DESC) FILTER (WHERE type = 'case.assigned.v1'))[1] AS assignee,
    (array_agg(time ORDER BY position DESC) FILTER (WHERE type = 'case.assigned.v1'))[1] AS assigned_at,
    (count(*) FILTER (WHERE type = 'case.acted.v1'))::integer AS actions,
    (array_agg(time ORDER BY position DESC) FILTER (WHERE type = 'case.acted.v1'))[1] AS acted_at,
    min(time) FILTER (WHERE type = 'case.resolved.v1') AS resolved_at,
    min(d ->> 'rootCause') AS root_cause
  FROM (
    SELECT shard, position, type, subject, time, data::json AS d
    FROM {events}
    WHERE type IN ('case.opened.v1', 'case.assigned.v1', 'case.acted.v1', 'case.resolved.v1')
  ) AS parsed
  GROUP BY 1
) AS s
ON t.case_id = s.case_id
WHEN MATCHED THEN UPDATE SET
  status = CASE WHEN s.resolved_at IS NULL THEN t.status ELSE 'resolved' END,
  assignee = coalesce(s.assignee, t.assignee),
  assigned_at = coalesce(s.assigned_at, t.assigned_at),
  actions = t.actions + s.actions,
  acted_at = coalesce(s.acted_at, t.acted_at),
  resolved_at = coalesce(s.resolved_at, t.resolved_at),
  root_cause = coalesce(s.root_cause, t.root_cause)
WHEN NOT MATCHED THEN INSERT
  (case_id, shard, subject, answer, member, reason, question, score, status, opened_at, opened_position,
   assignee, assigned_at, actions, acted_at, resolved_at, root_cause)
VALUES
  (s.case_id, s.shard, s.subject, s.answer, s.member, s.reason, s.question, s.score,
   CASE WHEN s.resolved_at IS NULL THEN 'open' ELSE 'resolved' END, s.opened_at, s.opened_position,
   s.assignee, s.assigned_at, s.actions, s.acted_at, s.resolved_at, s.root_cause)`,
});
