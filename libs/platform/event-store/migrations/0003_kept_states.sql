-- States that a writer's memory has let go of and that are dear to make again from the log. Not truth but a cache: unlogged, empty after
-- a crash, good for the process that wrote it only, and only as long as nothing was written about the subject since.
CREATE UNLOGGED TABLE {schema}.kept_states (
  shard      smallint NOT NULL,
  subject    text     NOT NULL,
  process    uuid     NOT NULL,
  -- The shard's head and its generation when the state was true.
  position   bigint   NOT NULL,
  generation bigint   NOT NULL,
  state      bytea    NOT NULL,
  PRIMARY KEY (shard, subject)
);
