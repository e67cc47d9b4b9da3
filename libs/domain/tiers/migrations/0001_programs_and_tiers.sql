-- Exact read models: written with the events, in the same transaction.

-- Published program versions; one row a shard, because each shard's log has them. Bounded by what people write.
CREATE TABLE {schema}.programs (
  shard smallint NOT NULL,
  program text NOT NULL,
  effective_from timestamptz NOT NULL,
  version text NOT NULL,
  position bigint NOT NULL,
  document text NOT NULL,
  PRIMARY KEY (shard, program, effective_from)
);

-- A member's tier steps in a program, those certain to come included: tiers[i] is held from froms[i] on.
-- One row instead of one a step: a change replaces a tail, and most members have one or two steps.
CREATE TABLE {schema}.tier_courses (
  member text NOT NULL,
  program text NOT NULL,
  froms timestamptz[] NOT NULL,
  tiers text[] NOT NULL,
  PRIMARY KEY (member, program)
);

-- Whose a rated document is: from a document's id to its member, and so to its events.
CREATE TABLE {schema}.rated_documents (
  source text NOT NULL,
  id text NOT NULL,
  member text NOT NULL,
  PRIMARY KEY (source, id)
);

-- How far members have been rated again after a program was published. Not a read model: progress of a job that any process
-- may take up where another left it. Rating a member again twice changes nothing.
CREATE TABLE {schema}.reratings (
  shard smallint PRIMARY KEY,
  -- The publication for which all members of the shard have been rated.
  done bigint NOT NULL,
  -- The publication being worked on, and the last member done for it.
  target bigint,
  member text
);
