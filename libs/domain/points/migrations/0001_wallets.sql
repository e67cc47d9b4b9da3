-- Exact read models of the points log: written with its events, in the same transaction. Signs as posted: issued and received are
-- negative, owed is negative while points are owed. Text in "C": ids are compared by code point.
-- That no bucket falls below 0 is proved by `verify`, not by a CHECK: one is tried on the difference that an upsert brings along,
-- before the conflict turns it into an update.

-- A lot is the points of one purchase, adjustment or opening. The member comes first in the key: reads ask for members.
CREATE TABLE {schema}.lots (
  member      text COLLATE "C" NOT NULL,
  program     text COLLATE "C" NOT NULL,
  lot         text COLLATE "C" NOT NULL,
  shard       smallint NOT NULL,
  -- Null until the purchase is rated: a return may be rated before it.
  origin      text CHECK (origin IN ('purchase', 'adjustment', 'opening')),
  at          timestamptz,
  active_from timestamptz,
  -- Null = never.
  expires_at  timestamptz,
  issued      bigint NOT NULL,
  received    bigint NOT NULL,
  held        bigint NOT NULL,
  reserved    bigint NOT NULL,
  spent       bigint NOT NULL,
  expired     bigint NOT NULL,
  reversed    bigint NOT NULL,
  sent        bigint NOT NULL,
  owed        bigint NOT NULL,
  -- A column of its own so that the index below changes only when the last point goes, not whenever some do (HOT updates).
  open        boolean NOT NULL GENERATED ALWAYS AS (held > 0) STORED,
  PRIMARY KEY (member, program, lot),
  CHECK (issued + received + held + reserved + spent + expired + reversed + sent + owed = 0)
) WITH (fillfactor = 90);

-- For the sweeper: what is due.
CREATE INDEX lots_expiring ON {schema}.lots (expires_at) WHERE open AND expires_at IS NOT NULL;

-- A wallet is a member's lots in one program.
CREATE TABLE {schema}.wallets (
  member   text COLLATE "C" NOT NULL,
  program  text COLLATE "C" NOT NULL,
  shard    smallint NOT NULL,
  -- Points were owed or waived at some time: opening a lot then needs to know all others.
  tangled  boolean NOT NULL,
  -- Recorded time of the last entry: everything due until then is written.
  recorded timestamptz NOT NULL,
  issued   bigint NOT NULL,
  received bigint NOT NULL,
  held     bigint NOT NULL,
  reserved bigint NOT NULL,
  spent    bigint NOT NULL,
  expired  bigint NOT NULL,
  reversed bigint NOT NULL,
  sent     bigint NOT NULL,
  owed     bigint NOT NULL,
  owing    boolean NOT NULL GENERATED ALWAYS AS (owed < 0) STORED,
  PRIMARY KEY (member, program),
  CHECK (issued + received + held + reserved + spent + expired + reversed + sent + owed = 0)
) WITH (fillfactor = 80);

CREATE INDEX wallets_owing ON {schema}.wallets (member, program) WHERE owing;

-- Terms of program versions, learned from the tier engine. `position` is where shard 0 holds the event.
CREATE TABLE {schema}.terms (
  program        text NOT NULL,
  version        text NOT NULL,
  effective_from timestamptz NOT NULL,
  position       bigint NOT NULL,
  data           text NOT NULL,
  PRIMARY KEY (program, version, effective_from)
);
