-- Exact read model: written with the events, in the same transaction. Also how a case's id leads to its subject, and so to its shard.
CREATE TABLE {schema}.cases (
  case_id text PRIMARY KEY,
  shard smallint NOT NULL,
  subject text NOT NULL,
  answer text NOT NULL,
  member text,
  reason text NOT NULL,
  question text,
  score smallint,
  status text NOT NULL CHECK (status IN ('open', 'resolved')),
  opened_at timestamptz NOT NULL,
  -- The answer stands right before the opening, and everything else of the case after it: where to start reading its history.
  opened_position bigint NOT NULL,
  assignee text,
  assigned_at timestamptz,
  actions integer NOT NULL,
  acted_at timestamptz,
  resolved_at timestamptz,
  root_cause text,
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL))
);

CREATE INDEX cases_subject ON {schema}.cases (subject);
CREATE INDEX cases_status ON {schema}.cases (status, opened_at, case_id);
CREATE INDEX cases_assignee ON {schema}.cases (assignee, status, opened_at, case_id);
