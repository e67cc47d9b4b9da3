-- The program that rates purchases which name none, from sources that no program claims. Chosen with the first start and recorded,
-- as the number of shards is: another one later would move purchases from program to program without any fact saying so.
CREATE TABLE {schema}.default_program (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  program text NOT NULL
);
