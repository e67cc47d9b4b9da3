-- The log of one service: what is written here is never changed. Everything else can be rebuilt from it.

-- One row: what was decided when the log was created and can never be decided again.
CREATE TABLE {schema}.log (
  service       text     NOT NULL,
  shards        smallint NOT NULL CHECK (shards BETWEEN 1 AND 1024),
  hash_function text     NOT NULL,
  format        smallint NOT NULL,
  -- Positions in one partition of `events`.
  partition     bigint   NOT NULL CHECK (partition > 0),
  created       timestamptz NOT NULL DEFAULT clock_timestamp(),
  only_row      boolean  PRIMARY KEY DEFAULT true CHECK (only_row)
);

-- Payload is text, not jsonb: a sixth to a quarter more throughput, and the hash covers what is stored to the byte.
-- No foreign keys, no checks: a position is proved by the head's lock and the primary key.
CREATE TABLE {schema}.events (
  shard       smallint    NOT NULL,
  position    bigint      NOT NULL,
  id          uuid        NOT NULL,
  type        text        NOT NULL,
  subject     text        NOT NULL,
  time        timestamptz NOT NULL,
  recorded    timestamptz NOT NULL,
  correlation text,
  causation   text,
  trace       text,
  data        text        NOT NULL,
  hash        bytea       NOT NULL,
  PRIMARY KEY (shard, position)
) PARTITION BY RANGE (shard, position);

CREATE INDEX events_subject ON {schema}.events (shard, subject, position);

-- The end of each shard, locked by every writer of it: the only rows of the store that all writers share.
-- Updated thousands of times a second, so one row a page: updates stay in the page (HOT) and are pruned there.
CREATE TABLE {schema}.heads (
  shard      smallint    PRIMARY KEY,
  position   bigint      NOT NULL,
  hash       bytea       NOT NULL,
  recorded   timestamptz NOT NULL,
  -- Moves when member states kept in memory are no longer true although nothing was written about them: events about no single
  -- subject, a read model swapped in.
  generation bigint      NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- What was answered to a client's key, for ever. `hash` is what the key is bound to.
CREATE TABLE {schema}.keys (
  namespace text     NOT NULL,
  key       text     NOT NULL,
  hash      bytea    NOT NULL,
  shard     smallint NOT NULL,
  subject   text     NOT NULL,
  -- Of the last event; null when it recorded nothing.
  position  bigint,
  refused   boolean  NOT NULL,
  answer    text     NOT NULL,
  PRIMARY KEY (namespace, key)
);

-- How far a consumer has applied a shard of another log; moved in the transaction of the effects.
CREATE TABLE {schema}.checkpoints (
  consumer text     NOT NULL,
  source   text     NOT NULL,
  shard    smallint NOT NULL,
  position bigint   NOT NULL,
  hash     bytea    NOT NULL,
  PRIMARY KEY (consumer, source, shard)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Source events that could not be applied, and those of the same subject behind them.
CREATE TABLE {schema}.parked (
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

CREATE INDEX parked_subject ON {schema}.parked (consumer, source, shard, subject, position);

-- The subject's own key for sealed fields. A destroyed key is what erasure means.
CREATE TABLE {schema}.subject_keys (
  subject      text PRIMARY KEY,
  key          bytea CHECK ((key IS NULL) = (destroyed_at IS NOT NULL)),
  destroyed_at timestamptz
);

CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the past is not changed: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

-- Statement triggers: appends pay nothing for them.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.events
  FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.keys
  FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.log
  FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();

-- Lets a statement of a pipeline stop the transaction that COMMIT already follows on the wire.
CREATE FUNCTION {schema}.must(held boolean, complaint text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF held IS NOT TRUE THEN RAISE EXCEPTION '%', complaint USING ERRCODE = 'LL001'; END IF;
  RETURN true;
END $$;

-- Makes the partition that holds `upto` of a shard, and all before it. Attaching takes no lock that appends wait for, as
-- CREATE TABLE … PARTITION OF would. The triggers must be on each partition: a statement that names it passes the parent's by.
CREATE FUNCTION {schema}.ensure_partitions(for_shard smallint, upto bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  size  bigint := (SELECT partition FROM {schema}.log);
  part  text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('{schema}.events partitions'));
  FOR n IN 0 .. upto / size LOOP
    part := format('events_%s_%s', for_shard, n);
    CONTINUE WHEN to_regclass(format('{schema}.%I', part)) IS NOT NULL;
    EXECUTE format('CREATE TABLE {schema}.%I (LIKE {schema}.events INCLUDING DEFAULTS)', part);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.%I '
      'FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change()', part);
    EXECUTE format('ALTER TABLE {schema}.events ATTACH PARTITION {schema}.%I FOR VALUES FROM (%s, %s) TO (%s, %s)',
      part, for_shard, n * size, for_shard, (n + 1) * size);
  END LOOP;
END $$;
