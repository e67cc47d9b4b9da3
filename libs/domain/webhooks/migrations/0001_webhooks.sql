-- Where events are sent to, and what has still to be sent. What was sent, and every event, stands in the services' own logs:
-- nothing here is a record of anything but deliveries.

-- Configuration changes run under an exclusive advisory lock, whatever queues events under the shared one: a webhook does not
-- change while a batch is being queued for it.
CREATE TABLE {schema}.webhooks (
  -- Chosen by whoever made it.
  id          text        PRIMARY KEY,
  url         text        NOT NULL,
  -- Event types, or patterns: `points.*`, `*`.
  types       text[]      NOT NULL CHECK (cardinality(types) > 0),
  description text,
  created     timestamptz NOT NULL,
  -- Nothing is sent from then on; what would have been waits as cursors.
  disabled    timestamptz,
  -- request: by a client; gone: the receiver answered 410; failing: nothing got through for a day.
  because     text CHECK ((because IS NULL) = (disabled IS NULL) AND because IN ('request', 'gone', 'failing'))
);

-- What deliveries are signed with; the newest first, an older one besides until it ends. In the clear: signing needs it.
CREATE TABLE {schema}.secrets (
  webhook text        NOT NULL REFERENCES {schema}.webhooks ON DELETE CASCADE,
  created timestamptz NOT NULL,
  secret  bytea       NOT NULL,
  -- Null: as long as there is no newer one.
  ends    timestamptz,
  PRIMARY KEY (webhook, created)
);

-- How a receiver does, over all members.
CREATE TABLE {schema}.standings (
  webhook       text PRIMARY KEY REFERENCES {schema}.webhooks ON DELETE CASCADE,
  -- Attempts that failed since one succeeded.
  failures      integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  failure       text,
  -- Nothing is tried before.
  not_before    timestamptz,
  -- Brought up to date every ten seconds at most.
  delivered     timestamptz
) WITH (fillfactor = 50);

-- Where a webhook is behind: the next event to queue is the one after the position. No row: whatever the consumer takes in is
-- queued at once. Made when a webhook is disabled, when its queue is full and when events are to be sent again, so the queue
-- stays short however long a receiver is away.
CREATE TABLE {schema}.cursors (
  webhook  text     NOT NULL REFERENCES {schema}.webhooks ON DELETE CASCADE,
  source   text     NOT NULL,
  shard    smallint NOT NULL,
  position bigint   NOT NULL,
  PRIMARY KEY (webhook, source, shard)
);

-- Members for whom something is queued: one event at a time is under way for each, so no later one overtakes.
-- Whoever adds to a lane or takes from it locks its row first.
CREATE TABLE {schema}.lanes (
  webhook text        NOT NULL,
  subject text        NOT NULL,
  -- When to try; while a process tries, when others may think that it died.
  due     timestamptz NOT NULL,
  -- Another with each claim: a process that lost its claim to another leaves the lane alone.
  claim   bigint      NOT NULL DEFAULT 0,
  -- Of the first event in the queue.
  tried   integer     NOT NULL DEFAULT 0,
  since   timestamptz,
  PRIMARY KEY (webhook, subject)
) WITH (fillfactor = 70);

CREATE SEQUENCE {schema}.claims;

CREATE INDEX lanes_due ON {schema}.lanes (webhook, due);

-- What is to be sent: places in logs. What the events say is read when they are sent.
CREATE TABLE {schema}.queue (
  webhook  text     NOT NULL,
  subject  text     NOT NULL,
  seq      bigint   GENERATED ALWAYS AS IDENTITY,
  source   text     NOT NULL,
  shard    smallint NOT NULL,
  position bigint   NOT NULL,
  PRIMARY KEY (webhook, subject, seq)
);

-- Also tells quickly where a webhook's queue begins in a log.
CREATE UNIQUE INDEX queue_place ON {schema}.queue (webhook, source, shard, position);

-- What became of each attempt, for a week.
CREATE TABLE {schema}.attempts (
  webhook     text        NOT NULL,
  id          bigint      GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL,
  event       uuid        NOT NULL,
  type        text        NOT NULL,
  subject     text        NOT NULL,
  source      text        NOT NULL,
  shard       smallint,
  position    bigint,
  -- delivered; failed: tried again; given_up: failed too long; gone: answered 410
  outcome     text        NOT NULL,
  attempt     integer     NOT NULL,
  -- Of the answer; null where there was none.
  status      integer,
  reason      text,
  duration_ms integer     NOT NULL,
  PRIMARY KEY (webhook, id)
);

CREATE INDEX attempts_at ON {schema}.attempts (at);
CREATE INDEX attempts_failed ON {schema}.attempts (webhook, id) WHERE outcome <> 'delivered';

-- Takes an event out of its lane. The lane's lock comes first, in a statement of its own: what was queued until then is seen,
-- and who wants to add waits.
CREATE FUNCTION {schema}.take_out(of_webhook text, of_subject text, of_seq bigint, of_claim bigint, now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM {schema}.lanes WHERE webhook = of_webhook AND subject = of_subject FOR UPDATE;
  DELETE FROM {schema}.queue WHERE webhook = of_webhook AND subject = of_subject AND seq = of_seq;
  IF EXISTS (SELECT FROM {schema}.queue WHERE webhook = of_webhook AND subject = of_subject) THEN
    UPDATE {schema}.lanes SET due = now, tried = 0, since = NULL
    WHERE webhook = of_webhook AND subject = of_subject AND claim = of_claim;
  ELSE
    DELETE FROM {schema}.lanes WHERE webhook = of_webhook AND subject = of_subject;
  END IF;
END $$;

-- The position before the first event of a shard recorded at or after an instant; null where there is none so late. Recorded time
-- never goes back within a shard, so a few steps through the primary key find it.
CREATE FUNCTION {schema}.position_before(log regclass, of_shard smallint, since timestamptz)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  low  bigint := 0;
  high bigint;
  mid  bigint;
  met  timestamptz;
BEGIN
  EXECUTE format('SELECT position, recorded FROM %s WHERE shard = $1 ORDER BY shard DESC, position DESC LIMIT 1', log)
    INTO high, met USING of_shard;
  IF high IS NULL OR met < since THEN RETURN NULL; END IF;
  WHILE high - low > 1 LOOP
    mid := (low + high) / 2;
    EXECUTE format('SELECT recorded FROM %s WHERE shard = $1 AND position >= $2 ORDER BY shard, position LIMIT 1', log)
      INTO met USING of_shard, mid;
    IF met < since THEN low := mid; ELSE high := mid; END IF;
  END LOOP;
  RETURN high - 1;
END $$;
