CREATE OR REPLACE VIEW {schema}.rich AS SELECT member, points FROM {schema}.totals WHERE points > 100;
