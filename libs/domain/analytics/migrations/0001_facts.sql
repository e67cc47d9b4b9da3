-- Compact facts, one row a document, a lot, a movement, a member's course or an answer. Everything analysts see is a view over them:
-- day totals kept by upsert would fix one time zone for ever, and a void or an amended return would have to be taken out of them again.
-- Every row is a function of one shard of one log; `shard` is in each key.

-- From the purchases log. A document may hold a purchase and a return: a row each.
CREATE TABLE {schema}.sales_documents (
  shard smallint NOT NULL,
  source text NOT NULL,
  id text NOT NULL,
  part text NOT NULL CHECK (part IN ('purchase', 'return')),
  -- Null where nobody known bought. A return that names a member's purchase is that member's.
  member text,
  at timestamptz NOT NULL,
  currency text NOT NULL,
  store text,
  channel text,
  total numeric NOT NULL,
  lines integer NOT NULL,
  quantity numeric NOT NULL,
  voided boolean NOT NULL,
  PRIMARY KEY (shard, source, id, part)
);
CREATE INDEX sales_documents_member ON {schema}.sales_documents (member) WHERE member IS NOT NULL;

-- What each return undoes: quantity by purchase, as matched last.
CREATE TABLE {schema}.sales_matches (
  shard smallint NOT NULL,
  source text NOT NULL,
  id text NOT NULL,
  of_source text[] NOT NULL,
  of_id text[] NOT NULL,
  quantity numeric[] NOT NULL,
  PRIMARY KEY (shard, source, id)
);

-- From the points log. `points` is what the lot held when it was opened, at `at`; the terms are as they are known now.
CREATE TABLE {schema}.points_lots (
  shard smallint NOT NULL,
  lot text NOT NULL,
  member text NOT NULL,
  program text NOT NULL,
  -- Null while only a correction is known.
  opened_as text CHECK (opened_as IN ('earned', 'opened', 'adjusted')),
  at timestamptz NOT NULL,
  points bigint NOT NULL,
  active_from timestamptz NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (shard, lot, member, program)
);

-- What happened to lots besides: the postings of one event by lot. Points leave `held` with a minus.
CREATE TABLE {schema}.points_moves (
  shard smallint NOT NULL,
  position bigint NOT NULL,
  lot text NOT NULL,
  member text NOT NULL,
  program text NOT NULL,
  moved_as text NOT NULL,
  at timestamptz NOT NULL,
  issued bigint NOT NULL,
  received bigint NOT NULL,
  held bigint NOT NULL,
  reserved bigint NOT NULL,
  spent bigint NOT NULL,
  expired bigint NOT NULL,
  reversed bigint NOT NULL,
  sent bigint NOT NULL,
  owed bigint NOT NULL,
  PRIMARY KEY (shard, position, lot),
  CHECK (issued + received + held + reserved + spent + expired + reversed + sent + owed = 0)
);
CREATE INDEX points_moves_lot ON {schema}.points_moves (shard, lot, member, program);

-- From the tiers log: every step of a member's tier, those still to come included. tiers[i] holds from froms[i] until froms[i + 1].
CREATE TABLE {schema}.tier_courses (
  shard smallint NOT NULL,
  member text NOT NULL,
  program text NOT NULL,
  froms timestamptz[] NOT NULL,
  tiers text[] NOT NULL,
  PRIMARY KEY (shard, member, program),
  CHECK (cardinality(froms) = cardinality(tiers))
);

-- From the feedback log, without the words: nothing personal leaves the feedback service.
CREATE TABLE {schema}.feedback_answers (
  shard smallint NOT NULL,
  position bigint NOT NULL,
  at timestamptz NOT NULL,
  question text NOT NULL,
  score smallint NOT NULL,
  store text,
  channel text,
  PRIMARY KEY (shard, position)
);

-- The business day of the views begins in this time zone; a session may choose another: SET loyalty.reporting_zone = 'Asia/Shanghai'.
CREATE TABLE {schema}.reporting (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), zone text NOT NULL);
INSERT INTO {schema}.reporting (zone) VALUES ('UTC');
