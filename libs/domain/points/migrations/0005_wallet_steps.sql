-- Long histories, so that a wallet's balance as of any instant, as known at any time, takes a few index seeks instead of a fold. Filled
-- when somebody asks, never on the way of an entry, and from the log alone: all three tables may be emptied at any time.

-- How far a member's history is kept.
CREATE TABLE {schema}.chronicles (
  member   text COLLATE "C" PRIMARY KEY,
  shard    smallint NOT NULL,
  position bigint NOT NULL,
  -- Of the entry at that position.
  recorded timestamptz NOT NULL
);

-- What each entry changed about the wallet's balance at all instants, numbered from 1 in the order recorded.
CREATE TABLE {schema}.wallet_steps (
  member   text COLLATE "C" NOT NULL,
  program  text COLLATE "C" NOT NULL,
  number   bigint NOT NULL,
  recorded timestamptz NOT NULL,
  -- From this instant on.
  at       timestamptz NOT NULL,
  issued   bigint NOT NULL,
  received bigint NOT NULL,
  pending  bigint NOT NULL,
  reserved bigint NOT NULL,
  spent    bigint NOT NULL,
  expired  bigint NOT NULL,
  reversed bigint NOT NULL,
  sent     bigint NOT NULL,
  PRIMARY KEY (member, program, number)
);
CREATE UNIQUE INDEX wallet_steps_known ON {schema}.wallet_steps (member, program, recorded, number);

-- Running sums of the steps by instant. A run of level n ends after 64 · 4^n · (run + 1) steps and begins where its run of the level
-- above does, so the first so many steps are one run a level and at most 63 steps.
CREATE TABLE {schema}.wallet_step_sums (
  member   text COLLATE "C" NOT NULL,
  program  text COLLATE "C" NOT NULL,
  level    smallint NOT NULL,
  run      bigint NOT NULL,
  at       timestamptz NOT NULL,
  issued   bigint NOT NULL,
  received bigint NOT NULL,
  pending  bigint NOT NULL,
  reserved bigint NOT NULL,
  spent    bigint NOT NULL,
  expired  bigint NOT NULL,
  reversed bigint NOT NULL,
  sent     bigint NOT NULL,
  PRIMARY KEY (member, program, level, run, at)
);
