-- Topics that are the retailer's: where this service stands in each of their partitions. Everything before `next` is recorded, or is
-- a dead letter. It moves after the effects, so a crash between the two brings records again: they die at their keys.
CREATE TABLE {schema}.inbound_offsets (
  -- Of Kafka. A topic that is deleted and made again has another one, and is read from its beginning.
  topic_id  uuid        NOT NULL,
  partition integer     NOT NULL,
  topic     text        NOT NULL,
  next      bigint      NOT NULL CHECK (next >= 0),
  -- Offsets that were gone before they were read, by the topic's retention.
  lost      bigint      NOT NULL DEFAULT 0,
  moved     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic_id, partition)
);

-- Records of such topics that could not be recorded, with the reason. What was sent (key, body, headers) may tell who somebody is: it is
-- forgotten when the letter is settled.
CREATE TABLE {schema}.dead_letters (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic      text        NOT NULL,
  topic_id   uuid        NOT NULL,
  partition  integer     NOT NULL,
  at_offset  bigint      NOT NULL,
  received   timestamptz NOT NULL DEFAULT clock_timestamp(),
  key        bytea,
  body       bytea,
  headers    json        NOT NULL,
  -- The same that the document would be answered with over HTTP.
  code       text        NOT NULL,
  pointer    text        NOT NULL,
  message    text        NOT NULL,
  state      text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'resubmitted', 'discarded')),
  -- A return that came before the purchase it names is tried again by itself: how often it was, and when next.
  tries      integer     NOT NULL DEFAULT 0,
  again      timestamptz,
  -- When it was sent to the topic of dead letters.
  published  timestamptz,
  -- The document that it is recorded as: kept before it is recorded, so that after a crash it cannot become two.
  document   text,
  -- What recording it was answered with.
  answer     json,
  settled    timestamptz,
  settled_by text,
  -- Why it was discarded.
  reason     text,
  UNIQUE (topic_id, partition, at_offset),
  CHECK ((state = 'waiting') = (settled IS NULL)),
  CHECK (again IS NULL OR state = 'waiting')
);
CREATE INDEX dead_letters_by_state ON {schema}.dead_letters (state, id);
CREATE INDEX dead_letters_again ON {schema}.dead_letters (again) WHERE again IS NOT NULL;
CREATE INDEX dead_letters_unpublished ON {schema}.dead_letters (id) WHERE published IS NULL AND again IS NULL AND state = 'waiting';
