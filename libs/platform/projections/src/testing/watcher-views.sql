CREATE OR REPLACE VIEW {schema}.rich AS SELECT member, points FROM {schema}.echoes WHERE points > 100;
