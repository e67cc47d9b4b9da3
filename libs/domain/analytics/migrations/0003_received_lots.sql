-- A lot may come with a transfer: it brings dates of its own, and points that were issued to somebody else.
ALTER TABLE {schema}.points_lots DROP CONSTRAINT points_lots_opened_as_check;
ALTER TABLE {schema}.points_lots ADD CHECK (opened_as IN ('earned', 'opened', 'adjusted', 'received'));
