-- Merkle trees over the log, as RFC 6962 makes them: what a receipt of one event hangs on. docs/concepts/proof.md.

-- Positions in a block, fixed when the log is created: a power of two, so that a block is a whole subtree.
ALTER TABLE {schema}.log ADD COLUMN block integer NOT NULL DEFAULT 1024 CHECK (block > 1 AND block & (block - 1) = 0);

-- Block n of a shard holds its positions (n - 1) × block + 1 to n × block. It is closed once they are all there, in the background.
-- A function of the log and nothing else: whoever makes a row makes the same one.
CREATE TABLE {schema}.blocks (
  shard  smallint NOT NULL,
  number bigint   NOT NULL CHECK (number > 0),
  -- The tree's nodes that this block completes, 32 bytes each: the root over the block; where the number is even, the root over it and
  -- the block before; where it divides by four, over the last four; and so on. Two a block on average.
  nodes  bytea    NOT NULL,
  closed timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (shard, number)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.blocks
  FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();

-- Finds an event by its id alone. Ids grow with time and so does the table: a few bytes for 32 pages instead of an entry for each row.
CREATE INDEX events_id ON {schema}.events USING brin (id) WITH (pages_per_range = 32, autosummarize = on);
