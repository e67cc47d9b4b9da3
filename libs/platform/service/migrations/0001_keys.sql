-- API keys. Only the hash of a key is kept: whoever reads this table cannot use it.
CREATE TABLE {schema}.keys (
  hash bytea PRIMARY KEY CHECK (length(hash) = 32),
  name text NOT NULL CHECK (name <> ''),
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  created timestamptz NOT NULL DEFAULT clock_timestamp(),
  revoked timestamptz
);

-- A name may be used again once its key is revoked.
CREATE UNIQUE INDEX keys_name ON {schema}.keys (name) WHERE revoked IS NULL;
