-- Who ever brought something back, and when last: without a row, or after its instant, a purchase changes no matching and is
-- recorded without a look at the member's history. A superset is enough: a voided return may stay in it.
CREATE TABLE {schema}.returning_members (
  subject       text        PRIMARY KEY,
  shard         smallint    NOT NULL,
  latest_return timestamptz NOT NULL,
  -- Some return named a purchase that had not come, or had too little left, when it was recorded.
  waiting       boolean     NOT NULL
);
