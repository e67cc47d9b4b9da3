-- Rewards and approvals. Written with their own events only: earning does not come here.

-- The pieces of rewards: the codes of a pool, and whatever was handed out. All of a reward are in its shard.
CREATE TABLE {schema}.reward_pieces (
  program    text COLLATE "C" NOT NULL,
  reward     text COLLATE "C" NOT NULL,
  piece      bigint NOT NULL,
  shard      smallint NOT NULL,
  -- Null where the reward has no codes.
  code       text COLLATE "C",
  -- `returned`: its redemption was undone. The number, and its code, are never handed out again.
  state      text NOT NULL CHECK (state IN ('free', 'held', 'taken', 'returned')),
  restocked  boolean NOT NULL,
  redemption text COLLATE "C",
  member     text COLLATE "C",
  -- What was asked when it was held, as JSON.
  asked      text,
  PRIMARY KEY (program, reward, piece)
);

-- Where the next piece comes from: the last one out, and those before it that are free again.
CREATE INDEX reward_pieces_out ON {schema}.reward_pieces (program, reward, piece) WHERE state <> 'free';
CREATE INDEX reward_pieces_free ON {schema}.reward_pieces (program, reward, piece) WHERE state = 'free';
CREATE INDEX reward_pieces_codes ON {schema}.reward_pieces (program, reward, piece) WHERE code IS NOT NULL;
CREATE INDEX reward_pieces_restocked ON {schema}.reward_pieces (program, reward) WHERE restocked;
-- For whoever brings to their end the redemptions that a process left halfway when it died.
CREATE INDEX reward_pieces_held ON {schema}.reward_pieces (program, reward, redemption) WHERE state = 'held';

-- Redemptions for a piece, as their member's entries tell.
CREATE TABLE {schema}.reward_redemptions (
  member     text COLLATE "C" NOT NULL,
  redemption text COLLATE "C" NOT NULL,
  shard      smallint NOT NULL,
  program    text COLLATE "C" NOT NULL,
  reward     text COLLATE "C" NOT NULL,
  piece      bigint NOT NULL,
  -- The undo after which nothing of it was left.
  undo       text COLLATE "C",
  PRIMARY KEY (member, redemption)
);

CREATE INDEX reward_redemptions_undone ON {schema}.reward_redemptions (program, reward, piece) WHERE undo IS NOT NULL;

-- Adjustments that needed approval, as their member's entries tell.
CREATE TABLE {schema}.adjustment_requests (
  member     text COLLATE "C" NOT NULL,
  request    text COLLATE "C" NOT NULL,
  shard      smallint NOT NULL,
  program    text COLLATE "C" NOT NULL,
  at         timestamptz,
  points     bigint NOT NULL,
  reason     text,
  reference  text,
  asked_by   text,
  -- From this instant on it can no longer be approved, whatever `state` says.
  until      timestamptz,
  state      text NOT NULL CHECK (state IN ('open', 'approved', 'refused')),
  decided_by text,
  decided_at timestamptz,
  refusal    text,
  PRIMARY KEY (member, request)
);

CREATE INDEX adjustment_requests_open ON {schema}.adjustment_requests (at, request) WHERE state = 'open';
CREATE INDEX adjustment_requests_all ON {schema}.adjustment_requests (at, request);
