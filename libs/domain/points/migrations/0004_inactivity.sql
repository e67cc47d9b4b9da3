-- Points that expire so long after the member's last activity. What their lots hold at an instant follows from all of the wallet's
-- entries: such a wallet is `tangled`, and its lots' `expires_at` is null.

-- When points of the wallet are gone if nothing happens after its last activity; null where none expire by inactivity.
ALTER TABLE {schema}.wallets ADD COLUMN kept_until timestamptz;
-- Its last entry was before that: once the time has come, something may be left to write. A column of its own for HOT updates.
ALTER TABLE {schema}.wallets ADD COLUMN idle boolean GENERATED ALWAYS AS (kept_until > recorded) STORED;

-- For the sweeper.
CREATE INDEX wallets_idle ON {schema}.wallets (kept_until) WHERE idle;
