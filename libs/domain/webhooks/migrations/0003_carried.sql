-- What is sent, word for word, where the log that it stands in is in another service's database; null where the log is in reach.
ALTER TABLE {schema}.queue ADD COLUMN message text;
