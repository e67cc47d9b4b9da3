-- Closings and reopenings of accounts. Written with their own events only: earning does not come here.
CREATE TABLE {schema}.account_steps (
  member   text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  shard    smallint NOT NULL,
  at       timestamptz NOT NULL,
  closed   boolean NOT NULL,
  PRIMARY KEY (member, position)
);
