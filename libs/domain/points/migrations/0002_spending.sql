-- Reservations and transfers. Written with their own events only: earning does not come here.

-- A lot may come from another lot now: of another member, or of an undone redemption.
ALTER TABLE {schema}.lots DROP CONSTRAINT lots_origin_check;
ALTER TABLE {schema}.lots ADD CHECK (origin IN ('purchase', 'adjustment', 'opening', 'transfer'));

-- What is null is not known before the row is there: a NOT NULL is tried on what an upsert brings along, before the conflict.
CREATE TABLE {schema}.reservations (
  member      text COLLATE "C" NOT NULL,
  reservation text COLLATE "C" NOT NULL,
  program     text COLLATE "C" NOT NULL,
  shard       smallint NOT NULL,
  at          timestamptz,
  points      bigint,
  -- From this instant on its points are free again, whatever `state` says.
  until       timestamptz,
  -- `ended`: by itself, and an entry says so.
  state       text NOT NULL CHECK (state IN ('open', 'captured', 'voided', 'ended')),
  captured    bigint NOT NULL,
  PRIMARY KEY (member, reservation)
);

-- For the sweeper: whose end is to be written.
CREATE INDEX reservations_ending ON {schema}.reservations (until) WHERE state = 'open';

-- What was sent, in the order of the log: the courier takes it to the receivers from its checkpoint on.
CREATE TABLE {schema}.transfers (
  shard    smallint NOT NULL,
  position bigint NOT NULL,
  transfer text COLLATE "C" NOT NULL,
  member   text COLLATE "C" NOT NULL,
  receiver text COLLATE "C" NOT NULL,
  program  text COLLATE "C" NOT NULL,
  points   bigint NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (shard, position)
);
