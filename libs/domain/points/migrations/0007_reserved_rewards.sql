-- Reservations for a reward: its piece is held as long as its points are.

ALTER TABLE {schema}.reservations ADD COLUMN reward text COLLATE "C";
-- Null where the reward's pieces are not counted.
ALTER TABLE {schema}.reservations ADD COLUMN piece bigint;

ALTER TABLE {schema}.reward_pieces DROP CONSTRAINT reward_pieces_state_check;
ALTER TABLE {schema}.reward_pieces ADD CHECK (state IN ('free', 'held', 'reserved', 'taken', 'returned'));
-- Of a reserved piece: from this instant on it is free again, unless its reservation was captured before.
ALTER TABLE {schema}.reward_pieces ADD COLUMN until timestamptz;

-- For whoever looks for pieces whose reservation has ended.
CREATE INDEX reward_pieces_reserved ON {schema}.reward_pieces (program, reward, until) WHERE state = 'reserved';
