-- What keeps read models up behind a log. A service with a log of its own has the first two already (event-store).

CREATE TABLE IF NOT EXISTS {schema}.checkpoints (
  consumer text     NOT NULL,
  source   text     NOT NULL,
  shard    smallint NOT NULL,
  position bigint   NOT NULL,
  hash     bytea    NOT NULL,
  PRIMARY KEY (consumer, source, shard)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Projections never park; the table is there so that every consumer is looked at in the same way.
CREATE TABLE IF NOT EXISTS {schema}.parked (
  consumer  text        NOT NULL,
  source    text        NOT NULL,
  shard     smallint    NOT NULL,
  position  bigint      NOT NULL,
  subject   text        NOT NULL,
  event     text        NOT NULL,
  reason    text        NOT NULL,
  attempts  integer     NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (consumer, source, shard, position)
);

-- How far a rebuild has come. UNLOGGED like the table it fills: after a crash of the server both are empty, never one of them.
CREATE UNLOGGED TABLE {schema}.rebuilds (
  read_model  text     NOT NULL,
  shard       smallint NOT NULL,
  position    bigint   NOT NULL,
  -- Of statement and table; another one starts from the beginning.
  fingerprint text     NOT NULL,
  PRIMARY KEY (read_model, shard)
);
